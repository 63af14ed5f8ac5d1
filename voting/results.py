"""From the closed box to the declared outcome: encrypted tally, shares, result, declaration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial

from sqlalchemy import func, select

from audit.database import Database, UnitOfWork
from ballots import BallotError, ballot, ceremony, lot, tally
from ballots import trustees as keys
from ballots.election import Election as BallotPaper
from ballots.encoding import Json, dumps, loads_strict, sha256_hex
from voting import contest_archive, exclusions, integrity, mixing, papers, rules, states, trustees
from voting.entries import ContestDeclared, ElectionTallied, LotDrawn, TrusteeRehearsed
from voting.errors import Conflict, NotFound, ShareRefused
from voting.models import (
    CLOSED,
    MIXED,
    SEALED,
    TALLIED,
    CastBallot,
    Contest,
    Declared,
    Election,
    PartialDecryption,
    Trustee,
)
from voting.papers import candidates_of, paper_of, profile_of, seats
from voting.record import lots
from voting.record.layout import canonical
from voting.rules import after, counting, disclosure

Progress = Callable[[int, int], None]
REHEARSAL_VOTES = 1


# The encrypted tally


def encrypt_tallies(
    database: Database, election_id: str, *, jobs: int = 1, progress: Progress | None = None
) -> int:
    """Add up the ballots that count, contest by contest; each is committed on its own, so that an
    interrupted run goes on where it was. -> contests added up now"""
    with database.read() as uow:
        states.require(states.get(uow, election_id), CLOSED, MIXED, TALLIED)
        waiting = list(
            uow.session.scalars(
                select(Contest.id).where(
                    Contest.election_id == election_id, Contest.tally_json.is_(None)
                )
            )
        )
    with ExitStack() as stack:
        pool = stack.enter_context(ProcessPoolExecutor(jobs)) if jobs > 1 else None
        work = partial(_tally_of, database.url)
        found = pool.map(work, waiting) if pool else map(_tally_in(database), waiting)
        for number, (contest_id, raw, count) in enumerate(found, 1):
            _publish_tally(database, contest_id, raw, count)
            if progress:
                progress(number, len(waiting))
    return len(waiting)


Tallied = tuple[str, bytes, int]


def _tally_of(url: str, contest_id: str) -> Tallied:
    """In a process of its own, with a connection of its own."""
    database = Database(url)
    try:
        return _tally_in(database)(contest_id)
    finally:
        database.close()


def _tally_in(database: Database) -> Callable[[str], Tallied]:
    def compute(contest_id: str) -> Tallied:
        with database.read() as uow:
            contest = uow.session.get_one(Contest, contest_id)
            integrity.require(uow, contest)
            paper = paper_of(contest)
            raw, count = add_up(
                paper, contest_archive.cast_ballots(uow.session, contest_id, counting=True)
            )
            return contest_id, raw, count

    return compute


def add_up(paper: BallotPaper, ballots: Iterable[str]) -> tuple[bytes, int]:
    """The encrypted tally of these ballots and their number; one ballot in memory at a time."""
    box, count = tally.Accumulator(paper), 0
    for raw in ballots:
        box.add(ballot.parse(paper, raw.encode()))
        count += 1
    return box.encrypted_tally(), count


def _publish_tally(database: Database, contest_id: str, raw: bytes, count: int) -> None:
    with database.transaction() as uow:
        contest = uow.lock(Contest, contest_id)
        states.require(contest.election, CLOSED)
        if contest.tally_json is not None:
            return
        contest.tally_json, contest.tally_count = raw.decode(), count
        sized = {"num_tallied": count, "total_weight": count, "encrypted_tally": sha256_hex(raw)}
        uow.session.flush()
        contest_archive.append(uow, contest, "EncryptedTally", [raw, dumps(sized)])
        election = contest.election
        contest.uncounted = bool(rules.void_reasons(profile_of(election), _totals(contest, None)))
        if contest.uncounted:
            uow.session.flush()
            mixing.end_when_complete(uow, election)
            _tallied_when_complete(uow, election)


# The rehearsal


def rehearsal_tally(paper: BallotPaper) -> bytes:
    """A tally that everyone can make anew and that holds nobody's vote: in each place the number 1,
    encrypted with a scalar that follows from the fingerprint. A trustee's tool makes it itself."""
    group, rows = paper.group, []
    for i, question in enumerate(paper.questions):
        row = []
        for j in range(question.size):
            text = f"rehearsal|{paper.fingerprint}|{i}|{j}"
            r = group.scalar(int(sha256_hex(text.encode()), 16))
            message = group.small_multiple(REHEARSAL_VOTES)
            beta = group.mul(r, paper.public_key) + message
            row.append({"alpha": group.base_mul(r).text, "beta": beta.text})
        rows.append(row)
    return dumps(rows)


