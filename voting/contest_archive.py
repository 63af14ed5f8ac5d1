"""The archive of a contest in the database: its chain of events, and the file written from it.

Ballots are kept once, as they were cast; their events follow from the chain and are not stored.
Whoever appends holds the lock on the contest's row, which carries the end of the chain.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit.database import Database, UnitOfWork
from ballots import archive
from ballots.archive.format import HEADER_NAME
from ballots.encoding import sha256_hex
from voting.entries import ArchiveEvent
from voting.errors import Conflict
from voting.models import ArchiveRecord, CastBallot, Contest

BATCH = 500
BALLOT = "Ballot"


def next_event(contest: Contest, type_: str, payload: str | None) -> bytes:
    return archive.event_bytes(contest.tail_hash, contest.height + 1, type_, payload)


def advance(uow: UnitOfWork, contest: Contest, event: bytes) -> str:
    """Make the event the new end of the chain; that another writer was here is a conflict."""
    event_hash = sha256_hex(event)
    moved = uow.session.execute(
        update(Contest)
        .where(Contest.id == contest.id, Contest.height == contest.height)
        .values(height=contest.height + 1, tail_hash=event_hash)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("Another event was recorded at the same moment. Try again.")
    return event_hash


def append(uow: UnitOfWork, contest: Contest, type_: str, data: Iterable[bytes] = ()) -> str:
    """Add an event and the data before it; the last piece of data is its payload. -> event hash"""
    parts = list(data)
    event = next_event(contest, type_, sha256_hex(parts[-1]) if parts else None)
    height = contest.height + 1
    event_hash = advance(uow, contest, event)
    kinds = ["data"] * len(parts) + ["event"]
    for part, (kind, content) in enumerate(zip(kinds, [*parts, event], strict=True)):
        uow.session.add(
            ArchiveRecord(
                contest_id=contest.id,
                height=height,
                part=part,
                kind=kind,
                content=content.decode(),
            )
        )
    contest.height, contest.tail_hash = height, event_hash
    uow.session.flush()
    uow.record(ArchiveEvent(uuid=contest.frozen_uuid, type=type_, height=height, event=event_hash))
    return event_hash


def cast_ballots(session: Session, contest_id: str, *, counting: bool = False) -> Iterator[str]:
    """The ballots in the order of the chain, all or those that count; some hundred in memory."""
    wanted = select(CastBallot.raw).where(CastBallot.contest_id == contest_id)
    if counting:
        wanted = wanted.where(CastBallot.counts)
    rows = session.execute(wanted.order_by(CastBallot.height).execution_options(yield_per=BATCH))
    for (raw,) in rows:
        yield raw


def file_of(
    session: Session, contest: Contest, *, until: str | None = None, without: int = 0
) -> Iterator[bytes]:
    """The `.bel` file, piece by piece; `until` names the type of the last event to include, and
    the last `without` ballots of an open vote are left out."""
    frame = frame_of(session, contest, until=until)
    yield from written(frame, islice(cast_ballots(session, contest.id), frame.ballots - without))


@dataclass(frozen=True)
class Frame:
    """An archive at one moment: everything but its ballots, and how many of them there are."""

    contest_id: str
    timestamp: int
    setup: list[ArchiveRecord]
    ballots: int
    later: list[ArchiveRecord]


def frame_of(session: Session, contest: Contest, *, until: str | None = None) -> Frame:
    setup, later = _other_records(session, contest.id)
    ballots = (later[0].height if later else contest.height + 1) - 1
    for place, row in enumerate(later, 1):
        if row.kind == "event" and until and f'"type":"{until}"' in row.content:
            later = later[:place]
            break
    return Frame(contest.id, contest.timestamp, setup, max(0, ballots), later)


def written(frame: Frame, ballots: Iterable[str]) -> Iterator[bytes]:
    """The file of a frame and its ballots."""
    at = frame.timestamp
    yield archive.record(HEADER_NAME, archive.header_body(at), at)
    yield from (_record(row, at) for row in frame.setup)
    parent = contest_start(frame.setup)
    for height, raw in enumerate(ballots, start=1):
        body = raw.encode()
        event = archive.event_bytes(parent, height, BALLOT, sha256_hex(body))
        parent = sha256_hex(event)
        yield archive.record(archive.data_name(body), body, at)
        yield archive.record(archive.event_name(event), event, at)
    yield from (_record(row, at) for row in frame.later)


def in_parts(database: Database, frame: Frame) -> Iterator[bytes]:
    """The file of a frame, for a reader who may be slow: no transaction stays open between parts.
    Ballots are only ever added, so those of the frame are the same whenever they are read."""
    return written(frame, _ballots_in_parts(database, frame))


def _ballots_in_parts(database: Database, frame: Frame) -> Iterator[str]:
    wanted = select(CastBallot.raw).where(CastBallot.contest_id == frame.contest_id)
    for start in range(0, frame.ballots, BATCH):
        end = min(start + BATCH, frame.ballots)
        part = wanted.where(CastBallot.height > start, CastBallot.height <= end)
        with database.read() as uow:
            rows = uow.session.scalars(part.order_by(CastBallot.height)).all()
        yield from rows


def published_until(contest: Contest, *, withheld: bool, mixed: bool) -> str | None:
    """The archive of a small contest whose counts are kept back ends with what the trustees
    decrypt, the encrypted tally or the last shuffle: their shares would let everyone count."""
    if not withheld or contest.tally_json is None:
        return None
    return "EndShuffles" if mixed else "EncryptedTally"


def contest_start(setup: list[ArchiveRecord]) -> str | None:
    return sha256_hex(setup[-1].content.encode()) if setup else None


def _other_records(
    session: Session, contest_id: str
) -> tuple[list[ArchiveRecord], list[ArchiveRecord]]:
    rows = session.scalars(
        select(ArchiveRecord)
        .where(ArchiveRecord.contest_id == contest_id)
        .order_by(ArchiveRecord.height, ArchiveRecord.part)
    ).all()
    return [row for row in rows if row.height == 0], [row for row in rows if row.height > 0]


def _record(row: ArchiveRecord, timestamp: int) -> bytes:
    body = row.content.encode()
    name = archive.data_name(body) if row.kind == "data" else archive.event_name(body)
    return archive.record(name, body, timestamp)


def recomputed(session: Session, contest: Contest) -> Iterator[tuple[int, str | None]]:
    """Height and hash of each event as the rows have it now; of the first that does not follow
    from the one before, no hash, and nothing after it."""
    setup, later = _other_records(session, contest.id)
    parent, height = contest_start(setup), 0
    if setup:
        yield height, parent
    for height, raw in enumerate(cast_ballots(session, contest.id), start=1):
        parent = sha256_hex(archive.event_bytes(parent, height, BALLOT, sha256_hex(raw.encode())))
        yield height, parent
    data: list[bytes] = []
    for row in later:
        body = row.content.encode()
        if row.kind == "data":
            data.append(body)
            continue
        event = archive.parse_event(body, f"height {row.height}")
        height += 1
        if event.parent != parent or event.height != height or not _carries(event, data):
            yield height, None
            return
        parent, data = sha256_hex(body), []
        yield height, parent


def _carries(event: archive.Event, data: list[bytes]) -> bool:
    """Is the last piece of data what the event names, and does it name the others?"""
    if not data:
        return event.payload is None
    *named, payload = data
    return event.payload == sha256_hex(payload) and all(
        sha256_hex(raw).encode() in payload for raw in named
    )


def recomputed_tail(session: Session, contest: Contest) -> tuple[int, str | None]:
    """Height and hash of the chain as its rows have it: differs from the contest's row when
    somebody inserted, removed or changed a row behind the program's back."""
    tail = deque(recomputed(session, contest), maxlen=1)
    return tail[0] if tail else (-1, None)
