"""Fixtures that every room shares: the two databases."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
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


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}", zone=ZONE)
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'mandate.sqlite'}"
    else:
        url = request.getfixturevalue("postgres").new_database()
    database = Database(url, zone=ZONE)
    Base.metadata.create_all(database.engine)
    yield database
    database.close()
