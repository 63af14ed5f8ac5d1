"""Import of the district's roll: 60,000 members, their units and constituencies, and once more.

    python -m bench.roll [DATABASE_URL]

Goal: at most 60 seconds and 600 MB, from the bytes of the file to the commit.
"""

from __future__ import annotations

import gzip
import platform
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from audit.database import Base, Database
from voting.registry import importing, people, structure
from voting.registry.importing import places

DATA = Path(__file__).parent / "data" / "wujiang"
AS_OF = date(2026, 10, 31)
SECONDS, MEGABYTES = 60, 600


def _peak() -> float:
    """Megabytes; the kernel counts in KiB, macOS in bytes."""
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _set_up(database: Database) -> None:
    Base.metadata.create_all(database.engine)
    with database.transaction() as uow:
        units = places.examine_units(uow, (DATA / "units.csv").read_bytes(), AS_OF)
        places.apply_units(uow, units, AS_OF)
        found = places.examine_constituencies(
            uow, (DATA / "constituencies.csv").read_bytes(), AS_OF
        )
        places.apply_constituencies(uow, found, AS_OF)


def run(url: str) -> bool:
    database = Database(url)
    _set_up(database)
    raw = gzip.decompress((DATA / "members.csv.gz").read_bytes())
    times = []
    for _ in range(2):
        start, cpu = time.perf_counter(), time.process_time()
        with database.transaction() as uow:
            _, done = importing.import_now(uow, "members.csv", raw, AS_OF)
        spent = time.perf_counter() - start, time.process_time() - cpu
        times.append((*spent, done.plan.counts()))
    start = time.perf_counter()
    with database.read() as uow:
        electors = 0
        for constituency in structure.constituencies(uow):
            electors += len(people.electorate(uow, constituency, AS_OF))
        left = len(people.unassigned(uow, AS_OF))
    electorates = time.perf_counter() - start
    database.close()
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    for name, (seconds, cpu, counts) in zip(("first import", "again"), times, strict=True):
        print(f"{name:14} {seconds:6.1f} s   {cpu:.1f} s of it computing here   {counts}")
    print(f"{'electorates':14} {electorates:6.1f} s   {electors} electors, {left} without a vote")
    print(f"{'peak memory':14} {_peak():6.0f} MB")
    return times[0][0] <= SECONDS and _peak() <= MEGABYTES and left == 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/bench.sqlite"
        sys.exit(0 if run(given) else 1)
