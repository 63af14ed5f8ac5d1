"""The sequencer: the only writer of a log.

Entries wait in `log_entries`, committed with the change they record. A batch of them gets indices
and a signed head in one transaction, under the lock of the log's row; only then are files written,
from what was committed. A crash before the commit leaves nothing, a crash after it leaves files
that the next run completes: one root for one size, each entry once, no hole.
"""

from __future__ import annotations

import hashlib
import logging
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from audit.database import Database
from audit.entries import PUBLIC, LogName
from audit.errors import LogError
from audit.folder import Export, Growth, LogFolder
from audit.keyfiles import LogKeys as LogKeys
from audit.keyfiles import load_keys as load_keys
from audit.keyfiles import verifiers
from audit.keys import Signer
from audit.merkle import EMPTY_ROOT, Digest
from audit.models import LogState
from audit.note import Checkpoint, sign
from audit.queue import find as find
from audit.queue import number, pending, read_rows
from audit.startup import StartupError as StartupError
from audit.startup import check_startup as check_startup
from audit.statements import Statement
from audit.types import ClockStepped, Heartbeat, SecurityHeartbeat

BATCH = 4096  # entries at most under one checkpoint
LEASE = timedelta(seconds=5)  # how long a sequencer on another machine holds off after a batch
POLL = 0.2  # seconds between looks into the queue
GATHER = 0.4  # seconds after the first entry of a batch: a checkpoint costs as much as many entries
CATCH_UP = 4096  # rows read at a time when the files are behind
_logger = logging.getLogger("mandate.log")


# asked at every poll: the head of the log, and whether an entry waits
_HEAD = Statement("""
    SELECT size, root, checkpoint,
           EXISTS (SELECT 1 FROM log_entries WHERE log = :log AND position IS NULL)
      FROM log_states WHERE log = :log
""")


@dataclass(frozen=True)
class Head:
    """What is committed of a log; `waiting`: something is queued behind it."""

    size: int
    root: str
    checkpoint: str
    waiting: bool


