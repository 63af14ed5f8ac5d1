"""Who may stand, at the nomination and again at the freeze: between the two people move."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audit.database import Database
from tests.voting.scenario import COMMISSION, REGISTRAR, Scenario
from voting import drafts, lifecycle, mandates, nominations, trustees
from voting.errors import Conflict, DomainError
from voting.models import ACCEPTED, COMMITTEE, CONFIDENCE, DIRECT, Candidacy, Election
from voting.registry import people, structure
from voting.registry.entries import PersonChanged
from voting.registry.models import Office, Person


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


def _first(scenario: Scenario, election_id: str) -> Candidacy:
    return scenario.candidacies(election_id)[0]


def _refused(scenario: Scenario, election_id: str, why: str) -> None:
    with pytest.raises(DomainError, match=why), scenario.database.transaction() as uow:
        lifecycle.freeze(uow, election_id)


def test_who_withdrew_and_holds_a_key_does_not_come_back(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K1"])
    candidacy = _first(scenario, election_id)
    with scenario.database.transaction(COMMISSION) as uow:
        nominations.withdraw(uow, candidacy.id)
        trustees.invite(
            uow,
            election_id,
            account_id="trustee-9",
            name=candidacy.person.name,
            person_id=candidacy.person_id,
        )
    with (
        pytest.raises(Conflict, match="is a trustee of this election and cannot stand"),
        scenario.database.transaction(COMMISSION) as uow,
    ):
        nominations.change(uow, candidacy.id, state=ACCEPTED)


def test_who_moved_to_another_constituency_stands_no_more(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K1"])
    with scenario.database.transaction(REGISTRAR) as uow:
        person = people.get_person(uow, _first(scenario, election_id).person_id)
        unit = structure.units_by_code(uow, uow.today)["RC1"]
        people.move(uow, person, unit, uow.today)
    _refused(scenario, election_id, "does not belong to constituency K1")


def test_who_was_suspended_stands_no_more(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K1"])
    with scenario.database.transaction(REGISTRAR) as uow:
        person = uow.session.get_one(Person, _first(scenario, election_id).person_id)
        person.status = "suspended"
        uow.record(
            PersonChanged(person_id="person", person=people.commitment(person), what="status")
        )
    _refused(scenario, election_id, "is not a full member")


def test_a_place_that_is_taken_is_refused_in_words(scenario: Scenario) -> None:
    first, second = scenario.candidacies(scenario.draft(DIRECT, constituencies=["K1"]))[:2]
    with pytest.raises(Conflict, match="is taken"), scenario.database.transaction() as uow:
        nominations.change(uow, second.id, position=first.position)


def test_only_who_is_of_the_committee_is_a_subject(scenario: Scenario) -> None:
    scenario.run(DIRECT)
    scenario.clock.move_to(datetime(2026, 12, 10, 8, tzinfo=UTC))
    scenario.run(COMMITTEE)
    scenario.clock.move_to(datetime(2029, 6, 1, 8, tzinfo=UTC))
    election_id = scenario.draft(CONFIDENCE)
    candidacy = _first(scenario, election_id)
    with scenario.database.transaction(REGISTRAR) as uow:
        offices = uow.session.query(Office).filter_by(person_id=candidacy.person_id, kind="member")
        people.end_office(uow, offices.one(), uow.today, "resigned")
    _refused(scenario, election_id, "is not a member of the committee")


def test_a_suspended_member_of_the_committee_is_a_subject_all_the_same(scenario: Scenario) -> None:
    scenario.run(DIRECT)
    scenario.clock.move_to(datetime(2026, 12, 10, 8, tzinfo=UTC))
    elected = scenario.run(COMMITTEE)
    with scenario.database.transaction(REGISTRAR) as uow:
        (first, *_) = mandates.elected(uow, uow.session.get_one(Election, elected))
        first[1].person.status = "suspended"
        person = first[1].person
        uow.record(
            PersonChanged(person_id="person", person=people.commitment(person), what="status")
        )
    scenario.clock.move_to(datetime(2029, 6, 1, 8, tzinfo=UTC))
    assert person.id in {c.person_id for c in scenario.candidacies(scenario.draft(CONFIDENCE))}


def test_the_rules_are_adopted_before_the_first_nomination(scenario: Scenario) -> None:
    """Nobody chooses the rules when it is known who stands."""
    election_id = scenario.draft(DIRECT, constituencies=["K1"])
    with (
        pytest.raises(Conflict, match="before the first nomination"),
        scenario.database.transaction(COMMISSION) as uow,
    ):
        drafts.adopt_profile(uow, election_id, "party-local")
    (contest_id,) = scenario.contest_ids(election_id)
    with scenario.database.transaction(COMMISSION) as uow:
        drafts.remove_contest(uow, contest_id)
        drafts.adopt_profile(uow, election_id, "party-local")
