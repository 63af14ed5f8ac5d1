"""Entries and policies: the browser takes what Python takes, and refuses what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.entries import decode
from audit.errors import LogError
from audit.policy import parse
from tests.audit.test_policy import EXAMPLE, WITNESSES, WRONG
from tests.frontend.bridge import Bridge, b64


@pytest.mark.parametrize("number", range(1 << len(WITNESSES)))
def test_policies_ask_for_the_same(bridge: Bridge, number: int) -> None:
    chosen = [key.verifier for place, key in enumerate(WITNESSES.values()) if number >> place & 1]
    answer = bridge("policy", raw=b64(EXAMPLE.encode()), cosigners=[str(key) for key in chosen])
    assert answer["reached"] is parse(EXAMPLE.encode()).quorum_reached(chosen)


@pytest.mark.parametrize("text", WRONG)
def test_wrong_policies_are_refused(bridge: Bridge, text: str) -> None:
    assert "refused" in bridge("policy", raw=b64(text.encode()), cosigners=[])


def entry(**changes: object) -> bytes:
    fields: dict[str, object] = {
        "actor": "x",
        "actor_role": "tester",
        "data": {"n": 1, "ö": ["é", None, True, {}]},
        "id": "0" * 32,
        "subject": "number/1",
        "time": "2026-01-01T00:00:00Z",
        "type": "test",
        "v": 1,
    }
    text = json.dumps(fields | changes, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


ENTRIES = [
    entry(),
    entry(data={"a": '\u007f\u0001\n"\\/'}),
    entry(data={"😀": 1, "\ufb33": 2}),  # RFC 8785 orders by UTF-16, not by code points
    entry(v=2),
    entry(v=True),
    entry(data=[]),
    entry(data=None),
    entry(id="0" * 31),
    entry(id="A" * 32),
    entry(time=7),
    entry(more=1),
    entry(data={"n": 1.5}),
    entry(data={"n": 2**53}),
    entry(data={"n": 2**53 - 1}),
    entry(data={"n": -0}),
    entry().replace(b'"n":1', b'"n":-0'),
    entry().replace(b'"n":1', b'"n":1e0'),
    entry().replace(b'"n":1', b'"n": 1'),
    entry().replace(b'"n":1', b'"n":1,"n":1'),
    entry().replace(b"number/1", b"number\\/1"),
    entry().replace(b"number/1", b"n\\u0075mber/1"),
    entry().replace(b"number/1", b"\\ud800"),
    entry().replace(b"number/1", b"\xff"),
    entry() + b"\n",
    b"\xef\xbb\xbf" + entry(),
    entry()[:-1],
    b"null",
    b"[]",
    b"",
]


@pytest.mark.parametrize("raw", ENTRIES, ids=range(len(ENTRIES)))
def test_both_read_the_same_entries(bridge: Bridge, raw: bytes) -> None:
    try:
        expected: dict[str, Any] | None = decode(raw)
    except LogError:
        expected = None
    answer = bridge("decodeEntry", entry=b64(raw))
    assert ("refused" in answer) is (expected is None), answer
    if expected is not None:
        assert answer == {name: expected[name] for name in ("type", "subject", "data")}
