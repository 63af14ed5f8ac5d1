"""The ``.bel`` archive: a container of records, and in it a chain of events.

``format`` has the bytes of one record and of one event, ``reader`` reads an archive once in
order, ``writer`` makes one or continues it, ``diff`` proves that one archive extends another.
None of them judges what the records mean; that is the business of ``ballots.verifier``.
"""

from __future__ import annotations

from ballots.archive.diff import Extension, diff
from ballots.archive.format import (
    EVENT_TYPES,
    Event,
    Record,
    data_name,
    event_bytes,
    event_name,
    header_body,
    parse_event,
    record,
    record_header,
)
from ballots.archive.reader import Reader, Step, UnreadableError, steps
from ballots.archive.writer import Writer

__all__ = [
    "EVENT_TYPES",
    "Event",
    "Extension",
    "Reader",
    "Record",
    "Step",
    "UnreadableError",
    "Writer",
    "data_name",
    "diff",
    "event_bytes",
    "event_name",
    "header_body",
    "parse_event",
    "record",
    "record_header",
    "steps",
]
