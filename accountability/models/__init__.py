"""The tables of this room, by what they hold: what is owed, what was done, what people raised."""

from __future__ import annotations

from accountability.models.casework import (
    Body,
    BreakGlass,
    Event,
    Matter,
    Opening,
    Pause,
    Routing,
)
from accountability.models.deeds import (
    Activity,
    Addendum,
    Citation,
    Commitment,
    Contact,
    Dossier,
    Finding,
    Question,
    Rating,
    Report,
    Statement,
)
from accountability.models.duties import (
    Duty,
    Link,
    Meeting,
    Obligation,
    Point,
    Session,
    Swap,
)

__all__ = [
    "Activity",
    "Addendum",
    "Body",
    "BreakGlass",
    "Citation",
    "Commitment",
    "Contact",
    "Dossier",
    "Duty",
    "Event",
    "Finding",
    "Link",
    "Matter",
    "Meeting",
    "Obligation",
    "Opening",
    "Pause",
    "Point",
    "Question",
    "Rating",
    "Report",
    "Routing",
    "Session",
    "Statement",
    "Swap",
]
