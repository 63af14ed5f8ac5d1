"""Where faults go: to the caller as an exception, or to a list, so that checking goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from ballots import BallotError

Sink: TypeAlias = Callable[[BallotError], None]
"""Takes each fault found."""


def refuse(fault: BallotError) -> None:
    """The strict sink, for those who accept or refuse: the first fault ends the check."""
    raise fault


@contextmanager
def collected(sink: Sink) -> Iterator[None]:
    """Hand the fault that ends this block to ``sink``; what follows the block is still checked."""
    try:
        yield
    except BallotError as fault:
        sink(fault)
