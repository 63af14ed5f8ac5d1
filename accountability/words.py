"""The words of what happens between the votes: kinds, states, steps. Pure."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How a matter came in."""

    RECEPTION = "reception"
    PHONE = "phone"
    WEB = "web"
    LETTER = "letter"
    PATROL = "patrol"
    OTHER = "other"


class Category(StrEnum):
    ROADS = "roads"
    TRANSIT = "transit"
    TRAFFIC = "traffic"
    UTILITIES = "utilities"
    ENVIRONMENT = "environment"
    WATER = "water"
    WASTE = "waste"
    HOUSING = "housing"
    RELOCATION = "relocation"
    LAND = "land"
    EDUCATION = "education"
    HEALTH = "health"
    ELDERLY = "elderly"
    INSURANCE = "insurance"
    CULTURE = "culture"
    LABOUR = "labour"
    BUSINESS = "business"
    FARMING = "farming"
    SAFETY = "safety"
    HARDSHIP = "hardship"
    MEMBERSHIP = "membership"
    CONDUCT = "conduct"  # a complaint about a representative
    OTHER = "other"


COMPLAINT = Category.CONDUCT


class MatterState(StrEnum):
    """The ways between them are in `accountability.ways`."""

    RECEIVED = "received"
    JOINED = "joined"
    ROUTED = "routed"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    DISPUTED = "disputed"
    CLOSED = "closed"


OPEN_STATES = (
    MatterState.RECEIVED,
    MatterState.ROUTED,
    MatterState.ANSWERED,
    MatterState.DISPUTED,
)


class Step(StrEnum):
    """What happens to a matter, as its owner reads it in the course."""

    RECEIVED = "received"
    JOINED = "joined"
    ROUTED = "routed"
    ACKNOWLEDGED = "acknowledged"
    STOPPED = "stopped"
    RESUMED = "resumed"
    EXTENDED = "extended"
    RECOUNTED = "recounted"
    ANSWERED = "answered"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    DISPUTED = "disputed"
    REOPENED = "reopened"
    CLOSED = "closed"
    CONSENT = "consent"
    NO_CONSENT = "no_consent"
    PASSED_ON = "passed_on"
    TAKEN_BACK = "taken_back"
    GLASS_BROKEN = "glass_broken"


class PauseKind(StrEnum):
    STOP = "stop"
    EXTENSION = "extension"


class ActivityKind(StrEnum):
    PLENARY = "plenary"
    STANDING_COMMITTEE = "standing_committee"
    CONGRESS_SESSION = "congress_session"
    INSPECTION = "inspection"
    RECEPTION = "reception"
    VISIT = "visit"
    SURVEY = "survey"
    TRAINING = "training"
    DUTY_REPORT = "duty_report"


class MeetingKind(StrEnum):
    PLENARY = "plenary"
    STANDING_COMMITTEE = "standing_committee"
    INSPECTION = "inspection"
    CONGRESS_SESSION = "congress_session"


class Source(StrEnum):
    """Who says that an activity took place."""

    SELF = "self"
    ATTENDANCE_SHEET = "attendance_sheet"
    SITE_KEEPER = "site_keeper"
    SYSTEM = "system"


class Attendance(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    SUBSTITUTE = "substitute"


class Absence(StrEnum):
    """The reason of one."""

    ILLNESS = "illness"
    OFFICIAL_DUTY = "official_duty"
    FAMILY = "family"
    LEAVE = "leave"
    OTHER = "other"
    NONE = "none"


class FindingState(StrEnum):
    OPEN = "open"
    REPORTED = "reported"
    VERIFIED = "verified"


class ContactChannel(StrEnum):
    VISIT = "visit"
    PHONE = "phone"
    MESSAGE = "message"
    MEETING = "meeting"


class ContactState(StrEnum):
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    UNANSWERED = "unanswered"


class CommitmentState(StrEnum):
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    DROPPED = "dropped"


class DossierKind(StrEnum):
    CONFIDENCE = "confidence"
    SATISFACTION = "satisfaction"


class Author(StrEnum):
    """Of an addendum to a dossier."""

    COMMISSION = "commission"
    SUBJECT = "subject"


class ObligationKind(StrEnum):
    CONTACT = "contact"
    MEETING = "meeting"
    REPORT = "report"


class LinkSource(StrEnum):
    LOT = "lot"
    CHOSEN = "chosen"


class Leaving(StrEnum):
    """Why a constituent is linked no longer."""

    MOVED = "moved"
    DIED = "died"
    DECLINED = "declined"
