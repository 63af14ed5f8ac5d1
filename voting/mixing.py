"""The shuffle stage of ballots that are read one by one: after the sum, before the shares.

The trustees shuffle in turn, in the order of their numbers, each on the output of the one before.
The rule: everyone once, but for those whom the commission declares absent, and never fewer than
two. When nobody's turn is left in any contest, the election is mixed and may be decrypted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from audit.database import UnitOfWork
from ballots import BallotError, shuffle, tally
from ballots.archive import parse_event
from ballots.election import Election as BallotPaper
from ballots.elgamal import Ciphertext
from ballots.encoding import dumps, sha256_hex
from voting import contest_archive, integrity, papers, states, trustees, two_people
from voting.entries import ElectionMixed, TrusteeAbsent
from voting.errors import Conflict, Invalid, NotFound, ShareRefused
from voting.models import (
    CLOSED,
    MIXED,
    ArchiveRecord,
    Contest,
    Election,
    Shuffle,
    Trustee,
)

ABSENCE = "trustee_absent"  # an act of two people
LEAST = 2  # shuffles of a contest: one shuffler alone would know whose ballot is which


# Whose turn it is


def shufflers(election: Election) -> list[Trustee]:
    """In the order in which they shuffle."""
    return [trustee for trustee in trustees.in_order(election) if trustee.absence is None]


def turn(uow: UnitOfWork, election: Election, contest: Contest) -> Trustee | None:
    """Who shuffles this contest next; nobody, when it is shuffled."""
    if contest.uncounted:
        return None
    return _next(shufflers(election), {taken.trustee_id for taken in _taken(uow, contest)})


def _next(order: list[Trustee], done: set[str]) -> Trustee | None:
    return next((trustee for trustee in order if trustee.id not in done), None)


def _taken(uow: UnitOfWork, contest: Contest) -> list[Shuffle]:
    wanted = select(Shuffle).where(Shuffle.contest_id == contest.id)
    return list(uow.session.scalars(wanted.order_by(Shuffle.position)))


@dataclass(frozen=True)
class Stage:
    """Where one contest stands: shuffles made, and whose turn is next, if anybody's."""

    contest: Contest
    made: int
    turn: Trustee | None


def stages(uow: UnitOfWork, election: Election) -> list[Stage]:
    """Of every contest, in one query."""
    done: dict[str, set[str]] = {contest.id: set() for contest in election.contests}
    rows = uow.session.execute(
        select(Shuffle.contest_id, Shuffle.trustee_id)
        .join(Contest, Contest.id == Shuffle.contest_id)
        .where(Contest.election_id == election.id)
    )
    for contest_id, trustee_id in rows:
        done[contest_id].add(trustee_id)
    order = shufflers(election)
    return [
        Stage(
            contest,
            len(done[contest.id]),
            None if contest.uncounted else _next(order, done[contest.id]),
        )
        for contest in election.contests
    ]


def shuffled_by(uow: UnitOfWork, election: Election) -> dict[str, int]:
    """Trustee id -> number of contests shuffled."""
    rows = uow.session.execute(
        select(Shuffle.trustee_id, func.count())
        .join(Contest, Contest.id == Shuffle.contest_id)
        .where(Contest.election_id == election.id)
        .group_by(Shuffle.trustee_id)
    )
    return {trustee_id: count for trustee_id, count in rows.all()}  # noqa: C416 - typed pairs


# What is to be shuffled or decrypted


def current_tally(uow: UnitOfWork, contest: Contest, paper: BallotPaper) -> tally.Tally:
    """The encrypted tally as the last shuffle left it."""
    found = tally.parse_tally(paper, (contest.tally_json or "").encode())
    taken = _taken(uow, contest)
    if not taken:
        return found
    content = _content(uow, contest, taken[-1].height)
    sizes = [len(ciphertexts) for ciphertexts in found.mixed]
    after, _ = shuffle.parse(paper.group, sizes, content, "shuffle")
    return found.shuffled(after)


def _content(uow: UnitOfWork, contest: Contest, height: int) -> bytes:
    """A shuffle from the archive, as its event has it by hash."""
    rows = select(ArchiveRecord.content).where(
        ArchiveRecord.contest_id == contest.id, ArchiveRecord.height == height
    )
    content, owned, event = (
        text.encode() for text in uow.session.scalars(rows.order_by(ArchiveRecord.part))
    )
    payload = tally.parse_owned(owned, "shuffle").payload
    if payload != sha256_hex(content) or parse_event(event, "shuffle").payload != sha256_hex(owned):
        raise Conflict("The shuffle in the database is not the one that was checked.")
    return content


# A trustee's shuffle


@dataclass(frozen=True)
class Before:
    """What a trustee has to shuffle; it will be the `position`-th shuffle of the contest."""

    uuid: str
    name: str
    position: int
    paper: BallotPaper
    ciphertexts: list[list[Ciphertext]]


@dataclass(frozen=True)
class Checked:
    """A shuffle whose proof is right."""

    before: Before
    raw: bytes


