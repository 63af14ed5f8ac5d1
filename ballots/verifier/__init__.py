"""Verification of a whole election from its archive alone (specification 3.5).

``verify`` reads the archive once, every event, in order, and reports everything that is wrong.
Its checks are declared in ``ballots.checks`` and explained in ``docs/verifier.md``.
"""

from __future__ import annotations

from pathlib import Path

from ballots.verifier.report import INVALID, TROUBLE, UNREADABLE, VALID, Fault, Report
from ballots.verifier.shards import merge, partial
from ballots.verifier.walk import Progress, Shard, Walk, conclude

__all__ = [
    "INVALID",
    "TROUBLE",
    "UNREADABLE",
    "VALID",
    "Fault",
    "Progress",
    "Report",
    "Shard",
    "judge",
    "merge",
    "verify",
]


def verify(
    path: Path,
    *,
    jobs: int = 1,
    shard: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Verify an archive, with ``jobs`` processes. Everything found is in the report.

    With ``shard=(i, n)`` only part ``i`` of ``n`` of the ballots is checked, and everything that
    is not a ballot; the parts, counted from 1 or from 0, are put together by ``merge``.
    """
    index, count = shard or (0, 1)
    walk = Walk(path, jobs, Shard(index % count, count), progress)
    report = walk.run()
    if shard is None:
        judge(walk)
    elif not report.unreadable:
        report.partial = partial(walk)
    return report


def judge(walk: Walk) -> None:
    """After a walk over all ballots: the checks that need all of them."""
    if not walk.report.unreadable:
        conclude(
            walk.report,
            walk.duplicates,
            walk.accumulator,
            walk.published,
            complete=walk.complete,
        )
