"""Calls, choices, mail and matters that go on, through HTTP."""

from __future__ import annotations

import email
import io
import re
from datetime import timedelta
from email import policy
from pathlib import Path
from typing import Any

import pyotp
import pytest
from PIL import Image
from sqlalchemy import select

from accountability import receptions
from accountability.models import (
    Activity,
    Contact,
    Duty,
    LinkChoice,
    Matter,
    Routing,
)
from audit.database import Actor
from audit.models import LogEntry
from tests.accountability.casework import (
    casework_site,  # noqa: F401 - a fixture
    casework_world,  # noqa: F401 - a fixture
    send,
)
from tests.accountability.images import png
from tests.accountability.world import note
from tests.attacks.objects import ANSWERER, HOLDER, World
from tests.web.site import BASE, Site
from voting.models import OPEN, Election
from voting.registry.models import (
    Affiliation,
    Constituency,
    ConstituencyUnit,
    Office,
    Person,
    Unit,
)
from web.identity.roles import Role

SECRET_CODE = pyotp.random_base32()

# matters that go on


def test_a_body_hands_a_matter_back_and_the_person_reads_why(site: Site, world: World) -> None:
    matter, row = world.ids["matter_id"], world.ids["routing_id"]
    body = world.owners[ANSWERER]
    url = f"/desk/body/matters/{matter}"
    assert "This is not ours" in body.get(url).text
    reason = {"text": "It is for the park"}
    stranger = world.strangers[ANSWERER].submit(f"{url}/return/{row}", reason)
    assert stranger.status_code == 404
    answer = body.submit(f"{url}/return/{row}", reason)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/body")
    assert matter not in body.get("/desk/body").text
    assert body.get(url).status_code == 404
    page = world.owners[HOLDER].get(f"/matters/{matter}").text
    assert "It is for the park" in page
    assert "not theirs to answer" in page
    assert "Send it to" in site.sign_in(Role.CLERK).get(f"/desk/clerk/matters/{matter}").text


def test_the_owner_decides_who_follows_a_matter(site: Site, world: World) -> None:
    matter, owner = world.ids["matter_id"], world.owners[HOLDER]
    url = f"/matters/{matter}/pass"
    desk = f"/desk/representative/matters/{matter}"
    assert "No representative shall follow it" in owner.get(f"/matters/{matter}").text
    assert world.strangers[HOLDER].submit(url, {"office": ""}).status_code == 404
    assert owner.submit(url, {"office": ""}).status_code == 303
    assert owner.get(desk).status_code == 404
    assert owner.submit(url, {"office": world.ids["office_id"]}).status_code == 303
    assert owner.get(desk).status_code == 200
    assert owner.submit(url, {"office": "0" * 32}).status_code == 404


def test_when_a_seat_has_ended_its_page_says_so(site: Site, world: World) -> None:
    matter, owner = world.ids["matter_id"], world.owners[HOLDER]
    with site.database.transaction(Actor("test")) as uow:
        office = uow.session.get_one(Office, world.ids["office_id"])
        office.ends_on = uow.today
        note(uow)
    assert "no longer holds the seat" in owner.get(f"/matters/{matter}").text


# mail


def letters(site: Site, address: str) -> list[Any]:
    site.app.state.mailer.drain()
    folder: Path = site.settings.outbox_dir
    found = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]
    return [letter for letter in found if address in str(letter["to"])]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_mail_says_that_there_is_news_and_nothing_else(
    site: Site, world: World, wanted: bool
) -> None:
    matter, row = world.ids["matter_id"], world.ids["routing_id"]
    address = f"m{matter[:6]}@example.org"
    with site.database.transaction(Actor("test")) as uow:
        found = uow.session.get_one(Matter, matter)
        found.notify, found.text, number = wanted, "Secret rails", found.number
        uow.session.get_one(Person, found.person_id).email = address
        note(uow)
    url = f"/desk/body/matters/{matter}/answer/{row}"
    assert world.owners[ANSWERER].submit(url, {"text": "Mended at noon"}).status_code == 303
    sent = letters(site, address)
    assert len(sent) == int(wanted)
    for letter in sent:
        whole = letter.as_string() + letter.get_content()
        for secret in (matter, number, "Mended", "Secret", "water", "matter", "事项", "答复"):
            assert secret not in whole, secret
        assert BASE in letter.get_content()


# calls


def claimed(site: Site, world: World, address: str = "") -> str:
    with site.database.transaction(Actor("test")) as uow:
        contact = uow.session.get_one(Contact, world.ids["contact_id"])
        contact.state = "claimed"
        person = uow.session.get_one(Person, contact.link.constituent_id)
        person.email, person.phone, person.name = address, "13900000001", "谢九娘"
        note(uow)
        return contact.id


