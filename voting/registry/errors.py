"""The registry's errors: those of audit.errors, by the names that this room uses."""

from __future__ import annotations

from audit.errors import Conflict, Invalid, NotFound, TooLate

__all__ = ["Conflict", "Invalid", "NotFound", "RollRefused", "TooLate"]


class RollRefused(Invalid):
    """A roll as a whole cannot be read or imported; single rows have their own problems."""
