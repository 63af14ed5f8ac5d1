"""Entries: a schema for each type, canonical bytes, no voter's name and no voter's minute."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.database import Actor, Database
from audit.entries import (
    PUBLIC,
    SECURITY,
    Entry,
    Hash,
    Key,
    Unknown,
    Uuid,
    decode,
    encode,
    format_time,
    parse,
    parse_time,
)
from audit.errors import Invalid, LogError
from audit.models import LogEntry
from tests.audit.logs import Counted


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Full(Entry, type="test.full", log=PUBLIC, subject="thing/{thing}/{uuid}"):
    """All kinds of fields,
    said on two lines.
    """

    thing: Key
    uuid: Uuid
    text: str
    number: int
    flag: bool
    hash: Hash
    at: datetime
    on: date
    colour: Colour
    ids: list[str]
    counts: dict[str, int]
    maybe: str | None
    later: date | None


class Coarse(Entry, type="test.coarse", log=PUBLIC, subject="contest/1", coarse_time=True):
    """To the hour."""


GOOD = Full(
    thing="a/b",
    uuid="Zx7kQ2mB9vLwT4",
    text='\u6587 \U0001f600 "\\\n\u0001\u007f',
    number=-3,
    flag=True,
    hash="ab" * 32,
    at=datetime(2026, 1, 1, tzinfo=UTC),
    on=date(2026, 2, 28),
    colour=Colour.GREEN,
    ids=["a", "b"],
    counts={"\U0001f600": 1, "\uff61": 2, "z": 3},
    maybe=None,
    later=date(2027, 1, 1),
)
NOW = datetime(2026, 5, 4, 13, 47, 11, 999, tzinfo=UTC)


def _encode(**changes: Any) -> bytes:
    entry = replace(GOOD, **changes)  # type: ignore[type-var]
    return encode(entry, id="0" * 32, time=NOW, actor_role="clerk", actor="ab")


def _bent(**changes: Any) -> bytes:
    """The bytes of an entry that no class made: with other data, or another type or subject."""
    entry = decode(_encode())
    inner = {name: value for name, value in changes.items() if name not in entry}
    outer = {name: value for name, value in changes.items() if name in entry}
    return rfc8785.dumps(entry | outer | {"data": entry["data"] | inner})


def test_an_entry_is_canonical_and_comes_back() -> None:
    raw = _encode()
    entry = decode(raw)
    assert entry["type"] == "test.full"
    assert entry["subject"] == "thing/a/b/Zx7kQ2mB9vLwT4"
    assert entry["data"] == {
        "uuid": "Zx7kQ2mB9vLwT4",
        "text": GOOD.text,
        "number": -3,
        "flag": True,
        "hash": "ab" * 32,
        "at": "2026-01-01T00:00:00Z",
        "on": "2026-02-28",
        "colour": "green",
        "ids": ["a", "b"],
        "counts": GOOD.counts,
        "maybe": None,
        "later": "2027-01-01",
    }
    assert entry["time"] == "2026-05-04T13:47:11Z"
    assert rfc8785.dumps(entry) == raw
    logged = parse(raw)
    assert logged.data == GOOD
    assert isinstance(logged.data, Full) and logged.data.colour is Colour.GREEN
    assert (logged.time, logged.actor_role, logged.actor) == (
        parse_time(entry["time"]),
        "clerk",
        "ab",
    )


def test_the_class_says_what_it_is() -> None:
    assert (Full.TYPE, Full.LOG, Full.COARSE) == ("test.full", PUBLIC, False)
    assert Full.TEXT == "All kinds of fields, said on two lines."
    assert "thing" not in Full.FIELDS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("uuid", "a/b"),
        ("text", 1),
        ("text", "x" * 2001),
        ("number", True),
        ("number", 1.0),
        ("number", 2**53),
        ("flag", 1),
        ("hash", "AB" * 32),
        ("hash", "ab" * 31),
        ("colour", "blue"),
        ("ids", ["a", 1]),
        ("ids", "ab"),
        ("counts", {"a": "1"}),
        ("maybe", 1),
    ],
)
def test_a_wrong_value_refuses(name: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        _encode(**{name: value})
    assert caught.value.field == name
    if type(value) is not float and value != 2**53:  # which no canonical JSON has
        with pytest.raises(LogError, match=name if name != "uuid" else "uuid|subject"):
            parse(_bent(**{name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", "2026-13-01T00:00:00Z"),
        ("at", "2026-01-01"),
        ("on", "2026-02-29"),
        ("on", "20260228"),
        ("later", ""),
        ("colour", None),
    ],
)
def test_what_others_wrote_is_read_strictly(name: str, value: object) -> None:
    with pytest.raises(LogError, match=name):
        parse(_bent(**{name: value}))


@pytest.mark.parametrize("name", list(Full.FIELDS))
def test_a_missing_field_refuses(name: str) -> None:
    entry = decode(_encode())
    del entry["data"][name]
    with pytest.raises(LogError, match=name):
        parse(rfc8785.dumps(entry))


def test_a_newer_program_may_say_more() -> None:
    assert parse(_bent(more=1)).data == GOOD
    later = parse(_bent(type="test.later"))
    assert later.data == Unknown(decode(_encode())["data"])
    assert later.type == "test.later"


@pytest.mark.parametrize("subject", ["thing/a/b/Zx7kQ2mB9vLwT5", "thing/Zx7kQ2mB9vLwT4", "other"])
def test_the_subject_is_that_of_the_fields(subject: str) -> None:
    with pytest.raises(LogError, match="subject"):
        parse(_bent(subject=subject))


def test_an_entry_that_no_bundle_can_hold_refuses() -> None:
    with pytest.raises(Invalid, match="65535"):
        _encode(ids=["x" * 100] * 700)


@pytest.mark.parametrize(
    ("type_", "subject", "fields", "doc", "fault"),
    [
        ("test.full", "thing", {}, "Again.", "twice"),
        ("test.new", "thing", {}, "", "docstring"),
        ("test.new", "thing/{thing}", {}, "New.", "subject"),
        ("test.new", "thing", {"thing": Key}, "New.", "subject"),
        ("test.new", "thing", {"values": str}, "New.", "called values"),
    ],
)
def test_a_declaration_that_is_wrong_refuses(
    type_: str, subject: str, fields: dict[str, Any], doc: str, fault: str
) -> None:
    space = {"__annotations__": fields, "__doc__": doc, "__module__": __name__}
    with pytest.raises(ValueError, match=fault):
        type("New", (Entry,), space, type=type_, log=SECURITY, subject=subject)


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
        (b'"subject":"thing/a/b/Zx7kQ2mB9vLwT4"', b'"subject":1'),
        (b"\\u0001", b"\\u0001\xff"),
        (b"\xe6\x96\x87", b"\\u6587"),
    ],
)
def test_other_spellings_of_an_entry_are_refused(old: bytes, new: bytes) -> None:
    good = _encode()
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
    assert format_time(east) == "2026-05-04T13:47:00Z"
    assert parse_time("2026-05-04T13:47:00Z") == east
    for wrong in ("2026-13-01T00:00:00Z", "2026-05-04T13:47:00", "now"):
        with pytest.raises(LogError):
            parse_time(wrong)


def test_a_voter_leaves_neither_name_nor_minute(sqlite_database: Database) -> None:
    sqlite_database.clock = lambda: NOW
    for role in ("voter", "member"):
        with sqlite_database.transaction(Actor(role, "person-17")) as uow:
            uow.record(Coarse())
    with sqlite_database.transaction(Actor("clerk", "account-3")) as uow:
        uow.record(Coarse())  # a clerk who votes, by a slip under that role
        uow.record(Counted(thing="number/1", n=1))
    with sqlite_database.read() as uow:
        said = [decode(row.entry) for row in uow.session.query(LogEntry).order_by(LogEntry.queued)]
    assert [(e["actor_role"], e["actor"]) for e in said] == [
        ("voter", ""),
        ("member", ""),
        ("clerk", ""),
        ("clerk", "account-3"),
    ]
    assert [entry["time"][10:] for entry in said] == ["T13:00:00Z"] * 3 + ["T13:47:11Z"]
