"""From the bytes of a file to rows by field name: encodings, headings, blank lines, formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from voting.registry.importing import workbook
from voting.registry.importing.decoding import decode
from voting.registry.importing.problems import Problem, UnreadableError
from voting.typed_text import plain

MAX_BYTES = 32_000_000
_HEADER_WITHIN = 10
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Layout:
    """The columns of a kind of file; `names` gives other headings that mean the same."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    def field_of(self, heading: str) -> str | None:
        heading = heading.strip().casefold()
        found = self.names.get(heading, heading)
        return found if found in self.required or found in self.optional else None


@dataclass(frozen=True)
class Row:
    number: int
    cells: Mapping[str, Any]
    crowded: bool = False


@dataclass
class Table:
    """`columns` gives for each field the heading in the file; `formulas` are (row, field)."""

    columns: dict[str, str]
    rows: list[Row]
    problems: list[Problem]
    formulas: set[tuple[int, str]]


def text_of(value: Any) -> str:
    """What the cell holds, as people see it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return datetime.combine(value, time()).isoformat()
    return str(value)


def is_blank(value: Any) -> bool:
    return not plain(text_of(value))


def read(raw: bytes, layout: Layout) -> Table:
    """The table in a CSV or XLSX file; raises `UnreadableError` when there is none."""
    if len(raw) > MAX_BYTES:
        raise UnreadableError("The file is larger than %(limit)s MB.", limit=MAX_BYTES // 1_000_000)
    if raw.startswith(_OLD_EXCEL):
        raise UnreadableError(
            "This is an old or a locked workbook. Save it as .xlsx, without password."
        )
    if raw.startswith(_ZIP):
        sheet = workbook.read(raw)
        return _table(iter(sheet.rows), layout, sheet.formulas, sheet.problems)
    text, problems = decode(raw)
    return _table(_csv_rows(text, layout), layout, set(), problems)


def _csv_rows(text: str, layout: Layout) -> Iterator[list[str]]:
    head = text[:4096].splitlines()[:_HEADER_WITHIN]
    delimiter = max(
        ",;\t", key=lambda d: max((_known(line.split(d), layout) for line in head), default=0)
    )
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number, begins = 0, 1
    while True:
        try:
            line = next(lines, None)
        except csv.Error as error:
            raise UnreadableError(
                "Line %(line)s: a quotation mark opens or closes in the wrong place. Correct it, "
                "or save the file anew from the spreadsheet. (%(reason)s)",
                line=begins,
                reason=error,
            ) from error
        if line is None:
            return
        number += 1
        workbook.check_place(number, len(line))
        if lines.line_num > begins:
            _check_no_row_inside(line, delimiter, begins, layout)
        begins = lines.line_num + 1
        yield line


def _check_no_row_inside(line: list[str], delimiter: str, begins: int, layout: Layout) -> None:
    """A quotation mark that is not closed takes the rows below into its cell, up to the next."""
    parts = [part for cell in line if "\n" in cell or "\r" in cell for part in cell.splitlines()]
    most = max((part.count(delimiter) for part in parts), default=0)
    if most + 1 >= len(layout.required):
        raise UnreadableError(
            "Line %(line)s: a quotation mark is not closed, so the lines below would be lost in "
            "one cell. Close it, or take it out.",
            line=begins,
        )


def _known(cells: Sequence[Any], layout: Layout) -> int:
    """How many of the required headings are in a line."""
    fields = {layout.field_of(_heading(cell)) for cell in cells}
    return len(fields.intersection(layout.required))


def _heading(value: Any) -> str:
    return plain(text_of(value)).strip('"')


def _table(
    lines: Iterator[list[Any]],
    layout: Layout,
    formulas: set[tuple[int, int]],
    problems: list[Problem],
) -> Table:
    numbered = enumerate(lines, start=1)
    header_row, header = _find_header(numbered, layout, problems)
    columns = _columns(header, header_row, layout, problems)
    rows: list[Row] = []
    blank: list[int] = []
    for number, cells in numbered:
        if all(map(is_blank, cells)):
            blank.append(number)
            continue
        crowded = any(not is_blank(cell) for cell in cells[len(header) :])
        if crowded:
            problems.append(Problem("too_many_cells", row=number))
        found = {name: cells[i] if i < len(cells) else "" for name, i in columns.items()}
        rows.append(Row(number, found, crowded))
    last = rows[-1].number if rows else 0  # what is empty below the table is no line of it
    problems += [Problem("blank_line", row=n, normalised="skipped") for n in blank if n < last]
    by_index = {index: name for name, index in columns.items()}
    return Table(
        {name: _heading(header[index]) for name, index in columns.items()},
        rows,
        problems,
        {(row, by_index[column]) for row, column in formulas if column in by_index},
    )


def _find_header(
    numbered: Iterator[tuple[int, list[Any]]], layout: Layout, problems: list[Problem]
) -> tuple[int, list[Any]]:
    above: list[Problem] = []
    best: Sequence[Any] = ()
    for number, cells in numbered:
        if _known(cells, layout) == len(layout.required):
            problems += above
            return number, list(cells)
        best = max(best, cells, key=lambda line: _known(line, layout))
        shown = next((text_of(cell) for cell in cells if not is_blank(cell)), "")
        kind = "title_row" if shown else "blank_line"
        above.append(Problem(kind, row=number, value=shown[:200], normalised="skipped"))
        if number >= _HEADER_WITHIN:
            break
    fields = {layout.field_of(_heading(cell)) for cell in best}
    missing = [name for name in layout.required if name not in fields]
    raise UnreadableError("The headings are missing: %(columns)s.", columns=", ".join(missing))


def _columns(
    header: list[Any], header_row: int, layout: Layout, problems: list[Problem]
) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(header):
        heading = _heading(cell)
        name = layout.field_of(heading)
        if name is None:
            if heading:
                problems.append(Problem("unknown_column", header_row, heading, value=heading))
            continue
        if name in columns:
            raise UnreadableError("The heading %(column)s comes twice.", column=heading)
        columns[name] = index
        if text_of(cell).startswith("\ufeff"):
            problems.append(
                Problem("byte_order_mark", header_row, heading, name, text_of(cell), heading)
            )
    return columns
