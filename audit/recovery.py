"""After a loss: a database from an older copy takes up the log where the files left it.

The log must not forget what it once said, even of changes that the restored database has lost.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert

from audit.database import Actor, Database
from audit.entries import PUBLIC, LogName, decode
from audit.errors import LogError
from audit.folder import LogFolder, read_tile
from audit.keyfiles import LogKeys, verifiers
from audit.models import LogEntry, LogState
from audit.note import verify_checkpoint
from audit.service import LOGS
from audit.tiles import WIDTH, TileName, split_bundle, width_at
from audit.types import ServerRestored
from audit.verifier import verify

OPERATOR = Actor("operator")


def recover(database: Database, folder: Path, keys: LogKeys, reason: str) -> dict[LogName, int]:
    """Copy the entries that the files have and the database lacks; log that it was restored.

    Entries that were queued in the copy but logged since are taken from the files, once. Returns
    how many were copied of each log. Raises LogError when the files are not whole.
    """
    return {log: _recover(database, log, folder / log, keys, reason) for log in LOGS}


def _recover(database: Database, log: LogName, path: Path, keys: LogKeys, reason: str) -> int:
    files = LogFolder(path)
    raw = files.checkpoint()
    if raw is None:
        return 0
    report = verify(files, verifiers(keys.of(log)))
    if not report.valid:
        raise LogError(f"the files of the {log} log are not whole: {report.faults[0].message}")
    checkpoint, _ = verify_checkpoint(raw, verifiers(keys.of(log)))
    with files.lock(), database.transaction(OPERATOR) as uow:
        state = uow.lock(LogState, log)
        start = state.size
        if start >= checkpoint.size:
            return 0
        for bundle in range(start // WIDTH, -(-checkpoint.size // WIDTH)):
            width = width_at(-1, bundle, checkpoint.size)
            entries = split_bundle(read_tile(files, TileName(-1, bundle, width)), width)
            skip = max(0, start - bundle * WIDTH)
            rows = [
                _row(log, bundle * WIDTH + place, entry)
                for place, entry in enumerate(entries)
                if place >= skip
            ]
            ids = [row["id"] for row in rows]
            uow.session.query(LogEntry).where(
                LogEntry.id.in_(ids), LogEntry.position.is_(None)
            ).delete(synchronize_session=False)
            uow.session.connection().execute(insert(LogEntry), rows)
        state.size, state.root = checkpoint.size, checkpoint.root.hex()
        state.checkpoint = raw.decode()
        if log == PUBLIC:
            uow.record(ServerRestored(size=start, reason=reason))
    return checkpoint.size - start


def _row(log: LogName, position: int, entry: bytes) -> dict[str, str | int | bytes]:
    said = decode(entry)
    return {
        "id": said["id"],
        "log": log,
        "position": position,
        "subject": said["subject"],
        "entry": entry,
    }
