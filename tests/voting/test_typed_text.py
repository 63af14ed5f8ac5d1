"""What people type and paste comes to one form, whatever stands unseen in it or around it."""

import json
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting import typed_text
from voting.typed_text import INVISIBLE

VECTORS = Path(__file__).parents[1] / "vectors"
UNSEEN = [chr(code) for code in sorted(INVISIBLE)]
DASHES = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) == "Pd"] + ["─", "−"]
TRACKER = "o1bV3nkfDPGmFOVZEmGnBhHeGs0+VDq/uHk3RJiSN1w"


def wrapped(text: str) -> list[str]:
    return [
        f"“{text}”", f"‘{text}’", f'"{text}"', f"「{text}」", f"《{text}》", f"**{text}**",
        f"__{text}__", f"<{text}>", f"（{text}）", f" {text}。", f"{text},", f"{text}\ufe0f",
        f"\u202a{text}\u202c", f"\ufeff{text}\r\n", f"\u3000{text}\u00a0", f"\u2068{text}\u2069;",
    ]  # fmt: skip


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def test_the_list_is_that_of_unicode() -> None:
    """4,174 code points; every format character but the few that are seen is among them."""
    assert len(INVISIBLE) == 4174
    seen = set(range(0x600, 0x606)) | {0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    seen |= set(range(0xFFF9, 0xFFFC)) | set(range(0x13430, 0x13440))
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) == "Cf":
            assert (code in INVISIBLE) != (code in seen), hex(code)


@pytest.mark.parametrize("name", ["trustee-2", "rb0002", "anna@members.example.org"])
def test_a_name_for_signing_in(name: str) -> None:
    assert typed_text.sign_in_name(name) == name
    typed = [
        *wrapped(name),
        full_width(name),
        name.upper(),
        *(name.replace("-", dash) for dash in DASHES),
        "".join(chr(0x660 + int(c)) if c.isdecimal() else c for c in name),
        name + " " * 90,
    ]
    for text in [*typed, *(f"{name[0]}{unseen}{name[1:]}" for unseen in UNSEEN[:80])]:
        assert typed_text.sign_in_name(text) == name, ascii(text)


def test_what_may_begin_a_name_stays() -> None:
    assert typed_text.sign_in_name("_anna@example.org") == "_anna@example.org"


@pytest.mark.parametrize("code", ["123456", "ABCDE23456"])
def test_a_code(code: str) -> None:
    half = len(code) // 2
    typed = [
        *wrapped(code), full_width(code), code.lower(), f"{code[:half]} {code[half:]}",
        f"{code[:half]}－{code[half:]}", f"{code[:2]}\u200b{code[2:]}",
        f"{code[:3]}\u202a{code[3:]}",
    ]  # fmt: skip
    for text in typed:
        assert typed_text.one_time_code(text) == code, ascii(text)


def test_a_code_with_words_around_and_digits_of_other_scripts() -> None:
    assert typed_text.one_time_code("Your code: 123 456.") == "123456"
    assert typed_text.one_time_code("验证码：１２３４５６，请勿转告") == "123456"
    assert typed_text.one_time_code("ABCDE-23456 (recovery)") == "ABCDE23456"
    assert typed_text.one_time_code("١٢٣٤٥٦") == "123456"
    assert typed_text.one_time_code("123456 654321") == "123456654321"  # two: neither is taken
    assert typed_text.one_time_code("1234567") == "1234567"


@pytest.mark.parametrize(
    "text",
    [
        *wrapped(TRACKER), f"Tracker: {TRACKER}", full_width(TRACKER), TRACKER + "=",
        " ".join(TRACKER[i : i + 4] for i in range(0, 43, 4)),
        TRACKER.replace("+", "-").replace("/", "_"), TRACKER[:9] + "\u2060" + TRACKER[9:],
        "Tracker: " + " ".join(TRACKER[i : i + 4] for i in range(0, 43, 4)),
        f"Tracker: {TRACKER[:20]}\r\n{TRACKER[20:]}",
        f"https://v.example.org/elections/e1/{TRACKER.replace('+', '-').replace('/', '_')}?a=1",
    ],
)  # fmt: skip
def test_one_tracker_in_a_text(text: str) -> None:
    assert typed_text.tracker(text) == TRACKER


def test_an_address_and_a_telephone() -> None:
    written = [
        "Ａｎｎａ．Ｌｉ＠example。org",
        "mailto:Anna.Li@EXAMPLE.org",
        "Anna Li <Anna.Li@example.org>",
    ]
    for text in [*wrapped("Anna.Li@example.org"), *written, "Anna.\u202aLi@exa\ufe0fmple.org"]:
        assert typed_text.email(text) == "Anna.Li@example.org", ascii(text)
    numbers = ["179-3808-2399", "１７９３８０８２３９９", "179 3808 2399", "tel:17938082399"]
    numbers += [*wrapped("17938082399"), "'17938082399", "电话：17938082399", "17938082399.0"]
    for text in [*numbers, "\u202d17938082399\u202c"]:
        assert typed_text.telephone(text) == "17938082399", ascii(text)
    assert typed_text.telephone("010-12345678.0") == "01012345678"
    assert typed_text.telephone("+49 (0)30 1234567") == "+49301234567"


@given(st.text())
def test_tidying_twice_changes_nothing(text: str) -> None:
    for tidy in (typed_text.plain, typed_text.sign_in_name, typed_text.one_time_code):
        assert tidy(tidy(text)) == tidy(text)
        assert not set(map(ord, tidy(text))) & INVISIBLE


def test_the_twin_in_the_browser_is_tested_with_the_same() -> None:
    """web/frontend/test/booth.test.mjs reads this file too."""
    twins = json.loads((VECTORS / "twins" / "typed.json").read_text("utf-8"))
    ranges = twins["ignorable"]
    assert {code for first, last in ranges for code in range(first, last + 1)} == INVISIBLE
