"""The one way to change anything: a transaction that carries the session and the entries to log.

What a service changes and what the log says of it are committed together, or not at all.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, Engine, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session

from audit.entries import EntryType
from audit.errors import NotFound


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


ModelT = TypeVar("ModelT", bound=Base)
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


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


@dataclass(frozen=True)
class Actor:
    """Who acts, as the log may name them: a role and an opaque id, never a name or an address."""

    role: str
    id: str = ""


SYSTEM = Actor("system")


@dataclass
class UnitOfWork:
    session: Session
    actor: Actor
    now: datetime
    entries: list[tuple[EntryType, str, dict[str, Any]]] = field(default_factory=list)

    def record(self, entry_type: EntryType, subject: str, **data: Any) -> None:
        """Log what this transaction did; the entry is checked now and committed with it."""
        entry_type.check(data)
        self.entries.append((entry_type, subject, data))

    def lock(self, model: type[ModelT], key: str) -> ModelT:
        """The row, locked until the end of the transaction and read anew."""
        row = self.session.get(model, key, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound("There is no such record.")
        return row


class Database:
    """An engine and a clock. `transaction` is the only way in."""

    def __init__(self, url: str, clock: Clock = utc_now) -> None:
        self.url = url
        self.clock = clock
        self.engine = _engine(url)
        self._write_lock = threading.Lock()

    @contextmanager
    def transaction(self, actor: Actor = SYSTEM) -> Iterator[UnitOfWork]:
        with Session(self.engine, expire_on_commit=False) as session:
            uow = UnitOfWork(session, actor, self.clock())
            yield uow
            session.flush()
            self._write_entries(uow)
            session.commit()

    def _write_entries(self, uow: UnitOfWork) -> None:
        """Replaced by audit.log: entries become rows of the queue in the same transaction."""

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # a reader that becomes a writer in mid-transaction fails with SQLITE_BUSY: take the lock first
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
