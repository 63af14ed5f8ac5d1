"""kill -9 at each step of append: each committed change once, no hole, one root for a size.

A child process appends and logs, and kills itself at its n-th step: before or after a commit, an
fsync or a rename. MANDATE_KILLS=200 runs the long form.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.database import Database, UnitOfWork
from audit.folder import LogFolder
from audit.keyfiles import create_keys
from audit.models import LogEntry
from audit.monitor import Monitor
from audit.sequencer import Sequencer
from audit.startup import check_startup
from audit.verifier import Demands, verify
from tests.audit.logs import ORIGIN, Counted
from tests.audit.test_sequencer import numbers_of

KILLS = int(os.environ.get("MANDATE_KILLS", "40"))


class Steps:
    """Counts the steps of this process, and ends it at one of them."""

    def __init__(self, last: int) -> None:
        self.left = last

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def arm(self, owner: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def stepped(*arguments: Any, **named: Any) -> Any:
            self.step()
            result = original(*arguments, **named)
            self.step()
            return result

        setattr(owner, name, stepped)


def _child(
    url: str, folder: Path, keys: Any, numbers: list[list[int]], last: int, out: int
) -> None:
    """Append groups of numbers and log each; tells the parent what is committed."""
    steps = Steps(last)
    for owner, name in ((UnitOfWork, "commit"), (os, "fsync"), (Path, "replace"), (Path, "mkdir")):
        steps.arm(owner, name)
    database = Database(url)
    runner = Sequencer(database, "public", keys, folder)
    for group in numbers:
        with database.transaction() as uow:
            for number in group:
                uow.record(Counted(thing=f"number/{number}", n=number))
        os.write(out, b"".join(b"%d\n" % number for number in group))
        runner.run_once()


def _run_child(*arguments: Any) -> tuple[list[int], bool]:
    """What the child acknowledged, and whether it was killed."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - ends by a signal
        os.close(readable)
        status = 1
        try:
            _child(*arguments, writable)
            status = 0
        finally:
            os._exit(status)
    os.close(writable)
    with os.fdopen(readable, "rb") as pipe:
        told = [int(line) for line in pipe.read().splitlines()]
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    assert killed or status == 0, "the child failed by itself"
    return told, killed


@pytest.mark.slow
def test_kill_at_each_step(database: Database, tmp_path: Path) -> None:
    chance = random.Random(4)
    keys = create_keys(tmp_path / "keys", ORIGIN)
    folder = LogFolder(tmp_path / "log" / "public")
    verifiers = [keys.public[0].verifier]
    monitor = Monitor(folder, verifiers, tmp_path / "memory")
    database.close()
    acknowledged: list[int] = []
    kept: list[bytes] = []
    last = tried = kills = 0
    while kills < KILLS:
        last += 1
        groups = []
        for size in (chance.randint(1, 3), chance.randint(1, 80)):
            groups.append(list(range(tried, tried + size)))
            tried += size
        told, killed = _run_child(database.url, folder.path, keys.public, groups, last)
        acknowledged += told
        kills += killed
        if not killed:
            last = 0  # past the last step: begin again at the first
        if seen := folder.checkpoint():  # what the world saw after the crash
            kept.append(seen)
        check_startup(database, tmp_path / "log", keys)
        Sequencer(database, "public", keys.public, folder.path).drain()
        assert monitor.look().alarms == []
        database.close()
    report = verify(folder, verifiers, Demands(old=kept), jobs=1)
    assert report.faults == []
    logged = numbers_of(folder, verifiers)
    assert len(set(logged)) == len(logged), "a change was logged twice"
    assert set(acknowledged) <= set(logged), "a committed change is not in the log"
    with database.read() as uow:
        assert uow.session.query(LogEntry).count() == len(logged)
