"""The bytes of an archive: one record, one event (specification 4.4 "Public data").

A record is a 512-byte header in the form of an old tar file, the contents, and zero bytes up to a
multiple of 512. There is exactly one header for a name, a size and a time, so a header is checked
by making it again. The first record is BELENIOS; all others are named by the SHA-256 of their
contents and are data or events. An event names its parent by hash: the last commits to all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from ballots.encoding import dumps, loads_strict, take_int, take_object, take_text

BLOCK = 512
"""Bytes of a header, and the unit to which contents are filled up."""
HEADER_NAME = "BELENIOS"
EVENT_TYPES = (
    "Setup",
    "Ballot",
    "EndBallots",
    "EncryptedTally",
    "Shuffle",
    "EndShuffles",
    "PartialDecryption",
    "Result",
)
WITHOUT_PAYLOAD = frozenset({"EndBallots", "EndShuffles"})
MAX_EVENT = 1024
"""Largest event, in bytes; a usual one has 190."""


def record_header(name: str, size: int, timestamp: int) -> bytes:
    """The header of a record of ``size`` bytes; ``timestamp`` in seconds since 1970."""
    header = bytearray(BLOCK)
    header[: len(name)] = name.encode("ascii", "replace")
    header[100:108] = b"0000644\0"
    header[108:124] = b"0000000\0" * 2
    header[124:136] = b"%011o\0" % size
    header[136:148] = b"%011o\0" % timestamp
    header[148:157] = b"        0"
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def padding(size: int) -> int:
    """How many zero bytes follow contents of ``size`` bytes."""
    return -size % BLOCK


def record(name: str, body: bytes, timestamp: int) -> bytes:
    """A whole record as it stands in the file."""
    return record_header(name, len(body), timestamp) + body + bytes(padding(len(body)))


def data_name(body: bytes) -> str:
    """The name of a data record."""
    return f"{hashlib.sha256(body).hexdigest()}.data.json"


def event_name(body: bytes) -> str:
    """The name of an event record."""
    return f"{hashlib.sha256(body).hexdigest()}.event.json"


def header_body(timestamp: int) -> bytes:
    """The contents of the first record; the time, in seconds since 1970, is in a string."""
    return dumps({"version": 1, "timestamp": str(timestamp)})


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read: ``position`` counts from 0, ``offset`` is in bytes from the start.

    ``digest`` is the SHA-256 of the contents in hexadecimal: what events call this record by.
    """

    position: int
    offset: int
    name: str
    body: bytes
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.body).hexdigest())

    @property
    def names(self) -> tuple[str, str]:
        """What it may be called: by its hash, as data or as an event."""
        return f"{self.digest}.data.json", f"{self.digest}.event.json"

    @property
    def is_event(self) -> bool:
        """Whether it calls itself an event."""
        return self.name.endswith(".event.json")

    @property
    def place(self) -> str:
        """How reports call this record."""
        return f"record {self.position}" if self.position else "first record"

    @property
    def end(self) -> int:
        """Offset of the next record, in bytes."""
        return self.offset + BLOCK + len(self.body) + padding(len(self.body))


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``parent`` is None in the first one only, ``payload`` where the type has none."""

    parent: str | None
    height: int
    type: str
    payload: str | None

    @property
    def place(self) -> str:
        """How reports call this event."""
        return f"event {self.height} ({self.type[:24]})"


def event_bytes(parent: str | None, height: int, type_: str, payload: str | None = None) -> bytes:
    """The canonical text of an event; hashes are 64 hexadecimal digits."""
    fields: dict[str, str | int] = {} if parent is None else {"parent": parent}
    fields |= {"height": height, "type": type_}
    if payload is not None:
        fields["payload"] = payload
    return dumps(fields)


def parse_event(body: bytes, place: str) -> Event:
    """Read an event in its one form. Raises BallotError."""
    fields = loads_strict(body, place, max_bytes=MAX_EVENT)
    take_object(fields, place, "?parent", "height", "type", "?payload")
    texts = {key: take_text(fields[key], f"{place}.{key}") for key in fields if key != "height"}
    height = take_int(fields["height"], f"{place}.height")
    return Event(texts.get("parent"), height, texts["type"], texts.get("payload"))
