"""Whatever is in a file, the verifier answers with a report, soon, and never accepts the change."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ballots.questions import ListsQuestion
from ballots.verifier import verify
from tests.ballots.forge import GRADES, YES_NO, Forge
from tests.ballots.mutations import damage, mutate

LISTS = ListsQuestion("Lists?", (("one", "a", "b"), ("two", "c")))
BASES = {
    "homomorphic": Forge(voters=2),
    "threshold": Forge(threshold=True, voters=2),
    "mixed": Forge(questions=(YES_NO, GRADES), choices=([[1, 0], [3, 4]],), voters=1),
    "lists": Forge(questions=(LISTS,), choices=([[[1, 1, 0], [0, 0]]],), voters=1),
}
"""Everyone votes: an entry of the list of credentials that nobody uses could be removed."""
RUNS = 40


@pytest.mark.parametrize("base", BASES)
def test_changed_records(base: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.bel"
    honest = BASES[base].write(path).read_bytes()
    source = random.Random(base)
    for run in range(RUNS):
        change = damage if run % 5 == 0 else mutate
        altered = change(honest, source)
        if altered != honest:
            path.write_bytes(altered)
            report = verify(path)
            assert report.faults or report.warnings, run
