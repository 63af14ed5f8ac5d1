"""Statements that are given to the driver as they are: same watch, same errors, same order."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from audit.changes import UnloggedChangeError
from audit.database import Database
from audit.models import LogEntry
from audit.statements import Statement, together
from tests.audit.logs import Counted

LOG = Statement("SELECT subject FROM log_entries WHERE subject LIKE :like ORDER BY queued")
HEAD = Statement("""
    INSERT INTO log_states (log, size, root, checkpoint, owner, lease_until, updated_at)
    VALUES (:log, :size, :root, 'none', 'nobody', :time, :time)
""")
GROW = Statement("UPDATE log_states SET size = size + 1 WHERE log = :log AND size = :size")
SIZE = Statement("SELECT size FROM log_states WHERE log = :log")
HEAD_OF = {"log": "a", "size": 5, "root": "r", "time": "2026-01-01 00:00:00+00:00"}


def test_values_are_named_and_may_come_twice(database: Database) -> None:
    with database.transaction() as uow:
        HEAD.run(uow.connection, HEAD_OF | {"more": "than is asked for"})
        assert SIZE.run(uow.connection, {"log": "a"}).fetchone()[0] == 5


def test_one_question_without_a_transaction(database: Database) -> None:
    with database.transaction() as uow:
        for n in range(3):
            uow.record(Counted(thing=f"number/{n}", n=n))
    rows = database.ask(LOG, {"like": "number/%"})
    assert [row[0] for row in rows] == ["number/0", "number/1", "number/2"]
    assert database.ask(LOG, {"like": "nothing"}) == []


def test_a_question_may_not_write(database: Database) -> None:
    with pytest.raises(UnloggedChangeError, match="log_states"):
        database.ask(HEAD, HEAD_OF)
    assert database.ask(SIZE, {"log": "a"}) == []
    with database.transaction() as uow:  # the same connection of the pool writes again
        HEAD.run(uow.connection, HEAD_OF)


def test_errors_are_those_of_sqlalchemy_without_what_was_typed(database: Database) -> None:
    with database.transaction() as uow:
        HEAD.run(uow.connection, HEAD_OF)
    with pytest.raises(IntegrityError) as refused, database.transaction() as uow:
        HEAD.run(uow.connection, HEAD_OF | {"root": "a secret of somebody"})
    assert "a secret of somebody" not in str(refused.value)
    with pytest.raises((OperationalError, ProgrammingError)):
        database.ask(Statement("SELECT nothing FROM nowhere"), {})


def test_what_is_sent_together_runs_in_its_order(database: Database) -> None:
    with database.transaction() as uow:
        connection = uow.connection
        with together(connection):
            HEAD.run(connection, HEAD_OF)
            grown = GROW.run(connection, {"log": "a", "size": 5})
            again = GROW.run(connection, {"log": "a", "size": 5})
            size = SIZE.run(connection, {"log": "a"})
        assert (grown.rowcount, again.rowcount, size.fetchone()[0]) == (1, 0, 6)


def test_one_of_those_sent_together_fails_and_all_are_undone(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as uow, together(uow.connection):
        HEAD.run(uow.connection, HEAD_OF)
        HEAD.run(uow.connection, HEAD_OF)
        HEAD.run(uow.connection, HEAD_OF | {"log": "b"})
    assert database.ask(SIZE, {"log": "a"}) == database.ask(SIZE, {"log": "b"}) == []


def test_an_entry_that_cannot_be_queued_undoes_the_change(database: Database) -> None:
    """The commit is sent with the entries: where one is refused, there is no commit."""
    with database.transaction() as uow:
        uow.record(Counted(thing="number/1", n=1))
        taken = uow.queued[0]["id"]
    with pytest.raises(IntegrityError), database.transaction() as uow:
        HEAD.run(uow.connection, HEAD_OF)
        uow.record(Counted(thing="number/2", n=2))
        uow.queued[0]["id"] = taken
    assert database.ask(SIZE, {"log": "a"}) == []
    with database.read() as uow:
        assert uow.session.query(LogEntry).count() == 1


CLOSE = Statement("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
""")


def test_a_rested_connection_that_the_server_closed_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.engine.dialect.name == "sqlite":
        return  # its connection is a file, which nobody else closes
    other = Database(database.url)
    with other.transaction() as uow:
        HEAD.run(uow.connection, HEAD_OF)
    database.ask(CLOSE, {})
    with pytest.raises(OperationalError):  # used a moment ago, so it was not asked
        other.ask(SIZE, {"log": "a"})
    assert other.ask(SIZE, {"log": "a"})[0][0] == 5
    database.ask(CLOSE, {})
    monkeypatch.setattr("audit.database.REST", 0)
    assert other.ask(SIZE, {"log": "a"})[0][0] == 5
    other.close()
