"""What the log says: entry types with schemas. An unknown or missing field refuses.

Pure: no database, no clock. Each room declares its own types in its `entries.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from audit.errors import Invalid

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
