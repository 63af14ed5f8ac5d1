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
    FinalCard,
    Link,
    LinkChoice,
    Meeting,
    Obligation,
    Point,
    Session,
    Swap,
    WorkingCalendar,
)
from accountability.models.pictures import Picture, RoutingPicture

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
    "FinalCard",
    "Finding",
    "Link",
    "LinkChoice",
    "Matter",
    "Meeting",
    "Obligation",
    "Opening",
    "Pause",
    "Picture",
    "Point",
    "Question",
    "Rating",
    "Report",
    "Routing",
    "RoutingPicture",
    "Session",
    "Statement",
    "Swap",
    "WorkingCalendar",
]
