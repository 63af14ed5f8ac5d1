"""An election that is cancelled has no result to challenge: what leads from voters to their ballots
goes at once, and nothing is left for the schedule to forget."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from audit.database import Database
from audit.models import LogEntry
from tests.voting.scenario import Scenario
from voting.errors import TooLate
from voting.models import DIRECT, CheckIn, CredentialBinding, Election


@pytest.fixture
def scenario(database: Database) -> Scenario:
    return Scenario(database).organise()


def _bindings(scenario: Scenario) -> int:
    with scenario.database.read() as uow:
        return uow.session.scalar(select(func.count()).select_from(CredentialBinding)) or 0


def _cancel(scenario: Scenario, election_id: str) -> None:
    reason = "the wrong candidates were printed"
    scenario.both("cancel", f"election/{election_id}", reason=reason)


@pytest.mark.parametrize("closed", [False, True])
def test_the_link_from_voters_to_ballots_goes(scenario: Scenario, closed: bool) -> None:
    election_id = scenario.prepare(DIRECT, constituencies=["K3"])
    (uuid,) = scenario.uuids(election_id)
    voters = scenario.voters(uuid)
    came = voters[:16] if closed else voters[:4]  # with fewer it is void, and counted at once
    for voter in came:
        scenario.cast(uuid, voter)
    if closed:
        scenario.close(election_id)
    assert _bindings(scenario) == len(came)
    _cancel(scenario, election_id)
    assert _bindings(scenario) == 0
    with scenario.database.read() as uow:
        assert uow.session.get_one(Election, election_id).bindings_destroyed
        found = select(LogEntry.entry).where(LogEntry.subject == f"election/{election_id}")
        logged = [json.loads(raw) for raw in uow.session.scalars(found.order_by(LogEntry.queued))]
    assert [entry["type"] for entry in logged[-2:]] == ["election.cancelled", "bindings.destroyed"]
    assert logged[-1]["data"] == {"bindings": len(came)}
    with pytest.raises(TooLate):
        scenario.cast(uuid, voters[4])


def test_nor_does_a_dump_tell_in_which_order_they_came(scenario: Scenario) -> None:
    """Read without any order, as a dump does: PostgreSQL gives rows as they were written."""
    election_id = scenario.prepare(DIRECT, constituencies=["K3"], profile="union-plurality")
    (uuid,) = scenario.uuids(election_id)
    arrived = sorted(scenario.voters(uuid), reverse=True)[:6]
    for voter in arrived:
        scenario.cast(uuid, voter)
    scenario.close(election_id)
    assert _dumped(scenario) == sorted(arrived)
    _cancel(scenario, election_id)
    assert _dumped(scenario) == [], "of a cancelled election it is not even told who came"


def _dumped(scenario: Scenario) -> list[str]:
    with scenario.database.read() as uow:
        return list(uow.session.execute(select(CheckIn.person_id)).scalars())


def test_a_draft_that_is_cancelled_says_nothing_of_bindings(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    _cancel(scenario, election_id)
    with scenario.database.read() as uow:
        found = select(LogEntry.entry).where(LogEntry.subject == f"election/{election_id}")
        types = {json.loads(raw)["type"] for raw in uow.session.scalars(found)}
    assert "bindings.destroyed" not in types
