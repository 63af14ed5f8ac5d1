"""The parsers under fuzzing: for each what to call, and valid examples to start from.

A room is a module here and the packages whose branches guide the fuzzer. Its ``TARGETS`` may let
only its ``REFUSALS`` leave, which are the errors that their callers expect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

ROOMS = {
    "ballots": ["ballots"],
    "log": ["audit"],
    "rolls": ["voting.registry"],
    "record": ["voting.record", "voting.rules", "ballots"],
}
ALL = "*"


@dataclass(frozen=True)
class Target:
    """A parser and inputs that it accepts."""

    parse: Callable[[bytes], object]
    seeds: Sequence[bytes]


def room(name: str) -> ModuleType:
    """The module of a room; what it fuzzes is imported by it, so instrument before."""
    return import_module(f"tests.fuzz.targets.{name}")


def names() -> list[str]:
    """Every target, as ``room.target``."""
    return [f"{name}.{target}" for name in ROOMS for target in room(name).TARGETS]
