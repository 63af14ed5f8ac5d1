"""Writing an archive, or continuing one, byte for byte as the specification has it."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ballots import checks
from ballots.archive.format import (
    HEADER_NAME,
    data_name,
    event_bytes,
    event_name,
    header_body,
    record,
)
from ballots.archive.reader import Reader, steps


class Writer:
    """Appends records to the archive at ``path``; makes it when there is none.

    An archive that exists is read first, whole and strictly: a broken chain is not continued.
    ``timestamp``, in seconds since 1970, is needed for a new archive only.
    ``flush`` makes what was written durable.
    """

    def __init__(self, path: Path, timestamp: int | None = None) -> None:
        self.parent: str | None = None
        self.height = 0
        if path.exists():
            self.timestamp = self._resume(path)
        else:
            if timestamp is None:
                checks.fail("container.version", str(path.name), "a new archive needs its time")
            self.timestamp = timestamp
        self._file = path.open("ab")
        if not self._file.tell():
            self._write(HEADER_NAME, header_body(self.timestamp))

    def _resume(self, path: Path) -> int:
        with path.open("rb") as stream:
            reader = Reader(stream)
            for step in steps(reader):
                self.parent, self.height = step.digest, self.height + 1
        return reader.timestamp

    def data(self, body: bytes) -> str:
        """Append a data record; gives its hash, 64 hexadecimal digits.

        Each event needs its own: two shares of no ciphertexts are the same record, written twice.
        """
        name = data_name(body)
        self._write(name, body)
        return name[:64]

    def event(self, type_: str, payload: str | None = None) -> str:
        """Append the next event of the chain; gives its hash, 64 hexadecimal digits."""
        body = event_bytes(self.parent, self.height, type_, payload)
        name = event_name(body)
        self._write(name, body)
        self.parent, self.height = name[:64], self.height + 1
        return self.parent

    def flush(self) -> None:
        """Return when all records are on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Hand what was written to the operating system."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, name: str, body: bytes) -> None:
        self._file.write(record(name, body, self.timestamp))
