"""A roll, row by row: from cells to members, with every problem that a registrar must see.

A cell has one problem at most, the worst; a row with an error is no member.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from voting.registry.importing import normalise
from voting.registry.importing.names import spelling_key
from voting.registry.importing.normalise import Cell
from voting.registry.importing.problems import ERROR, GUESS, KINDS, NORMALISED, Problem
from voting.registry.importing.reading import Layout, Row, Table, text_of

ADULT = 18
OLDEST = 110
Progress = Callable[[str, int, int], None]

ROLL = Layout(
    required=("member_no", "name", "birth_date", "status", "unit"),
    optional=("sex", "joined_on", "secondary_unit", "email", "phone", "language"),
    names={
        "党员编号": "member_no",
        "会员编号": "member_no",
        "编号": "member_no",
        "姓名": "name",
        "性别": "sex",
        "出生日期": "birth_date",
        "入党日期": "joined_on",
        "加入日期": "joined_on",
        "状态": "status",
        "所在单位": "unit",
        "单位": "unit",
        "第二单位": "secondary_unit",
        "邮箱": "email",
        "电子邮箱": "email",
        "电话": "phone",
        "手机": "phone",
        "语言": "language",
    },
)
LIMITS = {"member_no": 40, "name": 100, "email": 254}


@dataclass(frozen=True, slots=True)
class Member:
    """A row that can be imported; units are codes, `secondary_unit` empty where there is none."""

    row: int
    member_no: str
    name: str
    sex: str
    birth_date: date | None
    joined_on: date | None
    status: str
    unit: str
    secondary_unit: str
    email: str
    phone: str
    language: str


@dataclass
class Roll:
    members: list[Member]
    problems: list[Problem]
    rows: int

    @property
    def rows_with_errors(self) -> int:
        return self.rows - len(self.members)

    def count(self, outcome: str) -> int:
        return sum(problem.outcome == outcome for problem in self.problems)


@dataclass
class _Checker:
    table: Table
    units: Collection[str]
    as_of: date
    problems: list[Problem] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    people: dict[tuple[str, date], list[tuple[str, int]]] = field(default_factory=dict)
    phones: dict[str, int] = field(default_factory=dict)


def check(
    table: Table, units: Collection[str], as_of: date, progress: Progress | None = None
) -> Roll:
    """Check the rows of a roll against the units that exist on its date."""
    checker = _Checker(table, units, as_of)
    members = []
    for done, row in enumerate(table.rows):
        member = _check_row(checker, row)
        if member is not None:
            members.append(member)
        if progress and done % 1000 == 0:
            progress("check", done, len(table.rows))
    problems = sorted(table.problems + checker.problems, key=lambda p: p.row or 0)
    return Roll(members, problems, len(table.rows))


def _check_row(checker: _Checker, row: Row) -> Member | None:
    """Cells first, then what they mean together, then against the rows before."""
    found = {name: _cell(checker, row, name, cell) for name, cell in _cells(row).items()}
    values = {name: cell.value for name, cell in found.items()}
    kinds = {name: cell.kind for name, cell in found.items() if cell.kind}
    _check_units(checker, values, kinds)
    _check_dates(checker, values, kinds)
    if not values["email"] and not values["phone"] and not {"email", "phone"} & kinds.keys():
        kinds["phone"] = "no_contact"
    also: dict[str, int] = {}
    before = kinds.get("name")
    _check_others(checker, row, values, kinds, also)
    told = list(kinds.items())
    if before is not None and before != kinds["name"]:
        told.append(("name", before))  # who may be the same person is told besides
    wrong = row.crowded or any(_is_error(kinds, name) for name in kinds)
    for name, kind in told:
        # in a row that is not imported nothing was put right
        if not (wrong and KINDS[kind].outcome in (GUESS, NORMALISED)):
            problem = _problem(checker, row, name, kind, values[name], also.get(name))
            checker.problems.append(problem)
    return None if wrong else Member(row=row.number, **values)


def _cells(row: Row) -> dict[str, Cell]:
    cells = row.cells
    return {
        "member_no": normalise.member_no(cells["member_no"]),
        "name": normalise.person(cells["name"]),
        "sex": normalise.word("sex", cells.get("sex"), "unknown_sex", ""),
        "birth_date": normalise.day(cells["birth_date"]),
        "joined_on": normalise.day(cells.get("joined_on")),
        "status": _status(cells["status"]),
        "unit": normalise.code(cells["unit"]),
        "secondary_unit": normalise.code(cells.get("secondary_unit")),
        "email": normalise.email(cells.get("email")),
        "phone": normalise.phone(cells.get("phone")),
        "language": normalise.word("language", cells.get("language"), "unknown_language", "zh"),
    }


def _status(value: Any) -> Cell:
    cell = normalise.word("status", value, "unknown_status", "")
    return cell if cell.value else Cell("", "unknown_status")


def _cell(checker: _Checker, row: Row, name: str, cell: Cell) -> Cell:
    """Formulas and lengths are the same for every column, and come before what the text means."""
    if (row.number, name) in checker.table.formulas:
        return Cell(cell.value, "formula_cell")
    if normalise.would_run(row.cells.get(name)):
        return Cell(cell.value, "formula")
    if isinstance(cell.value, str) and len(cell.value) > LIMITS.get(name, 40):
        return Cell(cell.value, "too_long")
    return cell


def _is_error(kinds: dict[str, str], name: str) -> bool:
    return name in kinds and KINDS[kinds[name]].outcome == ERROR


def _check_units(checker: _Checker, values: dict[str, Any], kinds: dict[str, str]) -> None:
    for name in ("unit", "secondary_unit"):
        if values[name] and values[name] not in checker.units and not _is_error(kinds, name):
            kinds[name] = "unknown_unit"
    if not values["unit"]:
        kinds["unit"] = "missing_unit"
    elif values["unit"] == values["secondary_unit"]:
        if not _is_error(kinds, "secondary_unit"):
            kinds["secondary_unit"] = "secondary_is_primary"
        values["secondary_unit"] = ""


def birthday(born: date, years: int) -> date:
    """The day on which someone is so old; who is born on a leap day, on 1 March."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def _check_dates(checker: _Checker, values: dict[str, Any], kinds: dict[str, str]) -> None:
    born, joined = values["birth_date"], values["joined_on"]
    if born is None:
        kinds.setdefault("birth_date", "missing_date")
    elif born > checker.as_of:
        kinds["birth_date"] = "birth_in_future"
    elif birthday(born, OLDEST + 1) <= checker.as_of:
        kinds["birth_date"] = "birth_implausible"
    elif birthday(born, ADULT) > checker.as_of:
        kinds["birth_date"] = "under_age"
    if joined is not None:
        _check_joined(checker, joined, born, kinds)