def look(uow: UnitOfWork, election_id: str, account_id: str, contest_uuid: str) -> Before:
    """Without a lock: what this trustee's shuffle will be checked against."""
    election = states.get(uow, election_id)
    contest = states.contest_by_uuid(uow, contest_uuid)
    trustee = _may_shuffle(uow, election, contest, account_id)
    integrity.require(uow, contest)
    paper = papers.paper_of(contest)
    mixed = current_tally(uow, contest, paper).mixed
    return Before(contest_uuid, trustee.name, 1 + len(_taken(uow, contest)), paper, mixed)


def check(before: Before, raw: bytes) -> Checked:
    """That this is a shuffle of what was there. Takes long, and needs no database."""
    paper = before.paper
    try:
        shuffle.verify(
            paper.group, paper.public_key, paper.fingerprint, before.ciphertexts, raw, "shuffle"
        )
    except BallotError as error:
        raise ShareRefused(
            "The shuffle of %(name)s is refused: %(reason)s",
            field=error.place,
            name=before.name,
            reason=str(error),
        ) from error
    return Checked(before, raw)


def take(uow: UnitOfWork, election_id: str, account_id: str, checked: Checked) -> Election:
    """Put a checked shuffle into the archive. The last one that is needed ends the stage."""
    election = states.lock(uow, election_id, CLOSED)
    contest = uow.lock(Contest, states.contest_by_uuid(uow, checked.before.uuid).id)
    trustee = _may_shuffle(uow, election, contest, account_id)
    position = 1 + len(_taken(uow, contest))
    if position != checked.before.position:
        raise Conflict("Another shuffle was recorded at the same moment. Shuffle anew.")
    owner = trustees.number_of(election, trustee)
    owned = dumps({"owner": owner, "payload": sha256_hex(checked.raw)})
    contest_archive.append(uow, contest, "Shuffle", [checked.raw, owned])
    uow.session.add(
        Shuffle(
            contest_id=contest.id, position=position, trustee_id=trustee.id, height=contest.height
        )
    )
    uow.session.flush()
    _end(uow, election, [contest])
    return election


def _may_shuffle(uow: UnitOfWork, election: Election, contest: Contest, account_id: str) -> Trustee:
    states.require(election, CLOSED)
    trustee = trustees.of_account(uow, election, account_id)
    if contest.election_id != election.id:
        raise NotFound("There is no such contest.")
    if not papers.mixed(election):
        raise Conflict("The ballots of this election are added up and need no shuffle.")
    if contest.tally_json is None:
        raise Conflict("The tally of this contest is not ready.")
    if any(taken.trustee_id == trustee.id for taken in _taken(uow, contest)):
        raise Conflict("You have shuffled this contest already.")
    expected = turn(uow, election, contest)
    if expected is not trustee:
        name = expected.name if expected else "-"
        raise Conflict("It is not your turn: %(name)s shuffles now.", name=name)
    return trustee


# Who is absent, and the end


def declare_absent(uow: UnitOfWork, election_id: str, trustee_id: str, reason: str) -> Election:
    """The ballots are shuffled without this trustee. The reason is published."""
    election = states.lock(uow, election_id, CLOSED)
    trustee = next((t for t in election.trustees if t.id == trustee_id), None)
    if trustee is None:
        raise NotFound("There is no such trustee.")
    two_people.require(uow, ABSENCE, f"trustee/{trustee.id}")
    if not papers.mixed(election):
        raise Conflict("The ballots of this election are added up and need no shuffle.")
    if not reason.strip():
        raise Invalid("A reason is needed; it is published.", field="reason")
    if trustee.absence is not None:
        raise Conflict("%(name)s is declared absent already.", name=trustee.name)
    if len(shufflers(election)) <= LEAST:
        raise Conflict("At least %(least)s trustees must shuffle.", least=LEAST)
    waiting = [stage.contest for stage in stages(uow, election) if stage.turn is not None]
    trustee.absence = reason.strip()
    uow.session.flush()
    number = trustees.number_of(election, trustee)
    uow.record(TrusteeAbsent(election=election.id, trustee=number, reason=trustee.absence))
    _end(uow, election, waiting)
    return election


def _end(uow: UnitOfWork, election: Election, contests: Iterable[Contest]) -> None:
    """End the shuffles of these contests, of which each waited for somebody until now."""
    for contest in contests:
        if turn(uow, election, contest) is None:
            contest_archive.append(uow, uow.lock(Contest, contest.id), "EndShuffles")
    end_when_complete(uow, election)


def end_when_complete(uow: UnitOfWork, election: Election) -> None:
    """The election is mixed when nobody's turn is left; one that is void throughout never is."""
    shuffled = papers.mixed(election) and not all(c.uncounted for c in election.contests)
    if shuffled and all(stage.turn is None for stage in stages(uow, election)):
        states.move(uow, election, MIXED)
        uow.record(ElectionMixed(election=election.id, contests=len(election.contests)))
