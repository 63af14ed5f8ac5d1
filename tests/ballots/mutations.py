"""Archives with one value changed in one record, and all hashes made again."""

from __future__ import annotations

import json
import random
from typing import Any

from ballots.archive import data_name, event_name, record
from tests.ballots.archives import BLOCK

ODD_VALUES = (
    None, True, -1, 0, 1, 2**31, 2**53, 10**30, "", "0", "-1", "00", "é", "a" * 64, "0" * 64,
    "1" * 700, [], [[]], {}, {"challenge": "0", "response": "0"}, [0], ["0"], {"": 0},
)  # fmt: skip


def bodies(data: bytes) -> list[tuple[bool, bytes]]:
    """Whether it is an event, and the contents, of each record after the first."""
    found = []
    at = 0
    while at < len(data):
        size = int(data[at + 124 : at + 135], 8)
        body = data[at + BLOCK : at + BLOCK + size]
        found.append((b".event.json" in data[at : at + 100], body))
        at += BLOCK * (1 + -(-size // BLOCK))
    return found


def rebuilt(first: bytes, records: list[tuple[bool, bytes]], changes: dict[int, bytes]) -> bytes:
    """The archive with some contents replaced; what refers to them refers to the new ones."""
    seconds = int(json.loads(first)["timestamp"])
    out = [record("BELENIOS", first, seconds)]
    renamed: dict[bytes, bytes] = {}
    for i, (is_event, body) in enumerate(records):
        name = event_name if is_event else data_name
        new = changes.get(i, body)
        for before, after in renamed.items():
            new = new.replace(before, after)
        if new != body:
            renamed[name(body)[:64].encode()] = name(new)[:64].encode()
        out.append(record(name(new), new, seconds))
    return b"".join(out)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key in value:
            found += _paths(value[key], (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            found += _paths(item, (*path, i))
    return found


def changed(value: Any, source: random.Random) -> Any:
    """The value with one part replaced, removed, repeated, or with fields in another order."""
    path = source.choice(_paths(value))
    if not path:
        return source.choice(ODD_VALUES)
    parent = value
    for step in path[:-1]:
        parent = parent[step]
    kind, last = source.randrange(4), path[-1]
    if kind == 0:
        parent[last] = source.choice(ODD_VALUES)
    elif kind == 1:
        del parent[last]
    elif isinstance(parent, list):
        parent.insert(last, parent[last])
    else:
        items = list(parent.items())
        source.shuffle(items)
        parent.clear()
        parent.update(items if kind == 2 else [*items, ("extra", 1)])
    return value


def mutate(data: bytes, source: random.Random) -> bytes:
    """A random change of a random record, often in a JSON text inside a text as well."""
    (_, first), *records = bodies(data)
    i = source.randrange(len(records))
    body = json.loads(records[i][1])
    text = json.dumps(changed(body, source), separators=(",", ":"), ensure_ascii=False)
    return rebuilt(first, records, {i: text.encode("utf-8", "replace")})


def damage(data: bytes, source: random.Random) -> bytes:
    """A few bytes changed, removed or inserted anywhere."""
    out = bytearray(data)
    for _ in range(source.randrange(1, 4)):
        at = source.randrange(len(out))
        kind = source.randrange(3)
        if kind == 0:
            out[at] = source.randrange(256)
        elif kind == 1:
            del out[at : at + source.randrange(1, 600)]
        else:
            out[at:at] = source.randbytes(source.randrange(1, 600))
    return bytes(out)
