"""What is done, what is next, and who must act: the checklist of an election.

The same conditions guard the freeze, so the list never promises what the service then refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from audit.database import UnitOfWork
from voting import adoption, integrity, mandates, mixing, papers, rolls, vacancies
from voting.errors import Conflict, DomainError
from voting.models import (
    CERTIFIED,
    CLOSED,
    DECLARED,
    DIRECT,
    DRAFT,
    FROZEN,
    MIXED,
    OPEN,
    SEALED,
    SUBJECT_KINDS,
    SUSPENDED,
    TALLIED,
    Contest,
    Election,
)
from voting.nominations import standing, unfit
from voting.registry import people
from voting.rules import after
from voting.trustees import LEAST, next_step

REACHED = (DRAFT, FROZEN, SEALED, OPEN, SUSPENDED, CLOSED, MIXED, TALLIED, DECLARED, CERTIFIED)


@dataclass(frozen=True)
class Step:
    """A line of the checklist. `actor` is a role; `blocked_by` are messages with parameters."""

    key: str
    actor: str
    done: bool
    current: bool = False
    blocked_by: list[DomainError] = field(default_factory=list)
    params: dict[str, object] = field(default_factory=dict)


def blockers(uow: UnitOfWork, election: Election) -> list[DomainError]:
    """Everything that keeps a draft from being frozen."""
    found = list(_of_election(uow, election))
    if election.profile_json is not None:
        voters = _voters(uow, election)
        for contest in election.contests:
            found += _of_contest(election, contest, voters(contest))
    listed = [(c, candidacy.person) for c in election.contests for candidacy in standing(c)]
    found += unfit(uow, election, listed)
    found += vacancies.too_many(uow, election)
    return found


def _voters(uow: UnitOfWork, election: Election) -> Callable[[Contest], int]:
    """How many would be on each roll now, counted for all contests at once."""
    if election.kind == DIRECT:
        sizes = people.electorate_sizes(uow, uow.today)
        return lambda contest: sizes.get(contest.constituency_id or "", 0)
    count = len(mandates.electorate(uow, election))
    return lambda contest: count


def require_freezable(uow: UnitOfWork, election: Election) -> None:
    for problem in blockers(uow, election):
        raise problem


def _of_election(uow: UnitOfWork, election: Election) -> Iterator[DomainError]:
    if election.profile_json is None:
        yield Conflict("No rule profile is adopted.")
    else:
        yield from adoption.problems(election, papers.profile_of(election))
    if not election.contests:
        yield Conflict("The election has no contest.")
    if len(election.trustees) < LEAST:
        yield Conflict("At least %(least)s trustees are needed.", least=LEAST)
    yield from _of_threshold(election)
    if uow.now >= election.closes_at:
        yield Conflict("The time at which voting ends has passed.")
    if not mandates.in_window(uow, election) and not election.window_reason:
        window = mandates.window(election.term, election.kind)
        yield Conflict(
            "The term gives this ballot the days from %(first)s to %(last)s. Outside of them it "
            "needs a reason, which is published.",
            first=window.first.isoformat(),
            last=window.last.isoformat(),
        )
    if election.kind == DIRECT:
        yield from _of_direct(uow, election)
    else:
        yield from _of_source(uow, election)


def _of_threshold(election: Election) -> Iterator[DomainError]:
    ring = [trustee for trustee in election.trustees if trustee.kind == "pedersen"]
    if ring and not (election.threshold and 1 <= election.threshold <= len(ring)):
        yield Conflict("Set how many of the trustees are needed to decrypt.")
    elif ring and len(ring) == len(election.trustees) and (election.threshold or 0) < LEAST:
        yield Conflict("One trustee alone must not be able to decrypt.")


def _of_direct(uow: UnitOfWork, election: Election) -> Iterator[DomainError]:
    left_over = people.unassigned(uow, uow.today)
    if left_over:
        yield Conflict(
            "%(count)s members belong to no constituency; the first is number %(number)s.",
            count=len(left_over),
            number=left_over[0].member_no,
        )


def _of_source(uow: UnitOfWork, election: Election) -> Iterator[DomainError]:
    try:
        mandates.require_source(uow, election)
    except DomainError as error:
        yield error


def _of_contest(election: Election, contest: Contest, voters: int) -> Iterator[DomainError]:
    profile = papers.profile_of(election)
    if election.kind not in profile.kinds:
        return
    listed = standing(contest)
    least = least_standing(election, contest)
    if len(listed) < least:
        yield Conflict(
            "Contest %(code)s has %(count)s candidates for %(seats)s seats; the rules ask for at "
            "least %(least)s.",
            code=contest.code,
            count=len(listed),
            seats=contest.seats,
            least=least,
        )
    if not voters:
        yield Conflict("Nobody may vote in contest %(code)s.", code=contest.code)
    elif profile.must_merge(voters) and not election.aggregate_small:
        yield Conflict(
            "Contest %(code)s has %(voters)s voters; below %(smallest)s its counts would reveal "
            "votes. Join it with another constituency, or have small contests reported without "
            "counts.",
            code=contest.code,
            voters=voters,
            smallest=profile.disclosure.smallest,
        )
    if listed:
        try:
            papers.questions(election, contest)
        except DomainError as error:
            yield error


def least_standing(election: Election, contest: Contest) -> int:
    """The fewest candidates with which the contest may go on the paper."""
    if election.kind in SUBJECT_KINDS:
        return 1
    profile = papers.profile_of(election)
    return after.least_candidates(profile, contest.seats, purpose=election.purpose)


def readiness(uow: UnitOfWork, election: Election) -> list[Step]:
    """The checklist. One step is current: the first that is not done."""
    steps = [*_before_voting(uow, election), *_from_voting_on(uow, election)]
    current = next((step for step in steps if not step.done), None)
    return [Step(s.key, s.actor, s.done, s is current, s.blocked_by, s.params) for s in steps]


def _reached(election: Election, state: str) -> bool:
    return election.state in REACHED and REACHED.index(election.state) >= REACHED.index(state)


def _before_voting(uow: UnitOfWork, election: Election) -> Iterator[Step]:
    frozen = _reached(election, FROZEN)
    problems = blockers(uow, election) if election.state == DRAFT else []
    candidates = sum(len(standing(contest)) for contest in election.contests)
    yield Step(
        "prepare",
        "commission",
        frozen or not problems,
        blocked_by=problems,
        params={"contests": len(election.contests), "candidates": candidates},
    )
    yield Step(
        "freeze",
        "commission",
        frozen,
        blocked_by=problems,
        params={"voters": sum(contest.roll_count for contest in election.contests)},
    )
    waiting = [t.name for t in election.trustees if next_step(t) is not None]
    yield Step(
        "keys",
        "trustee",
        election.trustees_json is not None,
        params={"waiting": waiting, "trustees": len(election.trustees)},
    )
    missing = rolls.missing_credentials(uow, election)
    yield Step(
        "credentials",
        "registrar",
        frozen and not missing,
        params={"missing": missing, "contests": len(election.contests)},
    )
    yield Step("seal", "commission", _reached(election, SEALED))
    waiting = [t.name for t in election.trustees if not t.rehearsed]
    yield Step(
        "rehearse",
        "trustee",
        _reached(election, SEALED) and not waiting,
        params={"waiting": waiting, "trustees": len(election.trustees)},
    )
    yield Step("open", "commission", _reached(election, OPEN))


def _shuffles(uow: UnitOfWork, election: Election) -> Step:
    closed = _reached(election, CLOSED)
    stages = mixing.stages(uow, election) if closed else []
    return Step(
        "shuffle",
        "trustee",
        _reached(election, MIXED),
        params={
            "shuffled": sum(stage.turn is None for stage in stages),
            "contests": len(election.contests),
            "waiting": sorted({stage.turn.name for stage in stages if stage.turn}),
        },
    )


def _changed(uow: UnitOfWork, election: Election) -> Iterator[DomainError]:
    for contest in election.contests:
        if contest.tally_json is None:
            try:
                integrity.require(uow, contest)
            except DomainError as error:
                yield error


def _from_voting_on(uow: UnitOfWork, election: Election) -> Iterator[Step]:
    yield Step("close", "commission", _reached(election, CLOSED))
    tallies = sum(contest.tally_json is not None for contest in election.contests)
    contests = len(election.contests)
    yield Step(
        "tally",
        "system",
        _reached(election, CLOSED) and tallies == contests,
        blocked_by=list(_changed(uow, election)) if election.state == CLOSED else [],
        params={"tallied": tallies, "contests": contests},
    )
    if election.profile_json is not None and papers.mixed(election):
        yield _shuffles(uow, election)
    decrypted = sum(c.uncounted or c.result_json is not None for c in election.contests)
    yield Step(
        "decrypt",
        "trustee",
        _reached(election, TALLIED),
        params={"decrypted": decrypted, "contests": contests},
    )
    yield Step("declare", "commission", _reached(election, DECLARED))
    yield Step("certify", "commission", _reached(election, CERTIFIED))
