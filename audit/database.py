"""The one way to change anything: a transaction that carries the session and the entries to log.

What a service changes and what the log says of it are committed together, or not at all:
`audit.changes` refuses the commit of a change that recorded nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session

from audit import changes
from audit.clock import UTC_ZONE as UTC_ZONE
from audit.clock import Clock as Clock
from audit.clock import day_of
from audit.clock import utc_now as utc_now
from audit.entries import Entry, encode
from audit.errors import MissingExtraError, NotFound
from audit.models import Base as Base
from audit.models import UtcDateTime as UtcDateTime
from audit.models import new_id as new_id
from audit.statements import Statement, together

ModelT = TypeVar("ModelT", bound=Base)

# A member is never named by the log, not even by an opaque id: it would say who was here when.
# Nor is anybody in an entry whose time is cut to the hour, for that is about a voter's act.
UNNAMED_ROLES = frozenset({"voter", "member"})


@dataclass(frozen=True)
class Actor:
    """Who acts, as the log may name them: a role and an opaque id, never a name or an address.

    `person` is whose account it is, where that is known, and is never logged: whoever has two
    accounts is one person.
    """

    role: str
    id: str = ""
    person: str = ""

    @property
    def who(self) -> str:
        """One human being, whatever the account; empty where nobody is known."""
        return self.person or self.id


SYSTEM = Actor("system")


@dataclass
class UnitOfWork:
    connection: Connection
    actor: Actor
    now: datetime
    zone: ZoneInfo = UTC_ZONE
    entries: list[Entry] = field(default_factory=list)
    queued: list[dict[str, str | bytes]] = field(default_factory=list)
    autoflush: bool = True
    # the act and the subject for which two people stand in this transaction (voting.two_people)
    signed: tuple[str, str] | None = None
    _session: Session | None = None

    @property
    def today(self) -> date:
        """The day on which this happens, as the organisation counts its days."""
        return self.day_of(self.now)

    def day_of(self, instant: datetime) -> date:
        return day_of(instant, self.zone)

    @property
    def session(self) -> Session:
        """Made when it is asked for: what is spelt out in SQL (audit.statements) needs none."""
        if self._session is None:
            self._session = Session(
                self.connection, autoflush=self.autoflush, expire_on_commit=False
            )
        return self._session

    def finish(self) -> None:
        """Write what the session still holds. Raises when a part of it has failed before."""
        if self._session is not None:
            self._session.commit()  # of the session alone: the connection's transaction goes on

    def commit(self) -> None:
        """For `Database.transaction` alone, at its end."""
        try:
            with together(self.connection):
                for row in self.queued:
                    _QUEUE.run(self.connection, row)
                self.connection.commit()
        except DBAPIError:
            if not self.connection.in_transaction():
                # the commit was sent and refused: nobody would roll back what counts as committed
                self.connection.invalidate()
            raise

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def record(self, entry: Entry) -> None:
        """Log what this transaction did; the entry is checked now and committed with it.

        What the session holds is written first, so that constraints speak before anything is said.
        """
        if self._session is not None:
            self._session.flush()
        entry_id = new_id()
        unnamed = self.actor.role in UNNAMED_ROLES or entry.COARSE
        raw = encode(
            entry,
            id=entry_id,
            time=self.now,
            actor_role=self.actor.role,
            actor="" if unnamed else self.actor.id,
        )
        self.entries.append(entry)
        self.queued.append(
            {"id": entry_id, "log": entry.LOG, "subject": entry.subject, "entry": raw}
        )

    def lock(self, model: type[ModelT], key: str) -> ModelT:
        """The row, locked until the end of the transaction and read anew."""
        row = self.session.get(model, key, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound("There is no such record.")
        return row


class Database:
    """An engine, a clock, and the zone of the organisation. `transaction` is the only way to write,
    `read` the cheap way to look.

    `on_commit` is told after each commit for which logs it queued entries, to wake a sequencer of
    this process; one of another process finds them when it next looks.
    """

    def __init__(self, url: str, clock: Clock = utc_now, zone: ZoneInfo = UTC_ZONE) -> None:
        self.url = url
        self.clock = clock
        self.zone = zone
        self.engine = _engine(url)
        self._reader = self.engine.execution_options(**{_READ: True})
        # SQLite is told BEGIN by us alone, and so does without where nobody says it
        sqlite = self.engine.dialect.name == "sqlite"
        alone = {} if sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._asker = self.engine.execution_options(**alone)
        self.on_commit: list[Callable[[frozenset[str]], None]] = []
        changes.install(self.engine)

    @contextmanager
    def transaction(self, actor: Actor = SYSTEM) -> Iterator[UnitOfWork]:
        """Commit on leaving the block, with the entries recorded in it; roll back on an error."""
        with self._unit(self.engine, actor) as uow:
            connection = uow.connection
            watch = changes.watch(connection)
            try:
                yield uow
                uow.finish()
                watch.require_entry(recorded=bool(uow.queued))
                uow.commit()
            finally:
                changes.unwatch(connection)
        if uow.queued:
            logs = frozenset(str(row["log"]) for row in uow.queued)
            for wake in self.on_commit:
                wake(logs)

    @contextmanager
    def read(self, actor: Actor = SYSTEM) -> Iterator[UnitOfWork]:
        """Look without the write lock of SQLite; whatever the block does is rolled back.

        Raises `UnloggedChangeError` at the first statement that writes.
        """
        with self._unit(self._reader, actor, autoflush=False) as uow:
            changes.watch(uow.connection, read_only=True)
            try:
                yield uow
            finally:
                changes.unwatch(uow.connection)  # and closing the connection rolls back

    @contextmanager
    def _unit(
        self, engine: Engine, actor: Actor, *, autoflush: bool = True
    ) -> Iterator[UnitOfWork]:
        with engine.connect() as connection:
            connection.begin()
            uow = UnitOfWork(connection, actor, self.clock(), self.zone, autoflush=autoflush)
            try:
                yield uow
            finally:
                uow.close()

    def ask(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        """The rows of one statement that only looks, in no transaction: one way there and back."""
        with self._asker.connect() as connection:
            changes.watch(connection, read_only=True)
            try:
                return list(statement.run(connection, values))
            finally:
                changes.unwatch(connection)

    def today(self) -> date:
        return day_of(self.clock(), self.zone)

    def scrub(self, *tables: str) -> None:
        """After a commit that erased rows: make the files forget them as well.

        SQLite overwrites what is deleted (`secure_delete`), and its write-ahead log still has it
        until a checkpoint. PostgreSQL keeps dead rows in the table's file: it is written anew.
        Copies that were made before, and PostgreSQL's own write-ahead log, are the operator's.
        """
        if self.engine.dialect.name == "sqlite":
            with closing(self.engine.raw_connection()) as raw:  # in no transaction
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        with self._asker.connect() as connection:
            for table in tables:
                connection.exec_driver_sql(f'VACUUM (FULL) "{table}"')

    def close(self) -> None:
        self.engine.dispose()


_READ = "mandate_read"
_RESTS_SINCE = "mandate_rests_since"
REST = 1.0  # seconds without use, after which a connection is asked whether it is alive
_QUEUE = Statement(
    "INSERT INTO log_entries (id, log, subject, entry) VALUES (:id, :log, :subject, :entry)"
)
_BEGIN = {False: Statement("BEGIN IMMEDIATE"), True: Statement("BEGIN")}


def _engine(url: str) -> Engine:
    """Parameters are hidden: what people typed must not reach a program's log with an error."""
    if make_url(url).get_backend_name() != "sqlite":
        try:
            engine = create_engine(url, hide_parameters=True)
        except ModuleNotFoundError as error:
            raise MissingExtraError("PostgreSQL", "postgres", error.name) from error
        _ask_the_rested(engine)
        return engine
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        # secure_delete: what is erased is overwritten, a voter's binding above all
        pragmas = ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "secure_delete=ON")
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # a reader that becomes a writer in mid-transaction fails with SQLITE_BUSY: a writer takes
        # the lock first, and one that only reads never asks for it
        _BEGIN[connection.get_execution_options().get(_READ, False)].run(connection, {})

    return engine


def _ask_the_rested(engine: Engine) -> None:
    """Before a connection of the pool is used: is it alive? One that answered a moment ago is not
    asked, for the question costs as much as what follows."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info[_RESTS_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get(_RESTS_SINCE, math.inf) > REST:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError("a connection of the pool was closed") from error
