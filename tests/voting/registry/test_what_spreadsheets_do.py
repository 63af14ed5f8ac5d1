# ruff: noqa: E501 - tables of examples
"""What a spreadsheet, a mail program or a careless copy does to a roll is found, and said."""

from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import pytest

from tests.voting.registry.rolls import HEADER, line, roll
from voting.registry.importing import checks, reading
from voting.registry.importing.checks import Roll
from voting.registry.importing.names import plain_forms, spelling_key
from voting.registry.importing.problems import UnreadableError

AS_OF = date(2026, 11, 28)
NAMES = HEADER.split(",")


def check(raw: bytes) -> Roll:
    return checks.check(reading.read(raw, checks.ROLL), {"RV1", "RV2"}, AS_OF)


def found(raw: bytes, name: str) -> list[tuple[str, str]]:
    return [(p.kind, p.outcome) for p in check(raw).problems if p.field == name]


def cells(**changed: object) -> list[object]:
    plain = dict(zip(NAMES, line().split(","), strict=True))
    return list({**plain, **changed}.values())


def book(*rows: list[object], change: object = None) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in [NAMES, *rows]:
        sheet.append(row)
    if callable(change):
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _second_sheet(made: openpyxl.Workbook) -> None:
    made.create_sheet("其他").append(cells(member_no="M2"))


def _very_hidden_sheet(made: openpyxl.Workbook) -> None:
    _second_sheet(made)
    made["其他"].sheet_state = "veryHidden"


@pytest.mark.parametrize("change", [_second_sheet, _very_hidden_sheet])
def test_rows_of_another_sheet_are_never_left_out(change: object) -> None:
    with pytest.raises(
        UnreadableError, match=r"more than one sheet with rows: Sheet \(2\); 其他 \(1\)"
    ):
        check(book(cells(), change=change))


def test_empty_sheets_do_no_harm_wherever_they_are() -> None:
    def change(made: openpyxl.Workbook) -> None:
        made.create_sheet("empty", 0)
        made.create_sheet("last")

    assert [m.member_no for m in check(book(cells(), change=change)).members] == ["M1"]


def test_what_is_hidden_is_read_and_said() -> None:
    def change(made: openpyxl.Workbook) -> None:
        made["Sheet"].row_dimensions[3].hidden = True
        made["Sheet"].column_dimensions["H"].hidden = True

    read = check(book(cells(), cells(member_no="M2"), change=change))
    assert {(p.kind, p.value) for p in read.problems if p.row is None} == {
        ("hidden_rows", "3"),
        ("hidden_columns", "H"),
    }
    assert len(read.members) == 2


@pytest.mark.parametrize("name", ["member_no", "unit", "secondary_unit"])
@pytest.mark.parametrize("value", [110101199003077654, 1234567890123456, 1.5e15])
def test_digits_that_a_spreadsheet_lost_are_an_error(name: str, value: float) -> None:
    assert found(book(cells(**{name: value})), name) == [("precision_lost", "error")]


def test_other_long_numbers() -> None:
    assert found(book(cells(phone=110101199003077654)), "phone") == [
        ("phone_precision_lost", "warning")
    ]
    assert found(book(cells(member_no=123456789012345)), "member_no") == [
        ("number_as_text", "guess")
    ]
    assert found(roll(line("1.10101E+17")), "member_no") == [("precision_lost", "error")]
    assert found(roll(line("110101199003077000")), "member_no") == [
        ("digits_maybe_lost", "warning")
    ]
    assert found(roll(line("110101199003077654")), "member_no") == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1990, "unreadable_date"), (1990.05, "unreadable_date"), (199005, "unreadable_date"),
        ("1990", "unreadable_date"), ("1990.05", "unreadable_date"), ("1990年5月", "unreadable_date"),
        ("1990-05", "unreadable_date"), (19901306, "impossible_date"), (0, "unreadable_date"),
        (date(1905, 6, 12), "birth_implausible"), ("1900-01-01", "birth_implausible"),
        (2200, "birth_implausible"), (99_999, "unreadable_date"), (1e12, "unreadable_date"),
    ],
)  # fmt: skip
def test_a_part_of_a_date_is_no_day(value: object, kind: str) -> None:
    assert found(book(cells(birth_date=value, joined_on="")), "birth_date") == [(kind, "error")]


@pytest.mark.parametrize(
    ("value", "kind", "outcome"),
    [
        (19900506, "date_style", "normalised"), (32999, "excel_serial", "guess"),
        ("19900506", "date_style", "normalised"), ("32999", "excel_serial", "guess"),
        ("1990-05-06 00:00:00", "date_style", "normalised"),
        (datetime.fromisoformat("1990-05-06T16:00"), "date_with_time", "guess"),
    ],
)  # fmt: skip
def test_a_day_in_other_forms(value: object, kind: str, outcome: str) -> None:
    read = check(book(cells(birth_date=value, joined_on="")))
    assert [(p.kind, p.outcome, p.normalised) for p in read.problems if p.kind != "date_cell"] == [
        (kind, outcome, "1990-05-06")
    ]
    assert all(p.is_taken for p in read.problems)
    assert read.members[0].birth_date == date(1990, 5, 6)


