"""Documents that are JSON and nothing that anybody would write."""

from __future__ import annotations

import random
from typing import Any

ODD_VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**53 - 1, 2**53, 10**30, 0.5, "", "0", "1", "00", "-1"),
    *("A" * 64, "0" * 63 + "1", "9" * 78, "9" * 5000, "\ud800", "１", [], {}, [[]], {"a": 1}),
]


def mutate_inside(value: Any, chance: random.Random, odd: list[Any] = ODD_VALUES) -> None:
    """Change one entry somewhere in a list or an object."""
    key = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    inner = value[key]
    if isinstance(inner, (dict, list)) and inner and chance.random() < 0.8:
        mutate_inside(inner, chance, odd)
    elif chance.random() < 0.2:
        del value[key]
    elif chance.random() < 0.2 and isinstance(value, list):
        value.append(inner)
    elif chance.random() < 0.1 and isinstance(value, dict):
        value[f"{key}x"] = inner
    else:
        value[key] = chance.choice(odd)
