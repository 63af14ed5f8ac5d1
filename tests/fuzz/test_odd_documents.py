"""Documents that no fuzzer makes, because they are large: each parser refuses them at once."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from tests.fuzz.odd import ODD_VALUES, mutate_inside
from tests.fuzz.targets import ROOMS, names, room

LARGE = 4 << 20
DEEP = 100_000
DOCUMENTS = {
    "nothing": b"",
    "a text of ten megabytes": b'"' + b"a" * (10 << 20) + b'"',
    "a long line": b"a" * LARGE,
    "many lines": b"a\n" * (LARGE // 2),
    "empty lines": b"\n" * LARGE,
    "a long number": b"9" * LARGE,
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "many commas": b"," * LARGE,
    "many spaces": b" " * LARGE,
    "zero bytes": bytes(LARGE),
    "no text": b"\xff" * LARGE,
    "a text of halves": b'"' + b"\\ud800" * (LARGE // 6) + b'"',
    "numbers that are none": b'{"a":NaN,"b":-Infinity}',
    "one key twice": b'{"a":1,"a":2}',
}
SECONDS = 4
"""Of processor time, on a slow machine; what is quadratic takes hours."""
CHANGES = 60


def fed(name: str, raw: bytes) -> float:
    """Seconds that the target took; whatever it says must be one of its refusals."""
    place, _, target = name.partition(".")
    module = room(place)
    begun = time.process_time()
    try:
        module.TARGETS[target].parse(raw)
    except module.REFUSALS as refusal:
        assert str(refusal)
    return time.process_time() - begun


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_large_documents(name: str) -> None:
    for kind, raw in DOCUMENTS.items():
        assert fed(name, raw) < SECONDS, kind


def is_json(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw), dict | list)
    except ValueError:
        return False


def json_targets() -> list[str]:
    targets = [(f"{place}.{name}", t) for place in ROOMS for name, t in room(place).TARGETS.items()]
    return [name for name, target in targets if all(map(is_json, target.seeds))]


@pytest.mark.slow
@pytest.mark.parametrize("name", json_targets())
def test_documents_with_one_odd_value(name: str) -> None:
    """Valid JSON with huge numbers, halves of characters, other types, in every place by chance."""
    place, _, target = name.partition(".")
    chance = random.Random(name)
    odd: list[Any] = [*ODD_VALUES, 10**4000, "a" * 100_000, [[]] * 1000, {"a": {"b": {"c": []}}}]
    for seed in room(place).TARGETS[target].seeds:
        for _ in range(CHANGES):
            value = json.loads(seed)
            mutate_inside(value, chance, odd)
            raw = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            assert fed(name, raw.encode(errors="surrogatepass")) < SECONDS
