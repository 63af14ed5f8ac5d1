"""One cell to its value: `Cell(value, kind)`, where the kind is what was put right or is wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from voting.registry.importing.reading import INVISIBLE, text_of

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_CJK = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_SPACE_IN_CJK = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")
_RUNS = re.compile(r"[=@+\-]")
_MAY_RUN = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff]*[=@+\\-＝＠＋－]")
_PLAIN_NUMBER = re.compile(r"[+\-]?[\d\s().\-]+")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_STYLES = (
    re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"),
    re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日"),
    re.compile(r"(\d{4})(\d\d)(\d\d)"),
)
_SERIAL = re.compile(r"\d{4,5}")
_SERIAL_DAY_0 = date(1899, 12, 30)
_MEMBER_NO = re.compile(r"[A-Z]*[0-9]+(-[0-9]+)*")
_LOOKALIKES = str.maketrans("OIL", "011")
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
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
        ("zero_width", lambda text: text.translate(INVISIBLE)),
        ("surrounding_space", str.strip),
        ("full_width", lambda text: text.translate(widths)),
        ("decomposed", lambda text: unicodedata.normalize("NFC", text)),
        ("inner_space", lambda text: " ".join(_SPACE_IN_CJK.sub("", text).split())),
    )


_CODE_STEPS = _steps(_FULL_WIDTH)
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
        value, kind = (str(int(value)) if whole else str(value)), "number_cell"
    text = text_of(value)
    for name, step in _NAME_STEPS if is_name else _CODE_STEPS:
        tidied = step(text)
        if tidied != text and kind is None:
            kind = name
        text = tidied
    return Cell(text, kind)


def _is_tidy(text: str) -> bool:
    """Most cells are, and this is the quick way to know: 60,000 rows have 660,000 of them."""
    if text.isascii():
        return text.isprintable() and " " not in text
    return text.isalnum() and unicodedata.is_normalized("NFKC", text)


def would_run(value: Any) -> bool:
    """Is the cell text that a spreadsheet would run, before or after it is tidied?"""
    return (
        isinstance(value, str)
        and _MAY_RUN.match(value) is not None
        and is_formula(tidy(value).value)
    )


def is_formula(text: str) -> bool:
    """Would a spreadsheet run this text? Signed numbers and telephones it would not."""
    return len(text) > 1 and bool(_RUNS.match(text)) and not _PLAIN_NUMBER.fullmatch(text)


def member_no(value: Any) -> Cell:
    cell = tidy(value)
    if not cell.value:
        return Cell("", "missing_member_no")
    number = cell.value.upper()
    if _MEMBER_NO.fullmatch(number):
        return Cell(number, cell.kind or ("letter_case" if number != cell.value else None))
    looks = any(not c.isascii() for c in number) or bool(
        re.fullmatch(r"[A-Z]*?[0-9]+", number.translate(_LOOKALIKES))
    )
    return Cell(number, "lookalike_letter" if looks else "bad_member_no")


def name(value: Any) -> Cell:
    cell = tidy(value, is_name=True)
    return cell if cell.value else Cell("", "missing_name")


def code(value: Any) -> Cell:
    """A code of a unit or constituency: capital letters."""
    cell = tidy(value)
    upper = cell.value.upper()
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
    if not cell.value or (_EMAIL.fullmatch(cell.value) and len(cell.value) <= 254):
        return cell
    return Cell("", "bad_email")


def phone(value: Any) -> Cell:
    cell = tidy(value)
    if not cell.value:
        return cell
    if _EXPONENT.fullmatch(cell.value) or (isinstance(value, float) and not value.is_integer()):
        return Cell("", "phone_precision_lost")
    number = re.sub(r"[\s().\-]", "", cell.value)
    number = re.sub(r"^(\+86|0086|86(?=1\d{10}$))", "", number)
    if _MOBILE.fullmatch(number) or _OTHER_PHONE.fullmatch(number):
        return Cell(number, cell.kind or ("phone_prefix" if number != cell.value else None))
    return Cell("", "bad_phone")


def day(value: Any) -> Cell:
    """A date; None when the cell is empty or is no date."""
    if isinstance(value, datetime):
        return Cell(value.date(), "date_cell")
    if isinstance(value, date):
        return Cell(value, "date_cell")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _serial(value)
    iso = _ISO.fullmatch(value) if isinstance(value, str) else None
    if iso:
        return _date_of(iso, None)
    cell = tidy(value)
    if not cell.value:
        return Cell(None)
    iso = _ISO.fullmatch(cell.value)
    if iso:
        return _date_of(iso, cell.kind)
    for style in _STYLES:
        if found := style.fullmatch(cell.value):
            return _date_of(found, "date_style")
    if _SERIAL.fullmatch(cell.value):
        return _serial(int(cell.value))
    return Cell(None, "unreadable_date")


def _date_of(found: re.Match[str], kind: str | None) -> Cell:
    try:
        return Cell(date(int(found[1]), int(found[2]), int(found[3])), kind)
    except ValueError:
        return Cell(None, "impossible_date")


def _serial(number: float) -> Cell:
    """Days since 1899-12-30, as spreadsheets count; the time of day is dropped."""
    if not 1 <= number < 100_000:
        return Cell(None, "unreadable_date")
    return Cell(_SERIAL_DAY_0 + timedelta(days=int(number)), "excel_serial")