def _check_joined(
    checker: _Checker, joined: date, born: date | None, kinds: dict[str, str]
) -> None:
    if joined > checker.as_of:
        kinds["joined_on"] = "joined_in_future"
    elif birthday(joined, OLDEST) <= checker.as_of:
        kinds["joined_on"] = "joined_implausible"
    elif born is not None and not _is_error(kinds, "birth_date"):
        if joined < born:
            kinds["joined_on"] = "joined_before_birth"
        elif joined < birthday(born, ADULT):
            kinds["joined_on"] = "joined_under_age"


def _check_others(
    checker: _Checker, row: Row, values: dict[str, Any], kinds: dict[str, str], also: dict[str, int]
) -> None:
    """Against the rows before: the same number, the same person, the same telephone."""
    number, phone = values["member_no"], values["phone"]
    if not _is_error(kinds, "member_no"):
        first = checker.numbers.setdefault(number, row.number)
        if first != row.number:
            kinds["member_no"], also["member_no"] = "duplicate_member_no", first
            return
    same = _same_person(checker, row, values)
    if same is not None and not _is_error(kinds, "name"):
        kinds["name"], also["name"] = same
    first = checker.phones.setdefault(phone, row.number) if phone else row.number
    told = kinds.get("name") == "double_franchise" or _is_error(kinds, "phone")
    if first != row.number and not told:
        kinds["phone"], also["phone"] = "shared_phone", first


def _same_person(checker: _Checker, row: Row, values: dict[str, Any]) -> tuple[str, int] | None:
    born, phone = values["birth_date"], values["phone"]
    name = spelling_key(values["name"])
    if not name or born is None:
        return None
    others = checker.people.setdefault((name, born), [])
    found = next((("double_franchise", n) for p, n in others if p and p == phone), None)
    if found is None and others:
        found = ("possible_same_person", others[0][1])
    others.append((phone, row.number))
    return found


def _problem(
    checker: _Checker, row: Row, name: str, kind: str, value: Any, also: int | None
) -> Problem:
    shown = text_of(row.cells.get(name))
    normalised = value.isoformat() if isinstance(value, date) else value
    if kind == "unknown_unit":
        kind, normalised = _suggest(checker, shown)
    elif KINDS[kind].outcome == ERROR:
        normalised = None
    return Problem(
        kind,
        row.number,
        checker.table.columns.get(name),
        name,
        shown,
        normalised,
        also,
        LIMITS.get(name, 40),
    )


def _suggest(checker: _Checker, shown: str) -> tuple[str, str | None]:
    """A code is suggested when only lookalike characters or zeros in front differ."""
    plain = normalise.code(shown).value.translate(str.maketrans("OIL", "011"))
    digits = plain.lstrip("ABCDEFGHJKMNPQRSTUVWXYZ")
    letters = plain.removesuffix(digits)
    for candidate in (plain, f"{letters}{digits.zfill(3)}"):
        if candidate in checker.units:
            return "unknown_unit_like", candidate
    return "unknown_unit", None
