"""What a monitor has proven of a log: its head, the ids of its entries, the time of the newest."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from audit.entries import format_time, parse_time
from audit.errors import LogError
from audit.merkle import EMPTY_ROOT, Digest

_TABLES = (
    "CREATE TABLE IF NOT EXISTS ids (id BLOB PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS head (one INTEGER PRIMARY KEY CHECK (one = 1), "
    "size INTEGER NOT NULL, root BLOB NOT NULL, newest TEXT NOT NULL)",
)


class Seen:
    """One transaction on a small file: what was added counts with `commit`, or not at all."""

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, timeout=30)
            for table in _TABLES:
                self._database.execute(table)
            row = self._database.execute("SELECT size, root, newest FROM head").fetchone()
        except sqlite3.Error as error:
            raise LogError(f"{path} cannot be used as the memory of a monitor: {error}") from error
        self.size = int(row[0]) if row else 0
        self.root = Digest(bytes(row[1])) if row else EMPTY_ROOT
        self.newest: datetime | None = parse_time(row[2]) if row else None
        self._newest = self.newest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.rollback()
        self._database.close()

    def add(self, id: str, place: int, time: datetime) -> None:
        """An entry that is yet to be proven. Raises LogError when another entry has its id."""
        self._newest = max(time, self._newest or time)
        added = self._database.execute(
            "INSERT INTO ids VALUES (?, ?) ON CONFLICT DO NOTHING", (bytes.fromhex(id), place)
        )
        if added.rowcount != 1:
            raise LogError("has the id of an earlier entry: it was logged twice", index=place)

    def commit(self, size: int, root: Digest) -> None:
        """All that was added is proven under this head."""
        newest = format_time(self._newest) if self._newest else ""
        self._database.execute(
            "INSERT INTO head VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET "
            "size = excluded.size, root = excluded.root, newest = excluded.newest",
            (size, root, newest),
        )
        self._database.commit()
        self.size, self.root, self.newest = size, root, self._newest
