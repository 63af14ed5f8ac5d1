"""Accountability's errors: those of audit.errors, by the names that this room uses."""

from __future__ import annotations

from audit.errors import Conflict, Forbidden, Invalid, NotFound, TooLate

__all__ = ["BallotOpen", "Conflict", "Forbidden", "Invalid", "NotFound", "TooLate"]


class BallotOpen(Conflict):
    """While a ballot is open nobody may be courted: no contact is asked for or confirmed."""
