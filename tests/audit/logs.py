"""What the tests of the log share: an entry type, keys from fixed seeds, small logs in memory."""

from __future__ import annotations

from pathlib import Path

from audit.database import Actor, Database
from audit.entries import PUBLIC, SECURITY, Entry, Key
from audit.folder import LogFolder
from audit.keys import Algorithm, Signer
from audit.sequencer import Sequencer

ORIGIN = "vote.example/audit"
SIGNER = Signer.from_seed(ORIGIN, Algorithm.ED25519, bytes(range(32)))
WITNESS = Signer.from_seed("witness.example/w1", Algorithm.ED25519_TIMED, bytes(range(32, 64)))


class Counted(Entry, type="test.counted", log=PUBLIC, subject="{thing}"):
    """Something was counted."""

    thing: Key
    n: int


class Watched(Entry, type="test.watched", log=SECURITY, subject="watch/1"):
    """Something was watched."""

    n: int


def append(database: Database, count: int, first: int = 0) -> None:
    with database.transaction(Actor("tester")) as uow:
        for number in range(first, first + count):
            uow.record(Counted(thing=f"number/{number}", n=number))


def sequencer(database: Database, folder: Path, **options: int) -> Sequencer:
    return Sequencer(database, PUBLIC, SIGNER, folder, **options)


def grow(database: Database, folder: Path, *counts: int) -> LogFolder:
    """A log in `folder` that grew by these counts, a checkpoint each."""
    runner = sequencer(database, folder)
    total = 0
    for count in counts:
        append(database, count, total)
        runner.drain()
        total += count
    return LogFolder(folder)
