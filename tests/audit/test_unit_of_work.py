"""Nothing changes without an entry: through the session, in bulk, in plain SQL, in the driver."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import String, delete, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.changes import UnloggedChangeError, exemption, written_tables
from audit.database import Base, Database
from audit.errors import Invalid, NotFound
from audit.models import LogEntry
from audit.statements import Statement
from tests.audit.logs import Counted

ROOT = Path(__file__).parents[2]


class Thing(Base):
    __tablename__ = "test_things"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    n: Mapped[int]


class Scratch(Base):
    __tablename__ = "test_scratch"
    __table_args__ = ({"info": {"unlogged": "a test needs one"}},)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)


def _change(session: Session) -> None:
    thing = session.get(Thing, "1")
    assert thing is not None
    thing.n = 5


CHANGES: dict[str, Callable[[Session], object]] = {
    "add": lambda s: s.add(Thing(id="2", n=2)),
    "add_all": lambda s: s.add_all([Thing(id="3", n=2), Thing(id="4", n=2)]),
    "change": _change,
    "remove": lambda s: s.delete(s.get(Thing, "1")),
    "bulk insert": lambda s: s.execute(insert(Thing), [{"id": "5", "n": 1}, {"id": "6", "n": 1}]),
    "bulk update": lambda s: s.execute(update(Thing).values(n=3)),
    "bulk delete": lambda s: s.execute(delete(Thing)),
    "returning": lambda s: s.execute(insert(Thing).values(id="7", n=1).returning(Thing.id)),
    "query": lambda s: s.query(Thing).update({"n": 4}),
    "core": lambda s: s.connection().execute(insert(Thing.__table__).values(id="8", n=1)),
    "plain insert": lambda s: s.execute(text("INSERT INTO test_things (id, n) VALUES ('9', 1)")),
    "plain update": lambda s: s.execute(text('update  "test_things" set n = 9')),
    "plain delete": lambda s: s.execute(text("DELETE\nFROM test_things")),
    "statement": lambda s: Statement("DELETE FROM test_things").run(s.connection(), {}),
    "driver": lambda s: s.connection().exec_driver_sql("DELETE FROM test_things"),
}


@pytest.fixture
def things(database: Database) -> Database:
    with database.transaction() as uow:
        uow.session.add(Thing(id="1", n=1))
        uow.record(Counted(thing="thing/1", n=1))
    return database


def _snapshot(database: Database) -> list[tuple[str, int]]:
    with database.read() as uow:
        return [(t.id, t.n) for t in uow.session.scalars(select(Thing).order_by(Thing.id))]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_without_an_entry_is_refused_and_undone(things: Database, name: str) -> None:
    with (
        pytest.raises(UnloggedChangeError, match=r"test_things.*uow\.record.*unlogged"),
        things.transaction() as uow,
    ):
        CHANGES[name](uow.session)
    assert _snapshot(things) == [("1", 1)]


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_change_with_an_entry_is_committed(things: Database, name: str) -> None:
    with things.transaction() as uow:
        CHANGES[name](uow.session)
        uow.record(Counted(thing="thing/1", n=2))
    assert _snapshot(things) != [("1", 1)]
    with things.read() as uow:
        assert uow.session.query(LogEntry).count() == 2


@pytest.mark.parametrize("name", CHANGES)
def test_a_read_transaction_refuses_every_change(things: Database, name: str) -> None:
    with pytest.raises(UnloggedChangeError, match=r"Database\.transaction"), things.read() as uow:
        CHANGES[name](uow.session)
        uow.session.flush()
    assert _snapshot(things) == [("1", 1)]


def test_reading_and_locking_need_no_entry(things: Database) -> None:
    with things.transaction() as uow:
        assert uow.lock(Thing, "1").n == 1
        with pytest.raises(NotFound):
            uow.lock(Thing, "2")


def test_an_exempt_table_needs_no_entry(things: Database) -> None:
    with things.transaction() as uow:
        uow.session.add(Scratch(id="1"))
    assert exemption("test_scratch") == "a test needs one"


def test_an_error_takes_change_and_entry_back(things: Database) -> None:
    class StopError(Exception):
        pass

    with pytest.raises(StopError), things.transaction() as uow:
        uow.session.add(Thing(id="2", n=2))
        uow.record(Counted(thing="thing/2", n=2))
        uow.session.flush()
        raise StopError
    assert _snapshot(things) == [("1", 1)]
    with things.read() as uow:
        assert uow.session.query(LogEntry).count() == 1


def test_the_watch_does_not_outlive_its_transaction(things: Database) -> None:
    with pytest.raises(UnloggedChangeError), things.transaction() as uow:
        uow.session.execute(update(Thing).values(n=3))
    with things.transaction():
        pass  # the same connection of the pool, nothing written


def test_what_is_read_can_be_used_after_the_block(things: Database) -> None:
    with things.read() as uow:
        thing = uow.session.get(Thing, "1")
    assert thing is not None and thing.n == 1


def test_a_reader_does_not_wait_for_a_writer(things: Database) -> None:
    with things.transaction() as uow:
        uow.session.execute(update(Thing).values(n=9))
        uow.record(Counted(thing="thing/1", n=9))
        assert _snapshot(things) == [("1", 1)]  # on SQLite the writer has the only write lock
    assert _snapshot(things) == [("1", 9)]


def test_an_entry_of_the_wrong_shape_stops_the_change(things: Database) -> None:
    with pytest.raises(Invalid), things.transaction() as uow:
        uow.session.add(Thing(id="2", n=2))
        uow.record(Counted(thing="thing/2", n="two"))
    assert _snapshot(things) == [("1", 1)]


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT * FROM test_things FOR UPDATE", set()),
        ("SELECT * FROM test_things FOR NO KEY UPDATE OF test_things", set()),
        (
            "INSERT INTO test_things VALUES (1) ON CONFLICT DO UPDATE SET n = 1",
            {"test_things"},
        ),
        ("INSERT OR IGNORE INTO test_things VALUES (1)", {"test_things"}),
        ("WITH x AS (DELETE FROM test_things RETURNING n) SELECT * FROM x", {"test_things"}),
        ("UPDATE ONLY test_things SET n = 1", {"test_things"}),
        ("TRUNCATE test_things", {"test_things"}),
        ("UPDATE elsewhere SET n = 1", set()),
    ],
)
def test_statements_that_write(statement: str, tables: set[str]) -> None:
    assert written_tables(statement) == tables


def test_each_exemption_has_a_reason_in_words() -> None:
    for table in Base.metadata.tables.values():
        if "unlogged" in table.info:
            assert len(str(table.info["unlogged"]).split()) >= 3, table.name


# Who may go round the unit of work, and why.
ALLOWED = {
    "audit/database.py": "is the unit of work",
    "web/commands/database.py": "creates and migrates the tables themselves",
    "web/database/schema.py": "the same, and looks whether they are current",
}


def test_nobody_goes_round_the_unit_of_work() -> None:
    """No `Session(...)`, `.begin()`, `.connect()` of an engine elsewhere in the product."""
    found = []
    for room in ("audit", "voting", "accountability", "web"):
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if place not in ALLOWED and "node_modules" not in place:
                found += [f"{place}:{line}" for line in _detours(ast.parse(path.read_text()))]
    assert not found, "use Database.transaction() or .read(): " + ", ".join(found)


_MAKERS = {"Session", "sessionmaker", "scoped_session", "create_engine"}


def _detours(tree: ast.Module) -> list[int]:
    makers = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
        if alias.name in _MAKERS
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (_makes(node.func, makers) or _begins(node.func))
    ]


def _makes(called: ast.expr, makers: set[str]) -> bool:
    return isinstance(called, ast.Name) and called.id in makers


def _begins(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in ("begin", "connect", "raw_connection")
        and ast.unparse(called.value).endswith("engine")
    )
