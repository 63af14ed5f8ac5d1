"""No check without something that only it notices, and nothing here that another check notices.

Each check is switched off in turn, and what it had refused is then accepted.
"""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from ballots import BallotError, checks
from ballots.verifier import Report, verify
from tests.ballots.archives import VECTORS
from tests.ballots.forge import without
from tests.ballots.removal import CALLS, CORPUS, FORGED


def archive(check: str, folder: Path) -> Path:
    path = folder / "archive.bel"
    if check in FORGED:
        return FORGED[check](path)
    packed = VECTORS / "invalid" / f"{CORPUS[check]}.bel.xz"
    path.write_bytes(lzma.decompress(packed.read_bytes()))
    return path


def noticed(report: Report, check: str) -> bool:
    return check in {fault.check for fault in report.faults + report.warnings}


def test_every_check_has_its_vector() -> None:
    covered = [*CORPUS, *FORGED, *CALLS]
    assert sorted(covered) == sorted(checks.CHECKS)


@pytest.mark.parametrize("check", [*CORPUS, *FORGED])
def test_only_this_check_notices_the_archive(check: str, tmp_path: Path) -> None:
    path = archive(check, tmp_path)
    report = verify(path)
    assert noticed(report, check)
    assert report.valid == checks.CHECKS[check].warning
    with without(check):
        lenient = verify(path)
    assert lenient.valid
    assert not noticed(lenient, check)


@pytest.mark.parametrize("check", CALLS)
def test_only_this_check_notices_the_call(check: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.bel"
    with pytest.raises(BallotError) as refusal:
        CALLS[check](path)
    assert refusal.value.check == check
    with without(check):
        accepted = CALLS[check](path)
    assert not isinstance(accepted, Report) or accepted.valid
