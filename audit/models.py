"""The declarative base of every table, and the two tables of the log."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def new_id() -> str:
    """128 random bits in hexadecimal: says nothing of when or in which order it was made."""
    return secrets.token_hex(16)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC; SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(words: type[StrEnum], length: int, name: str) -> Enum:
    """The type of a column that holds one of these words; the constraint of this name says so."""
    return Enum(
        words,
        values_callable=lambda found: [one.value for one in found],
        native_enum=False,
        length=length,
        create_constraint=True,
        name=name,
    )


class LogEntry(Base):
    """An entry of a log: queued while `position` is null, then at that index for ever.

    `entry` is the leaf, byte for byte. `queued` orders the queue; a transaction that starts after
    another one has committed gets the larger number, so causes come before effects.
    """

    __tablename__ = "log_entries"
    __table_args__ = (
        UniqueConstraint("log", "position"),
        Index(
            "ix_log_entries_pending",
            "log",
            "queued",
            sqlite_where=text("position IS NULL"),
            postgresql_where=text("position IS NULL"),
        ),
        {"info": {"unlogged": "this is the log"}},
    )

    # SQLite gives numbers by itself only to a column that is declared INTEGER
    queued: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[str] = mapped_column(String(32), unique=True)
    log: Mapped[str] = mapped_column(String(20))
    position: Mapped[int | None] = mapped_column(BigInteger)
    subject: Mapped[str] = mapped_column(String(300), index=True)
    entry: Mapped[bytes] = mapped_column(LargeBinary)


class LogState(Base):
    """The head of a log, one row each. The row is the lock under which indices are given."""

    __tablename__ = "log_states"
    __table_args__ = ({"info": {"unlogged": "this is the log"}},)

    log: Mapped[str] = mapped_column(String(20), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[str] = mapped_column(String(64))
    checkpoint: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(32))
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
