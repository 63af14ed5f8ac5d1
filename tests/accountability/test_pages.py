"""The pages through HTTP: who may see which, and the walk of a contact, a matter and a dossier."""

from __future__ import annotations

import email
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import policy
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import func, select

from accountability import contacts, obligations, scorecard_rows
from accountability.access import Role as Seat
from accountability.access import Viewer
from accountability.draws import sha256
from accountability.models import Activity, Contact, Dossier, Matter, Meeting, Opening, Report
from accountability.scorecards import Facts, compute
from audit.database import Database, UnitOfWork
from tests.accountability.organisation import TODAY, live, populate
from tests.accountability.world import at
from tests.web.site import BASE, Browser, Site
from voting.models import OPEN, Election
from voting.registry.models import Office, Term, Unit
from web.app import create_app
from web.identity.entries import AccountsCreated
from web.identity.roles import Role
from web.settings import Settings


@dataclass
class Town:
    site: Site
    database: Database
    offices: list[Office]
    chair: Office
    contact: Contact
    matter: Matter
    dossier: Dossier
    outbox: Path
    members: dict[str, Browser] = field(default_factory=dict)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    database, term = populate(folder)
    live(database, term)
    settings = Settings(data_dir=folder, base_url=BASE, log_level="error", demo=True)
    app = create_app(settings, database)
    app.state.mailer.start()
    with database.read() as uow:
        seats = select(Office).where(Office.kind == "representative").order_by(Office.id)
        offices = list(uow.session.scalars(seats))
        for office in offices:
            assert office.person.name
        claimed = select(Contact).where(Contact.state == "claimed").limit(1)
        contact = uow.session.scalars(claimed).one()
        assert contact.link.constituent_id
        settled = select(Matter).where(Matter.state == "accepted", Matter.person_id.is_not(None))
        yield Town(
            site=Site(app),
            database=database,
            offices=offices,
            chair=uow.session.scalars(select(Office).where(Office.kind == "secretary")).one(),
            contact=contact,
            matter=uow.session.scalars(settled.limit(1)).one(),
            dossier=uow.session.scalars(select(Dossier).limit(1)).one(),
            outbox=folder / "outbox",
        )
    app.state.mailer.stop()


def member(town: Town, person_id: str | None) -> Browser:
    """A person has one account, so a second sign-in is the same browser."""
    person_id = person_id or town.site.make_person()
    if person_id not in town.members:
        town.members[person_id] = town.site.sign_in(Role.MEMBER, person_id=person_id)
    return town.members[person_id]


@pytest.fixture(scope="module")
def holder(town: Town) -> Browser:
    return member(town, town.offices[0].person_id)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_public_pages_need_no_account(town: Town, language: str) -> None:
    visitor = town.site.browser(language)
    office, other = town.offices[0].id, town.chair.id
    with town.database.read() as uow:
        report = uow.session.scalars(select(Report.id).limit(1)).one()
    for path in (
        "/representatives",
        f"/representatives/{office}",
        f"/representatives/{other}",
        "/receptions",
        f"/reports/{report}",
        f"/dossiers/{town.dossier.id}",
    ):
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        assert "style=" not in answer.text, "the policy forbids styles in the page"
        assert answer.text.count("<script") == 1, "that of every page"


def test_the_public_page_names_no_constituent(town: Town) -> None:
    office = town.offices[0]
    page = town.site.browser().get(f"/representatives/{office.id}").text
    with town.database.read() as uow:
        seat = Viewer(Seat.REPRESENTATIVE, "", office.person_id, frozenset({office.id}))
        for link, person in obligations.linked(uow, seat, office.id, TODAY.year):
            assert person.name not in page
            assert link.id not in page
    assert "5 constituents are linked" in page


def test_the_chart_has_a_name_and_its_table(town: Town) -> None:
    page = town.site.browser().get(f"/representatives/{town.offices[0].id}").text
    assert 'role="img"' in page
    described = re.search(r'<desc id="chart-summary">([^<]+)</desc>', page)
    assert described
    assert "Contacts confirmed" in described[1]
    assert re.search(r'<th scope="row">Contacts confirmed', page)


