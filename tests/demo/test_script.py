"""`mandate demo --script`: a term through HTTP, then all that an outsider can check of it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ballots import verifier
from voting.record import verify_bundle

MANDATE = [str(Path(sys.executable).with_name("mandate"))]
FLIPS = 24


def mandate(*arguments: str | Path, check: int | None = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*MANDATE, *map(str, arguments)], capture_output=True, text=True, timeout=600, check=False
    )
    if check is not None:
        assert done.returncode == check, done.stdout[-2000:] + done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("script") / "out"
    mandate("demo", "--script", "--out", folder)
    return folder


@pytest.fixture(scope="module")
def term(out: Path) -> Path:
    (found,) = (path for path in out.iterdir() if path.name != "log")
    return found


def verify(path: Path, code: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(mandate("verify", path, "--json", check=code).stdout)
    return found


def test_the_term_is_valid_and_has_its_four_ballots(term: Path) -> None:
    report = verify(term, 0)
    assert report["valid"] and report["faults"] == []
    kinds = {json.loads((p / "election.json").read_text())["kind"] for p in term.glob("*/")}
    assert kinds == {"direct", "committee", "confidence", "satisfaction"}
    assert report["results"]


def test_each_election_and_each_archive_is_valid_alone(term: Path) -> None:
    for election in sorted(term.glob("*/")):
        assert verify_bundle(election).valid
        for archive in election.glob("contests/*/*.bel"):
            assert verifier.verify(archive).valid


def test_the_log_is_valid_alone(out: Path) -> None:
    key = (out / "log" / "public.vkey").read_text().strip()
    mandate("log", "verify", out / "log", "--vkey", key)


def test_any_byte_that_changes_is_found_and_its_place_named(term: Path, tmp_path: Path) -> None:
    """Of the smallest election: one byte in each file, then more of them anywhere, by a seed."""
    election = min(term.glob("*/"), key=lambda p: sum(f.stat().st_size for f in p.rglob("*")))
    chance = random.Random(20261123)
    files = sorted(p.relative_to(election) for p in election.rglob("*") if p.is_file())
    chosen = files + chance.choices(files, k=max(0, FLIPS - len(files)))
    copy = tmp_path / election.name
    shutil.copytree(election, copy)
    for name in chosen:
        raw = (copy / name).read_bytes()
        place = chance.randrange(len(raw))
        changed = bytes([raw[place] ^ (1 << chance.randrange(8))])
        (copy / name).write_bytes(raw[:place] + changed + raw[place + 1 :])
        report = verify_bundle(copy)
        assert not report.valid, f"byte {place} of {name} may change unnoticed"
        assert report.faults and all(f.place and f.message for f in report.faults)
        (copy / name).write_bytes(raw)
    assert verify_bundle(copy).valid


def test_a_missing_and_an_added_file_are_found(term: Path, tmp_path: Path) -> None:
    election = next(term.glob("committee-*"))
    copy = tmp_path / election.name
    shutil.copytree(election, copy)
    (copy / "note.txt").write_text("harmless")
    assert any("note.txt" in f["place"] for f in verify(copy, 1)["faults"])
    (copy / "note.txt").unlink()
    (copy / "profile.json").unlink()
    report = json.loads(mandate("verify", copy, "--json", check=None).stdout)
    assert not report["valid"]
    assert any("profile.json" in f["place"] + f["message"] for f in report["faults"])


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    done = mandate("demo", "--script", "--out", tmp_path, check=2)
    assert "not empty" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
