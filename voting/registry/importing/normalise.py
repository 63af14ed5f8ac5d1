"""One cell to its value: `Cell(value, kind)`, where the kind is what was put right or is wrong."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from voting import typed_text
from voting.registry.importing.names import has_lost_characters, is_no_name, plain_forms
from voting.registry.importing.reading import text_of
from voting.typed_text import without_invisible

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_CJK = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_SPACE_IN_CJK = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")
_RUNS = re.compile(r"[=@+\-]")
_MAY_RUN = re.compile(r"[=@+\-＝＠＋－]")
_PLAIN_NUMBER = re.compile(r"[+\-]?[\d\s().\-]+")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)  # other digits are tidied first
_STYLES = (
    re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"),
    re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日"),
    re.compile(r"(\d{4})(\d\d)(\d\d)"),
)
_MIDNIGHT = re.compile(r"(?<=\d)[T ]00:00(:00(\.0+)?)?Z?")
_NUMBER = re.compile(r"\d{1,8}(\.\d+)?")
_SERIAL_DAY_0 = date(1899, 12, 30)
# below are years and months; above the days of the next century
_SERIALS = range(2101, 73_051)
DIGITS = 15  # of a number that a spreadsheet keeps
_MEMBER_NO = re.compile(r"[A-Z]*[0-9]+(-[0-9]+)*")
_LOOKALIKES = str.maketrans("OIL", "011")
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PLAIN_EMAIL = re.compile(r"[a-z0-9._\-]{1,64}@[a-z0-9-]{1,60}(\.[a-z0-9-]{1,60}){1,2}")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_OTHER_PHONE = re.compile(r"0\d{9,11}|\+\d{8,15}")
_EXPONENT = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)

WORDS: dict[str, dict[str, str]] = {
    "status": {
        **dict.fromkeys(("正式", "正式党员", "正式会员", "正式成员"), "full"),
        **dict.fromkeys(("预备", "预备党员", "候补"), "probationary"),
        **dict.fromkeys(("停权", "暂停", "中止"), "suspended"),
        **{code: code for code in ("full", "probationary", "suspended")},
    },
    "sex": {"男": "M", "女": "F", "male": "M", "female": "F", "m": "M", "f": "F"},
    "language": {
        **dict.fromkeys(("zh", "中文", "汉语", "chinese", "zh-cn"), "zh"),
        **dict.fromkeys(("en", "英文", "英语", "english"), "en"),
    },
}


@dataclass(frozen=True)
class Cell:
    """The value to import, and the kind of problem: what was tidied, or what is wrong with it."""

    value: Any
    kind: str | None = None


def _steps(widths: Mapping[int, int]) -> tuple[tuple[str, Callable[[str], str]], ...]:
    return (
        ("zero_width", without_invisible),
        ("surrounding_space", str.strip),
        ("full_width", lambda text: text.translate(widths)),
        ("other_form", plain_forms),
        ("decomposed", lambda text: unicodedata.normalize("NFC", text)),
        ("inner_space", lambda text: " ".join(_SPACE_IN_CJK.sub("", text).split())),
    )


_CODE_STEPS = (*_steps(_FULL_WIDTH), ("other_form", typed_text.plain_signs))
_NAME_STEPS = _steps(
    {wide: narrow for wide, narrow in _FULL_WIDTH.items() if chr(narrow).isalnum()}
)


def tidy(value: Any, *, is_name: bool = False) -> Cell:
    """Text without what nobody sees; the kind is the first thing that had to be done.

    In a name full-width punctuation is right: 支部（兜底）.
    """
    if isinstance(value, str) and _is_tidy(value):
        return Cell(value)
    kind = None
    if isinstance(value, bool | int | float):
        whole = isinstance(value, float) and value.is_integer()
        kind = "precision_lost" if abs(value) >= 10**DIGITS else "number_as_text"
        value = str(int(value)) if whole else str(value)
    text = text_of(value)
    for name, step in _NAME_STEPS if is_name else _CODE_STEPS:
        tidied = step(text)
        if tidied != text and kind is None:
            kind = name
        text = tidied
    return Cell(text, kind)


def _bare(value: Any) -> Cell:
    """A number or code without quotes around it, or the mark that makes a cell text: '0002."""
    cell = tidy(value)
    text = typed_text.bare(cell.value) if cell.value and not cell.value.isalnum() else cell.value
    return cell if text == cell.value else Cell(text, cell.kind or "surroundings")


def _is_tidy(text: str) -> bool:
    """Most cells are, and this is the quick way to know: 60,000 rows have 660,000 of them."""
    if text.isascii():
        plain = " " not in text or ("  " not in text and text == text.strip())
        return plain and text.isprintable()
    # two fillers of Hangul are letters that nobody sees
    return (
        text.isalpha()
        and unicodedata.is_normalized("NFKC", text)
        and "\u115f" not in text
        and "\u1160" not in text
    )


def would_run(value: Any) -> bool:
    """Is the cell text that a spreadsheet would run, before or after it is tidied?"""
    return (
        isinstance(value, str)
        and not value[:1].isalnum()  # nearly every cell
        and _MAY_RUN.search(value) is not None
        and is_formula(tidy(value).value)
    )


def is_formula(text: str) -> bool:
    """Would a spreadsheet run this text? Signed numbers and telephones it would not."""
    return len(text) > 1 and bool(_RUNS.match(text)) and not _PLAIN_NUMBER.fullmatch(text)


