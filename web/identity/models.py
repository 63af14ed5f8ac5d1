"""Accounts, their roles and sessions.

Nothing here says when a voter signed in: expiry is a day, keys are random, and on SQLite the tables
of sessions and used codes are stored in the order of those keys, not in the order of arrival.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from audit.database import Base, UtcDateTime, new_id

ID = String(32)
HASH = String(64)

INVITED, ACTIVE, CLOSED = "invited", "active", "closed"
ENROL, RESET = "enrol", "reset"


class Account(Base):
    """Who may sign in. A member's account points at the person; an official may be nobody's."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("state IN ('invited', 'active', 'closed')", name="state"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(100), unique=True)
    person_id: Mapped[str | None] = mapped_column(ID, unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    language: Mapped[str] = mapped_column(String(2), default="zh")
    state: Mapped[str] = mapped_column(String(10), default=INVITED)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    totp_secret: Mapped[str] = mapped_column(Text, default="")  # sealed
    made_by: Mapped[str] = mapped_column(ID, default="")  # an account; empty: the operator

    roles: Mapped[list[AccountRole]] = relationship(
        back_populates="account", cascade="all, delete-orphan", order_by="AccountRole.role"
    )


class AccountRole(Base):
    """`scope` narrows the role: the code of the responsible body, of the reception point."""

    __tablename__ = "account_role"
    __table_args__ = (UniqueConstraint("account_id", "role", "scope"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    scope: Mapped[str] = mapped_column(String(100), default="")

    account: Mapped[Account] = relationship(back_populates="roles")


class WebSession(Base):
    __tablename__ = "web_session"
    __table_args__ = (
        {
            "info": {"unlogged": "would tell who used the service when; officials' are logged"},
            "sqlite_with_rowid": False,
        },
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    expires_on: Mapped[date] = mapped_column(Date, index=True)
    device: Mapped[str] = mapped_column(String(60), default="")


class UsedCode(Base):
    """A one-time code is refused a second time. The digest is keyed, gone after two minutes."""

    __tablename__ = "used_code"
    __table_args__ = (
        {
            "info": {"unlogged": "would tell who used the service when"},
            "sqlite_with_rowid": False,
        },
    )

    digest: Mapped[str] = mapped_column(HASH, primary_key=True)
    purge_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class RecoveryCode(Base):
    """In place of a one-time code when the phone is lost; deleted when used."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        {
            "info": {"unlogged": "a use is a sign-in; making them is logged"},
            "sqlite_with_rowid": False,
        },
    )

    digest: Mapped[str] = mapped_column(HASH, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)


class Passkey(Base):
    """A key of a device in place of password and code (WebAuthn). `last_used` is a day."""

    __tablename__ = "passkey"
    __table_args__ = (
        {
            "info": {"unlogged": "a use is a sign-in; adding, naming and removing are logged"},
            "sqlite_with_rowid": False,
        },
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    credential: Mapped[str] = mapped_column(Text, unique=True)  # its id, in base64url
    public_key: Mapped[str] = mapped_column(Text)  # COSE, in base64url
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    name: Mapped[str] = mapped_column(String(60))
    last_used: Mapped[date | None] = mapped_column(Date)


class OneTimeLink(Base):
    """A link sent by mail. Its hash is kept, the expiry is a full hour, and one use ends it."""

    __tablename__ = "one_time_link"
    __table_args__ = (
        CheckConstraint("purpose IN ('enrol', 'reset')", name="purpose"),
        {
            "info": {"unlogged": "would tell who used the service when; the result is logged"},
            "sqlite_with_rowid": False,
        },
    )

    token_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ThrottleCount(Base):
    """Tries at one thing (web.throttle): a MAC, a number, seconds since 1970; soon forgotten."""

    __tablename__ = "throttle"
    __table_args__ = (
        {
            "info": {"unlogged": "would tell who used the service when; lockouts are logged"},
            "sqlite_with_rowid": False,
        },
    )

    key: Mapped[str] = mapped_column(HASH, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    until: Mapped[int] = mapped_column(BigInteger)
    forget_at: Mapped[int] = mapped_column(BigInteger, index=True)


class FailedSignIn(Base):
    """Failures that the security log has not been told of; those of nobody are under one name, so
    that the same is written whoever was meant."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (
        {
            "info": {"unlogged": "told to the security log within a minute, and deleted"},
            "sqlite_with_rowid": False,
        },
    )

    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[int] = mapped_column(Integer)


class JobLease(Base):
    """Which process does a job that only one may do, and until when it has it."""

    __tablename__ = "job_lease"
    __table_args__ = ({"info": {"unlogged": "the clockwork of the site"}},)

    job: Mapped[str] = mapped_column(String(30), primary_key=True)
    holder: Mapped[str] = mapped_column(ID)
    until: Mapped[int] = mapped_column(BigInteger)  # seconds since 1970


class OutgoingMail(Base):
    """A letter on its way. `sealed` is the letter itself, encrypted, and erased when it is sent;
    of what became of it there is a day and no time."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'refused', 'bounced', 'given_up')",
            name="state",
        ),
        {
            "info": {"unlogged": "would tell who used the service when; what causes it is logged"},
            "sqlite_with_rowid": False,
        },
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[str | None] = mapped_column(ID, index=True)
    person_id: Mapped[str | None] = mapped_column(ID, index=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    sealed: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    give_up_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(String(300), default="")
    changed_on: Mapped[date] = mapped_column(Date)
