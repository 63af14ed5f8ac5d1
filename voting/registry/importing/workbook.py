"""XLSX: values through calamine, after a look at the container and the sheet that bounds both.

A workbook is a zip of XML written by anyone: sizes are checked by inflating, not believed;
document types and entities are refused; a cell far outside would make any reader allocate the
whole rectangle, and a long text that all cells share as many copies of it, so places and lengths
are read before the values. Formulas are found here because a reader of values sees only their
cached results.
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

from voting.registry.importing import formats
from voting.registry.importing.problems import Problem, UnreadableError

MAX_INFLATED = 200_000_000
MAX_MEMBERS = 1_000
MAX_SHEETS = 50
MAX_FORMULAS = 10_000
MAX_ROWS = 300_000
MAX_COLUMNS = 200
MAX_CELLS = 6_000_000  # of the whole rectangle
MAX_TEXT = 60_000_000  # characters in all cells that share their texts
_CHUNK = 1 << 16
_MOST_DIGITS = 10
_TRUE = ("1", "true")
_INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)
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
    """Where cells are: the last row and column, the formulas as (row, column from 0), the rows that
    hold a value, the rows and columns (first, last) that are hidden, and the cells that show only
    a part of a date."""

    rows: int = 0
    columns: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    filled: set[int] = field(default_factory=set)
    hidden: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    in_part: dict[tuple[int, int], str] = field(default_factory=dict)

    def note_row(self, row: int, attributes: Attributes) -> None:
        if attributes.get("hidden") in _TRUE:
            self.hidden.append(row)

    def note_columns(self, _row: int, _column: int, attributes: Attributes) -> None:
        if attributes.get("hidden") in _TRUE:
            self.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))

    def note_formula(self, row: int, column: int, _: Attributes) -> None:
        self.formulas.add((row, column - 1))
        if len(self.formulas) > MAX_FORMULAS:
            raise UnreadableError("The workbook is too large when unpacked.")

    def note_text(self, row: int, _column: int, _: Attributes) -> None:
        self.filled.add(row)


# elements that are rare, and what each says of the sheet; "t" is a text that stands in its cell
_NOTED = {"f": Shape.note_formula, "t": Shape.note_text, "col": Shape.note_columns}


@dataclass(frozen=True)
class Sheet:
    """The one sheet that has rows, from row 1 on."""

    rows: list[list[Any]]
    formulas: set[tuple[int, int]]
    problems: list[Problem]


def read(raw: bytes) -> Sheet:
    """The sheet that has rows. Another one with rows is never left out in silence: whoever is on it
    would count as gone."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_sizes(archive)
            sheets, texts = _parts(archive)
            shapes = _shapes(archive, sheets, texts, _formats(archive))
        filled = [number for number, shape in enumerate(shapes) if shape.filled]
        chosen = filled[0] if filled else 0
        if len(filled) > 1:
            raise UnreadableError(
                "The workbook has more than one sheet with rows: %(sheets)s. Nothing was read. "
                "Keep one sheet: put the rows together, or delete the others (hidden ones too).",
                sheets="; ".join(
                    f"{sheets[number].name} ({len(shapes[number].filled)})" for number in filled
                ),
            )
        sheet = python_calamine.load_workbook(io.BytesIO(raw)).get_sheet_by_index(chosen)
        values: list[list[Any]] = sheet.to_python(skip_empty_area=False)
        for (row, column), part in shapes[chosen].in_part.items():
            values[row - 1][column - 1] = formats.as_shown(values[row - 1][column - 1], part)
    except _DAMAGED as error:
        raise UnreadableError(
            "The workbook is damaged: %(reason)s. Open it in the spreadsheet and save it again.",
            reason=error,
        ) from error
    return Sheet(values, shapes[chosen].formulas, list(_hidden(sheets[chosen], shapes[chosen])))


def _hidden(part: Part, shape: Shape) -> Iterator[Problem]:
    """What cannot be seen in the spreadsheet is read all the same, and said."""
    if part.is_hidden:
        yield Problem("hidden_sheet", value=part.name)
    rows = [row for row in shape.hidden if row in shape.filled]
    if rows:
        yield Problem("hidden_rows", value=_spans(rows))
    if shape.hidden_columns:
        columns = ", ".join(_letters(first) for first, _ in shape.hidden_columns[:20])
        yield Problem("hidden_columns", value=columns)


