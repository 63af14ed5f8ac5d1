"""Kinds of fields of an entry: what Python has, what JSON has, and the test for it. Pure."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from audit.errors import LogError

MAX_TEXT = 2000  # characters


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Kind:
    """A kind of field: its name for people, the test for a value of JSON, and the ways between."""

    name: str
    accepts: Callable[[Any], bool]
    write: Callable[[Any], Any] = _same  # from Python to JSON
    read: Callable[[Any], Any] = _same  # from JSON, once accepted, to Python


def format_time(time: datetime) -> str:
    """An aware instant as the log writes it: UTC, whole seconds, `Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """The inverse of `format_time`. Raises LogError."""
    if not _TIME.fullmatch(text):
        raise LogError(f"not a time: {text[:40]!r}")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise LogError(f"not a time: {text!r}") from error


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}", re.ASCII)  # as Belenios names an election


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(parse_time(value))
    except LogError:
        return False


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(_DAY.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False


TEXT = Kind("text", lambda v: isinstance(v, str) and len(v) <= MAX_TEXT)
INT = Kind("integer", _is_int)
BOOL = Kind("boolean", lambda v: isinstance(v, bool))
TIME = Kind("time", _is_time, format_time, parse_time)
DAY = Kind("date", _is_day, date.isoformat, date.fromisoformat)
TEXTS = Kind("list of text", lambda v: isinstance(v, list) and all(isinstance(x, str) for x in v))
COUNTS = Kind(
    "counts",
    lambda v: isinstance(v, dict) and all(isinstance(k, str) and _is_int(n) for k, n in v.items()),
)
HASH = Kind("SHA-256 in hexadecimal", lambda v: isinstance(v, str) and bool(_HASH.fullmatch(v)))
UUID = Kind("uuid of a contest", lambda v: isinstance(v, str) and bool(_UUID.fullmatch(v)))

Hash = Annotated[str, HASH]
Uuid = Annotated[str, UUID]
Key = Annotated[str, None]  # what the subject names; it does not stand in the data

_PLAIN: dict[Any, Kind] = {
    str: TEXT,
    int: INT,
    bool: BOOL,
    datetime: TIME,
    date: DAY,
    list[str]: TEXTS,
    dict[str, int]: COUNTS,
}


def kind_of(hint: Any) -> Kind | None:
    """The kind that an annotation means; None for a `Key`."""
    if get_origin(hint) is Annotated:
        (kind,) = hint.__metadata__
        return kind if kind is None else _kind(kind)
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (part for part in get_args(hint) if part is not types.NoneType)
        return _nullable(_kind(kind_of(inner)))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word_of(hint)
    return _PLAIN[hint]


def _kind(found: Any) -> Kind:
    if not isinstance(found, Kind):
        raise TypeError("not a kind of field")
    return found


def _nullable(kind: Kind) -> Kind:
    return Kind(
        f"{kind.name} or null",
        lambda v: v is None or kind.accepts(v),
        lambda v: None if v is None else kind.write(v),
        lambda v: None if v is None else kind.read(v),
    )


def _word_of(words: type[StrEnum]) -> Kind:
    known = frozenset(word.value for word in words)
    return Kind(
        " / ".join(word.value for word in words),
        lambda v: isinstance(v, str) and v in known,
        lambda v: v.value if isinstance(v, StrEnum) else v,
        words,
    )
