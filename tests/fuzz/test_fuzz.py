"""A short coverage-guided run of each room; ``make fuzz`` is the long one, target by target."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import log_of, run
from tests.fuzz.targets import ALL, ROOMS, room

pytest.importorskip("atheris", reason="atheris is there for Linux only")

SECONDS = 5


@pytest.mark.slow
@pytest.mark.parametrize("name", ROOMS)
def test_nothing_is_found(name: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    code = run(f"{name}.{ALL}", SECONDS, corpus).returncode
    assert code == 0, log_of(corpus).read_text(errors="replace")[-3000:]
    seeds = sum(len(target.seeds) for target in room(name).TARGETS.values())
    assert len(list(corpus.iterdir())) > seeds  # it found paths
