"""From the database to the published record (voting.record): an election, a whole term."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, or_, select

from audit.announcing import announced
from audit.database import UnitOfWork
from audit.entries import PUBLIC, decode, format_time
from audit.models import LogEntry
from audit.note import Checkpoint, Note
from voting import contest_archive, description, exclusions, papers, results
from voting.entries import BallotAccepted, BallotSpoilt
from voting.errors import Conflict
from voting.models import DRAFT, FROZEN, CastBallot, Contest, Declared, Election
from voting.record import ContestFiles, Source, schema
from voting.registry import people
from voting.registry.models import Office, Term


def source_of(
    uow: UnitOfWork, election: Election, log: Path | None, checkpoint: bytes | None = None
) -> Source:
    """What the record of an election is made of; `log` is the folder of the public log.

    Read while the transaction of `uow` is open: archives are streamed from it. While ballots come
    in, log and rows are never at the same place: with `checkpoint`, read before the transaction
    began, the record is what the log says there. Raises Conflict when something else than a ballot
    is not under it yet; a second later it is.
    """
    if not has_record(election):
        raise Conflict("The ballot papers are not sealed: there is nothing to publish.")
    late = _not_logged(uow, election, checkpoint) if checkpoint else {}
    return Source(
        checkpoint=checkpoint,
        election=description.described(election),
        state=state_of(uow, election),
        profile=(election.profile_json or "").encode(),
        contests=_contests(uow, election, late),
        log=log,
        receipts="".join(f"{key}\n" for key in announced(uow)).encode(),
    )


def has_record(election: Election) -> bool:
    """From the seal on; also when it was cancelled after that."""
    return all(contest.fingerprint is not None for contest in election.contests) and (
        election.state not in (DRAFT, FROZEN)
    )


def term_of(
    uow: UnitOfWork, term: Term, log: Path | None, checkpoint: bytes | None = None
) -> tuple[schema.Term, list[tuple[str, Source]]]:
    """The chain of a term, and the records of its elections that were sealed."""
    found = list(
        uow.session.scalars(
            select(Election).where(Election.term_id == term.id).order_by(Election.code)
        )
    )
    offices = uow.session.scalars(select(Office).where(Office.term_id == term.id)).all()
    codes = {election.id: election.code for election in found}
    document = schema.Term(
        format="mandate-term/2",
        code=term.code,
        starts_on=term.starts_on.isoformat(),
        ends_on=term.ends_on.isoformat(),
        elections=[_named(election) for election in found],
        offices=schema.in_order(_office(office, codes) for office in offices),
    )
    records = [
        (election.code, source_of(uow, election, log, checkpoint))
        for election in found
        if has_record(election)
    ]
    return document, records


def _named(election: Election) -> schema.Named:
    fixed = election.description_json is not None
    return schema.Named(
        code=election.code,
        kind=election.kind,  # type: ignore[arg-type]
        state=election.state,
        derives_from=description.described(election).derives_from if fixed else [],
        published=has_record(election),
    )


def _office(office: Office, codes: dict[str, str]) -> schema.Office:
    return schema.Office(
        holder=people.commitment(office.person),
        kind=office.kind,
        constituency=office.constituency.code if office.constituency else None,
        election=codes[office.election_id or ""],
        starts_on=office.starts_on.isoformat(),
        ends_on=office.ends_on.isoformat(),
    )


def state_of(uow: UnitOfWork, election: Election) -> schema.State:
    """`state.json`, from the rows; a verifier makes it from the log."""
    return schema.State(
        format="mandate-state/1",
        election=description.described(election).digest(),
        state=election.state,  # type: ignore[arg-type]
        opens_at=format_time(election.opens_at),
        closes_at=format_time(election.closes_at),
        closed_at=format_time(election.closed_at) if election.closed_at else None,
        contests=[_state_of(uow, election, contest) for contest in election.contests],
    )


def _state_of(uow: UnitOfWork, election: Election, contest: Contest) -> schema.ContestState:
    ended = election.closed_at is not None
    return schema.ContestState(
        code=contest.code,
        fingerprint=contest.fingerprint or "",
        reissued=contest.reissued,
        ballots=_in_the_box(uow, contest) if ended else None,
        issued=contest.issued if ended else None,
        excluded=exclusions.counted(contest),
        withheld=results.withheld(election, contest),
    )


def _in_the_box(uow: UnitOfWork, contest: Contest) -> int:
    box = select(func.count()).select_from(CastBallot).where(CastBallot.contest_id == contest.id)
    return uow.session.scalar(box) or 0


def _drawn(declared: Declared) -> bool:
    """Did the rules need a lot?"""
    return json.loads(declared.content)["seed"] is not None


def _not_logged(uow: UnitOfWork, election: Election, checkpoint: bytes) -> dict[str, int]:
    """Subject of a contest -> its ballots that the log has not at this checkpoint."""
    size = Checkpoint.parse(Note.parse(checkpoint).text).size
    subjects = [f"election/{election.id}", *(f"contest/{c.uuid}" for c in election.contests)]
    rows = uow.session.scalars(
        select(LogEntry.entry).where(
            LogEntry.log == PUBLIC,
            LogEntry.subject.in_(subjects),
            or_(LogEntry.position.is_(None), LogEntry.position >= size),
        )
    )
    late: Counter[str] = Counter()
    for raw in rows:
        entry = decode(raw)
        if entry["type"] == BallotAccepted.TYPE:
            late[entry["subject"]] += 1
        elif entry["type"] != BallotSpoilt.TYPE:
            raise Conflict("The log is just being written. Please try again in a moment.")
    return late


def _contests(uow: UnitOfWork, election: Election, late: dict[str, int]) -> Iterator[ContestFiles]:
    for contest in election.contests:
        declared = results.declaration_of(uow, contest)
        withheld = results.withheld(election, contest) is not None
        mixed = papers.mixed(election)
        until = contest_archive.published_until(contest, withheld=withheld, mixed=mixed)
        yield ContestFiles(
            code=contest.code,
            uuid=contest.uuid or "",
            archive=contest_archive.file_of(
                uow.session, contest, until=until, without=late.get(f"contest/{contest.uuid}", 0)
            ),
            declaration=results.shown(election, contest, declared).encode() if declared else None,
            lot=results.lot_of(uow, contest) if declared and _drawn(declared) else None,
        )