@pytest.mark.parametrize(
    "path",
    [
        "/work",
        "/contacts",
        "/matters",
        "/matters/new",
        "/desk/clerk",
        "/desk/body",
        "/desk/auditor",
        "/points",
    ],
)
def test_the_rest_needs_an_account(town: Town, path: str) -> None:
    answer = town.site.browser().get(path, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("role", "scope", "allowed"),
    [
        (Role.CLERK, "", {"/desk/clerk", "/desk/clerk/new", "/desk/clerk/meetings"}),
        (Role.BODY, "B6", {"/desk/body"}),
        (Role.AUDITOR, "", {"/desk/auditor"}),
        (Role.SITE_KEEPER, "P1", {"/points"}),
        (Role.COMMISSION, "", set()),
        (Role.TRUSTEE, "", set()),
        (Role.REGISTRAR, "", set()),
    ],
)
def test_each_role_has_its_own_desk(town: Town, role: Role, scope: str, allowed: set[str]) -> None:
    browser = town.site.sign_in(role, scope=scope)
    everything = {
        "/desk/clerk",
        "/desk/clerk/new",
        "/desk/clerk/meetings",
        "/desk/body",
        "/desk/auditor",
        "/desk/representative",
        "/points",
        f"/work/{town.offices[0].id}",
        f"/matters/{town.matter.id}",
        f"/api/v1/representatives/{town.offices[0].id}/facts",
    }
    if role is Role.AUDITOR:
        allowed = allowed | {f"/api/v1/representatives/{town.offices[0].id}/facts"}
    for path in everything:
        status = browser.get(path, follow_redirects=False).status_code
        assert (status == 200) is (path in allowed), (path, status)


def test_another_members_matter_and_contact_do_not_exist(town: Town) -> None:
    stranger = member(town, None)
    assert stranger.get(f"/matters/{town.matter.id}").status_code == 404
    answer = stranger.submit(f"/contacts/{town.contact.id}", {"verdict": "confirmed", "code": "x"})
    assert answer.status_code == 404
    answer = stranger.submit(f"/matters/{town.matter.id}/verdict", {"verdict": "reopened"})
    assert answer.status_code == 404


def test_one_representative_cannot_write_for_another(town: Town, holder: Browser) -> None:
    other = town.offices[1].id
    form = {"kind": "visit", "held_on": TODAY.isoformat(), "summary": "mine"}
    assert holder.submit(f"/work/{other}/activities", form).status_code == 403
    assert holder.get(f"/work/{other}").status_code == 403
    assert member(town, None).get(f"/work/{other}").status_code == 404


def test_the_workplace_logs_an_activity(town: Town, holder: Browser) -> None:
    office = town.offices[0].id
    form = {"kind": "visit", "held_on": TODAY.isoformat(), "summary": "Asked about the heating"}
    assert holder.submit(f"/work/{office}/activities", form).status_code == 303
    assert "Asked about the heating" in town.site.browser().get(f"/representatives/{office}").text
    answer = holder.submit(f"/work/{office}/activities", {**form, "held_on": "2027-01-01"})
    assert answer.status_code == 303
    assert "This day has not come yet." in holder.get(f"/work/{office}").text


def test_the_report_form_keeps_what_was_typed_and_publishes(town: Town, holder: Browser) -> None:
    office = town.offices[0].id
    page = f"/work/{office}/report"
    cited = re.findall(r'value="(activity:\w+)"', holder.get(page).text)[0]
    wrong = holder.submit(page, {"period": "1999H1", "text1": "Walked the village"}, page=page)
    assert wrong.status_code == 422
    assert "Walked the village" in wrong.text
    form = {"period": "2026H2", "text1": "Walked", "cite1": cited, "text2": "Everyone is happy"}
    done = holder.submit(page, form, page=page)
    assert done.status_code == 303
    published = town.site.browser().get(done.headers["location"]).text
    assert published.count("no evidence given") == 1


