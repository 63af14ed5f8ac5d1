"""No change without an entry: watches each statement of a transaction.

The watch is on the cursor, so it sees the flush of a session, bulk statements and plain SQL alike.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event

from audit.errors import LogError
from audit.models import Base

_WATCH = "mandate.watch"
# `FOR UPDATE` locks and `DO UPDATE` belongs to an INSERT that was seen already
_WRITE = re.compile(
    r"(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|(?<!FOR )(?<!DO )UPDATE(?:\s+OR\s+\w+)?"
    r"|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO)\s+(?:ONLY\s+)?[\"`]?(\w+)",
    re.IGNORECASE,
)


class UnloggedChangeError(LogError):
    """A transaction changed tables and recorded nothing: a fault of the program."""


class Watch:
    """What one transaction has written to."""

    def __init__(self, *, read_only: bool) -> None:
        self.read_only = read_only
        self.tables: set[str] = set()

    def saw(self, tables: frozenset[str]) -> None:
        if self.read_only and tables:
            raise UnloggedChangeError(
                f"Database.read() may not write, and this writes to {_names(tables)}: "
                "use Database.transaction()"
            )
        self.tables |= tables

    def require_entry(self, *, recorded: bool) -> None:
        """Refuse the commit when a table that is not exempt changed and no entry says so."""
        unlogged = {name for name in self.tables if not exemption(name)}
        if unlogged and not recorded:
            raise UnloggedChangeError(
                f"this transaction changed {_names(unlogged)} and recorded nothing. Call "
                "uow.record(SomethingChanged(...)) with an entry declared in the entries.py of "
                "the room; or, if nobody needs to know of this change, exempt the "
                'table: __table_args__ = {"info": {"unlogged": "the reason, in words"}}'
            )


def exemption(table: str) -> str:
    """Why changes of this table need no entry; empty when they do need one."""
    return str(Base.metadata.tables[table].info.get("unlogged", ""))


def watch(connection: Connection, *, read_only: bool = False) -> Watch:
    """Watch the transaction that `connection` is in; `unwatch` when it has ended."""
    found = connection.info[_WATCH] = Watch(read_only=read_only)
    return found


def unwatch(connection: Connection) -> None:
    if not connection.invalidated:  # which has lost its watch, and would be opened anew by a look
        connection.info.pop(_WATCH, None)


def install(engine: Engine) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def before(
        conn: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        look(conn, statement)


def look(connection: Connection, statement: str) -> None:
    """Before each statement of a connection. Raises UnloggedChangeError if it may not write."""
    found = connection.info.get(_WATCH)
    if found is not None:
        tables = written_tables(statement)
        if tables:
            found.saw(tables)


@lru_cache(maxsize=4096)
def written_tables(statement: str) -> frozenset[str]:
    """The tables of the product that an SQL statement writes to."""
    return frozenset(_WRITE.findall(statement)) & Base.metadata.tables.keys()


def _names(tables: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(tables))
