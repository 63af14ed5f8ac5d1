"""One Node for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.frontend.bridge import Bridge, build


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    build()
    started = Bridge()
    yield started
    started.close()
