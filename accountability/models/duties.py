"""What is owed: links, obligations, meetings, reception points, sessions, rosters."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accountability.models._columns import Actor, Code, Hash, Id, OfficeId, PersonId
from accountability.words import LinkSource, MeetingKind, ObligationKind
from audit.database import Base, UtcDateTime, new_id
from audit.models import word
from voting.registry.models import Office, Person, Term


class Link(Base):
    """A constituent whom the representative must contact every quarter.

    `slot` is the place that the person fills; a replacement fills the same one, so the denominator
    does not move.
    """

    __tablename__ = "link"
    __table_args__ = (
        UniqueConstraint("office_id", "year", "constituent_id"),
        Index(
            "uq_link_one_in_a_slot",
            "office_id",
            "year",
            "slot",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        CheckConstraint("slot BETWEEN 1 AND 5", name="slot"),
    )

    id: Mapped[Id]
    office_id: Mapped[OfficeId]
    constituent_id: Mapped[PersonId]
    year: Mapped[int]
    slot: Mapped[int]
    source: Mapped[LinkSource] = mapped_column(word(LinkSource, 10, "source"))
    ended_on: Mapped[date | None] = mapped_column(Date)
    salt: Mapped[str] = mapped_column(String(32), default=new_id)

    office: Mapped[Office] = relationship()
    constituent: Mapped[Person] = relationship()


class LinkChoice(Base):
    """Whom the representative would like to be linked with, before the lot is drawn."""

    __tablename__ = "link_choice"

    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    constituent_id: Mapped[str] = mapped_column(
        ForeignKey("person.id"), primary_key=True, index=True
    )

    constituent: Mapped[Person] = relationship()


class FinalCard(Base):
    """The figures of an office when its term was over: the rows behind them may then be erased.

    Canonical JSON; nothing edits `content`, and its hash is in the public log.
    """

    __tablename__ = "final_card"

    office_id: Mapped[str] = mapped_column(ForeignKey("office.id"), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[Hash]


class Obligation(Base):
    """One unit of a denominator. Rows are only ever generated: nothing edits or deletes them."""

    __tablename__ = "obligation"
    __table_args__ = (UniqueConstraint("office_id", "kind", "period", "reference"),)

    id: Mapped[Id]
    office_id: Mapped[OfficeId]
    year: Mapped[int]
    kind: Mapped[ObligationKind] = mapped_column(word(ObligationKind, 10, "kind"))
    period: Mapped[str] = mapped_column(String(10))  # 2026Q1, 2026H1, or the date of a meeting
    reference: Mapped[str] = mapped_column(String(32))  # slot of the link, or id of the meeting
    due_on: Mapped[date] = mapped_column(Date)


class Meeting(Base):
    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("term_id", "code"),)

    id: Mapped[Id]
    term_id: Mapped[str] = mapped_column(ForeignKey("term.id"))
    code: Mapped[Code]
    kind: Mapped[MeetingKind] = mapped_column(word(MeetingKind, 20, "kind"))
    held_on: Mapped[date] = mapped_column(Date, index=True)
    place: Mapped[str] = mapped_column(String(200))
    title_zh: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))

    term: Mapped[Term] = relationship()


class Point(Base):
    """A fixed place of reception. The site keeper's code comes from `secret`, which stays here."""

    __tablename__ = "point"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    address: Mapped[str] = mapped_column(String(300))
    hours: Mapped[str] = mapped_column(String(60))  # 08:30-11:30;13:30-16:30
    secret: Mapped[str] = mapped_column(String(64))


class Session(Base):
    """A reception day at a point: the 5th or 25th, held on the next working day."""

    __tablename__ = "reception_session"
    __table_args__ = (UniqueConstraint("point_id", "nominal_on"),)

    id: Mapped[Id]
    point_id: Mapped[str] = mapped_column(ForeignKey("point.id"), index=True)
    nominal_on: Mapped[date] = mapped_column(Date)
    held_on: Mapped[date] = mapped_column(Date, index=True)
    calendar: Mapped[str] = mapped_column(String(40))
    provisional: Mapped[bool]  # in a year whose holidays are not announced: it may move

    point: Mapped[Point] = relationship()


class Duty(Base):
    """A representative on the roster of a session: the denominator of presence."""

    __tablename__ = "duty"
    __table_args__ = (UniqueConstraint("session_id", "office_id"),)

    id: Mapped[Id]
    session_id: Mapped[str] = mapped_column(ForeignKey("reception_session.id"))
    office_id: Mapped[OfficeId]

    session: Mapped[Session] = relationship()
    office: Mapped[Office] = relationship()


class Swap(Base):
    """Duty for duty, so that swapping never lowers what one owes."""

    __tablename__ = "swap"
    __table_args__ = (CheckConstraint("first_id <> second_id", name="two"),)

    id: Mapped[Id]
    first_id: Mapped[str] = mapped_column(ForeignKey("duty.id"), index=True)
    second_id: Mapped[str] = mapped_column(ForeignKey("duty.id"), index=True)
    proposed_by: Mapped[Actor]
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    first: Mapped[Duty] = relationship(foreign_keys=[first_id])
    second: Mapped[Duty] = relationship(foreign_keys=[second_id])


class WorkingCalendar(Base):
    """A version of the calendar that the operator added, beside those that are shipped."""

    __tablename__ = "working_calendar"

    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
