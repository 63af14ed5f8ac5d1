"""The look at the start: rows changed behind the program's back are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select, update

from audit.database import Database
from audit.startup import StartupError
from audit.types import Heartbeat
from tests.voting.scenario import Scenario
from voting import integrity
from voting.models import DIRECT, CastBallot, Contest, RollEntry
from voting.registry.models import Person
from web.app import create_app
from web.settings import Settings


@pytest.fixture
def voted(database: Database) -> Scenario:
    scenario = Scenario(database).organise()
    (uuid,) = scenario.uuids(scenario.prepare(DIRECT, constituencies=["K3"]))
    for voter in scenario.voters(uuid)[:3]:
        scenario.cast(uuid, voter)
    return scenario


def problems(scenario: Scenario) -> list[str]:
    with scenario.database.read() as uow:
        return integrity.check_contests(uow)


def behind(scenario: Scenario, *statements: object) -> None:
    with scenario.database.transaction() as uow:
        for statement in statements:
            uow.session.execute(statement)  # type: ignore[call-overload]
        uow.record(Heartbeat())


def test_what_was_logged_is_there(voted: Scenario) -> None:
    assert problems(voted) == []


def test_a_changed_ballot(voted: Scenario) -> None:
    behind(voted, update(CastBallot).where(CastBallot.height == 2).values(raw="{}"))
    assert "the ballots and events are not those" in problems(voted)[0]


def test_a_removed_ballot_with_the_chain_put_right(voted: Scenario) -> None:
    with voted.database.read() as uow:
        second = uow.session.scalars(select(CastBallot).where(CastBallot.height == 2)).one()
    behind(
        voted,
        delete(CastBallot).where(CastBallot.height == 3),
        update(Contest).values(height=2, tail_hash=second.event),
    )
    assert "the ballots and events are not those" in problems(voted)[0]


def test_a_stranger_on_the_roll(voted: Scenario) -> None:
    with voted.database.read() as uow:
        on_roll = select(RollEntry.person_id)
        stranger = uow.session.scalars(select(Person.id).where(Person.id.not_in(on_roll))).first()
        contest_id = uow.session.scalars(select(Contest.id)).one()
    with voted.database.transaction() as uow:
        uow.session.add(RollEntry(contest_id=contest_id, person_id=stranger))
        uow.record(Heartbeat())
    assert "the roll is not the one" in problems(voted)[0]


def test_a_server_does_not_start_on_changed_rows(voted: Scenario, tmp_path: Path) -> None:
    behind(voted, update(CastBallot).where(CastBallot.height == 1).values(raw="{}"))
    settings = Settings(data_dir=tmp_path / "site", base_url="http://127.0.0.1:8000", demo=True)
    app = create_app(settings, voted.database)
    with pytest.raises(StartupError, match="contest K3"), TestClient(app):
        pass
