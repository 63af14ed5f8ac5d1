"""Pictures through HTTP, and what an attacker sends in their place."""

from __future__ import annotations

import re

import pyotp
import pytest
from sqlalchemy import select

from accountability import imaging
from accountability.models import (
    Opening,
    Report,
)
from tests.accountability.casework import (
    casework_site,  # noqa: F401 - a fixture
    casework_world,  # noqa: F401 - a fixture
    pictures_of,
    send,
)
from tests.accountability.images import SECRET, png, promising_png, telling_jpeg
from tests.accountability.test_imaging import HTML, SVG
from tests.attacks.objects import ANSWERER, HOLDER, World
from tests.web.site import Site
from voting.registry.models import (
    Office,
)
from web.identity.roles import Role

SECRET_CODE = pyotp.random_base32()


def test_a_member_adds_a_picture_and_gets_pixels_back(site: Site, world: World) -> None:
    owner, matter = world.owners[HOLDER], world.ids["matter_id"]
    url = f"/matters/{matter}"
    assert send(owner, f"{url}/pictures", telling_jpeg()).status_code == 303
    page = owner.get(url).text
    assert "The picture is added." in page
    made = pictures_of(site, matter)[-1]
    assert f'<img src="{url}/pictures/{made.id}" alt="The hole"' in page
    answer = owner.get(f"{url}/pictures/{made.id}")
    assert answer.content.startswith(b"\xff\xd8")
    assert SECRET not in answer.content
    headers = answer.headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-disposition"] == f'attachment; filename="picture-{made.id[:8]}.jpg"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        (SVG, "x.svg", "image/svg+xml"),
        (SVG, "x.jpg", "image/jpeg"),
        (HTML, "x.jpg", "image/jpeg"),
        (b"GIF89a/*" + HTML, "x.gif", "image/gif"),
        (b"", "x.png", "image/png"),
        (b"", "", "image/png"),
        (promising_png(50_000, 50_000), "bomb.png", "image/png"),
        (png()[:50], "half.png", "image/png"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(
    site: Site, world: World, raw: bytes, name: str, kind: str
) -> None:
    owner, matter = world.owners[HOLDER], world.ids["matter_id"]
    before = len(pictures_of(site, matter))
    answer = send(owner, f"/matters/{matter}/pictures", raw, name, kind)
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        page = owner.get(f"/matters/{matter}").text
        assert re.search("not a picture|too large|choose a picture", page)
    assert len(pictures_of(site, matter)) == before


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "a\r\nSet-Cookie: x=1.png",
        "x" * 5000,
        "<script>.png",
        "con",
        "图.png",
    ],
)
def test_the_name_of_the_file_is_nowhere(site: Site, world: World, name: str) -> None:
    owner, matter = world.owners[HOLDER], world.ids["matter_id"]
    answer = send(owner, f"/matters/{matter}/pictures", png(), name, "text/html")
    assert answer.status_code in (303, 400)
    for made in pictures_of(site, matter)[1:]:
        answer = owner.get(f"/matters/{matter}/pictures/{made.id}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert "etc" not in answer.headers["content-disposition"]
    folder = site.settings.data_dir
    assert not list(folder.rglob("*.png")), "nothing is written to the disk"


def test_a_polyglot_loses_its_second_half(site: Site, world: World) -> None:
    owner, matter = world.owners[HOLDER], world.ids["matter_id"]
    assert send(owner, f"/matters/{matter}/pictures", png() + HTML).status_code == 303
    assert b"script" not in (pictures_of(site, matter)[-1].content or b"script")


def test_too_large_a_body_is_refused_unread(site: Site, world: World) -> None:
    owner, matter = world.owners[HOLDER], world.ids["matter_id"]
    raw = b"\0" * (imaging.MAX_BYTES + 128 * 1024)
    for url in (f"/matters/{matter}/pictures", f"/desk/clerk/matters/{matter}/pictures"):
        assert send(owner, url, raw).status_code == 413
    # elsewhere a form stays a form
    assert send(owner, "/matters", b"\0" * 2_000_000).status_code == 413


def test_a_text_in_place_of_a_file_and_a_file_in_place_of_a_text(site: Site, world: World) -> None:
    owner, matter = world.owners[HOLDER], world.ids["matter_id"]
    url = f"/matters/{matter}/pictures"
    assert owner.submit(url, {"title": "x", "picture": "a text"}).status_code == 422
    files = {"picture": ("x.png", png(), "image/png"), "title": ("t", b"x", "text/plain")}
    assert owner.submit(url, {}, files=files).status_code in (303, 422)
    assert send(owner, url, png(), title=" ").status_code == 303
    assert "Please write something here." in owner.get(f"/matters/{matter}").text
    send(owner, url, png(), title="x" * 201)
    assert "Please keep to 200 characters." in owner.get(f"/matters/{matter}").text
    assert len(pictures_of(site, matter)) == 1


def test_many_pictures_at_once_end_at_six(site: Site, world: World) -> None:
    owner, matter = world.owners[HOLDER], world.ids["matter_id"]
    for _ in range(8):
        send(owner, f"/matters/{matter}/pictures", png())
    assert len(pictures_of(site, matter)) == 6


def test_another_persons_picture_does_not_exist(site: Site, world: World) -> None:
    matter, key = world.ids["matter_id"], world.ids["matter_picture"]
    url = f"/matters/{matter}/pictures/{key}"
    assert world.owners[HOLDER].get(url).status_code == 200
    for stranger in (world.strangers[HOLDER], site.sign_in(Role.MEMBER)):
        assert stranger.get(url).status_code == 404
    # neither through a matter of theirs nor as a public one
    other = World(site)
    own = other.owners[HOLDER]
    assert own.get(f"/matters/{other.ids['matter_id']}/pictures/{key}").status_code == 404
    assert own.get(f"/pictures/{key}").status_code == 404
    assert site.browser().get(f"/pictures/{world.ids['picture_id']}").status_code == 200


def test_at_the_desks_looking_leaves_a_trace(site: Site, world: World) -> None:
    matter, key = world.ids["matter_id"], world.ids["matter_picture"]
    body = world.owners[ANSWERER]
    assert body.get(f"/desk/body/matters/{matter}/pictures/{key}").status_code == 404
    assert (
        site.sign_in(Role.AUDITOR).get(f"/desk/auditor/matters/{matter}/pictures/{key}").status_code
        == 404
    )
    holder = world.owners[HOLDER]
    url = f"/desk/representative/matters/{matter}/pictures/{key}"
    assert holder.get(url).status_code == 200
    with site.database.read() as uow:
        seen = uow.session.scalars(select(Opening.what).where(Opening.matter_id == matter)).all()
    assert seen == ["pictures"]


def test_the_clerk_sends_a_picture_on_and_the_body_shows_its_work(site: Site, world: World) -> None:
    matter, key = world.ids["matter_id"], world.ids["matter_picture"]
    body = world.owners[ANSWERER]
    answer = send(body, f"/desk/body/matters/{matter}/pictures", png())
    assert answer.status_code == 303
    page = world.owners[HOLDER].get(f"/matters/{matter}").text
    assert page.count("<img ") == 2 + page.count('class="brand"')
    assert key not in body.get(f"/desk/body/matters/{matter}").text


def test_a_representative_shows_what_was_done_and_a_clerk_takes_it_down(
    site: Site, world: World
) -> None:
    office, activity = world.ids["office_id"], world.ids["activity_id"]
    holder = world.owners[HOLDER]
    form = {"of": f"activity:{activity}"}
    assert send(holder, f"/work/{office}/pictures", telling_jpeg(), **form).status_code == 303
    public = site.browser().get(f"/representatives/{office}").text
    found = re.findall(r'<img src="/pictures/(\w+)" alt="The hole"', public)
    assert len(found) == 1
    answer = site.browser().get(f"/pictures/{found[0]}")
    assert SECRET not in answer.content
    assert answer.headers["cache-control"] == "public, max-age=300"
    clerk = site.sign_in(Role.CLERK)
    assert found[0] in clerk.get("/desk/clerk/pictures").text
    reason = {"reason": "She did not agree"}
    assert clerk.submit(f"/desk/clerk/pictures/{found[0]}", reason).status_code == 303
    assert site.browser().get(f"/pictures/{found[0]}").status_code == 404
    public = site.browser().get(f"/representatives/{office}").text
    assert "She did not agree" in public
    assert "The hole" not in public


def test_a_report_shows_its_pictures(site: Site, world: World) -> None:
    with site.database.read() as uow:
        office = world.ids["office_id"]
        report = uow.session.scalars(select(Report.id).where(Report.office_id == office)).one()
    form = {"of": f"report:{report}"}
    assert send(world.owners[HOLDER], f"/work/{office}/pictures", png(), **form).status_code == 303
    assert 'alt="The hole"' in site.browser().get(f"/reports/{report}").text
    stranger = world.strangers[HOLDER]
    with site.database.read() as uow:
        query = select(Office.id).where(Office.person_id == stranger.person_id)
        other = uow.session.scalars(query).one()
    assert send(stranger, f"/work/{other}/pictures", png(), **form).status_code == 403


def test_a_picture_of_something_else_is_not_found(site: Site, world: World) -> None:
    office = world.ids["office_id"]
    for of in ("", "activity", "matter:" + world.ids["matter_id"], "activity:../x", "report:"):
        answer = send(world.owners[HOLDER], f"/work/{office}/pictures", png(), of=of)
        assert answer.status_code in (404, 422), of
