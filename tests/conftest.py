"""Fixtures that every room shares: the two databases."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from audit.database import Base, Database
from tests.environment import missing
from tests.postgres import Postgres, find_or_start

ZONE = ZoneInfo("Asia/Shanghai")

if names := missing():  # here, before the conftests of rooms import what is not there
    command = ".venv/bin/python -m pip install --editable . --group dev"
    raise SystemExit(f"not installed: {', '.join(names)}. Run:  {command}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of our own on a free loopback port; one a session, one database a test."""
    # not below pytest's own folder, which every other run of pytest closes to all other users
    with tempfile.TemporaryDirectory(
        prefix="mandate-postgres-", ignore_cleanup_errors=True
    ) as folder:
        server = find_or_start(Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """A new SQLite file with all tables, which are made once and copied after that. -> its URL"""
    folder = tmp_path_factory.mktemp("tables")

    def fill(path: Path) -> str:
        made = folder / f"{len(Base.metadata.tables)}.sqlite"
        if not made.exists():
            database = Database(f"sqlite:///{made}")
            Base.metadata.create_all(database.engine)
            database.close()
        shutil.copyfile(made, path)
        return f"sqlite:///{path}"

    return fill


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_tables: Callable[[Path], str]) -> Iterator[Database]:
    database = Database(sqlite_tables(tmp_path / "mandate.sqlite"), zone=ZONE)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_tables: Callable[[Path], str]
) -> Iterator[Database]:
    if request.param == "sqlite":
        url = sqlite_tables(tmp_path / "mandate.sqlite")
    else:
        url = request.getfixturevalue("postgres").filled_database(Base.metadata)
    database = Database(url, zone=ZONE)
    yield database
    database.close()
