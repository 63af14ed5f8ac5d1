"""One world of records for all tests of forgeries: nobody changes it."""

from __future__ import annotations

import pytest

from tests.record.world import World, build


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("records"))