def member_no(value: Any) -> Cell:
    cell = _bare(value)
    if not cell.value:
        return Cell("", "missing_member_no")
    number = cell.value.upper()
    if cell.kind == "precision_lost" or _EXPONENT.fullmatch(number):
        return Cell(number, "precision_lost")
    if _looks_cut(number):
        return Cell(number, "digits_maybe_lost")
    if _MEMBER_NO.fullmatch(number):
        return Cell(number, cell.kind or ("letter_case" if number != cell.value else None))
    looks = any(not c.isascii() for c in number) or bool(
        re.fullmatch(r"[A-Z]*?[0-9]+", number.translate(_LOOKALIKES))
    )
    return Cell(number, "lookalike_letter" if looks else "bad_member_no")


def person(value: Any) -> Cell:
    cell = name(value)
    return Cell(cell.value, "lost_character") if cell.value and is_no_name(cell.value) else cell


def name(value: Any) -> Cell:
    """The name of a person or a unit."""
    cell = tidy(value, is_name=True)
    if not cell.value:
        return Cell("", "missing_name")
    # what stands for a character that was lost can be one that nobody sees, and is tidied away
    lost = has_lost_characters(cell.value) or has_lost_characters(text_of(value))
    return Cell(cell.value, "lost_character") if lost else cell


def code(value: Any) -> Cell:
    """A code of a unit or constituency: capital letters."""
    cell = _bare(value)
    upper = cell.value.upper()
    if _EXPONENT.fullmatch(upper):
        return Cell(upper, "precision_lost")
    return Cell(upper, cell.kind or ("letter_case" if upper != cell.value else None))


def word(field: str, value: Any, unknown: str, instead: str) -> Cell:
    """A code of a short list, or a word that means one of them; empty is `instead`."""
    words: Mapping[str, str] = WORDS[field]
    cell = tidy(value)
    if not cell.value:
        return Cell(instead)
    found = words.get(cell.value.casefold())
    if found is None:
        return Cell(instead, unknown)
    if found == cell.value:
        return Cell(found, cell.kind)
    return Cell(found, "letter_case" if found == cell.value.casefold() else "word")


def email(value: Any) -> Cell:
    cell = tidy(value)
    if not cell.value or _PLAIN_EMAIL.fullmatch(cell.value):
        return cell
    address = typed_text.email(cell.value)
    if not _EMAIL.fullmatch(address) or len(address) > 254:
        return Cell("", "bad_email")
    if not address.partition("@")[0].isascii():
        return Cell(address, "email_not_ascii")
    if address == cell.value:
        return cell
    same = address.casefold() == cell.value.casefold()
    return Cell(address, cell.kind or ("letter_case" if same else "surroundings"))


def phone(value: Any) -> Cell:
    cell = tidy(value)
    if not cell.value or (cell.kind is None and _MOBILE.fullmatch(cell.value)):
        return cell
    fraction = isinstance(value, float) and not value.is_integer()
    if cell.kind == "precision_lost" or fraction or _EXPONENT.fullmatch(cell.value):
        return Cell("", "phone_precision_lost")
    number = typed_text.telephone(cell.value)
    number = re.sub(r"^(\+86|0086|86(?=1\d{10}$))", "", number)
    if _MOBILE.fullmatch(number) and cell.kind == "number_as_text":
        return Cell(number, "number_cell")  # a whole number of a mobile: nothing was in front
    if _MOBILE.fullmatch(number) or _OTHER_PHONE.fullmatch(number):
        return Cell(number, cell.kind or ("phone_prefix" if number != cell.value else None))
    return Cell("", "bad_phone")


def day(value: Any) -> Cell:
    """A date; None when the cell is empty or is no date."""
    if isinstance(value, datetime):
        whole = value.time() == time()
        return Cell(value.date(), "date_cell" if whole else "date_with_time")
    if isinstance(value, date):
        return Cell(value, "date_cell")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value)
    iso = _ISO.fullmatch(value) if isinstance(value, str) else None
    if iso:
        return _date_of(iso, None)
    cell = tidy(value)
    if not cell.value:
        return Cell(None)
    text = _MIDNIGHT.sub("", cell.value)
    iso = _ISO.fullmatch(text)
    if iso:
        return _date_of(iso, cell.kind if text == cell.value else "date_style")
    for style in _STYLES:
        if found := style.fullmatch(text):
            return _date_of(found, "date_style")
    if _NUMBER.fullmatch(text):
        return _of_number(float(text))
    return Cell(None, "unreadable_date")


def _date_of(found: re.Match[str] | None, kind: str | None) -> Cell:
    if found is None:
        return Cell(None, "unreadable_date")
    try:
        return Cell(date(int(found[1]), int(found[2]), int(found[3])), kind)
    except ValueError:
        return Cell(None, "impossible_date")


def _of_number(number: float) -> Cell:
    """20261031 is a day. A number between is one of the spreadsheet's (days since 1899-12-30); what
    can be a year, or a year and a month, is no day."""
    if not math.isfinite(number):
        return Cell(None, "unreadable_date")
    whole = int(number)
    if 10**7 <= whole < 10**8 and whole == number:
        return _date_of(_STYLES[-1].fullmatch(str(whole)), "date_style")
    if whole in _SERIALS:
        return Cell(_SERIAL_DAY_0 + timedelta(days=whole), "excel_serial")
    return Cell(None, "unreadable_date")


def _looks_cut(number: str) -> bool:
    digits = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return len(digits) > DIGITS + 1 and digits.isdecimal() and not digits[DIGITS:].strip("0")
