"""The bench of the district runs, small: what it measures is the whole way to a verified record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STEPS = ("import of the roll", "freeze", "cast: many", "trustee 3", "declare", "mandate verify")


@pytest.mark.skip(reason="the bench opens without the two signatures that its record needs")
@pytest.mark.slow  # it starts a site and five programs
def test_a_small_district_is_elected_and_verified() -> None:
    command = [sys.executable, "-m", "bench.district", "--database", "sqlite", "--scale", "0.008"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for step in STEPS:
        assert step in done.stdout
    assert "2 of 255 constituencies" in done.stdout
    assert "share of proofs" in done.stdout


def test_only_benches_that_exist_are_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "no-such"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no-such" in done.stderr
