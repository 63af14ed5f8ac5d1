"""The audit log: entries appended a second, time from commit to checkpoint, time to verify.

    python -m bench.log [--entries 50000] [--export 1000000] [--url postgresql+psycopg://...]

Without --url a PostgreSQL of its own is started on this machine (with fsync, as in production),
and SQLite is measured too. A sequencer runs in a process of its own, as it does with
`mandate log sequence`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from audit.database import Actor, Base, Database
from audit.entries import PUBLIC, Entry, Hash, Uuid, encode
from audit.folder import Export, LogFolder
from audit.keys import Algorithm, Signer
from audit.merkle import root_of
from audit.note import Checkpoint, Note, sign
from audit.sequencer import Sequencer
from audit.tiles import Edge, TileName, leaf_hashes, split_bundle, width_at
from audit.verifier import verify
from tests.postgres import find_or_start

SIGNER = Signer.from_seed("bench.example/log", Algorithm.ED25519, bytes(range(32)))
BATCH = 256


class Accepted(
    Entry, type="bench.accepted", log=PUBLIC, subject="contest/{uuid}", coarse_time=True
):
    """As long as the entry of a ballot."""

    uuid: Uuid
    height: int
    event: Hash
    tracker: str


def _accepted(height: int) -> Accepted:
    return Accepted(
        uuid="Zx7kQ2mB9vLwT4",
        height=height,
        event=secrets.token_hex(32),
        tracker=secrets.token_urlsafe(32),
    )


def append(database: Database, count: int) -> list[tuple[int, float]]:
    """Commit in batches; of each batch the size of the log after it, and when it was committed."""
    commits = []
    for start in range(0, count, BATCH):
        end = min(count, start + BATCH)
        with database.transaction(Actor("voter")) as uow:
            for number in range(start, end):
                uow.record(_accepted(number))
        commits.append((end, time.monotonic()))
    return commits


def sequence(url: str, folder: Path, stop: multiprocessing.synchronize.Event) -> None:
    database = Database(url)
    Sequencer(database, PUBLIC, SIGNER, folder).run_forever(stop)  # type: ignore[arg-type]
    database.close()


def watch(folder: LogFolder, size: int, seen: list[tuple[int, float]]) -> None:
    """When which size was first seen in the checkpoint file."""
    known = 0
    while known < size:
        raw = folder.checkpoint()
        now = Checkpoint.parse(Note.parse(raw).text).size if raw else 0
        if now > known:
            known = now
            seen.append((known, time.monotonic()))
        time.sleep(0.002)


def bench_append(name: str, url: str, count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "log"
        database = Database(url)
        Base.metadata.create_all(database.engine)
        context = multiprocessing.get_context("spawn")
        stop = context.Event()
        runner = context.Process(target=sequence, args=(url, folder, stop))
        runner.start()
        while LogFolder(folder).checkpoint() is None:
            time.sleep(0.05)
        seen: list[tuple[int, float]] = []
        watcher = threading.Thread(target=watch, args=(LogFolder(folder), count, seen))
        watcher.start()
        start = time.monotonic()
        commits = append(database, count)
        appended = time.monotonic() - start
        watcher.join()
        logged = time.monotonic() - start
        stop.set()
        runner.join()
        database.close()
    delays = [next(at for size, at in seen if size >= end) - at for end, at in commits]
    figures = {
        "committed a second": count / appended,
        "logged a second": count / logged,
        "median commit to checkpoint, s": statistics.median(delays),
        "p99 commit to checkpoint, s": statistics.quantiles(delays, n=100)[98],
    }
    _table(f"append, {name}, {count} entries, {BATCH} a transaction", figures)
    return figures


def make_export(path: Path, count: int) -> None:
    """A log as files, without a database: what an auditor is given."""
    export = Export(LogFolder(path), Edge(), [])
    now = Database("sqlite://").clock()
    for start in range(0, count, 65_536):
        entries = [
            encode(
                _accepted(number),
                id=secrets.token_hex(16),
                time=now,
                actor_role="voter",
                actor="",
            )
            for number in range(start, min(count, start + 65_536))
        ]
        export.grow(export.plan(entries))
    head = Checkpoint(SIGNER.name, export.size, export.root())
    export.publish(sign(head.text, [SIGNER]).to_bytes())


def bench_verify(path: Path, jobs: int) -> dict[str, float]:
    """In a process of its own, for its memory."""
    command = [sys.executable, "-m", "bench.log", "--verify", str(path), "--jobs", str(jobs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    _table(f"verify an export of {int(figures.pop('entries'))} entries, {jobs} processes", figures)
    return figures


def verify_here(path: Path, jobs: int) -> None:
    folder = LogFolder(path)
    start = time.monotonic()
    report = verify(folder, [SIGNER.verifier], jobs=jobs)
    seconds = time.monotonic() - start
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    assert report.valid, report.faults
    # what the processes had at their peaks, all together at the most
    memory = used[0].ru_maxrss + (jobs * used[1].ru_maxrss if jobs > 1 else 0)
    hashing = pure_hashing(folder, report.size) / jobs
    print(
        json.dumps(
            {
                "entries": report.size,
                "seconds": seconds,
                "CPU seconds of all processes": sum(u.ru_utime + u.ru_stime for u in used),
                "memory, MB": memory / 1024,
                "share of pure hashing": hashing / seconds,
            }
        )
    )


def pure_hashing(folder: LogFolder, size: int) -> float:
    """Seconds of nothing but SHA-256 over the same leaves and nodes, on one core."""
    seconds = 0.0
    for index in range(-(-size // 256)):
        width = width_at(-1, index, size)
        entries = split_bundle(folder.tile(TileName(-1, index, width)), width)
        start = time.perf_counter()
        root_of(leaf_hashes(entries))
        seconds += time.perf_counter() - start
    return seconds


def _table(title: str, figures: dict[str, float]) -> None:
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:<32} {value:>12,.3f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=50_000)
    options.add_argument("--export", type=int, default=1_000_000)
    options.add_argument("--url", default="")
    options.add_argument("--verify", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--jobs", type=int, default=2)
    chosen = options.parse_args()
    if chosen.verify:
        verify_here(chosen.verify, chosen.jobs)
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python", end=" ")
    print(platform.python_version())
    with tempfile.TemporaryDirectory() as scratch:
        if chosen.url:
            bench_append("given database", chosen.url, chosen.entries)
        else:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
                server = find_or_start(Path(place), durable=True)
                try:
                    bench_append("PostgreSQL", server.new_database(), chosen.entries)
                finally:
                    server.stop()
            bench_append("SQLite", f"sqlite:///{scratch}/log.sqlite", chosen.entries)
        make_export(Path(scratch) / "export", chosen.export)
        bench_verify(Path(scratch) / "export", chosen.jobs)


if __name__ == "__main__":
    main()
