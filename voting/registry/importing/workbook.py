"""XLSX: values through calamine, after a look at the container and the sheet that bounds both.

A workbook is a zip of XML written by anyone: sizes are checked by inflating, not believed;
document types and entities are refused; a cell far outside would make any reader allocate the
whole rectangle, so the positions are read before the values. Formulas are found here because a
reader of values sees only their cached results.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

import python_calamine

from voting.registry.importing.problems import UnreadableError

MAX_INFLATED = 200_000_000
MAX_MEMBERS = 1_000
MAX_ROWS = 300_000
MAX_COLUMNS = 200
_CHUNK = 1 << 16
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")

Attributes = dict[str, str]
# what zipfile, expat and calamine raise for bytes that are not what they say
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    python_calamine.CalamineError,
    KeyError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


@dataclass
class Shape:
    """Where cells are: the last row and column, and the formulas as (row, column from 0)."""

    rows: int = 0
    columns: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)


def rows(raw: bytes) -> tuple[Iterator[list[Any]], set[tuple[int, int]]]:
    """The rows of the first sheet from row 1 on, and the places of its formulas."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_sizes(archive)
            shape = _shape(archive, _first_sheet(archive))
        sheet = python_calamine.load_workbook(io.BytesIO(raw)).get_sheet_by_index(0)
        values = sheet.to_python(skip_empty_area=False)
    except _DAMAGED as error:
        raise UnreadableError(
            "The workbook is damaged: %(reason)s. Open it in the spreadsheet and save it again.",
            reason=error,
        ) from error
    return iter(values), shape.formulas


def _check_sizes(archive: zipfile.ZipFile) -> None:
    """Inflate everything once: afterwards the sizes are facts (zipfile checks length and CRC)."""
    members = archive.infolist()
    names = {member.filename for member in members}
    if len(members) > MAX_MEMBERS or len(names) != len(members):
        raise UnreadableError("The workbook has too many parts.")
    total = 0
    for member in members:
        with archive.open(member) as part:
            while chunk := part.read(_CHUNK):
                total += len(chunk)
                if total > MAX_INFLATED:
                    raise UnreadableError("The workbook is too large when unpacked.")


def _parse(archive: zipfile.ZipFile, name: str, start: Callable[[str, Attributes], None]) -> None:
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_: object) -> None:
        raise UnreadableError("The workbook holds a document type, which no spreadsheet writes.")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """The path of the first worksheet, by the workbook's relations."""
    sheets: list[str] = []
    targets: dict[str, str] = {}

    def workbook(tag: str, attributes: Attributes) -> None:
        if tag.endswith("}sheet"):
            sheets.extend(v for k, v in attributes.items() if k.endswith("relationships}id"))

    def relations(tag: str, attributes: Attributes) -> None:
        if tag.endswith("}Relationship"):
            targets[attributes["Id"]] = attributes["Target"]

    _parse(archive, "xl/workbook.xml", workbook)
    _parse(archive, "xl/_rels/workbook.xml.rels", relations)
    if not sheets:
        raise UnreadableError("The workbook has no sheet.")
    return posixpath.normpath(posixpath.join("/xl", targets[sheets[0]])).lstrip("/")


def _shape(archive: zipfile.ZipFile, name: str) -> Shape:
    shape = Shape()
    row = column = 0

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal row, column
        kind = tag.rpartition("}")[2]
        if kind == "row":
            row, column = int(attributes.get("r", row + 1)), 0
        elif kind == "c":
            row, column = _place(attributes.get("r"), row, column + 1)
            shape.rows, shape.columns = max(shape.rows, row), max(shape.columns, column)
            if row > MAX_ROWS or column > MAX_COLUMNS:
                raise UnreadableError(
                    "The sheet has cells beyond row %(rows)s or column %(columns)s.",
                    rows=MAX_ROWS,
                    columns=MAX_COLUMNS,
                )
        elif kind == "f":
            shape.formulas.add((row, column - 1))

    _parse(archive, name, start)
    return shape


def _place(reference: str | None, row: int, column: int) -> tuple[int, int]:
    """Row and column, both from 1; a cell without a reference follows the one before it."""
    if reference is None:
        return row, column
    found = _CELL.fullmatch(reference)
    if found is None:
        raise UnreadableError("The sheet names a cell %(cell)s.", cell=reference[:20])
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column
