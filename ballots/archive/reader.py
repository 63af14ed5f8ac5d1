"""Reading an archive: once, in order, one record in memory at a time.

What is wrong with the container or the chain goes to a *sink*, and reading goes on as long as the
next record can be found: an auditor wants every fault, not the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ballots import BallotError, checks
from ballots.archive.format import (
    BLOCK,
    EVENT_TYPES,
    HEADER_NAME,
    WITHOUT_PAYLOAD,
    Event,
    Record,
    header_body,
    padding,
    parse_event,
    record_header,
)
from ballots.encoding import Json, loads_strict, take_decimal, take_object
from ballots.faults import Sink, collected, refuse

MAX_RECORD = 1 << 30
"""Bytes. A header that says more is not believed."""
MAX_DATA = 8
"""Records kept before an event; Setup needs five."""
MAX_TIMESTAMP = 8**11 - 1
"""What eleven octal digits hold, in seconds since 1970."""

_TIME = re.compile(rb"[0-7]{11}\0")


class UnreadableError(BallotError):
    """This is no archive, or not enough of one to judge."""


class Reader:
    """The records of an open file, once, in order."""

    def __init__(self, stream: BinaryIO, sink: Sink = refuse) -> None:
        self._stream = stream
        self.sink = sink
        self.timestamp = 0

    def fault(self, check: str, place: str, reason: str) -> None:
        """Hand a fault to the sink, by way of the helper through which every check fails."""
        with collected(self.sink):
            checks.fail(check, place, reason)

    def __iter__(self) -> Iterator[Record]:
        offset = position = 0
        while header := self._stream.read(BLOCK):
            size = _size(header)
            if size is None:
                self._after_the_last(header, position)
                return
            record = Record(position, offset, _name(header), self._stream.read(size))
            self._check(record, header, size)
            yield record
            offset, position = record.end, position + 1
        if not position:
            raise UnreadableError("file", "the file is empty")

    def _check(self, record: Record, header: bytes, size: int) -> None:
        if record.position == 0:
            self._check_first(record)
        expected = record_header(record.name, size, self.timestamp)
        if header != expected:
            self._explain(record, header, expected)
        pad = self._stream.read(padding(size))
        if len(record.body) + len(pad) != size + padding(size):
            reason = "the file ends in the middle of this record"
            self.fault("container.complete", record.place, reason)
        if any(pad):
            reason = "the bytes that fill up the record are not all zero"
            self.fault("container.padding", record.place, reason)
        if record.position and record.name not in record.names:
            reason = "the name of the record is not the hash of its contents"
            self.fault("container.name", record.place, reason)

    def _check_first(self, record: Record) -> None:
        if record.name != HEADER_NAME:
            raise UnreadableError(record.place, "this is not an election archive")
        self.timestamp = _timestamp(record)
        if record.body != header_body(self.timestamp):
            reason = "the archive is not of version 1, or its first record not in the one form"
            self.fault("container.version", record.place, reason)

    def _explain(self, record: Record, header: bytes, expected: bytes) -> None:
        """Say what is wrong with a header that is not the expected one."""
        place = record.place
        if header[148:156] != b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:])):
            reason = "the checksum in the header of the record is wrong"
            self.fault("container.checksum", place, reason)
        if header[136:148] != expected[136:148]:
            reason = "the time of the record is not the time of the archive"
            check = "container.time" if _TIME.fullmatch(header[136:148]) else "container.header"
            self.fault(check, place, reason)
        if header[257:263] == b"ustar\0":
            self.fault("container.magic", place, "the record is in a newer tar format")
            header = header[:257] + bytes(8) + header[265:]
        if _bare(header) != _bare(expected) or not _named(record):
            reason = "the header of the record is not in the one form that archives have"
            self.fault("container.header", place, reason)

    def _after_the_last(self, header: bytes, position: int) -> None:
        if position == 0:
            raise UnreadableError("file", "this is not an election archive")
        place = f"after record {position - 1}"
        rest = iter(lambda: self._stream.read(1 << 20), b"")
        if any(header) or any(any(block) for block in rest):
            self.fault("container.end", place, "bytes follow that are not a record")
        else:
            reason = "zero bytes follow the last record; archives have no end mark"
            self.fault("container.end-mark", place, reason)


def _size(header: bytes) -> int | None:
    digits = header[124:135]
    if len(header) < BLOCK or digits.strip(b"01234567"):
        return None
    size = int(digits, 8)
    return size if size <= MAX_RECORD else None


def _name(header: bytes) -> str:
    return header[:100].split(b"\0", 1)[0].decode("ascii", "replace")


def _named(record: Record) -> bool:
    return record.name.isascii()


def _bare(header: bytes) -> bytes:
    """A header without its checksum and time."""
    return header[:136] + header[156:]


def _timestamp(record: Record) -> int:
    fields: Json = loads_strict(record.body, record.place, max_bytes=BLOCK)
    take_object(fields, record.place, "version", "timestamp")
    seconds = take_decimal(fields["timestamp"], f"{record.place}.timestamp", 10)
    if seconds > MAX_TIMESTAMP:
        raise UnreadableError(record.place, "the time of the archive is out of range")
    return seconds


# --- the chain ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """An event, its hash, and the data records that stand directly before it."""

    event: Event
    digest: str
    data: list[Record]


def steps(reader: Reader) -> Iterator[Step]:
    """The events in order, each with its data; checks that they form one chain."""
    parent: str | None = None
    height = 0
    data: list[Record] = []
    for record in reader:
        if not record.is_event:
            _keep(reader, record, data)
            continue
        try:
            event = parse_event(record.body, f"{record.place} (event {height})")
        except BallotError as fault:
            reader.sink(fault)
        else:
            _check_link(reader, event, parent, height)
            yield Step(event, record.digest, data)
        parent, height, data = record.digest, height + 1, []
    if data:
        reason = "data records stand after the last event; no event says what they are"
        reader.fault("chain.records", data[0].place, reason)


def _keep(reader: Reader, record: Record, data: list[Record]) -> None:
    """Keep a data record for the event after it; no event needs more than a few."""
    if not record.position:
        return
    data.append(record)
    if len(data) > MAX_DATA:
        del data[0]
        reason = f"more than {MAX_DATA} records stand before one event"
        reader.fault("chain.records", record.place, reason)


def _check_link(reader: Reader, event: Event, parent: str | None, height: int) -> None:
    if event.parent != parent:
        reason = "the event does not follow the event before it: something was removed or exchanged"
        reader.fault("chain.parent", event.place, reason)
    if event.height != height:
        reason = f"the event says that it is number {event.height} and it is number {height}"
        reader.fault("chain.height", event.place, reason)
    if event.type not in EVENT_TYPES:
        reader.fault("chain.type", event.place, "events of this type do not exist")
    elif (event.payload is None) != (event.type in WITHOUT_PAYLOAD):
        wrong = "has no payload" if event.payload is None else "has a payload and must have none"
        reader.fault("chain.payload", event.place, f"the event {wrong}")
