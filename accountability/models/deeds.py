"""What was done: activities, findings, contacts, duty reports, commitments, dossiers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accountability.models._columns import Actor, Hash, Id, OfficeId, PersonId
from accountability.models.duties import Link, Meeting, Session
from accountability.words import (
    Absence,
    ActivityKind,
    Attendance,
    Author,
    CommitmentState,
    ContactChannel,
    ContactState,
    DossierKind,
    FindingState,
    Source,
)
from audit.database import Base, UtcDateTime
from audit.models import word
from voting.registry.models import Office, Person


class Activity(Base):
    """Something the holder of an office attended or did; an absence is a row, too."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("office_id", "meeting_id"),
        UniqueConstraint("office_id", "session_id"),
        CheckConstraint(
            "(attendance = 'present' AND reason IS NULL)"
            " OR (attendance <> 'present' AND reason IS NOT NULL)",
            name="reason_of_absence",
        ),
        CheckConstraint(
            "NOT (source = 'self' AND (meeting_id IS NOT NULL OR session_id IS NOT NULL))",
            name="attendance_is_not_self_certified",
        ),
    )

    id: Mapped[Id]
    office_id: Mapped[OfficeId]
    kind: Mapped[ActivityKind] = mapped_column(word(ActivityKind, 20, "kind"))
    held_on: Mapped[date] = mapped_column(Date, index=True)
    place: Mapped[str] = mapped_column(String(200), default="")
    summary: Mapped[str] = mapped_column(String(1000), default="")
    source: Mapped[Source] = mapped_column(word(Source, 20, "source"))
    attendance: Mapped[Attendance] = mapped_column(word(Attendance, 10, "attendance"))
    reason: Mapped[Absence | None] = mapped_column(word(Absence, 20, "reason"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    late: Mapped[bool]
    meeting_id: Mapped[str | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("reception_session.id"), index=True)

    meeting: Mapped[Meeting | None] = relationship()
    session: Mapped[Session | None] = relationship()


class Finding(Base):
    """What an inspection found. The outcome counts when someone else has verified it."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("verified_by <> reported_by", name="verified_by_another"),
        CheckConstraint(
            "(state = 'verified') = (verified_by IS NOT NULL)", name="verified_by_someone"
        ),
    )

    id: Mapped[Id]
    activity_id: Mapped[str] = mapped_column(ForeignKey("activity.id"), index=True)
    text: Mapped[str] = mapped_column(String(1000))
    body_id: Mapped[str] = mapped_column(ForeignKey("body.id"), index=True)
    due_on: Mapped[date] = mapped_column(Date)
    state: Mapped[FindingState] = mapped_column(
        word(FindingState, 10, "state"), default=FindingState.OPEN
    )
    outcome: Mapped[str] = mapped_column(String(1000), default="")
    reported_by: Mapped[str | None] = mapped_column(String(64))
    verified_by: Mapped[str | None] = mapped_column(String(64))

    activity: Mapped[Activity] = relationship()


class Contact(Base):
    """Claimed by the representative; only the constituent's own answer makes it count.

    Of the one-time code only a hash is kept; it goes to the constituent and to nobody else.
    """

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("link_id", "quarter"),)

    id: Mapped[Id]
    link_id: Mapped[str] = mapped_column(ForeignKey("link.id"), index=True)
    quarter: Mapped[str] = mapped_column(String(6))
    held_on: Mapped[date] = mapped_column(Date)
    channel: Mapped[ContactChannel] = mapped_column(word(ContactChannel, 10, "channel"))
    claimed_on: Mapped[date] = mapped_column(Date)
    late: Mapped[bool]
    state: Mapped[ContactState] = mapped_column(
        word(ContactState, 10, "state"), default=ContactState.CLAIMED
    )
    code_hash: Mapped[Hash]
    called_by: Mapped[str | None] = mapped_column(String(32))  # an auditor

    link: Mapped[Link] = relationship()


class Report(Base):
    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("office_id", "period"),)

    id: Mapped[Id]
    office_id: Mapped[OfficeId]
    period: Mapped[str] = mapped_column(String(10))
    due_on: Mapped[date] = mapped_column(Date)
    submitted_on: Mapped[date] = mapped_column(Date)
    sha256: Mapped[Hash]

    statements: Mapped[list[Statement]] = relationship(order_by="Statement.position")
    questions: Mapped[list[Question]] = relationship(order_by="Question.asked_at")
    office: Mapped[Office] = relationship()


class Statement(Base):
    """One claim of a report. Without a citation it is shown as unsupported."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("report_id", "position"),)

    id: Mapped[Id]
    report_id: Mapped[str] = mapped_column(ForeignKey("report.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(1000))

    citations: Mapped[list[Citation]] = relationship()


class Citation(Base):
    __tablename__ = "citation"
    __table_args__ = (
        UniqueConstraint("statement_id", "activity_id"),
        UniqueConstraint("statement_id", "commitment_id"),
        CheckConstraint("(activity_id IS NULL) <> (commitment_id IS NULL)", name="one_source"),
    )

    id: Mapped[Id]
    statement_id: Mapped[str] = mapped_column(ForeignKey("statement.id"), index=True)
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id"))
    commitment_id: Mapped[str | None] = mapped_column(ForeignKey("commitment.id"))

    activity: Mapped[Activity | None] = relationship()
    commitment: Mapped[Commitment | None] = relationship()


class Question(Base):
    __tablename__ = "report_question"

    id: Mapped[Id]
    report_id: Mapped[str] = mapped_column(ForeignKey("report.id"), index=True)
    asker_id: Mapped[PersonId]
    text: Mapped[str] = mapped_column(String(1000))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(String(2000))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Rating(Base):
    __tablename__ = "report_rating"
    __table_args__ = (CheckConstraint("mark BETWEEN 1 AND 5", name="mark"),)

    report_id: Mapped[str] = mapped_column(ForeignKey("report.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    mark: Mapped[int]

    person: Mapped[Person] = relationship()


class Commitment(Base):
    """A public promise with a date. `office_id` is who answers for it."""

    __tablename__ = "commitment"

    id: Mapped[Id]
    office_id: Mapped[OfficeId]
    title_zh: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    due_on: Mapped[date] = mapped_column(Date)
    state: Mapped[CommitmentState] = mapped_column(
        word(CommitmentState, 10, "state"), default=CommitmentState.PLANNED
    )
    evidence: Mapped[str] = mapped_column(String(1000), default="")

    office: Mapped[Office] = relationship()


class Dossier(Base):
    """Canonical JSON, frozen: nothing edits `content`, and its hash is in the public log."""

    __tablename__ = "dossier"
    __table_args__ = (UniqueConstraint("office_id", "kind"),)

    id: Mapped[Id]
    office_id: Mapped[OfficeId]
    kind: Mapped[DossierKind] = mapped_column(word(DossierKind, 20, "kind"))
    ballot: Mapped[str] = mapped_column(String(64), index=True)  # the contest, by its id alone
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[Hash]
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)

    addenda: Mapped[list[Addendum]] = relationship(order_by="Addendum.position")
    office: Mapped[Office] = relationship()


class Addendum(Base):
    """A later correction, or (once) the reply of the subject."""

    __tablename__ = "addendum"
    __table_args__ = (UniqueConstraint("dossier_id", "position"),)

    id: Mapped[Id]
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossier.id"))
    position: Mapped[int]
    author: Mapped[Author] = mapped_column(word(Author, 10, "author"))
    written_by: Mapped[Actor]
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(String(4000))
    sha256: Mapped[Hash]
