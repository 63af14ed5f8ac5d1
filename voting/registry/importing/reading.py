"""From the bytes of a file to rows by field name: encodings, headings, blank lines, formulas."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from voting.registry.importing import workbook
from voting.registry.importing.problems import Problem, UnreadableError

MAX_BYTES = 32_000_000
_HEADER_WITHIN = 10
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF])


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
    return not text_of(value).translate(INVISIBLE).strip()


def read(raw: bytes, layout: Layout) -> Table:
    """The table in a CSV or XLSX file; raises `UnreadableError` when there is none."""
    if len(raw) > MAX_BYTES:
        raise UnreadableError("The file is larger than %(limit)s MB.", limit=MAX_BYTES // 1_000_000)
    if raw.startswith(_OLD_EXCEL):
        raise UnreadableError(
            "This is an old or a locked workbook. Save it as .xlsx, without password."
        )
    if raw.startswith(_ZIP):
        lines, formulas = workbook.rows(raw)
        return _table(lines, layout, formulas, [])
    text, problems = _decode(raw)
    return _table(_csv_rows(text, layout), layout, set(), problems)


def _decode(raw: bytes) -> tuple[str, list[Problem]]:
    if raw.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    elif raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-8" if _decodes(raw, "utf-8") else "gb18030"
    if not _decodes(raw, encoding):
        raise UnreadableError("The file is neither UTF-8 nor GB18030 text, nor a workbook.")
    text = raw.decode(encoding)
    if "\0" in text:
        raise UnreadableError("The file is not text. Give a CSV file or an .xlsx workbook.")
    if encoding in ("gb18030", "utf-16"):
        return text, [Problem("encoding", value=encoding, normalised="utf-8")]
    return ("\ufeff" + text if encoding == "utf-8-sig" else text), []


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _csv_rows(text: str, layout: Layout) -> Iterator[list[str]]:
    head = text[:4096].splitlines()[:_HEADER_WITHIN]
    delimiter = max(
        ",;\t", key=lambda d: max((_known(line.split(d), layout) for line in head), default=0)
    )
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for number, line in enumerate(lines, 1):
            workbook.check_place(number, len(line))
            yield line
    except csv.Error as error:
        raise UnreadableError("The file is not a table: %(reason)s.", reason=error) from error


def _known(cells: Sequence[Any], layout: Layout) -> int:
    """How many of the required headings are in a line."""
    fields = {layout.field_of(_heading(cell)) for cell in cells}
    return len(fields.intersection(layout.required))


def _heading(value: Any) -> str:
    return unicodedata.normalize("NFKC", text_of(value)).translate(INVISIBLE).strip().strip('"')


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
