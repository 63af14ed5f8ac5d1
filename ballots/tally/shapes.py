"""How what belongs to a question is nested in JSON: tallies, decryption factors, results.

Homomorphic: a list with one entry an answer. Lists: a list of such lists, one a list of candidates.
Non-homomorphic: a list with one entry a ballot. Here entries are in one flat list a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ballots.encoding import Json, take_list
from ballots.questions import AnyQuestion, ListsQuestion, NonHomomorphicQuestion

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shape:
    """``rows`` has the length of each row of a lists question; ``mixed``: one entry a ballot."""

    size: int
    rows: tuple[int, ...] | None = None
    mixed: bool = False


def shape_of(question: AnyQuestion) -> Shape:
    """The shape of a question of any kind."""
    if isinstance(question, NonHomomorphicQuestion):
        return Shape(0, mixed=True)
    if isinstance(question, ListsQuestion):
        return Shape(question.size, tuple(len(row) for row in question.answers))
    return Shape(question.size)


def nest(shape: Shape, items: Sequence[T]) -> list[T] | list[list[T]]:
    """Flat entries as the specification nests them."""
    if shape.rows is None:
        return list(items)
    remaining = iter(items)
    return [[next(remaining) for _ in range(length)] for length in shape.rows]


def flatten(
    shape: Shape, value: Json, place: str, check: str, ballots: int | None = None
) -> list[Json]:
    """The entries of a nested value, refused by ``check`` unless it has exactly this shape.

    ``ballots`` is the number of entries of a mixed question, when it is known.
    """
    if shape.mixed:
        return take_list(value, place, ballots, check)
    if shape.rows is None:
        return take_list(value, place, shape.size, check)
    rows = take_list(value, place, len(shape.rows), check)
    return [
        item
        for i, (row, length) in enumerate(zip(rows, shape.rows, strict=True))
        for item in take_list(row, f"{place}[{i}]", length, check)
    ]
