"""A third party stamps the time when it matters: voting opened, ended, an outcome declared."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from audit import timestamps
from audit.database import Database, UnitOfWork
from audit.entries import PUBLIC, parse
from audit.folder import LogFolder
from audit.keyfiles import verifiers
from audit.models import LogEntry
from audit.note import Checkpoint
from audit.service import LogService
from audit.types import CheckpointStamped
from voting.entries import ElectionClosed, ElectionDeclared, ElectionOpened

MOMENTS = (ElectionOpened, ElectionClosed, ElectionDeclared)


def stamp_when_due(log: LogService, url: str) -> bool:
    """Have the newest checkpoint stamped when it covers a moment that no stamp covers yet.

    Asked every few seconds; an authority that does not answer is asked again. Raises LogError.
    """
    folder = log.cosigner.folder
    stamped = max(timestamps.stamped_sizes(folder), default=0)
    if not _moment_since(log.database, stamped):
        return False
    checkpoint = timestamps.stamp(folder, verifiers(log.keys.public), url)
    with log.database.transaction() as uow:
        record_stamp(uow, folder, checkpoint, url)
    return checkpoint.size > stamped


def record_stamp(uow: UnitOfWork, folder: LogFolder, checkpoint: Checkpoint, url: str) -> None:
    """The log says what was stamped, by whom, and the hash of the stamp."""
    token = folder.read(f"{timestamps.FOLDER}/{checkpoint.size}.tsr", timestamps.MAX_STAMP) or b""
    uow.record(
        CheckpointStamped(
            size=checkpoint.size,
            root=checkpoint.root.hex(),
            authority=url,
            token=hashlib.sha256(token).hexdigest(),
        )
    )


def _moment_since(database: Database, size: int) -> bool:
    """Whether the log has such an entry at `size` or behind it."""
    query = select(LogEntry.entry).where(
        LogEntry.log == PUBLIC, LogEntry.position >= size, LogEntry.subject.like("election/%")
    )
    with database.read() as uow:
        return any(isinstance(parse(raw).data, MOMENTS) for raw in uow.session.scalars(query))
