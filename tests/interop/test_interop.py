"""A short run of the comparison with belenios-tool 3.3, where that program is found.

The long one is ``make interop``, which fetches the program.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.interop import __main__ as run
from tests.interop.checking import check
from tests.interop.differences import unexplained
from tests.interop.differential import judge
from tests.interop.table import table
from tests.interop.tool import HOW, Tool, find
from tests.interop.vectors import OWN, manifest, unpacked

SEED = os.environ.get("MANDATE_TEST_SEED", "interop")


@pytest.fixture(scope="module")
def tool() -> Tool:
    found = find()
    if found is None:
        pytest.skip(HOW)
    return found


def test_the_document_lists_the_differences() -> None:
    assert table() in (Path(__file__).parents[2] / "docs" / "verifier.md").read_text()


@pytest.mark.parametrize("mode", run.MODES)
def test_elections(mode: str, tool: Tool) -> None:
    source = random.Random(f"{SEED} {mode}")
    for _ in range(1 + (mode == "ours")):
        assert check(tool, run.election(tool, source, mode, "Ed25519")) > 4


def test_mutations(tool: Tool) -> None:
    found, problems = run.mutations(tool, random.Random(SEED), 20, group="Ed25519")
    assert problems == []
    assert found["both refuse"] > 5


@pytest.mark.parametrize("entry", manifest(), ids=lambda entry: entry["file"])
def test_archives(entry: dict[str, str], tool: Tool) -> None:
    if entry["file"].startswith("rfc3526"):
        pytest.skip("is long, and part of make interop")
    verdicts = judge(tool, unpacked(OWN / entry["file"]))
    assert unexplained(verdicts) == ""
    assert ("refuses" if verdicts.theirs else "accepts") == entry.get("tool", "accepts")
