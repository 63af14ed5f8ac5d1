"""Rolls and organisations for the tests of the import."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

from audit.database import UnitOfWork
from voting.registry.importing import places

ROOT = Path(__file__).parents[3]
DIRTY = ROOT / "tests" / "data" / "dirty"
SMALL = ROOT / "web" / "demo_data" / "small"
DISTRICT = ROOT / "bench" / "data" / "wujiang"
AS_OF = date(2026, 10, 31)
HEADER = "member_no,name,sex,birth_date,joined_on,status,unit,secondary_unit,email,phone,language"


def set_up(uow: UnitOfWork, folder: Path, as_of: date = AS_OF) -> None:
    """The units and constituencies of a data folder."""
    units = places.examine_units(uow, (folder / "units.csv").read_bytes(), as_of)
    assert not units.problems
    places.apply_units(uow, units, as_of)
    found = places.examine_constituencies(uow, (folder / "constituencies.csv").read_bytes(), as_of)
    assert not found.problems
    places.apply_constituencies(uow, found, as_of)


def district_roll() -> bytes:
    return gzip.decompress((DISTRICT / "members.csv.gz").read_bytes())


def line(number: str = "M1", **cells: str) -> str:
    values = {
        "member_no": number,
        "name": f"人{number}",
        "sex": "F",
        "birth_date": "1980-01-02",
        "joined_on": "2001-07-01",
        "status": "full",
        "unit": "RV1",
        "email": f"{number.lower()}@example.org",
        "language": "zh",
    } | cells
    return ",".join(values.get(name, "") for name in HEADER.split(","))


def roll(*lines: str) -> bytes:
    return "\n".join((HEADER, *lines, "")).encode()