class Sequencer:
    """Gives indices to the entries of one log, signs its head, writes its files to `folder`.

    Any number of them may run, in threads, processes and machines: a lock file lets one of a
    machine act, and the log's row in the database one of all.
    """

    def __init__(
        self,
        database: Database,
        log_name: LogName,
        signer: Signer | Sequence[Signer],
        folder: Path,
        *,
        batch: int = BATCH,
    ) -> None:
        self.database = database
        self.log: LogName = log_name
        self.signers = (signer,) if isinstance(signer, Signer) else tuple(signer)
        self.folder = LogFolder(folder)
        self.batch = batch
        self._export: Export | None = None
        self._mutex = threading.Lock()
        self._wake = threading.Event()
        self._next_look = 0.0
        place = f"{socket.gethostname()}:{folder.resolve()}"
        self._owner = hashlib.sha256(place.encode()).hexdigest()[:32]

    def run_once(self, *, polite: bool = False) -> int:
        """Log one batch of what is queued and bring the files up to the database.

        `polite`: leave the batch to a sequencer on another machine that was active just now.
        Returns how many entries got an index. Raises LogError where rows, files and signed head
        do not belong together: never goes on over a contradiction.
        """
        with self._mutex, self.folder.lock():
            head = self._head() or self._begin()
            self._complete(head)
            return self._log_batch(polite=polite) if head.waiting else 0

    def run_forever(
        self, stop: threading.Event, *, heartbeat: timedelta = timedelta(hours=1)
    ) -> None:
        """Run until `stop` is set. Failures of database and disk are waited out and told to the
        program's log; contradictions are raised.
        """
        self.database.on_commit.append(self._queued)
        try:
            while not stop.is_set():
                self._wake.clear()
                try:
                    busy = self.run_once(polite=True) >= self.batch
                    self._beat(heartbeat)
                except (OperationalError, InterfaceError, IntegrityError, OSError) as error:
                    # the database is away, the disk is full, another machine was first: the
                    # queue is in the database and keeps
                    _logger.warning("the %s log waits: %s", self.log, error)
                    busy = False
                    stop.wait(1)
                if not busy and self._wake.wait(POLL):
                    stop.wait(GATHER)
        finally:
            self.database.on_commit.remove(self._queued)

    def _queued(self, logs: frozenset[str]) -> None:
        if self.log in logs:
            self._wake.set()

    def drain(self) -> int:
        """Log all that is queued now."""
        total = 0
        while done := self.run_once():
            total += done
        return total

    def _head(self) -> Head | None:
        rows = self.database.ask(_HEAD, {"log": self.log})
        return Head(*rows[0]) if rows else None

    def _begin(self) -> Head:
        """The row of a new log. Files without a row are those of a database that is lost."""
        if self.folder.checkpoint() is not None:
            raise LogError(f"{self.folder.path} has a log that this database does not know")
        with self.database.transaction() as uow:
            state = uow.session.get(LogState, self.log)
            if state is None:
                state = LogState(
                    log=self.log,
                    size=0,
                    root=EMPTY_ROOT.hex(),
                    checkpoint=self._sign(0, EMPTY_ROOT, uow.now),
                    owner=self._owner,
                    lease_until=uow.now,
                    updated_at=uow.now,
                )
                uow.session.add(state)
            waiting = bool(pending(uow.session, self.log, 1))
        return Head(state.size, state.root, state.checkpoint, waiting)

    def _sign(self, size: int, root: bytes, now: datetime) -> str:
        checkpoint = Checkpoint(self.signers[0].name, size, Digest(root))
        return sign(checkpoint.text, self.signers, int(now.timestamp())).to_bytes().decode()

    def _complete(self, head: Head) -> None:
        """Bring the files up to the committed head, after a crash or the work of another."""
        export = self._export
        if export is None or export.size < head.size:
            export = self._export = Export.open(self.folder, verifiers(self.signers))
        if export.size > head.size:
            raise LogError(
                f"the database is behind its log: {head.size} entries, {export.size} in the files"
            )
        while export.size < head.size:
            export.grow(export.plan(self._rows(export.size, head.size)))
        if export.root().hex() != head.root:
            raise LogError(f"the entries of the database do not hash to its head at {head.size}")
        if self.folder.checkpoint() != head.checkpoint.encode():
            export.publish(head.checkpoint.encode())

    def _rows(self, start: int, end: int) -> list[bytes]:
        rows = read_rows(self.database, self.log, start, min(end, start + CATCH_UP))
        if not rows:
            raise LogError("the database lacks an entry that it has counted", index=start)
        return rows

    def _log_batch(self, *, polite: bool) -> int:
        export = self._export
        assert export is not None  # noqa: S101 - _complete has just set it
        stepped: tuple[datetime, datetime] | None = None
        with self.database.transaction() as uow:
            state = uow.lock(LogState, self.log)
            if state.size != export.size:
                return 0  # another machine was first; the next run sees what it did
            if polite and state.owner != self._owner and _leased(state, uow.now):
                return 0
            rows = pending(uow.session, self.log, self.batch)
            growth = export.plan([raw for _, raw in rows])
            number(uow.session, [queued for queued, _ in rows], state.size)
            if uow.now < state.updated_at - timedelta(seconds=1):
                stepped = state.updated_at, uow.now
            root = growth.edge.root()
            state.size, state.root = growth.edge.size, root.hex()
            state.checkpoint = self._sign(state.size, root, uow.now)
            state.owner, state.lease_until = self._owner, uow.now + LEASE
            state.updated_at = uow.now
        self._publish(export, growth, state.checkpoint)
        if stepped is not None:
            self._tell_clock(*stepped)
        return len(rows)

    def _publish(self, export: Export, growth: Growth, checkpoint: str) -> None:
        export.grow(growth)
        export.publish(checkpoint.encode(), growth)

    def _tell_clock(self, before: datetime, after: datetime) -> None:
        if self.log == PUBLIC:  # the security log has the same clock
            with self.database.transaction() as uow:
                uow.record(ClockStepped(before=before, after=after))

    def _beat(self, every: timedelta) -> None:
        if time.monotonic() < self._next_look:
            return
        # a beat may be late by a tenth: so not every poll asks for it
        self._next_look = time.monotonic() + every.total_seconds() / 10
        with self.database.read() as uow:
            state = uow.session.get(LogState, self.log)
        if state is None or self.database.clock() - state.updated_at < every:
            return
        with self.database.transaction() as uow:
            # looked at again under the lock: of many processes one beats
            if uow.now - uow.lock(LogState, self.log).updated_at >= every:
                uow.record(Heartbeat() if self.log == PUBLIC else SecurityHeartbeat())


def _leased(state: LogState, now: datetime) -> bool:
    # a lease longer than any that is given comes from before a step of the clock
    return now < state.lease_until <= now + LEASE
