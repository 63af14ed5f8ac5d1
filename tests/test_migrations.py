"""The migrations: head is what the models say, to the last constraint, index and trigger, and each
goes down and up again with data in it. While nothing is released there is one, written by
`make migration`; from the first release on, it is never rewritten."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import DDL, Column, Integer, MetaData, Table, event, func, inspect, select, text

import web.app
import web.database.tables
from audit.database import Base, Database
from migrations.regenerate import PATH, source
from tests.voting.scenario import Scenario
from voting.models import DIRECT, Candidacy, Election
from voting.registry.models import Person
from web.database.schema import alembic_config, is_current, upgrade_database

REVISIONS = [
    revision.revision
    for revision in ScriptDirectory.from_config(alembic_config()).walk_revisions("base", "heads")
]
KEPT = (Person, Election, Candidacy)
OF_TESTS = "test_"  # tables that other tests of the same process declare for themselves


def _ours(_object: object, name: str | None, kind: str, *_more: object) -> bool:
    return kind != "table" or not (name or "").startswith(OF_TESTS)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    else:
        database = Database(request.getfixturevalue("postgres").new_database())
    yield database
    database.close()


def downgrade(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        command.downgrade(alembic_config(connection), revision)


def columns(database: Database) -> dict[str, list[str]]:
    inspector = inspect(database.engine)
    return {
        table: sorted(column["name"] for column in inspector.get_columns(table))
        for table in inspector.get_table_names()
    }


def counts(database: Database) -> list[int]:
    with database.read() as uow:
        return [uow.session.scalar(select(func.count()).select_from(m)) or 0 for m in KEPT]


SQLITE = "SELECT type, tbl_name, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
POSTGRES = """
    SELECT 'column', table_name, column_name,
           concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', tablename, indexname, indexdef
      FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
      FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', '', proname, prosrc
      FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def everything(database: Database) -> dict[tuple[str, ...], list[str]]:
    """What the database itself says of its tables. Alembic's comparison passes over constraints
    that are checks, over the conditions of indexes, and over triggers."""
    query = SQLITE if database.engine.dialect.name == "sqlite" else POSTGRES
    with database.engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    return {
        (kind, table, name): sorted(re.split(r",?\s+", definition))
        for kind, table, name, definition in rows
        if table != "alembic_version" and not table.startswith(OF_TESTS)
    }


def test_head_is_what_the_models_say(empty: Database) -> None:
    upgrade_database(empty)
    migrated = everything(empty)
    with empty.engine.connect() as connection:
        options = {"compare_type": True, "include_object": _ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    assert is_current(empty)
    downgrade(empty, "base")
    Base.metadata.create_all(empty.engine)
    assert migrated == everything(empty)


def test_the_file_is_what_make_migration_writes() -> None:
    written = ast.dump(ast.parse(PATH.read_text()))
    assert written == ast.dump(ast.parse(source(leave_out=OF_TESTS))), "run: make migration"


def test_make_migration_keeps_triggers() -> None:
    metadata = MetaData()
    table = Table("kept", metadata, Column("id", Integer, primary_key=True))
    create = "CREATE TRIGGER kept_once BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'kept'); END"
    event.listen(table, "after_create", DDL(create).execute_if(dialect="sqlite"))
    event.listen(metadata, "after_drop", DDL("DROP FUNCTION f").execute_if(dialect="postgresql"))
    text = source(metadata)
    up, down = text.split("def downgrade")
    assert up.index("op.create_table") < up.index(f"_run({create!r}, ('sqlite',))")
    assert down.index("op.drop_table") < down.index("_run('DROP FUNCTION f', ('postgresql',))")


def test_the_list_of_tables_leaves_none_out() -> None:
    """web.app imports everything there is; web.database.tables must know as many."""
    named = {
        table
        for room in web.database.tables.ROOMS
        for value in vars(room).values()
        if isinstance(value, type) and issubclass(value, Base) and value is not Base
        for table in (value.__tablename__,)
    }
    missing = {name for name in Base.metadata.tables if not name.startswith(OF_TESTS)} - named
    assert not missing, f"web/database/tables.py does not import the models of {missing}"


def test_each_goes_down_and_up_again_with_data(empty: Database) -> None:
    """All but the first must keep what was there; the first one's way down leaves nothing."""
    upgrade_database(empty)
    Scenario(empty).organise().draft(DIRECT)
    before, rows = columns(empty), counts(empty)
    assert all(rows)
    for revision in REVISIONS[:-1]:
        downgrade(empty, f"{revision}-1")
        upgrade_database(empty, revision)
        assert counts(empty) == rows
    downgrade(empty, "base")
    assert set(columns(empty)) <= {"alembic_version"}
    upgrade_database(empty)
    assert columns(empty) == before
    assert not any(counts(empty))
