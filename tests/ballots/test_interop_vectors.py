"""Archives that came from the comparison with belenios-tool 3.3 (tests/interop), without it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ballots.archive import diff
from ballots.verifier import verify
from tests.interop.checking import written_again
from tests.interop.vectors import OWN, manifest, unpacked

VALID = [entry for entry in manifest() if entry["expect"] == "valid"]
INVALID = [entry for entry in manifest() if entry["expect"] == "invalid"]


def unpack(entry: dict[str, Any], path: Path) -> Path:
    raw = unpacked(OWN / entry["file"])
    assert hashlib.sha256(raw).hexdigest() == entry["sha256"]
    path.write_bytes(raw)
    return path


def grades(entries: Any) -> Any:
    """Answers of shuffled ballots come in any order; counts do not."""
    return sorted(entries) if entries and isinstance(entries[0], list) else entries


def test_the_manifest_lists_what_is_there() -> None:
    assert sorted(entry["file"] for entry in manifest()) == sorted(
        path.name for path in OWN.glob("*.xz")
    )


@pytest.mark.parametrize("entry", VALID, ids=lambda entry: entry["file"])
def test_without_faults(entry: dict[str, Any], tmp_path: Path) -> None:
    path = unpack(entry, tmp_path / "archive.bel")
    report = verify(path)
    stopped = entry.get("in_progress", False)
    assert (report.faults, report.in_progress) == ([], stopped)
    assert {warning.check for warning in report.warnings} == (
        {"chain.unfinished"} if stopped else set()
    )
    if not stopped:
        found = [grades(entries) for entries in json.loads(json.dumps(report.results))]
        assert numbers(found) == [grades(entries) for entries in entry["result"]]
    assert written_again(path.read_bytes(), tmp_path / "again.bel") == path.read_bytes()
    assert diff(path, tmp_path / "again.bel").added == {}


def numbers(value: Any) -> Any:
    """Counts above 2^30 are strings."""
    return [numbers(item) for item in value] if isinstance(value, list) else int(value)


@pytest.mark.parametrize("entry", INVALID, ids=lambda entry: entry["file"])
def test_with_faults(entry: dict[str, Any], tmp_path: Path) -> None:
    report = verify(unpack(entry, tmp_path / "archive.bel"))
    assert sorted({fault.check for fault in report.faults}) == entry["checks"]
