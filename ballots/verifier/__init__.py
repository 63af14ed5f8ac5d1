"""Verification of a whole election from its archive alone (specification 3.5).

``verify`` reads the archive once, every event, in order, and reports everything that is wrong.
Its checks are declared in ``ballots.checks`` and explained in ``docs/verifier.md``.
"""

from __future__ import annotations

from pathlib import Path

from ballots.verifier.report import INVALID, UNREADABLE, VALID, Fault, Report
from ballots.verifier.walk import Progress, Shard, Walk, conclude

__all__ = [
    "INVALID",
    "UNREADABLE",
    "VALID",
    "Fault",
    "Progress",
    "Report",
    "Shard",
    "verify",
]


def verify(path: Path, *, jobs: int = 1, progress: Progress | None = None) -> Report:
    """Verify an archive, with ``jobs`` processes. Everything found is in the report."""
    walk = Walk(path, jobs, progress=progress)
    report = walk.run()
    if not report.unreadable:
        conclude(walk)
    return report
