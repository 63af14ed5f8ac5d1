"""After the term: what is left of settled matters goes, figures stay, nothing else is touched."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import func, select, update

from accountability import (
    break_glass,
    draws,
    matters,
    retention,
    routing,
    scorecard_rows,
    viewing,
)
from accountability.access import SYSTEM, Role, Viewer
from accountability.entries import CardFinal, MattersForgotten
from accountability.errors import Forbidden
from accountability.matters import Intake
from accountability.models import (
    BreakGlass,
    Event,
    FinalCard,
    Matter,
    Opening,
    Pause,
    Routing,
)
from audit.database import Base
from audit.entries import PUBLIC, SECURITY
from tests.accountability.world import AUDITOR, CLERK, World, note, with_duties
from voting.registry.models import Office, Term
from web.term import years

ROADS = Viewer(Role.BODY, "account-roads", bodies=frozenset({"B1"}))
AFTER = "2031-07-15 10:00"  # the term ends on 1 January 2031; 180 days later is 30 June
CASEWORK = (Matter, Routing, Pause, Event, Opening, BreakGlass)


def raised(world: World, person: int = 5) -> Matter:
    with world.database.transaction() as uow:
        intake = Intake(
            unit_id=world.unit.id, category="roads", text="Rails", office_id=world.offices[0].id
        )
        return matters.take_in(uow, world.constituent(world.members[person]), intake)


def settled(world: World, matter: Matter, person: int = 5) -> None:
    """With a row in every table of casework."""
    with world.database.transaction() as uow:
        viewing.show(uow, CLERK, matter.id)
        break_glass.ask(uow, AUDITOR, matter.id, "A threat to life")
        body = routing.body_for(uow, "roads")
        assert body is not None
        row = routing.route(uow, CLERK, matter.id, body.id, extract="Rails")
        routing.stop_clock(uow, ROADS, row.id, "Waiting for parts")
        routing.answer(uow, ROADS, row.id, "Mended")
        matters.settle(uow, world.constituent(world.members[person]), matter.id, "accepted")


@pytest.fixture
def town(world: World) -> World:
    with world.database.transaction() as uow:
        routing.set_body(
            uow,
            SYSTEM,
            code="B1",
            name="路",
            name_en="Roads",
            categories="roads",
            sla_working_days=5,
        )
    return world


def rows(world: World) -> dict[str, int]:
    with world.database.read() as uow:
        return {
            table.name: uow.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if not table.name.startswith(("log_", "test_"))
        }


def test_nothing_goes_before_the_time(town: World) -> None:
    settled(town, raised(town))
    years.end_of_day(town.database)
    before = rows(town)
    for moment in ("2026-03-01 10:00", "2031-01-01 10:00", "2031-06-29 10:00"):
        town.set_clock(moment)
        years.end_of_day(town.database)
        assert rows(town) == before, moment
    town.set_clock(AFTER)
    years.end_of_day(town.database)
    assert rows(town)["matter"] == 0


def test_only_casework_of_settled_matters_goes_and_it_is_logged(town: World) -> None:
    with_duties(town)
    gone, repeat, kept = raised(town), raised(town, 6), raised(town, 7)
    with town.database.transaction() as uow:
        routing.join(uow, CLERK, repeat.id, gone.id)
        viewing.show(uow, CLERK, kept.id)
    settled(town, gone)
    town.set_clock(AFTER)
    with town.database.transaction() as uow:
        matters.erase_due(uow, SYSTEM)
    before = rows(town)
    with town.database.transaction() as uow:
        assert set(retention.due(uow)) == {gone.id, repeat.id}
        assert retention.forget(uow, SYSTEM) == 2
        assert MattersForgotten(until=date(2031, 1, 1), count=2) in uow.entries
        assert any(isinstance(entry, CardFinal) for entry in uow.entries)
    assert (MattersForgotten.LOG, CardFinal.LOG) == (SECURITY, PUBLIC)
    after = rows(town)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {model.__tablename__ for model in CASEWORK} | {"final_card"}
    with town.database.transaction() as uow:
        assert uow.session.scalars(select(Matter.id)).all() == [kept.id]
        assert uow.session.get_one(Matter, kept.id).text == "Rails"
        assert len(uow.session.get_one(Matter, kept.id).events) == 1
        assert retention.forget(uow, SYSTEM) == 0


def test_an_open_matter_stays_however_old(town: World) -> None:
    matter = raised(town)
    town.set_clock("2040-01-01 10:00")
    years.end_of_day(town.database)
    with town.database.read() as uow:
        assert uow.session.get_one(Matter, matter.id).text == "Rails"


def test_what_a_sitting_representative_took_over_stays_for_their_figures(town: World) -> None:
    matter = raised(town)
    settled(town, matter)
    with town.database.transaction() as uow:
        term = Term(code="T2", name="下届", starts_on=date(2031, 1, 1), ends_on=date(2036, 1, 1))
        uow.session.add(term)
        uow.session.flush()
        office = Office(
            person_id=town.members[9].id,
            term_id=term.id,
            kind="representative",
            starts_on=term.starts_on,
            ends_on=term.ends_on,
        )
        uow.session.add(office)
        uow.session.flush()
        uow.session.execute(update(Matter).values(office_id=office.id))
        note(uow)
    town.set_clock(AFTER)
    years.end_of_day(town.database)
    assert rows(town)["matter"] == 1


def test_the_figures_stay_as_they_were_and_their_hash_is_public(town: World) -> None:
    for person in range(3, 15):
        settled(town, raised(town, person), person)
    town.set_clock(AFTER)
    with town.database.read() as uow:
        office = uow.session.get_one(Office, town.offices[0].id)
        before = scorecard_rows.card(uow, office, uow.today)
    assert before["first_reply"].n == 12
    years.end_of_day(town.database)
    assert rows(town)["matter"] == 0
    with town.database.read() as uow:
        office = uow.session.get_one(Office, town.offices[0].id)
        assert scorecard_rows.card(uow, office, date(2033, 1, 1)) == before
        kept = uow.session.get_one(FinalCard, office.id)
        assert draws.sha256(kept.content.encode()) == kept.sha256
        assert json.loads(kept.content)["on"] == "2031-07-15"
        assert scorecard_rows.collect(uow, office, date(2033, 1, 1)).replies == ()
    with town.database.transaction() as uow:
        assert retention.keep_cards(uow, SYSTEM) == 0, "once"


def test_many_go_in_several_transactions(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for person in range(3, 8):
        settled(town, raised(town, person), person)
    town.set_clock(AFTER)
    with town.database.transaction() as uow:
        matters.erase_due(uow, SYSTEM)
    monkeypatch.setattr(retention.due, "__defaults__", (2,))
    assert years.forget(town.database) == 5


def test_nobody_erases_by_hand(town: World) -> None:
    with town.database.transaction() as uow:
        for viewer in (CLERK, AUDITOR, town.seats[0]):
            with pytest.raises(Forbidden):
                retention.forget(uow, viewer)
            with pytest.raises(Forbidden):
                retention.keep_cards(uow, viewer)