def _spans(numbers: list[int]) -> str:
    """3, 5-9, 12: the first twenty."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in spans[:20]]
    return ", ".join(shown + ["…"] * (len(spans) > 20))


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _check_sizes(archive: zipfile.ZipFile) -> None:
    """Inflate everything once: afterwards the sizes are facts (zipfile checks length and CRC)."""
    members = archive.infolist()
    names = {member.filename.casefold() for member in members}
    if len(members) > MAX_MEMBERS or len(names) != len(members):
        raise UnreadableError("The workbook has too many parts.")
    total = 0
    for member in members:
        with archive.open(member) as part:
            while chunk := part.read(_CHUNK):
                total += len(chunk)
                if total > MAX_INFLATED:
                    raise UnreadableError("The workbook is too large when unpacked.")


def _parser() -> expat.XMLParserType:
    def refuse(*_: object) -> None:
        raise UnreadableError("The workbook holds a document type, which no spreadsheet writes.")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _parse(
    archive: zipfile.ZipFile,
    name: str,
    start: Callable[[str, Attributes], None],
    parser: expat.XMLParserType | None = None,
) -> None:
    parser = parser or _parser()
    parser.StartElementHandler = start
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


@dataclass(frozen=True)
class Part:
    """A sheet: its name, where it is in the archive, and whether people see it."""

    name: str
    path: str
    is_hidden: bool


def _parts(archive: zipfile.ZipFile) -> tuple[list[Part], list[int]]:
    """The worksheets and the length of each shared text, by the relations."""
    sheets: list[tuple[str, str, bool]] = []
    shared: list[str] = []
    targets: dict[str, str] = {}

    def workbook(tag: str, attributes: Attributes) -> None:
        if tag.endswith("}sheet"):
            hidden = attributes.get("state", "visible") != "visible"
            keys = [v for k, v in attributes.items() if k.endswith("relationships}id")]
            sheets.extend((attributes.get("name", "")[:60], key, hidden) for key in keys)

    def relations(tag: str, attributes: Attributes) -> None:
        if tag.endswith("}Relationship"):
            path = posixpath.join("/xl", attributes["Target"])
            targets[attributes["Id"]] = posixpath.normpath(path).lstrip("/")
            if attributes.get("Type", "").endswith("/sharedStrings"):
                shared.append(targets[attributes["Id"]])

    _parse(archive, "xl/workbook.xml", workbook)
    _parse(archive, "xl/_rels/workbook.xml.rels", relations)
    if not sheets:
        raise UnreadableError("The workbook has no sheet.")
    if len(shared) > 1:
        raise UnreadableError("The workbook has too many parts.")
    there = [name for name in shared if name in archive.namelist()]
    parts = [Part(name, targets[key], hidden) for name, key, hidden in sheets]
    _check_once(parts)
    return parts, _lengths(archive, there[0]) if there else []


def _check_once(parts: list[Part]) -> None:
    """A part that is named fifty times would be read fifty times."""
    if len(parts) > MAX_SHEETS or len({part.path for part in parts}) != len(parts):
        raise UnreadableError("The workbook has too many parts.")


def _lengths(archive: zipfile.ZipFile, name: str) -> list[int]:
    """The number of characters of each shared text, with its furigana: never too few."""
    lengths: list[int] = []

    def start(tag: str, _: Attributes) -> None:
        if tag.endswith("}si"):
            lengths.append(0)

    def characters(text: str) -> None:
        if lengths:
            lengths[-1] += len(text)

    parser = _parser()
    parser.CharacterDataHandler = characters
    _parse(archive, name, start, parser)
    return lengths


class _Shared:
    """Adds up the lengths of the shared texts that cells refer to."""

    def __init__(self, parser: expat.XMLParserType, lengths: list[int]) -> None:
        self._parser = parser
        self._lengths = lengths
        self._digits = ""
        self.total = 0

    def begin(self) -> None:
        """A value begins that is the number of a text; nothing else is listened to."""
        self._digits = ""
        self._parser.CharacterDataHandler = self._characters
        self._parser.EndElementHandler = self._end

    def _characters(self, text: str) -> None:
        if len(self._digits) < _MOST_DIGITS:
            self._digits += text

    def _end(self, _: str) -> None:
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None
        if not _INDEX.fullmatch(self._digits):
            raise ValueError("a text has no number")
        index = int(self._digits)
        self.total += self._lengths[index] if index < len(self._lengths) else 0
        if self.total > MAX_TEXT:
            raise UnreadableError("The workbook is too large when unpacked.")


def _formats(archive: zipfile.ZipFile) -> dict[str, str]:
    found = formats.Formats()
    if formats.STYLES in archive.namelist():
        _parse(archive, formats.STYLES, found.start)
    return found.part


def _shapes(
    archive: zipfile.ZipFile, sheets: list[Part], lengths: list[int], in_part: dict[str, str]
) -> list[Shape]:
    """Each sheet looked through once; the bounds are for all of them together."""
    shapes: list[Shape] = []
    cells = 0
    for sheet in sheets:
        parser = _parser()
        texts = _Shared(parser, lengths)
        shape = _shape(archive, sheet.path, parser, texts, MAX_CELLS - cells, in_part)
        cells += shape.rows * shape.columns
        shapes.append(shape)
    return shapes


def _shape(
    archive: zipfile.ZipFile,
    name: str,
    parser: expat.XMLParserType,
    texts: _Shared,
    most_cells: int,
    in_part: dict[str, str],
) -> Shape:
    shape = Shape()
    row = column = 0
    is_shared = False
    part = ""

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal row, column, is_shared, part
        kind = tag.rpartition("}")[2]
        if kind == "c":
            row, column = _place(attributes.get("r"), row, column + 1)
            is_shared = attributes.get("t") == "s"
            part = in_part.get(attributes.get("s", "0"), "")
            shape.rows, shape.columns = max(shape.rows, row), max(shape.columns, column)
            check_place(row, column)
            if shape.rows * shape.columns > most_cells:
                raise UnreadableError("The workbook is too large when unpacked.")
        elif kind == "v":
            shape.filled.add(row)
            if part:
                shape.in_part[row, column] = part
            if is_shared:
                texts.begin()
        elif kind == "row":
            row, column = int(attributes.get("r", row + 1)), 0
            shape.note_row(row, attributes)
        elif kind in _NOTED:
            _NOTED[kind](shape, row, column, attributes)

    _parse(archive, name, start, parser)
    return shape


def check_place(row: int, column: int) -> None:
    """Refuse a table that is larger than any roll; rows and columns count from 1."""
    if row > MAX_ROWS or column > MAX_COLUMNS:
        raise UnreadableError(
            "The sheet has cells beyond row %(rows)s or column %(columns)s.",
            rows=MAX_ROWS,
            columns=MAX_COLUMNS,
        )


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