def test_a_contact_from_claim_to_confirmation(town: Town) -> None:
    with town.database.read() as uow:
        for office in town.offices[1:]:
            seat = Viewer(Seat.REPRESENTATIVE, "", office.person_id, frozenset({office.id}))
            claimed = contacts.claimed_quarters(uow, seat, office.id)
            links = obligations.linked(uow, seat, office.id, TODAY.year)
            free = [(ln, p) for ln, p in links if (ln.id, "2026Q4") not in claimed and p.email]
            if free:
                break
    link, person = free[0]
    representative = member(town, office.person_id)
    form = {"link": link.id, "held_on": TODAY.isoformat(), "channel": "phone"}
    url = f"/work/{office.id}"
    assert representative.submit(f"{url}/contacts", form).status_code == 303
    after = representative.get(url).text
    town.site.app.state.mailer.drain()
    letters = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(town.outbox.glob("*.eml"))
    ]
    letter = next(ltr for ltr in letters if person.email in str(ltr["to"]))
    body = letter.get_content()
    code = re.search(r"(?:Your code: |您的确认码：)(\w{4} \w{4})", body)
    assert code
    assert code[1] not in after
    constituent = member(town, person.id)
    waiting = re.findall(r'action="/contacts/(\w+)"', constituent.get("/contacts").text)
    answered = []
    for contact_id in waiting:
        form = {"verdict": "confirmed", "code": code[1]}
        constituent.submit(f"/contacts/{contact_id}", form, page="/contacts")
        answered.append(constituent.get("/contacts").text)
    assert any("Your answer is recorded." in text for text in answered)
    with town.database.read() as uow:
        states = uow.session.scalars(
            select(Contact.state).where(Contact.link_id == link.id, Contact.quarter == "2026Q4")
        ).all()
    assert states == ["confirmed"]


def test_while_a_ballot_is_open_contacts_rest(town: Town) -> None:
    contact = town.contact
    constituent = member(town, contact.link.constituent_id)
    assert f'action="/contacts/{contact.id}"' in constituent.get("/contacts").text
    with town.database.transaction() as uow:
        term = uow.session.scalars(select(Term)).one()
        election = _open_election(term, uow.now)
        uow.session.add(election)
        uow.session.flush()
        _note(uow)
    try:
        page = constituent.get("/contacts").text
        assert "neither asked for nor confirmed" in page
        assert f'action="/contacts/{contact.id}"' not in page
        form = {"verdict": "confirmed", "code": "abcd efgh"}
        assert constituent.submit(f"/contacts/{contact.id}", form).status_code == 303
        assert "neither asked for nor confirmed" in constituent.get("/").text
    finally:
        with town.database.transaction() as uow:
            uow.session.delete(uow.session.get_one(Election, election.id))
            _note(uow)


def _open_election(term: Term, now: datetime) -> Election:
    return Election(
        code="ballot",
        kind="confidence",
        title_zh="信任",
        title_en="Confidence",
        term_id=term.id,
        state=OPEN,
        opens_at=now,
        closes_at=now + timedelta(days=1),
        created_at=now,
    )


def _note(uow: UnitOfWork) -> None:
    uow.record(AccountsCreated(count=1))


def test_a_matter_from_the_members_form_to_the_last_word(town: Town) -> None:
    with town.database.read() as uow:
        unit = uow.session.scalars(select(Unit).where(Unit.code == "RC1")).one().id
    citizen = member(town, town.offices[2].person_id)
    form = {"category": "safety", "unit": unit, "text": "A cable hangs into the playground"}
    assert citizen.submit("/matters", {**form, "text": " "}).status_code == 422
    url = citizen.submit("/matters", form).headers["location"]
    matter_id = url.removeprefix("/matters/")
    clerk = town.site.sign_in(Role.CLERK)
    page = clerk.get(f"/desk/clerk/matters/{matter_id}").text
    assert "A cable hangs" in page
    body = re.search(r'name="body" value="(\w+)" checked', page)
    assert body
    routed = {"body": body[1], "extract": "A cable hangs into the playground"}
    assert clerk.submit(f"/desk/clerk/matters/{matter_id}/route", routed).status_code == 303
    assert "A cable hangs" not in clerk.get(f"/desk/clerk/matters/{matter_id}").text
    staff = town.site.sign_in(Role.BODY, scope="B6")
    page = staff.get(f"/desk/body/matters/{matter_id}").text
    answer = re.search(rf"/desk/body/matters/{matter_id}/answer/\w+", page)
    assert answer
    assert "Name and contact are not shown to you." in page
    assert staff.submit(answer[0], {"text": "It is taken down"}).status_code == 303
    mine = citizen.get(url).text
    assert "It is taken down" in mine
    assert "the body in charge" in mine
    assert "a clerk" in mine
    accept = {"verdict": "accepted"}
    assert citizen.submit(f"{url}/verdict", accept).status_code == 303
    assert "settled: the person accepted it" in citizen.get(url).text


