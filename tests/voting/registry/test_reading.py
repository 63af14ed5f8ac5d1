"""Files that are not what they say, or more than a server should read."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date

import openpyxl
import pytest

from tests.voting.registry.rolls import DIRTY, HEADER, line, roll
from voting.registry.importing import checks, normalise, reading, workbook
from voting.registry.importing.checks import Roll
from voting.registry.importing.problems import UnreadableError

AS_OF = date(2026, 10, 31)


def _check(raw: bytes) -> Roll:
    return checks.check(reading.read(raw, checks.ROLL), {"RV1", "RV2"}, AS_OF)


def _kinds(raw: bytes) -> list[tuple[int | None, str | None, str]]:
    return [(p.row, p.field, p.kind) for p in _check(raw).problems]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n\n",
        b"name;unit\n",
        b"\xd0\xcf\x11\xe0 old excel",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\xff\xff\xff",
        b"PK\x03\x04 not a zip",
        f"{HEADER},name\n".encode(),
        HEADER.encode() + b'\nM1,"' + b"x" * 200_000 + b'"\n',
    ],
    ids=range(9),
)
def test_what_is_no_roll_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(UnreadableError) as refused:
        _check(raw)
    assert str(refused.value)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(UnreadableError):
        _check(roll(line()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_separators(encoding: str, delimiter: str) -> None:
    text = roll(line("M1", name="沈𤩽")).decode().replace(",", delimiter)
    (member,) = _check(text.encode(encoding)).members
    assert member.name == "沈𤩽"


def test_chinese_headings_and_an_unknown_column() -> None:
    raw = "编号,姓名,出生日期,状态,单位,备注\nM1,沈燕,1980-01-02,正式,RV1,x\n".encode()
    assert _kinds(raw) == [
        (1, None, "unknown_column"),
        (2, "status", "word"),
        (2, "phone", "no_contact"),
    ]


def test_a_row_that_slipped_a_column_is_an_error() -> None:
    assert _kinds(roll(line("M1") + ",extra")) == [(2, None, "too_many_cells")]
    assert _check(roll(line("M1") + ",extra")).members == []


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"number": "M1/2", "name": "李芳"}, "bad_member_no"),
        ({"name": "x" * 101}, "too_long"),
        ({"status": ""}, "unknown_status"),
        ({"birth_date": ""}, "missing_date"),
        ({"birth_date": "2008-11-01"}, "under_age"),
        ({"birth_date": "0"}, "unreadable_date"),
        ({"unit": "RV1", "secondary_unit": "rv1"}, "secondary_is_primary"),
        ({"unit": "RVI"}, "unknown_unit_like"),
        ({"phone": "-"}, "bad_phone"),
        ({"phone": "-cmd"}, "formula"),
        ({"name": "＝1+1"}, "formula"),
    ],
)
def test_single_faults(cells: dict[str, str], kind: str) -> None:
    assert [p.kind for p in _check(roll(line(**cells))).problems] == [kind]


def test_old_enough_on_the_birthday() -> None:
    assert _kinds(roll(line(birth_date="2008-10-31", joined_on=""))) == []
    assert checks.birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("0512-6345 6789", "051263456789"),
        ("+852 2345 6789", "+85223456789"),
        ("86 154 3036 9185", "15430369185"),
    ],
)
def test_other_telephones(value: str, number: str) -> None:
    assert normalise.phone(value).value == number


def _workbook(**parts: str | bytes) -> bytes:
    """The dirty workbook with some of its parts replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(DIRTY / "members.xlsx") as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, parts.get(name, source.read(name)))
    return out.getvalue()


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


@pytest.mark.parametrize(
    "sheet",
    [
        SHEET.format('<row r="1"><c r="XFD1048576"><v>1</v></c></row>'),
        SHEET.format('<row r="1"><c r="A1048576"><v>1</v></c></row>'),
        SHEET.format('<row r="1"><c r="AAAA1"><v>1</v></c></row>'),
        SHEET.format('<row r="x"><c><v>1</v></c></row>'),
        '<!DOCTYPE w [<!ENTITY a "aaaa">]>' + SHEET.format("<row>&a;</row>"),
        "<worksheet>",
        "",
    ],
    ids=range(7),
)
def test_hostile_sheets_are_refused(sheet: str) -> None:
    with pytest.raises(UnreadableError):
        _check(_workbook(**{"xl/worksheets/sheet1.xml": sheet}))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_INFLATED", 1_000_000)
    with pytest.raises(UnreadableError, match="too large"):
        _check(_workbook(**{"docProps/app.xml": " " * 2_000_000}))


def test_every_byte_cut_off_a_workbook_is_refused_in_words() -> None:
    raw = (DIRTY / "members.xlsx").read_bytes()
    for size in range(0, len(raw), 997):
        with pytest.raises(UnreadableError):
            _check(raw[:size])


def test_a_shared_formula_is_found_too() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.split(","))
    sheet.append(line("M1").split(","))
    sheet["B2"] = '=CONCAT("a","b")'
    out = io.BytesIO()
    book.save(out)
    assert (2, "name", "formula_cell") in _kinds(out.getvalue())


def _damage(raw: bytes, dice: random.Random) -> bytes:
    """A few bytes changed, cut out, doubled, or replaced by what parsers stumble over."""
    damaged = bytearray(raw)
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(len(damaged) + 1)
        piece = raw[dice.randrange(len(raw)) :][: dice.randint(1, 60)]
        odd = dice.choice((b"<", b"&#0;", b'"', b"\0", b"\xff\xfe", b"9" * 25, b"1e400", b"\r"))
        damaged[at : at + dice.randint(0, 40)] = dice.choice((piece, odd, b""))
    return bytes(damaged)


@pytest.mark.parametrize("name", ["members.xlsx", "members-gbk.csv", "members-bom.csv"])
def test_damaged_files_are_read_or_refused_and_nothing_else(name: str) -> None:
    raw = (DIRTY / name).read_bytes()
    dice = random.Random(20261031)
    parts = ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml")
    for turn in range(60):
        if name.endswith("xlsx") and turn % 2:
            part = parts[turn % len(parts)]
            damaged = _workbook(**{part: _damage(_part(part), dice)})
        else:
            damaged = _damage(raw, dice)
        try:
            checked = _check(damaged)
        except UnreadableError as refused:
            assert str(refused)
        else:
            assert checked.rows >= len(checked.members)


def _part(name: str) -> bytes:
    with zipfile.ZipFile(DIRTY / "members.xlsx") as archive:
        return archive.read(name)
