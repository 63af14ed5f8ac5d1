"""Proof that one archive only extends another (specification 3.5 "Audit", monitoring the board).

Whoever kept yesterday's archive learns whether today's still contains all of it, in the same order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ballots import checks
from ballots.archive.reader import Reader, steps


@dataclass(frozen=True, slots=True)
class Extension:
    """What NEW has: the number of events of OLD, of its own, and the new ones by type."""

    old_events: int
    new_events: int
    added: dict[str, int]


def diff(old: Path, new: Path) -> Extension:
    """Check that ``new`` is ``old`` and perhaps more events. Raises BallotError where they part.

    Container and chain of both are read strictly, so equal hashes of events mean equal archives up
    to there; ballots and proofs are not looked at.
    """
    with old.open("rb") as before, new.open("rb") as after:
        old_reader, new_reader = Reader(before), Reader(after)
        old_steps, new_steps = steps(old_reader), steps(new_reader)
        height = 0
        for step in old_steps:
            found = next(new_steps, None)
            if found is None or found.digest != step.digest:
                what = "is missing" if found is None else "is another one"
                reason = f"an event of the old archive {what} in the new one"
                checks.fail("chain.extension", step.event.place, reason)
            height += 1
        added = Counter(step.event.type for step in new_steps)
        if old_reader.timestamp != new_reader.timestamp:
            reason = "the two archives do not have the same time"
            checks.fail("chain.extension", "first record", reason)
        return Extension(height, height + added.total(), dict(added))
