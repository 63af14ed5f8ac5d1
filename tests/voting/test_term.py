"""The mandate of a term: each roll derives from the certified result before it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audit.database import Database
from tests.voting.scenario import COMMISSION, Scenario
from voting import drafts, mandates, publication, roll_tree
from voting.errors import Conflict
from voting.models import (
    CERTIFIED,
    COMMITTEE,
    CONFIDENCE,
    DIRECT,
    SATISFACTION,
    Contest,
    Election,
)
from voting.registry import people, structure

MIDDLE = datetime(2029, 6, 1, 8, 0, tzinfo=UTC)
LATE = datetime(2031, 6, 1, 8, 0, tzinfo=UTC)


def test_four_ballots_of_a_term(database: Database) -> None:
    scenario = Scenario(database).organise()
    direct = scenario.run(DIRECT)
    scenario.clock.move_to(datetime(2026, 12, 10, 8, tzinfo=UTC))
    committee = scenario.run(COMMITTEE)
    scenario.clock.move_to(MIDDLE)
    confidence = scenario.run(CONFIDENCE, singles=1, ring=(2, 3))
    scenario.clock.move_to(LATE)
    satisfaction = scenario.run(SATISFACTION)
    with database.read() as uow:
        term = structure.get_term(uow, scenario.term)
        for election_id, voters in ((committee, 10), (confidence, 10), (satisfaction, 10)):
            election = uow.session.get_one(Election, election_id)
            assert election.state == CERTIFIED
            (contest,) = election.contests
            assert contest.roll_count == voters
            elected = [
                people.commitment(candidacy.person)
                for _, candidacy in mandates.elected(uow, uow.session.get_one(Election, direct))
            ]
            assert contest.roll_root == roll_tree.root(elected)
        members = people.committee_members(uow, term, LATE.date())
        assert len(members) == 5
        subjects = {c.person_id for c in election.contests[0].candidacies}
        assert subjects == {person.id for person in members}
        chain, records = publication.term_of(uow, term, None)
        codes = ["committee-1", "confidence-1", "direct-1", "satisfaction-1"]
        assert [named.code for named in chain.elections] == codes
        assert [code for code, _ in records] == codes


def test_one_ballot_of_a_kind_for_a_subject_in_a_term(sqlite_database: Database) -> None:
    scenario = Scenario(sqlite_database).organise()
    scenario.run(DIRECT)
    scenario.clock.move_to(datetime(2026, 12, 10, 8, tzinfo=UTC))
    scenario.run(COMMITTEE)
    scenario.clock.move_to(MIDDLE)
    first = scenario.draft(CONFIDENCE)
    second = scenario.draft(CONFIDENCE, code="again")
    scenario.freeze(first)
    with pytest.raises(Conflict, match="in this term already"):
        scenario.freeze(second)
    scenario.both("cancel", f"election/{first}")
    scenario.freeze(second)


def test_no_roll_without_a_certified_election(sqlite_database: Database) -> None:
    scenario = Scenario(sqlite_database).organise()
    scenario.clock.move_to(datetime(2026, 12, 10, 8, tzinfo=UTC))
    election_id = scenario.draft(COMMITTEE)
    with pytest.raises(Conflict, match="not certified"):
        scenario.freeze(election_id)


def test_outside_the_window_of_the_term_only_with_a_reason(sqlite_database: Database) -> None:
    scenario = Scenario(sqlite_database).organise()
    scenario.clock.move_to(MIDDLE)
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    with pytest.raises(Conflict, match="needs a reason"):
        scenario.freeze(election_id)
    with sqlite_database.transaction(COMMISSION) as uow:
        drafts.change(uow, election_id, window_reason="by-election after a resignation")
    scenario.freeze(election_id)
    assert scenario.contest_ids(election_id)
    with sqlite_database.read() as uow:
        assert uow.session.get_one(Contest, scenario.contest_ids(election_id)[0]).roll_count == 19
