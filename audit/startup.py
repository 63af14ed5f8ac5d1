"""The guard at the start: a database that was rolled back or edited does not serve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from audit.database import Database
from audit.entries import PUBLIC, SECURITY, LogName
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keyfiles import LogKeys, verifiers
from audit.models import LogEntry, LogState
from audit.note import Checkpoint, Note, verify_checkpoint
from audit.queue import read_rows
from audit.tiles import Edge, leaf_hashes

CHUNK = 4096
Progress = Callable[[int, int], None]


class StartupError(LogError):
    """The server must not run on this database; the message says what to do."""


def check_startup(
    database: Database, folder: Path, keys: LogKeys, *, progress: Progress | None = None
) -> None:
    """Compare the database with the checkpoints kept outside it, in `folder`/public and /security.

    Every row is hashed. `progress(done, total)` is called now and then. Raises StartupError.
    """
    logs: tuple[LogName, ...] = (PUBLIC, SECURITY)
    for log in logs:
        try:
            _check(database, log, LogFolder(folder / log), keys, progress)
        except StartupError:
            raise
        except LogError as error:
            raise StartupError(
                f"the {log} log: {error}. Do not serve from this database: keep a copy of it and "
                f"of {folder} as evidence, then restore the last good backup (docs/log.md)"
            ) from error


def _check(
    database: Database, log: LogName, folder: LogFolder, keys: LogKeys, progress: Progress | None
) -> None:
    with folder.lock():  # not between the commit of another process and its checkpoint
        raw = folder.checkpoint()
        with database.read() as uow:
            state = uow.session.get(LogState, log)
    kept = verify_checkpoint(raw, verifiers(keys.of(log)))[0] if raw is not None else None
    size = state.size if state else 0
    if kept is None and size == 0:
        return  # a new deployment
    if kept is None:
        raise StartupError(
            f"the {log} log has {size} entries in the database, and {folder.path} has no "
            "checkpoint to compare them with: put the folder back from a backup, or, if this "
            "machine is new to the deployment, run 'mandate log export' after comparing with the "
            "newest checkpoint of a witness"
        )
    if size < kept.size:
        raise StartupError(
            f"the database is behind: it has {size} entries of the {log} log and the checkpoint in "
            f"{folder.path} counts {kept.size}. It was rolled back or is another database. Restore "
            "one that is not older than the checkpoint; if there is none, read 'After a loss' in "
            "docs/log.md and run 'mandate log recover'"
        )
    if state is not None:
        _check_rows(database, log, state, kept, progress)


def _check_rows(
    database: Database, log: LogName, state: LogState, kept: Checkpoint, progress: Progress | None
) -> None:
    signed = Checkpoint.parse(Note.parse(state.checkpoint.encode()).text)
    if (signed.size, signed.root.hex()) != (state.size, state.root):
        raise LogError("the head in the database is not the one that was signed")
    edge = Edge()
    for end in sorted({kept.size, state.size}):
        _hash_rows(database, log, edge, end, progress)
        expected = kept.root if end == kept.size else signed.root
        if edge.root() != expected:
            raise LogError(f"the entries of the database do not hash to the head at size {end}")
    beyond = select(LogEntry.position).where(
        LogState.log == log, LogEntry.log == log, LogEntry.position >= LogState.size
    )
    with database.read() as uow:  # one statement: another process may be logging meanwhile
        if uow.session.execute(beyond.limit(1)).first() is not None:
            raise LogError("the database has an entry beyond its head", index=state.size)


def _hash_rows(
    database: Database, log: LogName, edge: Edge, end: int, progress: Progress | None
) -> None:
    while (start := edge.size) < end:
        rows = read_rows(database, log, start, min(end, start + CHUNK))
        if not rows:
            raise LogError("the database lacks this entry", index=start)
        edge.append(leaf_hashes(rows))
        if progress is not None:
            progress(edge.size, end)
