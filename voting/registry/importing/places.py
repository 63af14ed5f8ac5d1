"""units.csv and constituencies.csv: the tree and where its units elect."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import rfc8785
from sqlalchemy import delete, func, or_, select

from audit.database import UnitOfWork
from voting.registry import structure
from voting.registry.entries import ConstituenciesChanged, UnitsChanged
from voting.registry.importing import normalise, reading
from voting.registry.importing.normalise import Cell
from voting.registry.importing.problems import ERROR, Problem
from voting.registry.importing.reading import Layout, Row, Table
from voting.registry.models import UNIT_KINDS, Affiliation, Constituency, ConstituencyUnit, Unit

_SEATS = re.compile(r"0{0,9}[1-9][0-9]{0,3}", re.ASCII)
_SHARED_NAMES = {"代码": "code", "编号": "code", "名称": "name", "英文名称": "name_en"}
UNITS = Layout(
    ("code", "name", "kind", "parent"),
    ("name_en",),
    {**_SHARED_NAMES, "类型": "kind", "上级": "parent"},
)
CONSTITUENCIES = Layout(
    ("code", "name", "units", "seats"),
    ("name_en",),
    {**_SHARED_NAMES, "单位": "units", "席位": "seats", "名额": "seats"},
)


@dataclass
class Places:
    """What a file of units or constituencies would do: codes by what happens to them."""

    problems: list[Problem] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    add: list[str] = field(default_factory=list)
    change: list[str] = field(default_factory=list)
    end: list[str] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        return any(problem.outcome == ERROR for problem in self.problems)

    def counts(self) -> dict[str, int]:
        return {"add": len(self.add), "change": len(self.change), "end": len(self.end)}

    def summary(self) -> dict[str, int]:
        def count(outcome: str) -> int:
            return sum(problem.outcome == outcome for problem in self.problems)

        return {
            "rows": len(self.rows),
            "errors": count("error"),
            "warnings": count("warning"),
            "guesses": count("guess"),
            "normalised": count("normalised"),
            **self.counts(),
        }

    def preview(self, most: int) -> dict[str, list[list[str]]]:
        """The first codes of each change, with their names."""

        def named(codes: list[str]) -> list[list[str]]:
            return [[code, self.rows.get(code, {}).get("name", "")] for code in codes[:most]]

        return {"add": named(self.add), "change": named(self.change), "end": named(self.end)}

    def hash(self) -> str:
        document: Any = [self.rows, self.add, self.change, self.end]
        return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def _required(cell: Cell) -> Cell:
    return cell if cell.value else Cell("", "missing_value")


def _plain(cell: Cell) -> Cell:
    """Text that may be empty."""
    return Cell("", None) if cell.kind == "missing_name" else cell


def _kind(value: object) -> Cell:
    cell = normalise.tidy(value)
    return cell if cell.value in UNIT_KINDS else Cell(cell.value, "unknown_kind")


def _seats(value: object) -> Cell:
    text = normalise.tidy(value).value
    if _SEATS.fullmatch(text):
        return Cell(int(text))
    return Cell(0, "bad_seats")


def _units(value: object) -> Cell:
    text = normalise.tidy(value).value.replace(",", ";").replace("、", ";")
    codes = [normalise.code(part).value for part in text.split(";")]
    return _required(Cell([code for code in codes if code]))


_READERS: dict[str, Callable[[Any], Cell]] = {
    "code": lambda v: _required(normalise.code(v)),
    "name": lambda v: _required(_plain(normalise.name(v))),
    "name_en": lambda v: _plain(normalise.name(v)),
    "kind": _kind,
    "parent": normalise.code,
    "seats": _seats,
    "units": _units,
}


def _read(raw: bytes, layout: Layout) -> tuple[Table, Places]:
    """Rows by code; a row with a repeated or missing code is a problem and nothing else."""
    table = reading.read(raw, layout)
    places = Places(problems=list(table.problems))
    for row in table.rows:
        values: dict[str, Any] = {"row": row.number, "name_en": ""}
        for name in table.columns:
            text = reading.text_of(row.cells[name])
            cell = _READERS[name](row.cells[name])
            if (row.number, name) in table.formulas or normalise.would_run(text):
                cell = Cell(cell.value, "formula")
            values[name] = cell.value
            if cell.kind:
                shown = cell.value if isinstance(cell.value, str) else None
                _add_problem(places, table, row, name, cell.kind, text, normalised=shown)
        code = values["code"]
        if code in places.rows:
            first = places.rows[code]["row"]
            _add_problem(places, table, row, "code", "duplicate_code", code, also_row=first)
        elif code:
            places.rows[code] = values
    return table, places


def _add_problem(
    places: Places, table: Table, row: Row, name: str, kind: str, value: str, **more: Any
) -> None:
    heading = table.columns.get(name)
    places.problems.append(Problem(kind, row.number, heading, name, value, **more))


def examine_units(uow: UnitOfWork, raw: bytes, as_of: date) -> Places:
    table, places = _read(raw, UNITS)
    rows = {row.number: row for row in table.rows}
    for code, values in places.rows.items():
        row, parent = rows[values["row"]], values["parent"]
        if parent and parent not in places.rows:
            _add_problem(places, table, row, "parent", "unknown_parent", parent)
        elif _in_circle(code, places.rows):
            _add_problem(places, table, row, "parent", "circle", parent)
    existing = structure.units_by_code(uow, as_of)
    codes = {unit.id: unit.code for unit in existing.values()}
    for code, values in places.rows.items():
        unit = existing.get(code)
        wanted = (values["name"], values["name_en"], values["kind"], values["parent"])
        if unit is None:
            places.add.append(code)
        elif wanted != (unit.name, unit.name_en, unit.kind, codes.get(unit.parent_id or "", "")):
            places.change.append(code)
    places.end = [code for code in existing if code not in places.rows]
    used = _units_in_use(uow, as_of)
    places.problems += [Problem("unit_in_use", value=code) for code in places.end if code in used]
    return places


def _in_circle(code: str, rows: dict[str, dict[str, Any]]) -> bool:
    seen = set()
    above = code
    while above in rows and above not in seen:
        seen.add(above)
        above = rows[above]["parent"]
        if above == code:
            return True
    return False


def _units_in_use(uow: UnitOfWork, as_of: date) -> set[str]:
    held = or_(Affiliation.valid_to.is_(None), Affiliation.valid_to > as_of)
    query = select(Unit.code).where(
        Unit.id.in_(select(Affiliation.unit_id).where(held).group_by(Affiliation.unit_id))
    )
    return set(uow.session.scalars(query))


def apply_units(uow: UnitOfWork, places: Places, as_of: date) -> None:
    """A code that was ended and comes again is the same unit, open again."""
    units = {unit.code: unit for unit in uow.session.scalars(select(Unit))}
    for code in places.add + places.change:
        values = places.rows[code]
        unit = units.get(code)
        if unit is None:
            unit = units[code] = Unit(code=code, valid_from=as_of)
            uow.session.add(unit)
        unit.name, unit.name_en, unit.kind = values["name"], values["name_en"], values["kind"]
        unit.valid_to = None
    uow.session.flush()
    for code in places.add + places.change:
        parent = places.rows[code]["parent"]
        units[code].parent_id = units[parent].id if parent else None
    for code in places.end:
        unit = units[code]
        unit.valid_to = max(as_of, unit.valid_from + timedelta(days=1))
        uow.session.execute(delete(ConstituencyUnit).where(ConstituencyUnit.unit_id == unit.id))
    uow.session.flush()
    uow.record(
        UnitsChanged(
            as_of=as_of,
            added=len(places.add),
            changed=len(places.change),
            ended=len(places.end),
            units=len(structure.units_by_code(uow, as_of)),
            sha256=structure.units_hash(uow, as_of),
        )
    )


def examine_constituencies(uow: UnitOfWork, raw: bytes, as_of: date) -> Places:
    table, places = _read(raw, CONSTITUENCIES)
    rows = {row.number: row for row in table.rows}
    units = structure.units_by_code(uow, as_of)
    taken: dict[str, int] = {}
    for values in places.rows.values():
        row = rows[values["row"]]
        for code in values["units"]:
            if code not in units:
                _add_problem(places, table, row, "units", "unknown_unit", code)
            elif code in taken:
                first = taken[code]
                _add_problem(places, table, row, "units", "unit_in_two", code, also_row=first)
            taken.setdefault(code, row.number)
    existing = {c.code: c for c in structure.constituencies(uow)}
    for code, values in places.rows.items():
        there = existing.get(code)
        wanted = (values["name"], values["name_en"], values["seats"], sorted(values["units"]))
        if there is None:
            places.add.append(code)
        elif wanted != (there.name, there.name_en, there.seats, [u.code for u in there.units]):
            places.change.append(code)
    places.end = [code for code in existing if code not in places.rows]
    return places


def apply_constituencies(uow: UnitOfWork, places: Places, as_of: date) -> None:
    units = structure.units_by_code(uow, as_of)
    existing = {c.code: c for c in uow.session.scalars(select(Constituency))}
    touched = places.add + places.change
    for code in touched:
        values = places.rows[code]
        constituency = existing.get(code)
        if constituency is None:
            constituency = existing[code] = Constituency(code=code)
            uow.session.add(constituency)
        constituency.name, constituency.name_en = values["name"], values["name_en"]
        constituency.seats = values["seats"]
    uow.session.flush()
    gone = [existing[code].id for code in touched + places.end]
    uow.session.execute(delete(ConstituencyUnit).where(ConstituencyUnit.constituency_id.in_(gone)))
    for code in touched:
        for unit_code in places.rows[code]["units"]:
            link = ConstituencyUnit(unit_id=units[unit_code].id, constituency_id=existing[code].id)
            uow.session.add(link)
    uow.session.flush()
    uow.session.expire_all()
    uow.record(
        ConstituenciesChanged(
            added=len(places.add),
            changed=len(places.change),
            ended=len(places.end),
            constituencies=len(structure.constituencies(uow)),
            seats=structure.total_seats(uow),
            by_constituency={c.code: c.seats for c in structure.constituencies(uow)},
            sha256=structure.constituencies_hash(uow),
        )
    )


def member_counts(uow: UnitOfWork, on: date) -> dict[str, int]:
    """Unit id -> members who vote there on a date, whatever their status."""
    rows = uow.session.execute(
        select(Affiliation.unit_id, func.count())
        .where(
            Affiliation.voting,
            Affiliation.valid_from <= on,
            or_(Affiliation.valid_to.is_(None), Affiliation.valid_to > on),
        )
        .group_by(Affiliation.unit_id)
    )
    return {row[0]: row[1] for row in rows}
