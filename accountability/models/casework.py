"""Matters that people raise, their course, and who opened them.

No column here points to an election, a credential or a contact: a matter knows its owner's account
and nothing else that a query could join to a vote.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accountability.models._columns import Actor, Id
from accountability.words import Category, Channel, MatterState, PauseKind, Step
from audit.database import Base, UtcDateTime
from audit.models import word
from voting.registry.models import Unit


class Body(Base):
    """A responsible body. `categories` are separated by semicolons; each category has one body."""

    __tablename__ = "body"
    __table_args__ = (CheckConstraint("sla_working_days > 0", name="sla"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    categories: Mapped[str] = mapped_column(String(400))
    sla_working_days: Mapped[int]

    def handles(self, category: str) -> bool:
        return category in self.categories.split(";")


class Matter(Base):
    __tablename__ = "matter"
    __table_args__ = (
        CheckConstraint("(state = 'joined') = (joined_to_id IS NOT NULL)", name="joined_to_one"),
        CheckConstraint("joined_to_id <> id", name="not_joined_to_itself"),
        CheckConstraint("about_office_id <> office_id", name="complaint_bypasses_its_subject"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(12), unique=True)  # random, to say on the telephone
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    contact_details: Mapped[str] = mapped_column(String(200), default="")
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    category: Mapped[Category] = mapped_column(word(Category, 20, "category"), index=True)
    channel: Mapped[Channel] = mapped_column(word(Channel, 10, "channel"))
    received_on: Mapped[date] = mapped_column(Date)
    text: Mapped[str | None] = mapped_column(Text)
    share_contact: Mapped[bool] = mapped_column(default=False)  # with the body in charge
    # a mail says that there is news, never what
    notify: Mapped[bool] = mapped_column(default=False, server_default=false())
    office_id: Mapped[str | None] = mapped_column(ForeignKey("office.id"), index=True)
    about_office_id: Mapped[str | None] = mapped_column(ForeignKey("office.id"), index=True)
    state: Mapped[MatterState] = mapped_column(
        word(MatterState, 10, "state"), default=MatterState.RECEIVED, index=True
    )
    joined_to_id: Mapped[str | None] = mapped_column(ForeignKey("matter.id"), index=True)
    reopened: Mapped[int] = mapped_column(Integer, default=0)
    closed_on: Mapped[date | None] = mapped_column(Date)
    erased_on: Mapped[date | None] = mapped_column(Date)

    unit: Mapped[Unit] = relationship()
    routings: Mapped[list[Routing]] = relationship(
        back_populates="matter", order_by="[Routing.round, Routing.routed_on, Routing.id]"
    )
    events: Mapped[list[Event]] = relationship(order_by="[Event.position]")


class Routing(Base):
    """A matter with one body. Both due dates are kept: the original and the one that now holds."""

    __tablename__ = "routing"
    __table_args__ = (
        UniqueConstraint("matter_id", "body_id", "round"),
        CheckConstraint("due_on >= original_due_on", name="due_only_moves_later"),
    )

    id: Mapped[Id]
    matter_id: Mapped[str] = mapped_column(ForeignKey("matter.id"))
    body_id: Mapped[str] = mapped_column(ForeignKey("body.id"), index=True)
    round: Mapped[int]
    extract: Mapped[str | None] = mapped_column(Text)  # what the body needs to know, no more
    consent: Mapped[bool]  # the person let this body see name and contact
    calendar: Mapped[str] = mapped_column(String(40))
    routed_on: Mapped[date] = mapped_column(Date)
    original_due_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    provisional: Mapped[bool]  # in a year whose holidays are not announced: it will be counted anew
    acknowledged_on: Mapped[date | None] = mapped_column(Date)
    answered_on: Mapped[date | None] = mapped_column(Date)
    returned_on: Mapped[date | None] = mapped_column(Date)  # "not ours": back to the clerk
    answer: Mapped[str | None] = mapped_column(Text)

    matter: Mapped[Matter] = relationship(back_populates="routings")
    body: Mapped[Body] = relationship()
    pauses: Mapped[list[Pause]] = relationship(order_by="[Pause.starts_on, Pause.id]")

    @property
    def waits(self) -> bool:
        """Whether this body still owes an answer."""
        return self.answered_on is None and self.returned_on is None


class Pause(Base):
    """A clock stop (`starts_on` to `ends_on`, open while it lasts) or an extension by `days`."""

    __tablename__ = "pause"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="period"),
        Index(
            "uq_pause_one_open",
            "routing_id",
            unique=True,
            sqlite_where=text("kind = 'stop' AND ends_on IS NULL"),
            postgresql_where=text("kind = 'stop' AND ends_on IS NULL"),
        ),
    )

    id: Mapped[Id]
    routing_id: Mapped[str] = mapped_column(ForeignKey("routing.id"), index=True)
    kind: Mapped[PauseKind] = mapped_column(word(PauseKind, 10, "kind"))
    reason: Mapped[str] = mapped_column(String(300))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    days: Mapped[int] = mapped_column(Integer, default=0)


class Event(Base):
    """The course of a matter as its owner sees it."""

    __tablename__ = "matter_event"
    __table_args__ = (UniqueConstraint("matter_id", "position"),)

    id: Mapped[Id]
    matter_id: Mapped[str] = mapped_column(ForeignKey("matter.id"))
    position: Mapped[int]
    on: Mapped[date] = mapped_column(Date)
    what: Mapped[Step] = mapped_column(word(Step, 20, "what"))
    body_id: Mapped[str | None] = mapped_column(ForeignKey("body.id"))
    note: Mapped[str] = mapped_column(String(300), default="")

    body: Mapped[Body | None] = relationship()


class Opening(Base):
    """Someone other than the owner looked; the owner can see this list."""

    __tablename__ = "opening"

    id: Mapped[Id]
    matter_id: Mapped[str] = mapped_column(ForeignKey("matter.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    role: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[str] = mapped_column(String(64))
    body_id: Mapped[str | None] = mapped_column(ForeignKey("body.id"))
    what: Mapped[str] = mapped_column(String(60))


class BreakGlass(Base):
    """Two auditors, one reason, one day: the only way to the contact details for an auditor."""

    __tablename__ = "break_glass"
    __table_args__ = (CheckConstraint("allowed_by <> asked_by", name="two_people"),)

    id: Mapped[Id]
    matter_id: Mapped[str] = mapped_column(ForeignKey("matter.id"), index=True)
    reason: Mapped[str] = mapped_column(String(300))
    asked_by: Mapped[Actor]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    allowed_by: Mapped[str | None] = mapped_column(String(64))
    allowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
