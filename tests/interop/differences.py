"""Where the two programs differ, and why that is meant. Every other difference fails the run.

``STRICTER``: belenios-tool 3.3.0 accepts, Mandate refuses, by these checks and no others.
``WARNED``: belenios-tool refuses, Mandate reports it and accepts. ``python -m tests.interop`` shows
that each row is needed, by the archives of tests/vectors, and that nothing else differs.
"""

from __future__ import annotations

from tests.interop.differential import Verdicts

STRICTER: dict[str, str] = {}
WARNED: dict[str, str] = {}
CONSEQUENCES = frozenset({"decryption.missing"})
"""Speak as well when the share that is missing is there and cannot be read."""


def unexplained(verdicts: Verdicts) -> str:
    """What is not in the tables about one archive; empty when all is."""
    if verdicts.only_theirs_refuses:
        found = {warning.check for warning in verdicts.ours.warnings}
        return "" if found & WARNED.keys() else f"only belenios-tool refuses: {verdicts.theirs}"
    if not verdicts.only_ours_refuses:
        return ""
    found = {fault.check for fault in verdicts.ours.faults}
    causes = found - CONSEQUENCES or found
    missing = sorted(causes - STRICTER.keys())
    return f"only Mandate refuses, by {', '.join(missing)}" if missing else ""