def test_ages() -> None:
    assert found(roll(line(birth_date="1916-11-28")), "birth_date") == []
    assert found(roll(line(birth_date="1915-11-28")), "birth_date") == [
        ("birth_implausible", "error")
    ]
    joined = roll(line(birth_date="", joined_on="1905-06-12"))
    assert found(joined, "joined_on") == [("joined_implausible", "error")]


LOST = ["李?", "李？芳", "李\ufffd芳", "李\ue863", "李□", "李〓", "李○", "#N/A", "张*", "王(yǎn)",
        "&#40836;", "\\u9f8d", "李_", "锟斤拷", "Tom醩", "JosÃ©", "\U000f0000", "#####", "李×",
        # other marks of a program, what people write instead, and a name read in another encoding
        "李◻", "李☐", "李〾芳", "李⿰王章", "李{王章}", "李[王章]", "李（左王右章）", "李（王字旁）", "李█", "李\u20dd",
        "李\ufffc", "李\x1a", "M\x81ller", "李⺀", "李…", "李...", "李·", "李XX", "李某某", "NULL", "无", "-", "——",
        "12345", "æŽèŠ³", "Àî·¼", "鏉庤姵", "Mï¿½ller"]  # fmt: skip
NAMES_THAT_ARE = ["龚𠮷", "李䶮", "〇一", "欧阳娜娜", "买买提·艾力", "Tomás van der Meer", "O'Neil",
                  "Anne-Marie Müller", "张伟A", "Ngô Bảo Châu", "Юлия", "张伟2", "张伟（小）", "Zoë", "Þórður Ñandú",
                  "Sammy Davis, Jr.", "莫平", "José", "Noël-Ìñès"]  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_a_lost_character_is_seen(name: str) -> None:
    assert found(roll(line(name=name)), "name") == [("lost_character", "warning")]


@pytest.mark.parametrize("name", NAMES_THAT_ARE)
def test_a_name_is_a_name(name: str) -> None:
    assert found(roll(line(name=name)), "name") == []


def test_characters_that_gb18030_moved_are_in_their_place() -> None:
    raw = roll(line(name="李")).replace("李".encode(), b"\xc0\xee\xfe\x59")
    read = check(raw)
    assert read.members[0].name == "李\u9fb4"
    (problem,) = read.problems
    assert (problem.kind, problem.outcome) == ("encoding", "guess")
    assert problem.normalised and "李\u9fb4" in problem.normalised


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("⽅⼩⽂", "方小文"),
        ("⺠⻰", "民龙"),
        ("\uf9e1", "李"),
        ("ﾔﾏﾀﾞ", "ヤマダ"),
        ("𝐀𝐧𝐧", "Ann"),
        ("﨑", "﨑"),
    ],
)
def test_forms_of_characters_are_made_plain_and_said(typed: str, plain: str) -> None:
    assert plain_forms(typed) == plain
    expected = [("other_form", "normalised")] if typed != plain else []
    assert found(roll(line(name=typed)), "name") == expected
    assert check(roll(line(name=typed))).members[0].name == plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("⽅⼩⽂", "方小文"), ("張偉", "张伟"), ("买买提·艾力", "买买提艾力"), ("买买提.艾力", "买买提・艾力"),
        ("髙橋", "高桥"), ("山﨑", "山崎"), ("𠮷田", "吉田"), ("Tomás", "Tomas"), ("Dubois Ulrich", "Ulrich Dubois"),
        ("O’Neil", "O'Neil"), ("Anne-Marie", "anne marie"), ("阿\u200b明", "阿明"),
    ],
)  # fmt: skip
def test_two_spellings_of_one_person_are_found(one: str, other: str) -> None:
    raw = roll(line("M1", name=one), line("M2", name=other))
    assert ("possible_same_person", "warning") in found(raw, "name")
    same = roll(
        line("M1", name=one, phone="17911112222"), line("M2", name=other, phone="17911112222")
    )
    assert ("double_franchise", "error") in found(same, "name")


def test_two_people_stay_two() -> None:
    assert spelling_key("李明") != spelling_key("李民")
    assert found(roll(line("M1", name="李明"), line("M2", name="李民")), "name") == []


def test_what_was_made_plain_is_said_besides() -> None:
    raw = roll(line("M1", name="方小文"), line("M2", name="⽅⼩⽂"))
    assert set(found(raw, "name")) == {
        ("possible_same_person", "warning"),
        ("other_form", "normalised"),
    }


def test_addresses_and_telephones() -> None:
    raw = roll(
        line(name="\u2068周三\u2069", email="z5\ufe0f@mail.example.org", phone="\u202d17912345679")
    )
    kinds = {(p.field, p.kind) for p in check(raw).problems}
    assert kinds == {(name, "zero_width") for name in ("name", "email", "phone")}
    (member,) = check(raw).members
    assert (member.name, member.email, member.phone) == (
        "周三",
        "z5@mail.example.org",
        "17912345679",
    )
    assert found(roll(line(email="zhoу@example.org")), "email") == [("email_not_ascii", "warning")]
    assert found(roll(line(email="<a@example.org>")), "email") == [("surroundings", "normalised")]


