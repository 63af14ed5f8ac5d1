"""The schedule when an election is in trouble: the others go on, and nobody is drowned."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import update

from audit.database import Database
from audit.types import Heartbeat
from tests.voting.scenario import Scenario
from voting import integrity, lifecycle, results
from voting.models import CLOSED, DIRECT, OPEN, ArchiveRecord, CastBallot, Contest


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


@pytest.fixture
def closed(scenario: Scenario) -> str:
    """Closed, not added up, and a row of its archive is no event any more."""
    election_id = scenario.prepare(DIRECT, constituencies=["K3"], code="broken")
    (uuid,) = scenario.uuids(election_id)
    scenario.cast(uuid, scenario.voters(uuid)[0])
    scenario.clock.forward(days=2)
    with scenario.database.transaction() as uow:
        lifecycle.close_voting(uow, election_id)
    return election_id


def _behind(scenario: Scenario, statement: object) -> None:
    with scenario.database.transaction() as uow:
        uow.session.execute(statement)  # type: ignore[call-overload]
        uow.record(Heartbeat())


@pytest.fixture
def due(scenario: Scenario, closed: str) -> str:
    """Another election, whose time to open has come."""
    healthy = scenario.draft(DIRECT, constituencies=["K1"], code="healthy")
    for step in (
        scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal,
        scenario.rehearse,
    ):  # fmt: skip
        step(healthy)
    scenario.clock.forward(days=3)
    return healthy


def test_rows_that_cannot_be_read_stop_only_their_election(
    scenario: Scenario, closed: str, due: str
) -> None:
    _behind(scenario, update(ArchiveRecord).where(ArchiveRecord.height > 0).values(content="{"))
    assert lifecycle.tick(scenario.database) == ["open:healthy"]
    assert scenario.state(closed) == CLOSED
    with scenario.database.read() as uow:
        (problem,) = integrity.check_contests(uow)
    assert "election broken, contest K3: what is in its rows cannot be read" in problem


def test_an_error_nobody_expected_is_raised_when_the_others_had_their_turn(
    scenario: Scenario, closed: str, due: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_database: Database, _election_id: str) -> int:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr(results, "encrypt_tallies", fail)
    with pytest.raises(lifecycle.ScheduleError, match="tally:broken"):
        lifecycle.tick(scenario.database)
    assert scenario.state(due) == OPEN


def test_a_tally_that_is_refused_is_tried_again_after_a_while(
    scenario: Scenario, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try reads every ballot and the log."""
    with scenario.database.read() as uow:
        raw = uow.session.query(CastBallot).one().raw
    _behind(scenario, update(CastBallot).values(raw="{}"))
    tries: list[str] = []
    add_up = results.encrypt_tallies

    def counted(database: Database, election_id: str) -> int:
        tries.append(election_id)
        return add_up(database, election_id)

    monkeypatch.setattr(results, "encrypt_tallies", counted)
    for _ in range(6):
        assert lifecycle.tick(scenario.database) == []
        scenario.clock.forward(seconds=5)
    assert tries == [closed]
    _behind(scenario, update(CastBallot).values(raw=raw))
    scenario.clock.forward(seconds=30)
    assert lifecycle.tick(scenario.database) == ["tally:broken"]


def test_the_alarm_about_changed_rows_is_given_once_and_again_when_it_changes(
    scenario: Scenario, closed: str, caplog: pytest.LogCaptureFixture
) -> None:
    def look() -> None:
        with scenario.database.read() as uow:
            contest = uow.session.query(Contest).filter_by(code="K3").one()
            with pytest.raises(lifecycle.Conflict):
                integrity.require(uow, contest)

    caplog.set_level(logging.CRITICAL, "mandate.voting")
    _behind(scenario, update(CastBallot).values(raw="{}"))
    for _ in range(5):
        look()
    assert len(caplog.records) == 1
    _behind(scenario, update(Contest).where(Contest.code == "K3").values(credentials_json="[]"))
    look()
    assert len(caplog.records) == 2
    assert "credentials" in caplog.text