def test_looking_leaves_a_trace_over_http(town: Town) -> None:
    count = select(func.count()).select_from(Opening).where(Opening.matter_id == town.matter.id)
    with town.database.read() as uow:
        before = uow.session.scalar(count) or 0
    town.site.sign_in(Role.AUDITOR).get(f"/desk/auditor/matters/{town.matter.id}")
    with town.database.read() as uow:
        assert uow.session.scalar(count) == before + 1


def test_the_keepers_code_signs_a_representative_in(town: Town) -> None:
    with town.database.read() as uow:
        meeting = uow.session.scalars(select(Meeting).limit(1)).one()
        assert uow.session.scalar(select(func.count()).select_from(Activity))
    keeper = town.site.sign_in(Role.SITE_KEEPER, scope="P1")
    page = keeper.get("/points").text
    assert re.search(r'class="code">\d{3} \d{3}<', page)
    assert "Show the code of this minute" in page
    assert "P2" not in page
    sheet = town.site.sign_in(Role.CLERK).get(f"/desk/clerk/meetings/{meeting.id}")
    assert sheet.status_code == 200


def test_the_frozen_file_has_the_hash_that_was_logged(town: Town) -> None:
    visitor = town.site.browser()
    raw = visitor.get(f"/dossiers/{town.dossier.id}/content.json").content
    assert sha256(raw) == town.dossier.sha256
    assert town.dossier.sha256 in visitor.get(f"/dossiers/{town.dossier.id}").text
    assert json.loads(raw)["kind"] == "confidence"


def test_the_subject_replies_once(town: Town) -> None:
    with town.database.read() as uow:
        office = uow.session.get_one(Office, town.dossier.office_id)
    subject = member(town, office.person_id)
    url = f"/dossiers/{town.dossier.id}"
    assert "Your right of reply" in subject.get(url).text
    assert subject.submit(f"{url}/reply", {"text": "I was abroad in March."}).status_code == 303
    page = subject.get(url).text
    assert "I was abroad in March." in page
    assert "Your right of reply" not in page
    other = next(o for o in town.offices if o.person_id != office.person_id)
    assert member(town, other.person_id).submit(f"{url}/reply", {"text": "x"}).status_code == 403


def test_calendars_are_icalendar(town: Town) -> None:
    for path in (f"/representatives/{town.offices[0].id}/receptions.ics", "/receptions.ics"):
        answer = town.site.browser().get(path)
        assert answer.headers["content-type"].startswith("text/calendar")
        events = Calendar.from_ical(answer.content).walk("VEVENT")
        assert events
        start = events[0]["DTSTART"].dt
        assert start.utcoffset() == timedelta(0)
        assert start.hour in (0, 5), "08:30 or 13:30 by the clocks of the mainland"


def test_an_auditor_computes_the_card_again_from_the_rows(town: Town) -> None:
    office = town.offices[0].id
    rows = town.site.sign_in(Role.AUDITOR).get(f"/api/v1/representatives/{office}/facts").json()
    shown = town.site.browser().get(f"/api/v1/representatives/{office}/scorecard").json()
    assert json.loads(json.dumps(compute(Facts.from_json(rows)).to_json())) == shown
    with town.database.read() as uow:
        assert (
            scorecard_rows.collect(uow, uow.session.get_one(Office, office), TODAY).on
            == shown["on"]
        )


def test_open311_has_no_person_no_text_and_no_small_number(town: Town) -> None:
    visitor = town.site.browser()
    counts = visitor.get("/api/v1/open311/counts.json").json()
    assert set(counts) >= {"safety", "roads"}
    assert all(count is None or count >= 10 for count in counts.values())
    for row in visitor.get("/api/v1/open311/requests.json").json():
        assert counts[row["service_code"]] is not None
        assert row["service_request_id"] is None
        assert "description" not in row
    codes = {row["service_code"] for row in visitor.get("/api/v1/open311/services.json").json()}
    assert codes >= set(counts)


def test_unknown_ids_are_not_found(town: Town) -> None:
    visitor = town.site.browser()
    for path in (
        "/representatives/x",
        "/representatives/x/receptions.ics",
        "/reports/x",
        "/dossiers/x",
        "/dossiers/x/content.json",
        "/elections/none/dossiers",
        "/api/v1/dossiers/x",
        "/api/v1/representatives/x/scorecard",
    ):
        assert visitor.get(path).status_code == 404, path
    assert at("2026-11-23 10:00") == town.database.clock()
