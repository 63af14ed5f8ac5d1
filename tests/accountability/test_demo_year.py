"""The demo's year is made through the services, so it is a test of all of them together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from accountability import contacts, facts, obligations
from accountability.access import Role, Viewer
from accountability.models import Activity, Contact, Dossier, Matter, Report
from audit.database import Actor, Base, Database
from audit.models import LogEntry
from tests.accountability.world import at
from voting.registry import people, structure
from voting.registry.models import Constituency, Office, Person
from web import demo_year
from web.demo import organisation

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('year') / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    moment = at("2024-06-03 09:00")
    database.clock = lambda: moment
    organisation.load(database, date(2024, 6, 1))
    with database.transaction(Actor("commission")) as uow:
        term = structure.create_term(
            uow,
            code="T",
            name="任期",
            name_en="Term",
            starts_on=date(2024, 6, 1),
            ends_on=date(2029, 6, 1),
        )
        seats = {c.code: c.seats for c in uow.session.scalars(select(Constituency))}
        for row in sorted(organisation.rows("candidates.csv"), key=lambda r: int(r["position"])):
            code = row["constituency"]
            if seats[code]:
                seats[code] -= 1
                person = people.find_by_member_no_or_email(uow, row["member_no"])
                assert person is not None
                constituency = uow.session.scalars(
                    select(Constituency).where(Constituency.code == code)
                ).one()
                people.grant_office(
                    uow,
                    person,
                    term,
                    "representative",
                    starts_on=date(2024, 6, 1),
                    constituency=constituency,
                )
        for row in organisation.rows("committee.csv"):
            if row["status"] == "incumbent":
                person = people.find_by_member_no_or_email(uow, row["member_no"])
                assert person is not None
                people.grant_office(uow, person, term, row["office"], starts_on=date(2024, 7, 1))
    now = at("2026-11-23 10:00")
    database.clock = lambda: now
    with database.read() as uow:
        representatives = people.representatives(uow, uow.session.merge(term), TODAY)
    began = time.perf_counter()
    demo_year.live_year(database, term, representatives, TODAY)
    with database.read() as uow:
        members = people.committee_members(uow, uow.session.merge(term), TODAY)
    contests = {person.id: f"{n:032x}" for n, person in enumerate(members)}
    hashes = demo_year.freeze_dossiers(database, term, "confidence", contests)
    assert len(hashes) == 5
    assert time.perf_counter() - began < 20
    assert database.clock() == now
    yield database
    database.close()


def test_everyone_has_done_something(lived: Database) -> None:
    with lived.read() as uow:
        kinds = Counter(uow.session.scalars(select(Activity.kind)))
        states = Counter(uow.session.scalars(select(Contact.state)))
        matters = Counter(uow.session.scalars(select(Matter.state)))
        reports = uow.session.scalar(select(func.count()).select_from(Report))
        dossiers = uow.session.scalar(select(func.count()).select_from(Dossier))
    assert set(kinds) >= {"plenary", "inspection", "reception", "visit", "survey", "duty_report"}
    assert set(states) == {"claimed", "confirmed", "disputed", "unanswered"}
    assert sum(matters.values()) == 25
    assert matters["joined"] >= 3
    assert {"accepted", "routed"} <= set(matters)
    assert (reports, dossiers) == (15, 5)


def test_the_scorecards_have_figures(lived: Database) -> None:
    with lived.read() as uow:
        for office in uow.session.scalars(select(Office).where(Office.kind == "representative")):
            card = facts.card(uow, office, TODAY)
            assert card["contact_coverage"].n == 15, "three quarters finished, five links"
            assert not card["reception_presence"].suppressed
            assert card["first_reply"].suppressed or card["first_reply"].n


def test_nothing_lies_in_the_future_and_the_log_runs_forward(lived: Database) -> None:
    with lived.read() as uow:
        assert (uow.session.scalar(select(func.max(Activity.held_on))) or TODAY) <= TODAY
        entries = uow.session.scalars(select(LogEntry).order_by(LogEntry.id)).all()
        raw = b"\n".join(entry.entry for entry in entries).decode()
        people_ids = uow.session.scalars(select(Person.id)).all()
        offices = set(uow.session.scalars(select(Office.person_id)))
        names = uow.session.scalars(select(Person.name)).all()
    assert len(entries) > 500
    for secret in (*people_ids, *names):
        assert secret not in raw, "the log names a person"
    assert offices


def test_contacts_are_claimed_for_own_links_alone(lived: Database) -> None:
    with lived.read() as uow:
        for office in uow.session.scalars(select(Office).where(Office.kind == "representative")):
            seat = Viewer(Role.REPRESENTATIVE, "", office.person_id, frozenset({office.id}))
            links = obligations.linked(uow, seat, office.id, 2026)
            assert len(links) == 5
            owed = {(link.id, f"2026Q{n}") for link, _person in links for n in range(1, 5)}
            assert contacts.claimed_quarters(uow, seat, office.id) <= owed


def test_the_data_of_the_demo_is_inside_the_project() -> None:
    assert Path(demo_year.__file__).parent in demo_year.FOLDER.parents
