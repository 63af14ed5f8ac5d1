"""The table of ways: complete, without a dead end, and what the product logs is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audit.database import Base, Database
from audit.entries import TYPES
from audit.roles import Role
from tests.voting.scenario import COMMISSION, Scenario
from tests.voting.walk import walk
from voting import entries, lifecycle, ways
from voting.entries import ArchiveEvent, ElectionCancelled, ElectionClosed, ElectionFrozen
from voting.models import COMMITTEE, DIRECT, STATES
from voting.words import State

# Not of one election in a state: said of whatever two people stand for.
WITHOUT = {entries.ActAsked, entries.ActSigned, entries.ActWithdrawn}


def test_each_entry_of_an_election_has_a_way() -> None:
    declared = {entry for entry in TYPES.values() if entry.__module__ == entries.__name__}
    assert declared - WITHOUT == set(ways.WAYS)


def test_states_are_those_of_the_rows() -> None:
    assert set(State) == set(STATES)


def test_each_state_can_be_reached_and_only_two_are_ends() -> None:
    reached = {State.DRAFT}.union(*(ways.reach(state) for state in State))
    assert reached == set(State)
    ends = {state for state in State if not ways.reach(state)}
    assert ends == {State.CERTIFIED, State.CANCELLED}


@pytest.mark.parametrize(
    ("state", "follow"),
    [
        ("draft", {"frozen", "cancelled"}),
        ("frozen", {"sealed", "cancelled"}),
        ("sealed", {"open", "cancelled"}),
        ("open", {"suspended", "closed", "cancelled"}),
        ("suspended", {"open", "closed", "cancelled"}),
        ("closed", {"mixed", "tallied", "cancelled"}),
        ("mixed", {"tallied", "cancelled"}),
        ("tallied", {"declared"}),
        ("declared", {"certified", "cancelled"}),
        ("certified", set()),
        ("cancelled", set()),
    ],
)
def test_what_follows(state: str, follow: set[str]) -> None:
    assert ways.reach(State(state)) == follow


def test_a_part_is_logged_where_the_whole_is() -> None:
    for found in ways.WAYS.values():
        for way in found:
            if way.part_of is not None:
                assert way.to is None
                assert way.states <= ways.states_of(way.part_of)
                assert any(way.by <= whole.by for whole in ways.of(way.part_of))


def test_asking_the_table() -> None:
    (frozen,) = ways.allowed(ElectionFrozen, State.DRAFT, Role.COMMISSION)
    assert frozen.to is State.FROZEN
    assert ways.allowed(ElectionFrozen, State.DRAFT, Role.REGISTRAR) == []
    assert ways.allowed(ElectionFrozen, State.FROZEN, Role.COMMISSION) == []
    assert ways.allowed(ArchiveEvent, State.CLOSED, Role.TRUSTEE, "EncryptedTally") == []
    assert len(ways.allowed(ArchiveEvent, State.CLOSED, Role.TRUSTEE, "Shuffle")) == 1
    assert ways.target_of(ElectionClosed, State.OPEN) is State.CLOSED
    assert ways.target_of(ElectionClosed, State.CLOSED) is None
    acts = [way.entry for way in ways.next_acts(State.DRAFT, Role.COMMISSION)]
    assert acts == [ElectionFrozen, ElectionCancelled]
    assert ways.next_acts(State.DRAFT, Role.TRUSTEE) == []


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A direct election, whole; one of the committee, cancelled."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('ways') / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    scenario.run(DIRECT, constituencies=["K3"])
    cancelled = scenario.draft(COMMITTEE)
    with database.transaction(COMMISSION) as uow:
        lifecycle.cancel(uow, cancelled, "a test")
    yield database
    database.close()


def test_what_the_product_logs_is_in_the_table(lived: Database) -> None:
    wrong, taken = walk(lived)
    assert wrong == []
    assert {way.to for way in taken if way.to} == set(State) - {State.MIXED, State.SUSPENDED}
