"""The registrar's room: from an upload through its report to the roll, and who may not enter."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.voting.registry.rolls import AS_OF, DIRTY, DISTRICT, SMALL, line, roll, set_up
from tests.web.site import Browser, Site
from voting.registry import importing, people
from voting.registry.importing.problems import KINDS
from web.identity.roles import Role
from web.texts.i18n import catalogue

PAGES = ["", "/imports", "/people", "/units", "/constituencies", "/unassigned"]


def _upload(browser: Browser, raw: bytes, **more: Any) -> Any:
    return browser.submit(
        "/registrar/imports",
        {"as_of": AS_OF.isoformat(), "kind": "roll", **more},
        page="/registrar/imports",
        files={"file": ("roll.csv", raw)},
    )


@pytest.fixture
def registrar(site: Site) -> Browser:
    return site.sign_in(Role.REGISTRAR)


@pytest.fixture
def small(site: Site) -> Site:
    with site.database.transaction() as uow:
        set_up(uow, SMALL)
    return site


@pytest.mark.parametrize("page", PAGES)
def test_the_room_is_the_registrars(site: Site, page: str) -> None:
    path = f"/registrar{page}"
    assert site.sign_in(Role.REGISTRAR).get(path).status_code == 200
    assert site.sign_in(Role.CLERK).get(path).status_code == 403
    assert site.browser().get(path, follow_redirects=False).status_code == 303
    assert "名册" in site.sign_in(Role.REGISTRAR, language="zh").get(path).text


def test_upload_confirm_and_look_up(small: Site, registrar: Browser) -> None:
    answer = _upload(registrar, (SMALL / "members.csv").read_bytes())
    report = answer.headers["location"]
    page = registrar.get(report).text
    assert "Nothing is imported yet" in page
    with small.database.read() as uow:
        assert people.all_electors(uow, AS_OF) == []
    done = registrar.submit(f"{report}/confirm", page=report)
    assert done.status_code == 303
    assert "Imported: roll.csv." in registrar.get(report).text
    assert "60" in registrar.get("/registrar").text
    found = registrar.get("/registrar/people", params={"q": "RB0001"}).text
    person = re.search(r"/registrar/people/[0-9a-f]{32}", found)
    assert person
    assert "沈燕" in registrar.get(person[0]).text
    assert registrar.submit(f"{report}/confirm", page="/registrar").status_code == 422


def test_errors_are_shown_filtered_and_downloaded(site: Site, registrar: Browser) -> None:
    with site.database.transaction() as uow:
        set_up(uow, DISTRICT)
    report = _upload(registrar, (DIRTY / "members-gbk.csv").read_bytes()).headers["location"]
    errors = registrar.get(report).text
    assert "There is no such day." in errors
    assert "no_contact" not in errors
    assert "Nobody found" not in errors
    warnings = registrar.get(report, params={"show": "warning"}).text
    assert "Credentials for this member must be printed." in warnings
    table = registrar.get(f"{report}/problems.csv")
    assert table.headers["content-disposition"] == 'attachment; filename="problems.csv"'
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + 56
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@"))]
    refused = registrar.submit(f"{report}/confirm", page=report)
    assert refused.status_code == 422
    assert "23 rows have errors" in refused.text
    done = registrar.submit(f"{report}/confirm", {"leave_out": "true"}, page=report)
    assert done.status_code == 303
    with site.database.read() as uow:
        assert len(importing.history(uow)) == 1
        assert len(people.all_electors(uow, AS_OF)) == 77 - 23


def test_units_and_constituencies_by_upload(site: Site, registrar: Browser) -> None:
    for kind in ("units", "constituencies"):
        raw = (SMALL / f"{kind}.csv").read_bytes()
        report = _upload(registrar, raw, kind=kind).headers["location"]
        assert registrar.submit(f"{report}/confirm", page=report).status_code == 303
    assert "Willow Creek Village" in registrar.get("/registrar/units").text
    assert "K3" in registrar.get("/registrar/constituencies").text
    wrong = (SMALL / "units.csv").read_bytes().replace(b",village,RT1", b",hamlet,RT1")
    report = _upload(registrar, wrong, kind="units").headers["location"]
    assert registrar.submit(f"{report}/confirm", page=report).status_code == 422


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "not text"),
        (b"", "headings are missing"),
        (b"PK\x03\x04", "damaged"),
        (b"\xd0\xcf\x11\xe0", "Save it as .xlsx"),
    ],
)
def test_what_is_no_roll_comes_back_with_words(
    small: Site, registrar: Browser, raw: bytes, says: str
) -> None:
    answer = _upload(registrar, raw)
    assert answer.status_code == 422
    assert says in answer.text


def test_a_wrong_date_and_a_roll_before_its_units(site: Site, registrar: Browser) -> None:
    assert "import the units first" in _upload(registrar, roll(line())).text
    assert _upload(registrar, roll(line()), as_of="31.10.2026").status_code == 422


def test_withdrawn_is_forgotten(small: Site, registrar: Browser) -> None:
    report = _upload(registrar, roll(line())).headers["location"]
    registrar.submit(f"{report}/withdraw", page=report)
    assert registrar.get(report).status_code == 404


def test_a_member_without_a_vote_is_found_and_moved(small: Site, registrar: Browser) -> None:
    with small.database.transaction() as uow:
        importing.import_now(uow, "1.csv", roll(line("M1", unit="RT1")), AS_OF)
        person = people.find_by_member_no_or_email(uow, "M1")
        assert person is not None
    assert "人M1" in registrar.get("/registrar/unassigned").text
    page = f"/registrar/people/{person.id}"
    bad = registrar.submit(f"{page}/move", {"unit": "XX", "on": "2026-11-20"}, page=page)
    assert bad.status_code == 422
    done = registrar.submit(f"{page}/move", {"unit": "RE2", "on": "2026-11-20"}, page=page)
    assert done.status_code == 303
    assert "catch-all" in registrar.get(page).text


def test_taking_the_roll_out_is_logged(small: Site, registrar: Browser) -> None:
    with small.database.transaction() as uow:
        importing.import_now(uow, "1.csv", roll(line("M1")), AS_OF)
    answer = registrar.submit("/registrar/export")
    assert answer.status_code == 200
    assert b"M1" in answer.content
    assert registrar.get("/registrar/export").status_code == 405


def test_every_message_about_a_file_has_its_chinese() -> None:
    texts = {text for kind in KINDS.values() for text in (kind.what, kind.todo) if text}
    known = catalogue()
    assert [text for text in sorted(texts) if not known.get(text)] == []
    for text in texts:
        places = re.findall(r"%\(\w+\)s", text)
        assert sorted(places) == sorted(re.findall(r"%\(\w+\)s", known[text]))


def test_a_former_member_is_erased_only_when_sure(small: Site, registrar: Browser) -> None:
    with small.database.transaction() as uow:
        importing.import_now(uow, "1.csv", roll(line("M1"), line("M2", sex="M")), AS_OF)
        importing.import_now(uow, "2.csv", roll(line("M2", sex="M")), AS_OF + timedelta(days=1))
        gone = people.find_by_member_no_or_email(uow, "M1")
        stays = people.find_by_member_no_or_email(uow, "M2")
        assert gone and stays
    page = f"/registrar/people/{gone.id}"
    assert registrar.submit(f"{page}/erase", page=page).status_code == 422
    assert registrar.submit(f"{page}/erase", {"sure": "true"}, page=page).status_code == 303
    assert "M1" not in registrar.get(page).text
    other = f"/registrar/people/{stays.id}"
    assert "Erase" not in registrar.get(other).text
    assert registrar.submit(f"{other}/erase", {"sure": "true"}, page=other).status_code == 422
