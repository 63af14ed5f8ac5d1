"""The files that a registrar and a commission upload: rolls, units, constituencies, candidates."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from datetime import date
from typing import Any

from audit.errors import DomainError
from tests.fuzz.targets import Target
from voting import nominations
from voting.registry.importing import checks, places, reading
from voting.registry.importing.problems import UnreadableError

REFUSALS = (DomainError, UnreadableError)
AS_OF = date(2026, 10, 31)
UNITS = ["RV1", "RV2"]
HEADER = "member_no,name,sex,birth_date,joined_on,status,unit,secondary_unit,email,phone,language"
LINE = "M1,人,F,1980-01-02,2001-07-01,full,RV1,,a@example.org,13800000000,zh"
ROLL = f"{HEADER}\n{LINE}\n".encode()
PLACES = "code,name,kind,parent,name_en,units,seats\nU1,村,village,,Village,U1;U2,3\n".encode()
CANDIDATES = "constituency,member_no,position,statement_zh,statement_en\nK1,M1,1,你好,hello\n"


_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _workbook() -> dict[str, bytes]:
    """The smallest workbook that has shared strings, a date, a number and a formula."""
    words = [*HEADER.split(","), *LINE.split(",")]
    cells = [f'<c t="s"><v>{n}</v></c>' for n in range(len(words))]
    cells[14] = '<c s="1"><v>29222.5</v></c>'  # the date of birth
    cells[20] = '<c t="s"><f>1+1</f><v>20</v></c>'
    half = len(HEADER.split(","))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet {_MAIN}><sheetData><row r="1">'
        f"{''.join(cells[:half])}</row><row>{''.join(cells[half:])}</row></sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {_MAIN}>"
        f"{''.join(f'<si><t>{word}</t></si>' for word in words)}</sst>",
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
    }
    return {name: text.encode() for name, text in parts.items()}


PARTS = _workbook()
FUZZED = [
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
]


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _roll(raw: bytes) -> None:
    roll = checks.check(reading.read(raw, checks.ROLL), UNITS, AS_OF)
    for member in roll.members:
        assert member.member_no and member.name and member.unit in UNITS
    json.dumps([vars(problem) for problem in roll.problems])


def _places(raw: bytes) -> None:
    for layout in (places.UNITS, places.CONSTITUENCIES):
        with contextlib.suppress(*REFUSALS):
            _, found = places._read(raw, layout)
            found.hash()


def _candidates(raw: bytes) -> None:
    for row in nominations._read(raw):
        nominations._position(row["position"])


def _part(raw: bytes) -> None:
    """One part of a good workbook is another one; the first byte says which."""
    name = FUZZED[raw[0] % len(FUZZED)] if raw else FUZZED[0]
    _roll(_zipped({**PARTS, name: raw[1:]}))


def _cells(raw: bytes) -> None:
    """Cells as a workbook has them: numbers, truth values, very long texts."""
    try:
        rows: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return
    if isinstance(rows, list) and all(isinstance(row, list) for row in rows):
        simple = (str, int, float, bool)
        lines = [[cell if isinstance(cell, simple) else "" for cell in row] for row in rows]
        table = reading._table(iter([HEADER.split(","), *lines]), checks.ROLL, set(), [])
        checks.check(table, UNITS, AS_OF)


TARGETS: dict[str, Target] = {
    "roll": Target(_roll, [ROLL, ROLL.decode().encode("gb18030"), ROLL.decode().encode("utf-16")]),
    "workbook": Target(_roll, [_zipped(PARTS)]),
    "part": Target(_part, [bytes([n]) + PARTS[name] for n, name in enumerate(FUZZED)]),
    "cells": Target(_cells, [json.dumps([LINE.split(","), [1, 2.5, True, 1e300]]).encode()]),
    "places": Target(_places, [PLACES]),
    "candidates": Target(_candidates, [CANDIDATES.encode()]),
}
