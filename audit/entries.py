"""What the log says: each kind of entry is a class, its fields are typed.

Pure: no database, no clock. A room declares its entries in its `entries.py`:

    class RollFrozen(Entry, type="roll.frozen", log=PUBLIC, subject="contest/{uuid}"):
        \"\"\"The roll of a contest was fixed.\"\"\"

        uuid: Uuid
        roll: Hash
        voters: int

`uow.record(RollFrozen(uuid=..., roll=..., voters=7))` writes it, `parse` gives it back. The class
is the one definition: for the writer, the verifier, docs/log.md, the names in TypeScript and the
words on pages (its docstring, translated). The subject is made from the fields; a `Key` stands in
the subject only. Other fields are `str`, `int`, `bool`, `date`, `datetime`, a `StrEnum`,
`list[str]`, `dict[str, int]`, `Hash`, `Uuid`, or one of these or None; `kinds` has their JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from inspect import cleandoc
from typing import Any, ClassVar, Literal, Self, dataclass_transform, get_type_hints

import rfc8785

from audit.errors import Invalid, LogError
from audit.kinds import Hash as Hash
from audit.kinds import Key as Key
from audit.kinds import Kind, kind_of
from audit.kinds import Uuid as Uuid
from audit.kinds import format_time as format_time
from audit.kinds import parse_time as parse_time

LogName = Literal["public", "security"]
PUBLIC: LogName = "public"
SECURITY: LogName = "security"

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Entry:
    """What is said. Upper case is of the class, the rest are the fields."""

    TYPE: ClassVar[str]  # its name in the log
    LOG: ClassVar[LogName]
    SUBJECT: ClassVar[str]  # with the names of fields in braces
    COARSE: ClassVar[bool]  # about a voter's act: the time is cut to the hour
    TEXT: ClassVar[str]  # what it says, in English, for people and for the documentation
    FIELDS: ClassVar[Mapping[str, Kind]]  # those of its `data`, in JSON
    _subject: ClassVar[re.Pattern[str]]
    _keys: ClassVar[frozenset[str]]

    def __init_subclass__(
        cls, *, type: str, log: LogName, subject: str, coarse_time: bool = False
    ) -> None:
        if type in TYPES:
            raise ValueError(f"entry type {type} is declared twice")
        if not cls.__doc__:
            raise ValueError(f"entry type {type} has no docstring, which is its text (python -OO?)")
        cls.TYPE, cls.LOG, cls.SUBJECT, cls.COARSE = type, log, subject, coarse_time
        cls.TEXT = " ".join(cleandoc(cls.__doc__).split())
        hints = get_type_hints(cls, include_extras=True)
        kinds = {name: kind_of(hints[name]) for name in cls.__annotations__}
        cls.FIELDS = {name: kind for name, kind in kinds.items() if kind is not None}
        cls._keys = frozenset(kinds.keys() - cls.FIELDS.keys())
        parts = _PLACE.split(subject)  # literal, name, literal, name, ..., literal
        cls._subject = re.compile(
            "".join(
                f"(?P<{part}>.+)" if place % 2 else re.escape(part)
                for place, part in enumerate(parts)
            ),
            re.DOTALL,
        )
        if set(parts[1::2]) - kinds.keys() or cls._keys - set(parts[1::2]):
            raise ValueError(f"entry type {type}: the subject does not fit its fields")
        if taken := kinds.keys() & set(dir(Entry)):
            raise ValueError(f"entry type {type}: a field cannot be called {min(taken)}")
        dataclass(frozen=True, kw_only=True)(cls)
        TYPES[type] = cls

    @property
    def subject(self) -> str:
        return self.SUBJECT.format_map(self.__dict__)

    def values(self) -> dict[str, Any]:
        """The fields as JSON has them. Raises Invalid when a value is not of its kind."""
        held, found = self.__dict__, {}
        for name, kind in self.FIELDS.items():
            value = kind.write(held[name])
            if not kind.accepts(value):
                raise Invalid(
                    "%(type)s: %(name)s must be a %(kind)s",
                    field=name,
                    type=self.TYPE,
                    name=name,
                    kind=kind.name,
                )
            found[name] = value
        return found

    @classmethod
    def read(cls, subject: str, data: Mapping[str, Any]) -> Self:
        """The inverse of `subject` and `values`; a newer program may have given it more fields.

        Raises LogError when a field is missing or not of its kind, or the subject is of another.
        """
        values = {}
        for name, kind in cls.FIELDS.items():
            if name not in data or not kind.accepts(data[name]):
                raise LogError(f"an entry {cls.TYPE} lacks {name}, or has another kind of it")
            values[name] = kind.read(data[name])
        match = cls._subject.fullmatch(subject)
        if match is not None:
            values |= {name: match[name] for name in cls._keys}
            entry = cls(**values)
            if entry.subject == subject:
                return entry
        raise LogError(f"an entry {cls.TYPE} is not of the subject {subject[:80]!r}")


@dataclass(frozen=True)
class Unknown:
    """An entry of a type that this version of the program does not have."""

    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Logged:
    """An entry as the log has it: what was said, by whom, when, of what."""

    id: str
    type: str
    time: datetime
    actor_role: str
    actor: str
    subject: str
    data: Entry | Unknown
    raw: Mapping[str, Any] = field(repr=False, compare=False)  # the fields of `decode`


TYPES: dict[str, type[Entry]] = {}
VERSION = 1
MAX_ENTRY = 0xFFFF  # bytes: a bundle gives the length of an entry 16 bits (tlog-tiles)
_FIELDS = {"v", "id", "type", "time", "actor_role", "actor", "subject", "data"}


def encode(entry: Entry, *, id: str, time: datetime, actor_role: str, actor: str) -> bytes:
    """The bytes of an entry: canonical JSON (RFC 8785), which is the leaf of the tree.

    Raises `Invalid` when a value does not fit its field, or the entry is too long to be bundled.
    """
    subject = entry.subject
    if not 0 < len(subject) <= 300:
        raise Invalid("An entry needs a subject of at most 300 characters.", field="subject")
    if entry.COARSE:
        time = time.replace(minute=0, second=0, microsecond=0)
    raw = _canonical(
        {
            "v": VERSION,
            "id": id,
            "type": entry.TYPE,
            "time": format_time(time),
            "actor_role": actor_role,
            "actor": actor,
            "subject": subject,
            "data": entry.values(),
        }
    )
    if len(raw) > MAX_ENTRY:
        raise Invalid("%(type)s: the entry is longer than 65535 bytes", type=entry.TYPE)
    return raw


def parse(raw: bytes) -> Logged:
    """An entry with the class of its type again. Raises LogError, as `decode` does, and where it
    is not what its type says."""
    return typed(decode(raw))


def typed(decoded: Mapping[str, Any]) -> Logged:
    """The same for what `decode` gave."""
    known, data = TYPES.get(decoded["type"]), decoded["data"]
    return Logged(
        id=decoded["id"],
        type=decoded["type"],
        time=parse_time(decoded["time"]),
        actor_role=decoded["actor_role"],
        actor=decoded["actor"],
        subject=decoded["subject"],
        data=known.read(decoded["subject"], data) if known else Unknown(data),
        raw=decoded,
    )


def decode(raw: bytes) -> dict[str, Any]:
    """The fields of an entry, unread. Raises LogError unless canonical and with just our fields.

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