@pytest.mark.parametrize(
    ("broken", "number"),
    [
        ([line("M1"), line("M2", name='"张三'), line("M3"), line("M4")], 3),
        ([line("M1"), line("M2", name='"张三'), line("M3", name='李"四'), line("M4")], 3),
        ([line("M1", name='"张"三'), line("M2")], 2),
        ([line("M1", language='"zh'), line("M2", language='zh"'), line("M3")], 2),
    ],
)
def test_a_quotation_mark_that_takes_rows_away_is_refused_with_its_line(
    broken: list[str], number: int
) -> None:
    with pytest.raises(UnreadableError, match=f"^Line {number}: a quotation mark"):
        check(roll(*broken))


def test_quotation_marks_that_are_in_order() -> None:
    raw = roll(line("M1", name='"张三"'), line("M2", name='张"三"'), line("M3", name='"李\n四"'))
    assert [m.name for m in check(raw).members] == ["张三", '张"三"', "李四"]


@pytest.mark.parametrize("rare", ["gb18030", "utf-8"])
def test_two_encodings_in_one_file_are_refused_with_the_line(rare: str) -> None:
    common = "utf-8" if rare == "gb18030" else "gb18030"
    lines = [line(f"M{n}", name="沈燕芳").encode(common) for n in range(1, 9)]
    lines[4] = line("M5", name="刘德华").encode(rare)
    with pytest.raises(UnreadableError, match=r"^Line 6 is in another encoding"):
        check(b"\n".join([HEADER.encode(), *lines]))


def test_a_line_that_is_no_text_is_named() -> None:
    lines = [line("M1", name="沈燕").encode("gb18030"), b"M2,\xff\xff,F"]
    with pytest.raises(UnreadableError, match=r"^Line 3 is neither UTF-8 nor GB18030"):
        check(b"\n".join([HEADER.encode(), *lines]))


@pytest.mark.parametrize("name", ["联通", "刘德华", "陈一龙", "瑜", "龚慧"])
def test_a_roll_in_gb18030_is_not_taken_for_two_encodings(name: str) -> None:
    raw = roll(line("M1", name=name), line("M2", name="沈燕芳"), line("M3", name="王建国"))
    assert check(raw.decode().encode("gb18030")).members[0].name == name


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("member_no", "“RB0002”", "RB0002"), ("member_no", "'0002", "0002"), ("member_no", "2026–0002", "2026-0002"),
        ("member_no", "RB٠٠٠٢", "RB0002"), ("unit", "「RV1」", "RV1"), ("phone", "'13812345678", "13812345678"),
        ("phone", "电话：138–1234–5678", "13812345678"), ("phone", "010-12345678.0", "01012345678"),
        ("birth_date", "1990–05–06", date(1990, 5, 6)), ("birth_date", "١٩٩٠-٠٥-٠٦", date(1990, 5, 6)),
    ],
)  # fmt: skip
def test_codes_numbers_and_days_are_tidied_as_at_the_door_and_it_is_said(
    field: str, typed: str, value: object
) -> None:
    read = check(roll(line(name="李芳", **{"joined_on": "", field: typed})))
    assert [getattr(member, field) for member in read.members] == [value]
    assert [(p.field, p.outcome) for p in read.problems] == [(field, "normalised")]


def test_two_encodings_in_a_file_with_the_line_ends_of_old_macs() -> None:
    begins, _, ends = roll(line("M1"), line("M2", name="李芳")).decode().partition("M2")
    raw = begins.replace("\n", "\r").encode() + f"M2{ends}".replace("\n", "\r").encode("gbk")
    with pytest.raises(UnreadableError, match="another encoding"):
        check(raw)


@pytest.mark.parametrize(
    ("shown", "typed", "kind"),
    [
        ('yyyy"年"m"月"', date(1990, 5, 1), "unreadable_date"), ("mmm-yy", date(1990, 5, 1), "unreadable_date"),
        ("[$-804]yyyy;@", date(1990, 1, 1), "unreadable_date"), ("d-mmm", date(1990, 5, 6), "unreadable_date"),
        ('m"月"d"日"', date(1990, 5, 6), "unreadable_date"),
        # the day was typed, or is shown
        ('yyyy"年"m"月"', date(1990, 5, 6), "date_cell"), ("yyyy-mm-dd", date(1990, 5, 1), "date_cell"),
        ("yyyy-mm-dd h:mm", date(1990, 5, 1), "date_cell"), ("mm-dd-yy", date(1990, 5, 1), "date_cell"),
    ],
)  # fmt: skip
def test_a_spreadsheet_makes_a_day_of_a_part_of_a_date(shown: str, typed: date, kind: str) -> None:
    def change(made: openpyxl.Workbook) -> None:
        made.active.cell(2, 1 + NAMES.index("birth_date")).number_format = shown

    raw = book(cells(birth_date=typed, joined_on=""), change=change)
    assert [kind for kind, _outcome in found(raw, "birth_date")] == [kind]
