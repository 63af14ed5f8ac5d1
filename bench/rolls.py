"""The district's files, whole or in part, and their import in a process of its own."""

from __future__ import annotations

import csv
import gzip
import io
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from audit.database import Actor, Database, UnitOfWork
from bench import machine
from voting.registry import people
from voting.registry.importing import import_now, places
from voting.registry.models import Person

DATA = Path(__file__).parent / "data" / "wujiang"
REGISTRAR = Actor("registrar")


@dataclass(frozen=True)
class Part:
    """Files of some constituencies: all units, and of members and candidates who belong there."""

    units: bytes
    constituencies: bytes
    members: bytes
    candidates: bytes
    count: int
    of: int

    def describe(self) -> str:
        return f"{self.count} of {self.of} constituencies"


def part_of(scale: float) -> Part:
    """The first constituencies; `scale` 1 gives the files as they are."""
    constituencies = (DATA / "constituencies.csv").read_bytes()
    rows = _rows(constituencies)
    members = gzip.decompress((DATA / "members.csv.gz").read_bytes())
    candidates = (DATA / "candidates.csv").read_bytes()
    kept = rows[: max(2, round(len(rows) * scale))]
    if len(kept) < len(rows):
        codes = {row["code"] for row in kept}
        units = {unit for row in kept for unit in row["units"].split(";")}
        constituencies = _csv(kept)
        members = _csv([row for row in _rows(members) if row["unit"] in units])
        candidates = _csv([row for row in _rows(candidates) if row["constituency"] in codes])
    return Part(
        (DATA / "units.csv").read_bytes(), constituencies, members, candidates, len(kept), len(rows)
    )


def _rows(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))


def _csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@dataclass(frozen=True)
class Loaded:
    members: int
    clock: float
    processor: float
    megabytes: float


def load(url: str, part: Part) -> Loaded:
    """Units, constituencies, then the members, which are what is timed."""
    database = Database(url)
    as_of = database.today() - timedelta(days=1)
    with database.transaction(REGISTRAR) as uow:
        places.apply_units(uow, places.examine_units(uow, part.units, as_of), as_of)
    with database.transaction(REGISTRAR) as uow:
        found = places.examine_constituencies(uow, part.constituencies, as_of)
        places.apply_constituencies(uow, found, as_of)
    clock, processor = time.perf_counter(), time.process_time()
    with database.transaction(REGISTRAR) as uow:
        import_now(uow, "members.csv", part.members, as_of)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    database.close()
    members = part.members.count(b"\n") - 1
    return Loaded(members, clock, processor, machine.peak_memory())


def electors(uow: UnitOfWork) -> list[Person]:
    return people.all_electors(uow, uow.today)
