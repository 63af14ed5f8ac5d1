"""The words of an election: its kinds and states, and those of its parts. Pure."""

from __future__ import annotations

from enum import StrEnum


class ElectionKind(StrEnum):
    DIRECT = "direct"
    COMMITTEE = "committee"
    CONFIDENCE = "confidence"
    SATISFACTION = "satisfaction"


class State(StrEnum):
    """Of an election. The ways between them are in `voting.ways`."""

    DRAFT = "draft"
    FROZEN = "frozen"
    SEALED = "sealed"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    MIXED = "mixed"
    TALLIED = "tallied"
    DECLARED = "declared"
    CERTIFIED = "certified"
    CANCELLED = "cancelled"


class CandidacyState(StrEnum):
    NOMINATED = "nominated"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


class TrusteeKind(StrEnum):
    SINGLE = "single"
    PEDERSEN = "pedersen"
