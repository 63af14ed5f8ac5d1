"""Counts from group elements: small discrete logarithms, by baby steps and giant steps."""

from __future__ import annotations

from math import isqrt

from ballots.group import Element, Group

MAX_STEPS = 1 << 22
"""Elements kept at most; larger counts need giant steps in proportion."""


class Logarithms:
    """Finds ``m`` in ``m*G`` for multiples ``m`` of ``unit`` up to ``bound``.

    ``expected`` is how many will be looked for: the table is made that much larger.
    Time and memory grow with the square root of ``bound / unit``.
    """

    def __init__(self, group: Group, bound: int, unit: int = 1, expected: int = 1) -> None:
        self.group = group
        self.unit = unit
        self.limit = bound // unit
        self.steps = min(isqrt(self.limit * expected) + 1, MAX_STEPS)
        base = group.base_mul(group.scalar(unit))
        self.table: dict[bytes, int] = {}
        element = group.identity
        for m in range(self.steps):
            self.table[element.sort_key] = m
            element = element + base
        self.giant = element

    def find(self, element: Element) -> int | None:
        """The number, or None when there is none up to the bound."""
        for giants in range(self.limit // self.steps + 1):
            m = self.table.get(element.sort_key)
            if m is not None:
                total = giants * self.steps + m
                return total * self.unit if total <= self.limit else None
            element = element - self.giant
        return None
