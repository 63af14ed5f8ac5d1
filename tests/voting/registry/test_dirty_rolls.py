"""Rolls as registrars send them: every fault is found at its place, and nothing else is touched."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from audit.database import Database
from tests.voting.registry.rolls import AS_OF, DIRTY, DISTRICT, district_roll, set_up
from voting.registry import importing
from voting.registry.importing import checks, reading
from voting.registry.importing.checks import Roll

EXPECTED: dict[str, Any] = json.loads((DIRTY / "expected.json").read_text(encoding="utf-8"))
FILES = [name for name in EXPECTED if not name.startswith("_")]
UNITS = {row["code"] for row in csv.DictReader((DISTRICT / "units.csv").open(encoding="utf-8"))}


def _roll(name: str) -> Roll:
    table = reading.read((DIRTY / name).read_bytes(), checks.ROLL)
    return checks.check(table, UNITS, AS_OF)


@pytest.mark.parametrize("name", FILES)
def test_exactly_what_is_expected_is_reported(name: str) -> None:
    expected = {(e["row"], e.get("field"), e["outcome"]): e for e in EXPECTED[name]}
    roll = _roll(name)
    found = {(p.row, p.field, p.outcome): p for p in roll.problems}
    assert found.keys() == expected.keys()
    assert len(roll.problems) == len(expected)
    for place, item in expected.items():
        problem = found[place]
        if "normalised" in item:
            assert problem.normalised == item["normalised"], item
        assert problem.also_row == item.get("also_row"), item
        assert problem.column == item["column"], item
        assert problem.what()
        assert problem.todo() or problem.outcome == "normalised"
    notes = EXPECTED["_notes"][name]
    assert (roll.rows, roll.rows_with_errors) == (notes["data_rows"], notes["rows_with_error"])


@pytest.mark.parametrize("name", FILES)
def test_every_other_cell_is_imported_as_it_is(name: str) -> None:
    listed = {(e["row"], e.get("field")) for e in EXPECTED[name]}
    table = reading.read((DIRTY / name).read_bytes(), checks.ROLL)
    cells = {row.number: row.cells for row in table.rows}
    for member in _roll(name).members:
        for field, cell in cells[member.row].items():
            if (member.row, field) not in listed:
                assert str(getattr(member, field)) == cell
    rows = {member.row: member for member in _roll(name).members}
    for kept in EXPECTED["_notes"][name]["kept"]:
        assert getattr(rows[kept["row"]], kept["field"]) == kept["value"]


def test_the_formula_is_found_behind_its_cached_value() -> None:
    table = reading.read((DIRTY / "members.xlsx").read_bytes(), checks.ROLL)
    assert table.formulas == {(4, "email")}


def test_a_roll_with_errors_is_not_imported_by_half(sqlite_database: Database) -> None:
    raw = (DIRTY / "members.xlsx").read_bytes()
    with sqlite_database.transaction() as uow:
        set_up(uow, DISTRICT)
        examination = importing.examine(uow, raw, AS_OF)
        assert examination.summary()["rows_with_errors"] == 26
        _, done = importing.import_now(uow, "members.xlsx", raw, AS_OF, leave_out_errors=True)
        assert len(done.plan.add) == 79 - 26


def test_the_district_has_no_errors() -> None:
    table = reading.read(district_roll(), checks.ROLL)
    roll = checks.check(table, UNITS, AS_OF)
    assert (roll.rows, roll.rows_with_errors) == (60_000, 0)
    assert {p.kind for p in roll.problems} == {"no_contact", "possible_same_person"}
