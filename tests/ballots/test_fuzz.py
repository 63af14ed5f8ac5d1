"""A short coverage-guided run of each parser; ``make fuzz`` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import run
from tests.fuzz.targets import TARGETS

pytest.importorskip("atheris", reason="atheris is there for Linux only")

SECONDS_IN_ALL = 20
SECONDS = max(1, min(5, SECONDS_IN_ALL // len(TARGETS)))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found(name: str, tmp_path: Path) -> None:
    code = run(name, SECONDS, tmp_path / "corpus").returncode
    assert code == 0, (tmp_path / "corpus.log").read_text(errors="replace")[-3000:]
    assert len(list((tmp_path / "corpus").iterdir())) > len(TARGETS[name].seeds)  # it found paths
