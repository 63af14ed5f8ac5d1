"""One canonical form, and no input that costs more than its size (ATTACKS 15)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ballots import BallotError, encoding
from ballots.encoding import dumps, loads_strict

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | TEXT | st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)


@given(VALUES)
@example("\x7f")
def test_what_is_written_is_read(value: object) -> None:
    try:
        assert loads_strict(dumps(value), "value") == value
    except BallotError as refusal:
        assert refusal.check == "encoding.nesting"


@given(
    VALUES, st.sampled_from([{"indent": 1}, {"separators": (", ", ":")}, {"ensure_ascii": True}])
)
def test_other_spellings_are_refused(value: object, style: dict[str, object]) -> None:
    other = json.dumps(value, **style).encode()  # type: ignore[arg-type]
    if other != dumps(value):
        with pytest.raises(BallotError):
            loads_strict(other, "value")


@given(st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")))
@example(b'"\\ud800"')
@example(b"\xff")
@example(b"\xef\xbb\xbf[]")
@example(b'{"a":1,"a":1}')
@example(b"-")
@example(b"[1e999]")
@example(b"[-Infinity]")
def test_nothing_but_ballot_error(raw: bytes) -> None:
    try:
        value = loads_strict(raw, "here")
    except BallotError as refusal:
        assert refusal.place == "here"
    else:
        assert dumps(value) == raw


MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("raw", "check"),
    [
        (b"[" * MEGABYTE, "encoding.nesting"),
        (b'{"a":' * MEGABYTE, "encoding.nesting"),
        (b"[" * 17 + b"]" * 17, "encoding.nesting"),
        (b"1" * MEGABYTE, "encoding.number"),
        (b"-" + b"1" * MEGABYTE, "encoding.number"),
        (b"[" + b"1" * MEGABYTE + b"]", "encoding.number"),
        (b"0." + b"1" * MEGABYTE, "encoding.number"),
        (b'"' + b"\\" * MEGABYTE, "encoding.canonical"),
        (b'"\\' * MEGABYTE, "encoding.canonical"),
        (b'\\"' * MEGABYTE, "encoding.canonical"),
        (b'"' * MEGABYTE, "encoding.canonical"),
        (b'"\\"' * MEGABYTE, "encoding.canonical"),
        (b"]" * MEGABYTE, "encoding.canonical"),
        (b'"[[[[' * MEGABYTE, "encoding.nesting"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_megabyte_of_anything_is_refused_at_once(raw: bytes, check: str) -> None:
    start = time.process_time()
    with pytest.raises(BallotError) as refusal:
        loads_strict(raw, "here")
    assert refusal.value.check == check
    assert time.process_time() - start < 2


MALFORMED: dict[str, Callable[[int], bytes]] = {
    "quotes": lambda n: b'"' * n,
    "an odd number of quotes": lambda n: b'"' * (n + 1),
    "backslashes": lambda n: b"\\" * n,
    "backslashes in a string": lambda n: b'"' + b"\\" * n,
    "a string that ends in a backslash": lambda n: b'"' + b"a" * n + b"\\",
    "quotes behind backslashes": lambda n: b'"' + b'\\"' * (n // 2),
    "backslashes before quotes": lambda n: b'\\"' * (n // 2),
    "a string without an end": lambda n: b'"' + b"a" * n,
    "strings without an end": lambda n: b'"a\n' * (n // 3),
    "brackets in a string without an end": lambda n: b'"' + b"[{" * (n // 2),
    "no brackets": lambda n: b"a" * n,
    "no brackets and strings": lambda n: b'a"b"' * (n // 4),
    "closing brackets": lambda n: b"]" * n,
    "pairs of brackets": lambda n: b"[]" * (n // 2),
    "strings and brackets": lambda n: b'"[",[]' * (n // 6),
    "spaces": lambda n: b" " * n,
    "characters of four bytes": lambda n: "𤩽".encode() * (n // 4),
    "half surrogates": lambda n: b'"' + b"\\ud800" * (n // 6) + b'"',
    "one key very often": lambda n: b"{" + b'"a":1,' * (n // 6) + b'"a":1}',
    "numbers that are none": lambda n: b"[" + b"NaN," * (n // 4) + b"1]",
    "a fraction": lambda n: b"0." + b"1" * n,
    "an exponent": lambda n: b"1e" + b"1" * n,
    "a long number": lambda n: b"1" * n,
}


def seconds(raw: bytes) -> float:
    """The best of three: others use the machine as well."""
    best = 60.0
    for _ in range(3):
        begun = time.process_time()
        with pytest.raises(BallotError):
            loads_strict(raw, "here")
        best = min(best, time.process_time() - begun)
    return best


@pytest.mark.parametrize("kind", MALFORMED)
def test_time_grows_as_the_text(kind: str) -> None:
    """Four times the text takes four times the time; sixteen times would be a square."""
    make, size = MALFORMED[kind], 1 << 18
    small, large = seconds(make(size)), seconds(make(4 * size))
    assert large < 9 * small + 0.01


def test_strings_of_ten_megabytes_are_read_at_once() -> None:
    for raw in (dumps("a" * 10 * MEGABYTE), dumps(['\\"[{' * (2 * MEGABYTE), "𤩽" * MEGABYTE])):
        begun = time.process_time()
        loads_strict(raw, "here")
        assert time.process_time() - begun < 3


def test_brackets_in_strings_are_no_nesting() -> None:
    for text in ("[" * 100, '"' + "[" * 100, "\\" + "{" * 100):
        assert loads_strict(dumps([text]), "here") == [text]


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(BallotError) as refusal:
        dumps({"name": "\ud800"})
    assert refusal.value.check == "encoding.canonical"


def test_size_is_bounded_before_anything_else() -> None:
    with pytest.raises(BallotError) as refusal:
        loads_strict(b"\xff" * 11, "here", max_bytes=10)
    assert refusal.value.check == "encoding.size"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "must be an object"),
        ({"a": 1}, "must have these fields in this order: a, ?b, c"),
        ({"c": 1, "a": 1}, "must have these fields in this order: a, ?b, c"),
        ({"a": 1, "c": 1, "d": 1}, "must have these fields in this order: a, ?b, c"),
        ({"a": 1, "c": 1, "b": 1}, "must have these fields in this order: a, ?b, c"),
    ],
)
def test_fields(value: object, message: str) -> None:
    with pytest.raises(BallotError) as refusal:
        encoding.take_object(value, "here", "a", "?b", "c")
    assert str(refusal.value) == f"here: {message}"


def test_optional_fields() -> None:
    for value in ({"a": 1, "c": 2}, {"a": 1, "b": 3, "c": 2}):
        assert encoding.take_object(value, "here", "a", "?b", "c") == value


@pytest.mark.parametrize("value", [True, False, "1", None, [1], -1, 4])
def test_numbers(value: object) -> None:
    with pytest.raises(BallotError):
        encoding.take_int(value, "here", 0, 3)


@pytest.mark.parametrize("text", ["", "00", "01", "-1", "+1", " 1", "1\n", "1_0", "１", "9" * 21])
def test_decimals(text: str) -> None:
    with pytest.raises(BallotError):
        encoding.take_decimal(text, "here", 20)
    assert encoding.take_decimal("90", "here", 20) == 90
    assert encoding.take_decimal("0", "here", 20) == 0


def test_other_types() -> None:
    for take in (encoding.take_text, encoding.take_bool, encoding.take_list):
        with pytest.raises(BallotError) as refusal:
            take(3, "here")  # type: ignore[operator]
        assert refusal.value.check == "encoding.type"
    with pytest.raises(BallotError) as refusal:
        encoding.take_list([1], "here", 2)
    assert str(refusal.value) == "here: must have 2 entries and has 1"
