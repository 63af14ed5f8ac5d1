"""Canonical JSON both ways, typed access to what was read, and hashes (specification 4.1, 4.2).

One content has one text: compact, fields in the order of the specification, nothing else.
Size and nesting are bounded before the JSON parser sees the text, numbers while it reads them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, NoReturn, TypeAlias

from ballots import checks

Json: TypeAlias = Any
"""What ``json`` reads. Values of this type pass through the ``take_`` functions before use."""

MAX_BYTES = 1 << 28
"""Largest document read by default, in bytes: the credentials of some four million voters."""
MAX_NESTING = 16
"""Deepest nesting; the deepest structure of the specification has 8 levels."""
MAX_INTEGER = (1 << 53) - 1
"""Largest JSON number; beyond it languages differ, and larger ones are written as strings."""

# A bracket, and all that stands before it: strings with the brackets inside them, and the rest. An
# unterminated string reaches to the end, and the end counts as a bracket: one pass, whatever comes.
_BRACKET = re.compile(
    r'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))*+([\[\]{}]|\Z)', re.DOTALL
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_DECIMAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def dumps(value: Json, place: str = "text") -> bytes:
    """The canonical text of ``value``: compact UTF-8, keys in the order of insertion.

    Raises BallotError for half of a surrogate pair, which no UTF-8 text can hold.
    """
    text = _ENCODER.encode(value)
    text = text.replace("\x7f", "\\u007f")  # DEL is escaped by those who write archives
    try:
        return text.encode()
    except UnicodeEncodeError:
        checks.fail("encoding.canonical", place, "has half of a surrogate pair")


def loads_strict(raw: bytes, place: str, *, max_bytes: int = MAX_BYTES) -> Json:
    """Read canonical JSON. Raises BallotError for every other input, in linear time."""
    size = f"larger than {max_bytes} bytes"
    checks.require(len(raw) <= max_bytes, "encoding.size", place, size)
    text = _decode(raw, place)
    _check_nesting(text, place)
    value = _parse(text, place)
    canonical = dumps(value, place) == raw  # a field that came twice shows here, as one is lost
    checks.require(canonical, "encoding.canonical", place, "is not in the one canonical form")
    return value


def _decode(raw: bytes, place: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        checks.fail("encoding.canonical", place, "is not UTF-8 text")


def _check_nesting(text: str, place: str) -> None:
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in ("[", "{") else -1
        if depth > MAX_NESTING:
            checks.fail("encoding.nesting", place, f"is nested deeper than {MAX_NESTING} levels")


def _parse(text: str, place: str) -> Json:
    def integer(digits: str) -> int:
        fits = len(digits) <= 17 and abs(int(digits)) <= MAX_INTEGER
        checks.require(fits, "encoding.number", place, "has a number that is too large")
        return int(digits)

    def no_number(_: str) -> NoReturn:
        checks.fail("encoding.number", place, "has a number that is not an integer")

    try:
        return json.loads(
            text,
            parse_int=integer,
            parse_float=no_number,
            parse_constant=no_number,
        )
    except ValueError:  # json.JSONDecodeError is one
        checks.fail("encoding.canonical", place, "is not JSON")


def take_object(value: Json, place: str, *fields: str) -> dict[str, Json]:
    """``value`` as an object with exactly these fields in this order; ``?name`` is optional."""
    if not isinstance(value, dict):
        checks.fail("encoding.type", place, "must be an object")
    if tuple(value) == fields:  # by far the most
        return value
    expected = [
        field.removeprefix("?") for field in fields if field[0] != "?" or field[1:] in value
    ]
    if list(value) != expected:
        names = ", ".join(fields)
        checks.fail("encoding.fields", place, f"must have these fields in this order: {names}")
    return value


def take_list(
    value: Json, place: str, length: int | None = None, check: str = "ballot.shape"
) -> list[Json]:
    """``value`` as a list, of ``length`` entries when given, else it fails ``check``.

    The caller gets ``length`` entries and never more: no code behind can stumble over a surplus,
    so this check alone refuses it, and is seen to when it is switched off.
    """
    if not isinstance(value, list):
        checks.fail("encoding.type", place, "must be a list")
    if length is not None and len(value) != length:
        reason = f"must have {length} entries and has {len(value)}"
        checks.fail(check, place, reason)
    return value[:length]


def take_text(value: Json, place: str) -> str:
    """``value`` as a string."""
    if not isinstance(value, str):
        checks.fail("encoding.type", place, "must be a string")
    return value


def take_int(value: Json, place: str, low: int = 0, high: int = MAX_INTEGER) -> int:
    """``value`` as a number between ``low`` and ``high``; true and false are no numbers."""
    if not isinstance(value, int) or isinstance(value, bool):
        checks.fail("encoding.type", place, "must be a number")
    checks.require(
        low <= value <= high, "encoding.number", place, f"must be between {low} and {high}"
    )
    return value


def take_bool(value: Json, place: str) -> bool:
    """``value`` as a truth value."""
    if not isinstance(value, bool):
        checks.fail("encoding.type", place, "must be true or false")
    return value


def take_decimal(value: Json, place: str, max_digits: int) -> int:
    """``value`` as a big integer: a string of decimal digits without leading zeros."""
    text = take_text(value, place)
    # The length is bounded before int(), whose time is quadratic and whose limit is 4300 digits.
    if len(text) > max_digits or not _DECIMAL.fullmatch(text):
        reason = f"must be a number of at most {max_digits} digits without leading zeros"
        checks.fail("encoding.number", place, reason)
    return int(text)


def sha256_hex(raw: bytes) -> str:
    """SHA-256 in lower-case hexadecimal: names of records, hashes in events."""
    return hashlib.sha256(raw).hexdigest()


def sha256_base64(raw: bytes) -> str:
    """SHA-256 in base64 without padding: fingerprints, trackers, hashes in signatures."""
    return base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")


def election_hash(raw: bytes) -> str:
    """The fingerprint of an election: sha256_base64 of its canonical text (specification 4.10)."""
    return sha256_base64(raw)
