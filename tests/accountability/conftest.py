from __future__ import annotations

import pytest

from audit.database import Database
from tests.accountability import world as worlds
from tests.accountability.world import World


@pytest.fixture
def world(database: Database) -> World:
    """On both databases."""
    return worlds.build(database)


@pytest.fixture
def quick(sqlite_database: Database) -> World:
    return worlds.build(sqlite_database)
