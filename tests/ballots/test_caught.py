"""No vector without its check: what stops each archive of the corpus, by name, and nothing else.

The manifest, made elsewhere, says which archives are to be refused; caught.json, made by
``make_caught``, which checks do it. Without those checks the archive is accepted, so they are all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ballots.checks import CHECKS
from ballots.verifier import INVALID, UNREADABLE, verify
from tests.ballots.archives import manifest
from tests.ballots.make_caught import ACCEPTED, FILE, names, then, unpacked

MUST_REFUSE = ("refusing is recommended", "refusing or warning is recommended")
STRICT_FORMS = (
    "ballot-encoding--scalar-leading-zero.bel.xz",
    "ballot-encoding--point-uppercase.bel.xz",
    "group--alpha-identity.bel.xz",
)
"""Open in the specification; ours has one canonical form, and refuses the neutral element."""
MANIFEST = manifest("invalid")
CAUGHT: dict[str, dict[str, Any]] = json.loads(FILE.read_bytes())
UNUSABLE = 18
"""Archives that lack what no reader can do without; without their checks all others pass."""


def valid(entry: dict[str, Any]) -> bool:
    return bool(entry["expect"] == "valid")


def test_every_archive_is_in_the_record() -> None:
    assert list(CAUGHT) == [entry["file"] for entry in MANIFEST]
    assert sum(caught["then"] != ACCEPTED for caught in CAUGHT.values()) == UNUSABLE


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_a_named_check_stops_the_archive(entry: dict[str, Any], tmp_path: Path) -> None:
    path = unpacked(entry["file"], tmp_path / "archive.bel")
    caught = CAUGHT[entry["file"]]
    report = verify(path)
    refused = entry["expect"] == "invalid" or any(words in entry["note"] for words in MUST_REFUSE)
    if refused or entry["file"] in STRICT_FORMS:
        assert report.faults
        assert report.exit_code in (INVALID, UNREADABLE)
        assert report.results is None
    else:
        assert report.faults == []
        assert bool(report.warnings) != valid(entry)
    assert sorted(names(report)) == caught["speak"]
    assert caught["speak"] or valid(entry)
    assert names(report) <= set(CHECKS)
    off = {*caught["speak"], *caught["behind"]}
    assert then(path, off) == (caught["then"], set())
