"""What the log says: entry types with schemas. An unknown or missing field refuses.

Pure: no database, no clock. Each room declares its own types in its `entries.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import rfc8785

from audit.errors import Invalid, LogError

LogName = Literal["public", "security"]
PUBLIC: LogName = "public"
SECURITY: LogName = "security"


@dataclass(frozen=True)
class Kind:
    """A kind of field: its name for people and the test for a value."""

    name: str
    accepts: Callable[[Any], bool]


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

TEXT = Kind("text", lambda v: isinstance(v, str) and len(v) <= 2000)
INT = Kind("integer", _is_int)
BOOL = Kind("boolean", lambda v: isinstance(v, bool))
HASH = Kind(
    "SHA-256 in hexadecimal", lambda v: isinstance(v, str) and bool(re.fullmatch("[0-9a-f]{64}", v))
)
TIME = Kind("time", lambda v: isinstance(v, str) and bool(_TIME.fullmatch(v)))
IDS = Kind("list of text", lambda v: isinstance(v, list) and all(isinstance(x, str) for x in v))
COUNTS = Kind(
    "counts",
    lambda v: isinstance(v, dict) and all(isinstance(k, str) and _is_int(n) for k, n in v.items()),
)


def NULLABLE(kind: Kind) -> Kind:  # noqa: N802 - reads as one of the kinds beside it
    return Kind(f"{kind.name} or null", lambda v: v is None or kind.accepts(v))


@dataclass(frozen=True)
class EntryType:
    name: str
    log: LogName
    fields: Mapping[str, Kind]
    text: str  # what it says, in English, for people and for the documentation
    coarse_time: bool = False  # about a voter's act: the time is cut to the hour

    def check(self, data: Mapping[str, Any]) -> None:
        for name in data.keys() - self.fields.keys():
            raise Invalid("%(type)s has no field %(name)s", field=name, type=self.name, name=name)
        for name, kind in self.fields.items():
            if name not in data:
                raise Invalid("%(type)s lacks %(name)s", field=name, type=self.name, name=name)
            if not kind.accepts(data[name]):
                raise Invalid(
                    "%(type)s: %(name)s must be a %(kind)s",
                    field=name,
                    type=self.name,
                    name=name,
                    kind=kind.name,
                )


TYPES: dict[str, EntryType] = {}


def declare(
    name: str, *, log: LogName, fields: Mapping[str, Kind], text: str, coarse_time: bool = False
) -> EntryType:
    if name in TYPES:
        raise ValueError(f"entry type {name} is declared twice")
    TYPES[name] = EntryType(name, log, fields, text, coarse_time)
    return TYPES[name]


VERSION = 1
MAX_ENTRY = 0xFFFF  # bytes: a bundle gives the length of an entry 16 bits (tlog-tiles)
_FIELDS = {"v", "id", "type", "time", "actor_role", "actor", "subject", "data"}


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


def encode(
    entry_type: EntryType,
    *,
    id: str,
    time: datetime,
    actor_role: str,
    actor: str,
    subject: str,
    data: Mapping[str, Any],
) -> bytes:
    """The bytes of an entry: canonical JSON (RFC 8785), which is the leaf of the tree.

    Raises `Invalid` when the data does not fit the type, or the entry is too long to be bundled.
    """
    entry_type.check(data)
    if not 0 < len(subject) <= 300:
        raise Invalid("An entry needs a subject of at most 300 characters.", field="subject")
    if entry_type.coarse_time:
        time = time.replace(minute=0, second=0, microsecond=0)
    raw = _canonical(
        {
            "v": VERSION,
            "id": id,
            "type": entry_type.name,
            "time": format_time(time),
            "actor_role": actor_role,
            "actor": actor,
            "subject": subject,
            "data": dict(data),
        }
    )
    if len(raw) > MAX_ENTRY:
        raise Invalid("%(type)s: the entry is longer than 65535 bytes", type=entry_type.name)
    return raw


def decode(raw: bytes) -> dict[str, Any]:
    """The fields of an entry. Raises LogError unless it is canonical and has just our fields.

    The type need not be one that this version of the program knows: a log outlives programs.
    """
    try:
        entry, end = _DECODER.raw_decode(text := raw.decode())
        if end != len(text) or not isinstance(entry, dict) or entry.keys() != _FIELDS:
            raise LogError("not an entry: the fields are not those of version 1")
        canonical = _canonical(entry)
    except (ValueError, RecursionError) as error:
        raise LogError(f"not an entry: {error}") from error
    if canonical != raw:
        raise LogError("not an entry: not canonical JSON (RFC 8785)")
    if entry["v"] != VERSION or entry["v"] is True or not isinstance(entry["data"], dict):
        raise LogError("not an entry of version 1")
    # values of JSON have just these types; a set of types is the fast way to say "all are text"
    if set(map(type, map(entry.__getitem__, _TEXTS))) != {str} or not _ID.fullmatch(entry["id"]):
        raise LogError("not an entry: a field has the wrong kind")
    return entry


def _canonical(entry: dict[str, Any]) -> bytes:
    """RFC 8785 of what has no floats and no large integers."""
    text = _ENCODE(entry)
    # of ASCII the order of keys is that of UTF-16 too, and `json` writes what RFC 8785 wants
    return text.encode() if text.isascii() else rfc8785.dumps(entry)


def _no_float(text: str) -> float:
    raise ValueError(f"an entry has no number like {text[:20]}")


def _small_int(text: str) -> int:
    if len(text) > 15 and (len(text) > 17 or abs(int(text)) >= 2**53):
        raise ValueError(f"an entry has no number like {text[:20]}")
    return int(text)


_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_DECODER = json.JSONDecoder(parse_float=_no_float, parse_int=_small_int, parse_constant=_no_float)
_TEXTS = tuple(_FIELDS - {"v", "data"})
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
