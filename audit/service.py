"""The logs of a running server: the guard at the start, the sequencers and the witnesses' client.

Each app process may have one; `Sequencer` sees to it that only one of them writes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from audit import policy
from audit.announcing import announce
from audit.cosigning import Cosigner
from audit.database import Database, UnitOfWork
from audit.entries import PUBLIC, SECURITY, LogName, decode
from audit.errors import Conflict, LogError
from audit.folder import LogFolder
from audit.keyfiles import LogKeys, verifiers
from audit.models import LogEntry
from audit.note import Checkpoint, Note, verify_checkpoint
from audit.policy import Policy
from audit.sequencer import Sequencer
from audit.startup import Progress, check_startup
from audit.types import CheckerAnnounced, CheckpointWitnessed, ServerStarted, ServerStopped

POLICY_FILE = "policy"
LOGS: tuple[LogName, ...] = (PUBLIC, SECURITY)
_logger = logging.getLogger("mandate.log")


class LogService:
    """Both logs of a deployment, in `folder`/public and `folder`/security.

    The policy of the public log, if there is one, is the file `folder`/policy.
    """

    def __init__(
        self, database: Database, folder: Path, keys: LogKeys, *, witness_per_day: int = 0
    ) -> None:
        self.database = database
        self.folder = folder
        self.keys = keys
        self.policy = load_policy(folder / POLICY_FILE)
        self.sequencers = {
            log: Sequencer(database, log, keys.of(log), folder / log) for log in LOGS
        }
        public = LogFolder(folder / PUBLIC)
        self.cosigner = Cosigner(public, verifiers(keys.public), self.policy, witness_per_day)
        self.failure: str = ""  # why a sequencer gave up: the server must say so, and stop
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(
        self,
        version: str,
        settings_hash: str,
        *,
        heartbeat: timedelta = timedelta(hours=1),
        checker_url: str = "",
        progress: Progress | None = None,
    ) -> None:
        """Check, log the start, and run. Raises StartupError when the server must not run."""
        check_startup(self.database, self.folder, self.keys, progress=progress)
        with self.database.transaction() as uow:
            announce(uow, self.keys.receipts)
            uow.record(ServerStarted(version=version, settings=settings_hash))
            if checker_url != self._announced(uow):
                uow.record(CheckerAnnounced(url=checker_url))
        self.run_once()
        self.publish_keys()
        for log, runner in self.sequencers.items():
            self._run(f"log-{log}", partial(runner.run_forever, self._stop, heartbeat=heartbeat))
        if self.policy.witnesses:
            self._run("witnesses", partial(self.cosigner.run_forever, self._stop))

    def _announced(self, uow: UnitOfWork) -> str:
        """The address of the checker that the log has; empty where it has none."""
        newest = uow.session.scalars(
            select(LogEntry.entry)
            .where(LogEntry.log == PUBLIC, LogEntry.subject == CheckerAnnounced.SUBJECT)
            .order_by(LogEntry.queued.desc())
            .limit(1)
        ).first()
        return str(decode(newest)["data"]["url"]) if newest else ""

    def stop(self) -> None:
        """Log the stop and bring the files up to the database."""
        if not self._stop.is_set():
            self._stop.set()
            for thread in self._threads:
                thread.join(timeout=30)
            with self.database.transaction() as uow:
                uow.record(ServerStopped())
            self.run_once()

    def run_once(self) -> int:
        """Log all that is queued now: for commands, demonstrations and tests without threads."""
        return sum(runner.drain() for runner in self.sequencers.values())

    def publish_keys(self) -> None:
        """Put the verifier keys beside the log, for those who have no better source."""
        for log in LOGS:
            folder = LogFolder(self.folder / log)
            with folder.lock():
                lines = "".join(f"{signer.verifier}\n" for signer in self.keys.of(log))
                folder.put(f"{log}.vkey", lines.encode())
        receipts = "".join(f"{signer.verifier}\n" for signer in self.keys.receipts)
        public = LogFolder(self.folder / PUBLIC)
        with public.lock():
            public.put("receipt.vkey", receipts.encode())

    def confirm_witnessed(self, uow: UnitOfWork, subject: str) -> None:
        """Before a result is published: the quorum has seen all that was logged of `subject`.

        Logs which witnesses. Without a quorum in the policy this asks for nothing. Raises Conflict.
        """
        if self.policy.quorum_reached(()):
            return
        of_subject = (LogEntry.log == PUBLIC, LogEntry.subject == subject)
        entries = select(func.count(), func.count(LogEntry.position), func.max(LogEntry.position))
        total, logged, newest = uow.session.execute(entries.where(*of_subject)).one()
        raw = self.cosigner.cosigned_checkpoint()
        if raw is None or logged < total or not self.cosigner.quorum_reached((newest or 0) + 1):
            raise Conflict(
                "The witnesses have not confirmed the log yet. Try again in a moment; if this "
                "lasts, the page of the auditors says which witness does not answer."
            )
        note = Note.parse(raw)
        checkpoint = Checkpoint.parse(note.text)
        uow.record(
            CheckpointWitnessed(
                about=subject,
                log=checkpoint.origin,
                size=checkpoint.size,
                root=checkpoint.root.hex(),
                witnesses=[v.name for v in note.verify(self.policy.cosigners)],
            )
        )

    def _run(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except LogError as error:
                self.failure = str(error)
                _logger.critical("the log has stopped: %s", error)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)


def load_policy(path: Path) -> Policy:
    """The policy of a file; without a file, the policy that wants no witness. Raises LogError."""
    return policy.parse(path.read_bytes()) if path.exists() else Policy()


@dataclass(frozen=True)
class Head:
    log: LogName
    origin: str
    size: int
    root: str
    verifier: str


def head_of(service: LogService, log: LogName) -> Head:
    signers = service.keys.of(log)
    raw = LogFolder(service.folder / log).checkpoint()
    if raw is None:
        return Head(log, signers[0].name, 0, "", str(signers[0].verifier))
    checkpoint, _note = verify_checkpoint(raw, verifiers(signers))
    return Head(
        log, signers[0].name, checkpoint.size, checkpoint.root.hex(), str(signers[0].verifier)
    )
