"""Who exists: units, people, affiliations with dates, constituencies, terms, offices.

Every period is half open: it holds from `valid_from` (`starts_on`) up to, not including, `valid_to`
(`ends_on`); an end of None is open.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from audit.database import Base, UtcDateTime, new_id

UNIT_KINDS = ("district", "town", "village", "community", "enterprise", "agency")
STATUSES = ("full", "probationary", "suspended")
VOTING_STATUS = "full"
SEXES = ("M", "F")
LANGUAGES = ("zh", "en")
REPRESENTATIVE = "representative"
COMMITTEE_KINDS = ("secretary", "deputy_secretary", "standing_member", "member")
OFFICE_KINDS = (REPRESENTATIVE, *COMMITTEE_KINDS)
END_REASONS = ("resigned", "removed", "died", "left")

IMPORT_KINDS = ("roll", "units", "constituencies")

ID = String(32)


def _one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class Unit(Base):
    """A place in the organisation's tree; the catch-all unit is one like any other."""

    __tablename__ = "unit"
    __table_args__ = (
        _one_of("kind", UNIT_KINDS, "kind"),
        CheckConstraint("valid_to > valid_from", name="period"),
        CheckConstraint("parent_id <> id", name="parent"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)

    parent: Mapped[Unit | None] = relationship(remote_side=[id])


class Person(Base):
    """A member. `salt` makes the commitment that stands for the person in the log;
    without it nothing in the log leads back here, so erasing it erases."""

    __tablename__ = "person"
    __table_args__ = (_one_of("status", STATUSES, "status"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    member_no: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    sex: Mapped[str] = mapped_column(String(1), default="")
    birth_date: Mapped[date | None] = mapped_column(Date)
    joined_on: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    phone: Mapped[str] = mapped_column(String(20), default="")
    language: Mapped[str] = mapped_column(String(2), default="zh")
    salt: Mapped[str] = mapped_column(ID, default=new_id)
    # of an erased person, so that a record can be made anew: without the salt it proves nothing
    kept_commitment: Mapped[str | None] = mapped_column(String(64))

    affiliations: Mapped[list[Affiliation]] = relationship(
        back_populates="person", order_by="Affiliation.valid_from"
    )


class Affiliation(Base):
    """A person in a unit, with dates: any number at once, one of them voting at each instant.

    The database keeps a second open vote out; `people.move` keeps closed periods apart.
    """

    __tablename__ = "affiliation"
    __table_args__ = (
        CheckConstraint("valid_to > valid_from", name="period"),
        Index(
            "uq_affiliation_one_open_vote",
            "person_id",
            unique=True,
            sqlite_where=text("voting AND valid_to IS NULL"),
            postgresql_where=text("voting AND valid_to IS NULL"),
        ),
        Index(
            "uq_affiliation_one_vote_from",
            "person_id",
            "valid_from",
            unique=True,
            sqlite_where=text("voting"),
            postgresql_where=text("voting"),
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    voting: Mapped[bool]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)

    person: Mapped[Person] = relationship(back_populates="affiliations")
    unit: Mapped[Unit] = relationship()


class Constituency(Base):
    __tablename__ = "constituency"
    __table_args__ = (CheckConstraint("seats > 0", name="seats"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    seats: Mapped[int]

    units: Mapped[list[Unit]] = relationship(
        secondary="constituency_unit", order_by="Unit.code", viewonly=True
    )


class ConstituencyUnit(Base):
    """A unit elects in one constituency: the key is the unit."""

    __tablename__ = "constituency_unit"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    constituency_id: Mapped[str] = mapped_column(ForeignKey("constituency.id"), index=True)


class Term(Base):
    __tablename__ = "term"
    __table_args__ = (CheckConstraint("ends_on > starts_on", name="period"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)


class Office(Base):
    """A seat held for a term, or until `ends_on` when it ended early."""

    __tablename__ = "office"
    __table_args__ = (
        _one_of("kind", OFFICE_KINDS, "kind"),
        UniqueConstraint("term_id", "person_id", "kind", "starts_on"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    term_id: Mapped[str] = mapped_column(ForeignKey("term.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    constituency_id: Mapped[str | None] = mapped_column(ForeignKey("constituency.id"))
    election_id: Mapped[str | None] = mapped_column(ID)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)

    person: Mapped[Person] = relationship()
    term: Mapped[Term] = relationship()
    constituency: Mapped[Constituency | None] = relationship()


class RollImport(Base):
    """One import of a file: what was seen in the dry run is what is imported, byte for byte.

    `content` and `report` hold personal data: they are erased when the import is done, withdrawn
    or has expired; the counts and the hash stay.
    """

    __tablename__ = "roll_import"
    __table_args__ = (_one_of("kind", IMPORT_KINDS, "kind"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    report: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date] = mapped_column(Date)
    staged_by: Mapped[str] = mapped_column(String(64))
    staged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    plan_hash: Mapped[str] = mapped_column(String(64))
    summary: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(ID, default=new_id)