def rehearse(uow: UnitOfWork, election_id: str, account_id: str, content: bytes) -> None:
    """Check a trustee's share of the test tally: the key works, before the first vote needs it."""
    election = states.lock(uow, election_id, SEALED)
    trustee = trustees.of_account(uow, election, account_id)
    paper = paper_of(election.contests[0])
    test = tally.parse_tally(paper, rehearsal_tally(paper))
    number = trustees.number_of(election, trustee)
    with _refusal(trustee):
        tally.check_partial_decryption(paper, test, structure_of(election).all[number - 1], content)
    if trustee.rehearsed:
        return
    trustee.rehearsed = True
    uow.session.flush()
    uow.record(TrusteeRehearsed(election=election.id, trustee=number))


# Shares and the result


def decrypt(
    uow: UnitOfWork, election_id: str, account_id: str, contest_uuid: str, content: bytes
) -> None:
    """Take a trustee's share of a contest. The last share that is needed brings the result."""
    election = states.lock(uow, election_id, CLOSED, MIXED, TALLIED)
    trustee = trustees.of_account(uow, election, account_id)
    contest = uow.lock(Contest, states.contest_by_uuid(uow, contest_uuid).id)
    if contest.election_id != election.id:
        raise NotFound("There is no such contest.")
    if contest.tally_json is None:
        raise Conflict("The tally of this contest is not ready.")
    if papers.mixed(election):
        states.require(election, MIXED, TALLIED)
    if contest.uncounted:
        raise Conflict("The vote in this contest is void. Nothing of it is decrypted.")
    taken = uow.session.get(PartialDecryption, (contest.id, trustee.id))
    if taken is not None or contest.result_json is not None:
        return  # enough shares were there, or this one was: nothing is lost and nothing changes
    paper = paper_of(contest)
    number = trustees.number_of(election, trustee)
    with _refusal(trustee):
        given = ceremony.parse_decrypted(content)
        member = structure_of(election).all[number - 1]
        encrypted = mixing.current_tally(uow, contest, paper)
        tally.check_partial_decryption(paper, encrypted, member, given.share)
        lot.check_share(paper, tally_hash(contest), member, given.lot)
    uow.session.add(
        PartialDecryption(
            contest_id=contest.id,
            trustee_id=trustee.id,
            content=given.share.decode(),
            lot=given.lot.decode(),
        )
    )
    owned = dumps({"owner": number, "payload": sha256_hex(given.share)})
    contest_archive.append(uow, contest, "PartialDecryption", [given.share, owned])
    _finish(uow, election, contest)


def tally_hash(contest: Contest) -> str:
    """Of the encrypted tally before any shuffle: what the lot of the contest follows from."""
    return sha256_hex((contest.tally_json or "").encode())


@contextmanager
def _refusal(trustee: Trustee) -> Iterator[None]:
    try:
        yield
    except BallotError as error:
        raise ShareRefused(
            "The decryption of %(name)s is refused: %(reason)s",
            field=error.place,
            name=trustee.name,
            reason=str(error),
        ) from error


def _finish(uow: UnitOfWork, election: Election, contest: Contest) -> None:
    shares = {
        trustees.number_of(election, trustee): content.encode()
        for trustee, content in uow.session.execute(
            select(Trustee, PartialDecryption.content)
            .join(PartialDecryption, PartialDecryption.trustee_id == Trustee.id)
            .where(PartialDecryption.contest_id == contest.id)
        )
    }
    paper = paper_of(contest)
    structure = structure_of(election)
    if tally.missing(structure, shares):
        return
    encrypted = mixing.current_tally(uow, contest, paper)
    found, _ = tally.result(paper, structure, encrypted, shares, weight=contest.tally_count)
    contest.result_json = found.raw.decode()
    uow.session.flush()
    if not withheld(election, contest):  # its hash would tell: so few ballots have few results
        contest_archive.append(uow, contest, "Result", [found.raw])
    _tallied_when_complete(uow, election)


def structure_of(election: Election) -> keys.Trustees:
    return keys.parse_trustees((election.trustees_json or "").encode(), election.ballot_group)