def test_an_auditor_rings_up_and_the_log_knows(site: Site, world: World) -> None:
    contact = claimed(site, world)
    auditor = site.sign_in(Role.AUDITOR)
    page = auditor.get("/calls").text
    assert f"/calls/{contact}" in page
    assert "13900000001" not in page
    # nothing is confirmed of whom nobody has rung up
    assert auditor.submit(f"/calls/{contact}", {"verdict": "confirmed"}).status_code == 403
    assert auditor.get(f"/calls/{contact}").text.count("13900000001") == 2
    with site.database.read() as uow:
        query = select(LogEntry.entry).where(LogEntry.subject == f"contact/{contact}")
        entries = [raw.decode() for raw in uow.session.scalars(query)]
    assert sum("contact.called" in raw for raw in entries) == 1
    assert not any("13900000001" in raw or "谢九娘" in raw for raw in entries)
    slip = auditor.submit(f"/calls/{contact}", {"verdict": "confirm"})
    assert slip.status_code == 303
    assert auditor.submit(f"/calls/{contact}", {"verdict": "confirmed"}).status_code == 303
    with site.database.read() as uow:
        assert uow.session.get_one(Contact, contact).state == "confirmed"
    assert f"/calls/{contact}" not in auditor.get("/calls").text


def test_calls_are_for_auditors_and_not_while_a_ballot_is_open(
    site: Site, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = claimed(site, world)
    for browser in (world.owners[HOLDER], site.sign_in(Role.CLERK)):
        assert browser.get("/calls").status_code == 403
        assert browser.get(f"/calls/{contact}").status_code == 403
    auditor = site.sign_in(Role.AUDITOR)
    for name in ("web.pages.auditors.calls.ballot_open",):
        monkeypatch.setattr(name, lambda _uow: True)
    page = auditor.get("/calls").text
    assert "neither asked for nor confirmed" in page
    assert contact not in page
    answer = auditor.get(f"/calls/{contact}")
    assert answer.status_code == 409
    assert "13900000001" not in answer.text
    assert OPEN == "open"


# choices and intake


@pytest.fixture
def home(site: Site, world: World) -> str:
    """The holder's seat is of a constituency now, with one more member in it. -> the number"""
    number = f"N{world.body}".upper()
    with site.database.transaction(Actor("test")) as uow:
        activity = uow.session.get_one(Activity, world.ids["activity_id"])
        matter = uow.session.get_one(Matter, world.ids["matter_id"])
        place = Constituency(code=world.body, name="选区", name_en="Place", seats=1)
        uow.session.add(place)
        uow.session.flush()
        uow.session.add(ConstituencyUnit(unit_id=matter.unit_id, constituency_id=place.id))
        uow.session.get_one(Office, activity.office_id).constituency_id = place.id
        uow.session.execute(
            LinkChoice.__table__.delete().where(LinkChoice.office_id == activity.office_id)  # type: ignore[attr-defined]
        )
        person = Person(member_no=number, name="石敢当", status="full")
        unit = uow.session.get_one(Unit, matter.unit_id)
        person.affiliations.append(Affiliation(unit=unit, voting=True, valid_from=unit.valid_from))
        uow.session.add(person)
        note(uow)
    return number


def test_a_representative_chooses_and_takes_it_back(site: Site, world: World, home: str) -> None:
    url = f"/work/{world.ids['office_id']}/links"
    holder = world.owners[HOLDER]
    assert holder.submit(url, {"member": home}).status_code == 303
    page = holder.get(url).text
    assert "石敢当" in page
    person = re.search(r'name="person" value="(\w+)"', page)
    assert person
    assert holder.submit(f"{url}/withdraw", {"person": person[1]}).status_code == 303
    assert "You have chosen nobody yet." in holder.get(url).text
    elsewhere = f"F{world.body}".upper()
    site.make_person(member_no=elsewhere)
    for unknown in ("nobody", elsewhere):
        answer = holder.submit(url, {"member": unknown})
        assert answer.status_code == 422
        assert "There is no such member in your constituency." in answer.text


def test_a_representative_takes_in_what_somebody_said(site: Site, world: World, home: str) -> None:
    office, holder = world.ids["office_id"], world.owners[HOLDER]
    url = f"/work/{office}/intake"
    unit = re.search(r'<option value="(\w{32})"', holder.get(url).text)
    assert unit
    form = {"channel": "reception", "category": "water", "unit": unit[1], "text": "No water"}
    for wrong in ({"category": "conduct"}, {"text": " "}, {"member": "nobody"}, {"channel": "x"}):
        answer = holder.submit(url, {**form, **wrong})
        assert answer.status_code in (403, 422), wrong
    location = holder.submit(url, {**form, "member": home}).headers["location"]
    assert location.startswith("/desk/representative/matters/")
    assert "石敢当" in holder.get(location).text
    with site.database.read() as uow:
        matter = uow.session.get_one(Matter, location.rpartition("/")[2])
        assert (matter.office_id, matter.channel, matter.state) == (office, "reception", "received")
        assert not uow.session.scalars(select(Routing).where(Routing.matter_id == matter.id)).all()


def test_what_is_given_back_is_a_whole_picture(site: Site, world: World) -> None:
    raw = site.browser().get(f"/pictures/{world.ids['picture_id']}").content
    assert Image.open(io.BytesIO(raw)).size == (40, 30)


def test_the_keepers_code_cannot_be_found_by_trying(site: Site, world: World) -> None:
    office, duty = world.ids["office_id"], world.ids["duty_id"]
    with site.database.transaction(Actor("test")) as uow:
        session = uow.session.get_one(Duty, duty).session
        session.held_on = uow.today
        session.point.hours, session.point.secret = "00:00-23:59", SECRET_CODE
        note(uow)
    holder = world.owners[HOLDER]
    url = f"/work/{office}/duties/{duty}"
    for _ in range(6):
        assert holder.submit(url, {"code": "x"}).status_code == 303
    assert "not the code" in holder.get(f"/work/{office}").text
    late = holder.submit(url, {"code": "x"})
    assert late.status_code == 429
    assert "Too many wrong codes." in late.text
    with site.database.read() as uow:
        right = pyotp.TOTP(SECRET_CODE, interval=receptions.CODE_SECONDS).at(uow.now)
    assert holder.submit(url, {"code": right}).status_code == 429


def test_a_made_up_office_is_no_fault_of_the_server(site: Site, world: World) -> None:
    with site.database.read() as uow:
        unit = uow.session.get_one(Matter, world.ids["matter_id"]).unit_id
    form = {"category": "water", "unit": unit, "text": "x"}
    for more in ({"office": "x"}, {"office": "0" * 32}, {"about": "x", "category": "conduct"}):
        assert world.owners[HOLDER].submit("/matters", {**form, **more}).status_code == 422


@pytest.mark.parametrize("state", ["frozen", "sealed", "open"])
def test_nobody_betters_the_past_before_a_ballot(site: Site, world: World, state: str) -> None:
    """Not only while it is open: when it is made ready, its dossiers are."""
    office, holder = world.ids["office_id"], world.owners[HOLDER]
    with site.database.transaction(Actor("test")) as uow:
        today = uow.today
        election = Election(
            code=f"ballot-{state}",
            kind="confidence",
            title_zh="信任",
            title_en="Confidence",
            term_id=uow.session.get_one(Office, office).term_id,
            state=state,
            opens_at=uow.now + timedelta(days=1),
            closes_at=uow.now + timedelta(days=2),
            created_at=uow.now,
        )
        uow.session.add(election)
        uow.session.get_one(Activity, world.ids["activity_id"]).held_on = today - timedelta(days=20)
        uow.session.flush()
        note(uow)
    try:
        form = {"kind": "visit", "summary": "x", "held_on": str(today - timedelta(days=9))}
        holder.submit(f"/work/{office}/activities", form)
        assert "Before and during a ballot" in holder.get(f"/work/{office}").text
        of = f"activity:{world.ids['activity_id']}"
        send(holder, f"/work/{office}/pictures", png(), of=of)
        page = holder.get(f"/work/{office}").text
        assert "Before and during a ballot" in page
        assert "can be added." in page
        holder.submit(f"/work/{office}/activities", {**form, "held_on": str(today)})
        assert "It is written down and public." in holder.get(f"/work/{office}").text
    finally:
        with site.database.transaction(Actor("test")) as uow:
            uow.session.delete(uow.session.get_one(Election, election.id))
            note(uow)


def test_the_front_page_says_what_waits_for_whom(site: Site, world: World) -> None:
    """What was handed back waits for nobody there; what was answered waits for its owner."""
    matter, row = world.ids["matter_id"], world.ids["routing_id"]
    body, owner = world.owners[ANSWERER], world.owners[HOLDER]
    assert "1 matter waits." in body.get("/").text
    assert "Is it settled?" not in owner.get("/").text
    body.submit(f"/desk/body/matters/{matter}/return/{row}", {"text": "Not ours"})
    assert "1 matter waits." not in body.get("/").text
    with site.database.transaction(Actor("test")) as uow:
        uow.session.get_one(Matter, matter).state = "answered"
        note(uow)
    assert "There is an answer. Is it settled?" in owner.get("/").text
