"""The demo's year is made through the services, so it is a test of all of them together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from accountability import contacts, obligations, scorecard_rows
from accountability.access import Role, Viewer
from accountability.models import (
    Activity,
    Contact,
    Dossier,
    LinkChoice,
    Matter,
    Picture,
    Report,
    Routing,
)
from audit.database import Database
from audit.models import LogEntry
from tests.accountability.organisation import TODAY, live, populate
from voting.registry.models import Office, Person
from web.demo import organisation
from web.demo import year as demo_year


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database, term = populate(tmp_path_factory.mktemp("year"))
    now, began = database.clock(), time.process_time()
    hashes = live(database, term)
    assert len(hashes) == 5
    assert time.process_time() - began < 20, "its own time, whatever else runs"
    assert database.clock() == now, "the clock is put back"
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


def test_there_are_pictures_and_matters_handed_back(lived: Database) -> None:
    with lived.read() as uow:
        seen = Counter(uow.session.scalars(select(Picture.added_by)))
        back = uow.session.scalars(select(Routing).where(Routing.returned_on.is_not(None))).all()
        choices = uow.session.scalars(select(LinkChoice.year)).all()
    assert set(seen) == {"representative", "clerk", "body"}
    assert back
    assert set(choices) == {2027}


def test_the_scorecards_have_figures(lived: Database) -> None:
    with lived.read() as uow:
        for office in uow.session.scalars(select(Office).where(Office.kind == "representative")):
            card = scorecard_rows.card(uow, office, TODAY)
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
    assert Path(demo_year.__file__).parent.parent in organisation.FOLDER.parents
