"""Fixtures that every room shares: the two databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.database import Base, Database
from tests.postgres import Postgres, find_or_start


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of our own on a free loopback port; one a session, one database a test."""
    server = find_or_start(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'mandate.sqlite'}"
    else:
        url = request.getfixturevalue("postgres").new_database()
    database = Database(url)
    Base.metadata.create_all(database.engine)
    yield database
    database.close()
