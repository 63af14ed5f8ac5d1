"""The errors of elections, by the names that this room uses."""

from __future__ import annotations

from audit.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooLate

__all__ = [
    "Conflict",
    "DomainError",
    "Forbidden",
    "Invalid",
    "NotFound",
    "ShareRefused",
    "TooLate",
    "WrongState",
]


class WrongState(Conflict):
    """The election is not in the state that the act needs."""


class ShareRefused(Invalid):
    """What a trustee sent does not check; the message names the trustee and the fault."""
