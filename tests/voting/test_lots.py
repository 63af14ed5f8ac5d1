"""The seed of a lot: public when the result is, and nobody's choice before."""

from __future__ import annotations

import json

import pytest

from audit.database import Database
from tests.voting.scenario import Scenario
from voting import results
from voting.models import DIRECT, Contest, Declared, PartialDecryption
from voting.record.contest import lot_seed


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


def test_the_last_voter_does_not_know_how_the_lot_will_fall(scenario: Scenario) -> None:
    """Everything that is public when voting ends gives one tally, and the same tally gives another
    seed with other shares: trying ballots until a lot falls as one likes is of no use."""
    election_id = scenario.prepare(DIRECT, constituencies=["K3"])
    scenario.vote(election_id)
    scenario.close(election_id)
    (uuid,) = scenario.uuids(election_id)
    once = [scenario.share(uuid, held) for held in scenario.held[election_id]]
    again = [scenario.share(uuid, held) for held in scenario.held[election_id]]
    scenario.decrypt(election_id)
    scenario.declare(election_id)
    with scenario.database.read() as uow:
        contest = uow.session.query(Contest).filter_by(uuid=uuid).one()
        tally = (contest.tally_json or "").encode()
        taken = [p.content.encode() for p in uow.session.query(PartialDecryption)]
        declared = json.loads(uow.session.get_one(Declared, contest.id).content)
        totals = results.totals_of(uow, contest.election, contest)
    seeds = {lot_seed(uuid, tally, shares) for shares in (once, again, taken, [])}
    assert len(seeds) == 4
    assert declared["seed"] == totals.seed == lot_seed(uuid, tally, reversed(taken))
