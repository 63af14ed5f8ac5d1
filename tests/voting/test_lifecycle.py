"""A whole election through the services, on both databases."""

from __future__ import annotations

from audit.database import Database
from tests.voting.scenario import Scenario
from voting.models import CERTIFIED, DIRECT


def test_a_direct_election_from_draft_to_certified(database: Database) -> None:
    scenario = Scenario(database).organise()
    election_id = scenario.run(DIRECT, constituencies=["K3"])
    assert scenario.state(election_id) == CERTIFIED
