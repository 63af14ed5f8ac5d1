"""Entries: a schema for each type, canonical bytes, no voter's name and no voter's minute."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit import entries
from audit.database import Actor, Database
from audit.entries import (
    BOOL,
    COUNTS,
    HASH,
    IDS,
    INT,
    NULLABLE,
    PUBLIC,
    TEXT,
    TIME,
    decode,
    encode,
    parse_time,
)
from audit.errors import Invalid, LogError
from audit.models import LogEntry
from tests.audit.logs import COUNTED

FULL = entries.declare(
    "test.full",
    log=PUBLIC,
    fields={
        "text": TEXT,
        "number": INT,
        "flag": BOOL,
        "hash": HASH,
        "at": TIME,
        "ids": IDS,
        "counts": COUNTS,
        "maybe": NULLABLE(TEXT),
    },
    text="All kinds.",
)
COARSE = entries.declare(
    "test.coarse", log=PUBLIC, fields={}, text="To the hour.", coarse_time=True
)
GOOD = {
    "text": '\u6587 \U0001f600 "\\\n\u0001\u007f',
    "number": -3,
    "flag": True,
    "hash": "ab" * 32,
    "at": "2026-01-01T00:00:00Z",
    "ids": ["a", "b"],
    "counts": {"\U0001f600": 1, "\uff61": 2, "z": 3},
    "maybe": None,
}
NOW = datetime(2026, 5, 4, 13, 47, 11, 999, tzinfo=UTC)


def _encode(entry_type: entries.EntryType = FULL, **data: object) -> bytes:
    return encode(
        entry_type,
        id="0" * 32,
        time=NOW,
        actor_role="clerk",
        actor="ab",
        subject="thing/1",
        data=data,
    )


def test_an_entry_is_canonical_and_comes_back() -> None:
    raw = _encode(**GOOD)
    entry = decode(raw)
    assert entry["data"] == GOOD
    assert entry["time"] == "2026-05-04T13:47:11Z"
    assert rfc8785.dumps(entry) == raw


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 1),
        ("text", "x" * 2001),
        ("number", True),
        ("number", 1.0),
        ("number", 2**53),
        ("flag", 1),
        ("hash", "AB" * 32),
        ("hash", "ab" * 31),
        ("at", "2026-01-01"),
        ("ids", ["a", 1]),
        ("ids", "ab"),
        ("counts", {"a": "1"}),
        ("maybe", 1),
        ("extra", "x"),
    ],
)
def test_a_wrong_or_unknown_field_refuses(name: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        _encode(**(GOOD | {name: value}))
    assert caught.value.field == name


@pytest.mark.parametrize("name", list(GOOD))
def test_a_missing_field_refuses(name: str) -> None:
    with pytest.raises(Invalid):
        _encode(**{key: value for key, value in GOOD.items() if key != name})


def test_an_entry_that_no_bundle_can_hold_refuses() -> None:
    with pytest.raises(Invalid, match="65535"):
        _encode(**(GOOD | {"ids": ["x" * 100] * 700}))


def test_a_type_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        entries.declare("test.full", log=PUBLIC, fields={}, text="Again.")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"actor"', b'{ "actor"'),
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v":1,"w":1'),
        (b'"number":-3', b'"number":-0'),
        (b'"number":-3', b'"number":1e5'),
        (b'"number":-3', b'"number":NaN'),
        (b'"number":-3', b'"number":' + b"9" * 5000),
        (b'"number":-3', b'"number":9007199254740992'),
        (b'"number":-3', b'"number":-3,"number":-3'),
        (b'"text":', b'"text":' + b"[" * 60000),
        (b'"id":"0', b'"id":"g'),
        (b'"subject":"thing/1"', b'"subject":1'),
        (b"\\u0001", b"\\u0001\xff"),
        (b"\xe6\x96\x87", b"\\u6587"),
    ],
)
def test_other_spellings_of_an_entry_are_refused(old: bytes, new: bytes) -> None:
    good = _encode(**GOOD)
    bent = good.replace(old, new, 1)
    assert bent != good
    with pytest.raises(LogError):
        decode(bent)


@given(st.text(alphabet=st.characters(max_codepoint=0x7F)), st.integers(-(2**53) + 1, 2**53 - 1))
def test_the_fast_check_is_rfc_8785(text: str, number: int) -> None:
    """ASCII entries are written and compared by `json`: that must be the canonical form."""
    data = {"text": text, "number": number, "nested": {text: [number, None, True]}}
    written = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert written == rfc8785.dumps(data)


def test_times() -> None:
    east = datetime(2026, 5, 4, 21, 47, tzinfo=timezone(timedelta(hours=8)))
    assert entries.format_time(east) == "2026-05-04T13:47:00Z"
    assert parse_time("2026-05-04T13:47:00Z") == east
    for wrong in ("2026-13-01T00:00:00Z", "2026-05-04T13:47:00", "now"):
        with pytest.raises(LogError):
            parse_time(wrong)


def test_a_voter_leaves_neither_name_nor_minute(sqlite_database: Database) -> None:
    sqlite_database.clock = lambda: NOW
    for role in ("voter", "member"):
        with sqlite_database.transaction(Actor(role, "person-17")) as uow:
            uow.record(COARSE, subject="contest/1")
    with sqlite_database.transaction(Actor("clerk", "account-3")) as uow:
        uow.record(COARSE, subject="contest/1")  # a clerk who votes, by a slip under that role
        uow.record(COUNTED, subject="number/1", n=1)
    with sqlite_database.read() as uow:
        said = [decode(row.entry) for row in uow.session.query(LogEntry).order_by(LogEntry.queued)]
    assert [(e["actor_role"], e["actor"]) for e in said] == [
        ("voter", ""),
        ("member", ""),
        ("clerk", ""),
        ("clerk", "account-3"),
    ]
    assert [entry["time"][10:] for entry in said] == ["T13:00:00Z"] * 3 + ["T13:47:11Z"]
