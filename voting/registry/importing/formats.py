"""Cells that show a part of a date.

Who types 1990年5月 into a spreadsheet gets the first of May, and who types 6-May gets this year:
what was made up is shown nowhere but in the number behind it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

STYLES = "xl/styles.xml"
# of the formats that have no text in the file: a month of a year, a day of a year that is not told
_MONTHS = frozenset({17, 27, 36, 50, 52, 57})
_DAYS = frozenset({16, 28, 29, 51, 53, 54, 58})
_NOT_SHOWN = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_TIME = re.compile(r"h+[^a-z]*m+|m+[^a-z]*s+")
MONTH, DAY = "month", "day"


class Formats:
    """The formats of cells, heard from the parser: `part` says what a cell of a format shows."""

    def __init__(self) -> None:
        self.part: dict[str, str] = {}
        self._codes: dict[int, str] = {}
        self._in_cells = False
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition("}")[2]
        if kind == "numFmt":
            self._codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif kind in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            self._in_cells = kind == "cellXfs"
        elif kind == "xf" and self._in_cells:
            number = int(attributes.get("numFmtId", 0))
            if part := _part_of(number, self._codes.get(number)):
                self.part[str(self._count)] = part
            self._count += 1


def _part_of(number: int, code: str | None) -> str:
    """Which part of a date a format shows; empty where it is a whole one, or none."""
    if code is None:
        return MONTH if number in _MONTHS else DAY if number in _DAYS else ""
    shown = _TIME.sub("", _NOT_SHOWN.sub("", code.partition(";")[0].lower()))
    if "general" in shown or re.search(r"[0#?]", shown):
        return ""
    if re.search("[ye]", shown):
        return "" if "d" in shown else MONTH
    return DAY if "d" in shown else ""


def as_shown(value: Any, part: str) -> Any:
    """The text of a date that was not typed as a whole one: no reader takes it for a day."""
    if not isinstance(value, date):
        return value
    if part == DAY:
        return f"{value.month:02}-{value.day:02}"
    return f"{value.year}-{value.month:02}" if value.day == 1 else value