def _tallied_when_complete(uow: UnitOfWork, election: Election) -> None:
    waiting = uow.session.scalar(
        select(func.count()).where(
            Contest.election_id == election.id,
            Contest.result_json.is_(None),
            Contest.uncounted.is_(False),
        )
    )
    if not waiting:
        states.move(uow, election, TALLIED)
        uow.record(ElectionTallied(election=election.id, contests=len(election.contests)))


def decrypted_by(uow: UnitOfWork, election: Election) -> dict[str, int]:
    """Trustee id -> number of contests decrypted, for the progress of the commission's page."""
    rows = uow.session.execute(
        select(PartialDecryption.trustee_id, func.count())
        .join(Contest, Contest.id == PartialDecryption.contest_id)
        .where(Contest.election_id == election.id)
        .group_by(PartialDecryption.trustee_id)
    )
    return {trustee_id: count for trustee_id, count in rows.all()}  # noqa: C416 - typed pairs


# The declaration


def totals_of(contest: Contest) -> rules.Totals:
    """The balance of a contest."""
    if contest.uncounted:
        return _totals(contest, None)
    if contest.result_json is None:
        raise Conflict("Contest %(code)s is not decrypted.", code=contest.code)
    return _totals(contest, loads_strict(contest.result_json.encode(), "result")["result"])


def _totals(contest: Contest, result: Json | None) -> rules.Totals:
    election = contest.election
    return counting.totals_from(
        election.kind,
        profile_of(election),
        candidates_of(contest),
        result,
        seats=seats(contest),
        entitled=contest.roll_count,
        present=contest.issued,
        issued=contest.issued,
        returned=contest.tally_count,
        excluded=exclusions.counted(contest),
    )


def lot_of(uow: UnitOfWork, contest: Contest) -> bytes:
    """The trustees' shares of the lot, as the record of the contest has them."""
    rows = uow.session.execute(
        select(Trustee, PartialDecryption.lot)
        .join(PartialDecryption, PartialDecryption.trustee_id == Trustee.id)
        .where(PartialDecryption.contest_id == contest.id)
    )
    numbers = {trustees.number_of(contest.election, one): raw.encode() for one, raw in rows}
    return lots.document(contest.uuid or "", numbers)


def _draw(uow: UnitOfWork, election: Election, contest: Contest) -> str:
    document = lot_of(uow, contest)
    seed = lots.seed(document, paper_of(contest), structure_of(election), tally_hash(contest))
    uow.record(LotDrawn(uuid=contest.uuid or "", seed=seed, sha256=sha256_hex(document)))
    return seed


def declare_contest(uow: UnitOfWork, election: Election, contest: Contest) -> rules.Declaration:
    found = rules.outcome_with_lot(
        profile_of(election), totals_of(contest), lambda: _draw(uow, election, contest)
    )
    raw = found.to_json()
    declared = Declared(contest_id=contest.id, content=raw.decode(), hash=sha256_hex(raw))
    uow.session.add(declared)
    contest.outcome = after.outcome_of(found.as_dict())
    uow.session.flush()
    uow.record(
        ContestDeclared(
            uuid=contest.frozen_uuid,
            sha256=sha256_hex(shown(election, contest, declared).encode()),
            outcome=contest.outcome,
        )
    )
    return found


def declaration_of(uow: UnitOfWork, contest: Contest) -> Declared | None:
    return uow.session.get(Declared, contest.id)


def public_key_of(election: Election) -> str:
    """The key of the election as text: what every ballot of it is encrypted with."""
    structure = keys.parse_trustees((election.trustees_json or "").encode(), election.ballot_group)
    return keys.election_key(election.ballot_group, structure).text


def withheld(election: Election, contest: Contest) -> disclosure.Withheld | None:
    """Why the counts of a contest are kept back, by the rule fixed before voting opened."""
    return disclosure.withheld(
        profile_of(election),
        entitled=contest.roll_count,
        returned=None if contest.tally_json is None else contest.tally_count,
        void=contest.uncounted,
    )


def shown(election: Election, contest: Contest, declared: Declared) -> str:
    """The declaration as published: whole, or without counts."""
    reason = withheld(election, contest)
    if reason is None:
        return declared.content
    return canonical(disclosure.without_counts(json.loads(declared.content), reason)).decode()


def trackers(uow: UnitOfWork, contest: Contest, *, after: str = "") -> Iterator[str]:
    """All ballots on the board, by their trackers, sorted: the order says nothing. Those that were
    replaced stand here too, or their absence would tell that somebody has voted again."""
    yield from uow.session.scalars(
        select(CastBallot.tracker)
        .where(CastBallot.contest_id == contest.id, CastBallot.tracker > after)
        .order_by(CastBallot.tracker)
    )
