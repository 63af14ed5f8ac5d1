"""The rows of a log: queued, numbered, read back."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from audit.database import Database
from audit.entries import LogName, decode
from audit.models import LogEntry

LOOKED_AT = 200  # rows read at a time where one is looked for


def pending(session: Session, log: str, limit: int) -> list[tuple[int, bytes]]:
    """The first entries that wait for an index, with their numbers in the queue."""
    query = (
        select(LogEntry.queued, LogEntry.entry)
        .where(LogEntry.log == log, LogEntry.position.is_(None))
        .order_by(LogEntry.queued)
        .limit(limit)
    )
    return [(queued, raw) for queued, raw in session.execute(query)]


def number(session: Session, queued: list[int], first: int) -> None:
    """Give the rows their indices, dense from `first`, in one statement."""
    order = (
        select(
            LogEntry.queued, (func.row_number().over(order_by=LogEntry.queued) - 1).label("place")
        )
        .where(LogEntry.queued.in_(bindparam("chosen", expanding=True)))
        .subquery()
    )
    session.execute(
        update(LogEntry)
        .where(LogEntry.queued == order.c.queued)
        .values(position=order.c.place + first),
        {"chosen": queued},
        execution_options={"synchronize_session": False},
    )


def read_rows(database: Database, log: str, start: int, end: int) -> list[bytes]:
    """The entries from index `start` to before `end`, up to the first that is missing."""
    query = (
        select(LogEntry.position, LogEntry.entry)
        .where(LogEntry.log == log, LogEntry.position >= start, LogEntry.position < end)
        .order_by(LogEntry.position)
    )
    with database.read() as uow:
        rows = uow.session.execute(query).all()
    found = []
    for index, (position, raw) in enumerate(rows, start):
        if position != index:
            break
        found.append(raw)
    return found


def find(database: Database, log: LogName, subject: str, **data: str) -> int | None:
    """The index of the newest logged entry of `subject` whose data has these values, or None."""
    query = (
        select(LogEntry.position, LogEntry.entry)
        .where(LogEntry.log == log, LogEntry.subject == subject, LogEntry.position.is_not(None))
        .order_by(LogEntry.position.desc())
        .execution_options(yield_per=LOOKED_AT)  # the newest are asked for most, and come first
    )
    wanted = [value.encode() for value in data.values()]
    with database.read() as uow:
        for position, raw in uow.session.execute(query):
            if all(value in raw for value in wanted):
                said = decode(raw)["data"]
                if all(said.get(name) == value for name, value in data.items()):
                    return position
    return None
