"""What may be done to an election: by whom, in which states, what is logged, which state follows.

Pure. The service changes a state by this table (`voting.states`); the replay of the log and the
next step on pages are to read it too. A way is named by the entry that it logs.

To add an act: declare its entry in `voting.entries`; if it needs a new state, add the word to
`voting.words.State`; then add one `_way` below. In the service take the lock with `states.lock`,
change the state, if it changes, with `states.move`, and `uow.record(ItsEntry(...))` last: entries
of the contests, which are `part_of` it, come before. An act that is done in two ways (by the
schedule at its time; by hand, with two people) has two `_way`s with one entry.
tests/voting/test_ways.py fails for an entry of an election that has no way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from audit.entries import Entry
from audit.roles import Role
from voting import entries as log
from voting.words import State


class When(StrEnum):
    ANY = "any"
    BEFORE = "before"  # voting is to begin
    INSIDE = "inside"  # from the time of opening to that of closing
    AFTER = "after"  # the time of closing


@dataclass(frozen=True)
class Way:
    """`to` is None where the state stays. `part_of`: logged in the transaction of that entry, and
    before it. `two`: the name of the act that two people have to sign (voting.two_people).
    `event`: of an entry about the archive, the type of its event."""

    entry: type[Entry]
    by: frozenset[Role]
    states: frozenset[State]
    to: State | None = None
    part_of: type[Entry] | None = None
    two: str | None = None
    when: When = When.ANY
    event: str | None = None


WAYS: dict[type[Entry], tuple[Way, ...]] = {}

COMMISSION = frozenset({Role.COMMISSION})
CERTIFIER = frozenset({Role.CERTIFIER})  # signs for what the commission asks for
REGISTRAR = frozenset({Role.REGISTRAR})
TRUSTEE = frozenset({Role.TRUSTEE})
VOTER = frozenset({Role.VOTER})
SCHEDULE = frozenset({Role.SYSTEM})


def _way(
    entry: type[Entry],
    by: frozenset[Role],
    *states: State,
    to: State | None = None,
    part_of: type[Entry] | None = None,
    two: str | None = None,
    when: When = When.ANY,
    event: str | None = None,
) -> None:
    found = Way(entry, by, frozenset(states), to, part_of, two, when, event)
    WAYS[entry] = (*WAYS.get(entry, ()), found)


DRAFT, FROZEN, SEALED, OPEN = State.DRAFT, State.FROZEN, State.SEALED, State.OPEN
CLOSED, MIXED, TALLIED = State.CLOSED, State.MIXED, State.TALLIED
SUSPENDED = State.SUSPENDED
DECLARED, CERTIFIED, CANCELLED = State.DECLARED, State.CERTIFIED, State.CANCELLED

# The draft
_way(log.ElectionCreated, COMMISSION, to=DRAFT)
_way(log.ElectionChanged, COMMISSION, DRAFT)
_way(log.ProfileAdopted, COMMISSION, DRAFT)
_way(log.DossiersBound, COMMISSION, DRAFT, FROZEN)
_way(log.ContestAdded, COMMISSION, DRAFT)
_way(log.ContestsAdded, COMMISSION, DRAFT)
_way(log.ContestRemoved, COMMISSION, DRAFT)
_way(log.CandidateNominated, COMMISSION, DRAFT)
_way(log.CandidatesImported, COMMISSION, DRAFT)
_way(log.CandidateChanged, COMMISSION, DRAFT)
_way(log.TrusteeInvited, COMMISSION, DRAFT)
_way(log.TrusteeRemoved, COMMISSION, DRAFT)

# Rolls, keys, credentials, papers
_way(log.RollFrozen, COMMISSION, DRAFT, part_of=log.ElectionFrozen)
_way(log.ElectionFrozen, COMMISSION, DRAFT, to=FROZEN)
_way(log.TrusteeCommitted, TRUSTEE, FROZEN)
_way(log.TrusteeStepTaken, TRUSTEE, FROZEN)
_way(log.CredentialsPublished, REGISTRAR, FROZEN)
_way(log.ContestSealed, COMMISSION, FROZEN, part_of=log.ElectionSealed)
_way(log.ArchiveEvent, COMMISSION, FROZEN, part_of=log.ElectionSealed, event="Setup")
_way(log.ElectionSealed, COMMISSION, FROZEN, to=SEALED)
# one credential for another; the paper of its contest is sealed anew
_way(log.CredentialsPublished, REGISTRAR, SEALED)
_way(log.ContestSealed, REGISTRAR, SEALED)
_way(log.ArchiveEvent, REGISTRAR, SEALED, event="Setup")
_way(log.TrusteeRehearsed, TRUSTEE, SEALED)
_way(log.ExclusionEntered, COMMISSION, FROZEN, SEALED)
_way(log.ExclusionApproved, COMMISSION, FROZEN, SEALED)
_way(log.ExclusionWithdrawn, COMMISSION, FROZEN, SEALED)

_way(log.ElectionRescheduled, COMMISSION, FROZEN, SEALED)
_way(
    log.CandidateGone,
    COMMISSION,
    *(FROZEN, SEALED, OPEN, SUSPENDED, CLOSED, MIXED, TALLIED, DECLARED),
    two="candidate_gone",
)

# Voting
_way(log.ElectionOpened, COMMISSION | SCHEDULE, SEALED, to=OPEN, when=When.INSIDE)
_way(log.ElectionOpened, COMMISSION, SEALED, to=OPEN, two="open", when=When.BEFORE)
_way(log.ElectionExtended, COMMISSION, OPEN, two="extend", when=When.INSIDE)
_way(log.ElectionSuspended, COMMISSION, OPEN, to=SUSPENDED, two="suspend", when=When.INSIDE)
_way(log.ElectionResumed, COMMISSION, SUSPENDED, to=OPEN, two="resume")
_way(log.BallotAccepted, VOTER, OPEN, when=When.INSIDE)
_way(log.BallotSpoilt, VOTER, OPEN, when=When.INSIDE)
_way(
    log.ArchiveEvent,
    COMMISSION | SCHEDULE,
    *(OPEN, SUSPENDED),
    part_of=log.ElectionClosed,
    event="EndBallots",
)
_way(log.ContestClosed, COMMISSION | SCHEDULE, OPEN, SUSPENDED, part_of=log.ElectionClosed)
_way(log.ElectionClosed, COMMISSION | SCHEDULE, OPEN, to=CLOSED, when=When.AFTER)
_way(log.ElectionClosed, COMMISSION, OPEN, SUSPENDED, to=CLOSED, two="close")

# The tally: MIXED comes in between where ballots are shuffled
_way(log.ArchiveEvent, COMMISSION | SCHEDULE, CLOSED, event="EncryptedTally")
_way(log.ArchiveEvent, TRUSTEE, CLOSED, event="Shuffle")
_way(log.ArchiveEvent, TRUSTEE | COMMISSION, CLOSED, event="EndShuffles")
_way(log.TrusteeAbsent, COMMISSION, CLOSED, two="trustee_absent")
# by the schedule: the last contest that waited is void, and nothing of it is read
_way(log.ElectionMixed, TRUSTEE | COMMISSION | SCHEDULE, CLOSED, to=MIXED)
_way(log.ArchiveEvent, TRUSTEE, CLOSED, MIXED, event="PartialDecryption")
_way(log.ArchiveEvent, TRUSTEE, CLOSED, MIXED, event="Result")
_way(log.ElectionTallied, TRUSTEE | SCHEDULE, CLOSED, MIXED, to=TALLIED)
_way(log.ArchiveEvent, SCHEDULE, CLOSED, event="EndShuffles")

# The outcome
_way(log.LotDrawn, COMMISSION, TALLIED, part_of=log.ElectionDeclared)
_way(log.ContestDeclared, COMMISSION, TALLIED, part_of=log.ElectionDeclared)
_way(log.ElectionDeclared, COMMISSION, TALLIED, to=DECLARED)
_way(log.ChallengeLodged, VOTER, DECLARED)
_way(log.ChallengeAnswered, COMMISSION, DECLARED)
_way(log.ChallengeDecided, CERTIFIER, DECLARED)
_way(log.ContestAnnulled, CERTIFIER, DECLARED, two="annul")
_way(log.ContestCertified, CERTIFIER, DECLARED, two="certify")
_way(log.ContestCertified, CERTIFIER, DECLARED, two="certify_contest")
_way(log.ElectionCertified, CERTIFIER, DECLARED, to=CERTIFIED, two="certify")
_way(log.ElectionCertified, CERTIFIER, DECLARED, to=CERTIFIED, two="certify_contest")
_way(log.ElectionCertified, CERTIFIER, DECLARED, to=CERTIFIED, two="annul")  # of the last but one
_way(log.SeatsWaived, COMMISSION, DECLARED, CERTIFIED, two="fewer_seats")
_way(log.ElectionCancelled, COMMISSION, DRAFT, to=CANCELLED)
_way(
    log.ElectionCancelled,
    COMMISSION,
    *(FROZEN, SEALED, OPEN, SUSPENDED, CLOSED, MIXED, DECLARED),
    to=CANCELLED,
    two="cancel",
)
# DECLARED where nothing can be certified
_way(log.BindingsDestroyed, COMMISSION | SCHEDULE, DECLARED, CERTIFIED, CANCELLED)


def of(entry: type[Entry], event: str | None = None) -> tuple[Way, ...]:
    """The ways of an entry; with `event`, of an archive's event of this type."""
    return tuple(way for way in WAYS.get(entry, ()) if event is None or way.event == event)


def states_of(entry: type[Entry]) -> frozenset[State]:
    """In which states it may be logged, by anybody."""
    return frozenset().union(*(way.states for way in of(entry)))


def allowed(entry: type[Entry], state: State, role: Role, event: str | None = None) -> list[Way]:
    """Those that this role may take now; whether the time and a second person are right is asked
    of each of them."""
    return [way for way in of(entry, event) if state in way.states and role in way.by]


def reach(state: State) -> frozenset[State]:
    """The states that can follow this one at once."""
    return frozenset(
        way.to for ways in WAYS.values() for way in ways if way.to and state in way.states
    )


def target_of(entry: type[Entry], state: State) -> State | None:
    """The state after it; None where it stays, or where it cannot be."""
    return next((way.to for way in of(entry) if state in way.states and way.to), None)


def next_acts(state: State, role: Role) -> list[Way]:
    """What this role may do now that changes the state, in the order of the table."""
    return [
        way
        for ways in WAYS.values()
        for way in ways
        if way.to and state in way.states and role in way.by
    ]
