"""What a stranger is given convicts whoever changes it: a part of all forgeries, by a seed.

The whole is `make forge`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.record import histories, leaves
from tests.record.world import ELECTIONS, TERM, Remembered, World, copied
from voting.record.layout import manifest_of

SEED = int(os.environ.get("MANDATE_FORGE_SEED", "1"))
LEAVES, LOGS = 0.006, 0.01  # shares of all that there are


@pytest.mark.parametrize("name", [*ELECTIONS, TERM])
def test_the_honest_record_verifies(world: World, name: str) -> None:
    report = Remembered().verify(world.record(name))
    assert [f"{fault.place}: {fault.message}" for fault in report.faults] == []


def test_nothing_in_a_document_can_be_changed(world: World, tmp_path: Path) -> None:
    assert leaves.EXCEPTIONS == {}
    assert leaves.run(world, tmp_path, leaves.a_part(SEED, LEAVES)) > 50


def test_no_history_can_be_told_that_was_not_lived(world: World, tmp_path: Path) -> None:
    assert histories.run(world, tmp_path, histories.a_part(SEED, LOGS)) > 50


@pytest.mark.parametrize("name", leaves.CLUTTER)
def test_what_systems_leave_in_folders_is_a_note(world: World, tmp_path: Path, name: str) -> None:
    with copied(world.record("cancelled-1"), tmp_path / "copy") as record:
        leaves.writing_bytes(name, b"\0\1")(record)
        report = Remembered().verify(record)
        assert report.faults == []
        assert [warning.check for warning in report.warnings if "record" in warning.check] == [
            "record.clutter"
        ]


@pytest.mark.parametrize("name", ["log/checkpoint", "README.txt", "log/public.vkey"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_changed_on_the_way_accuse_nobody(
    world: World, tmp_path: Path, name: str, mark: bytes
) -> None:
    with copied(world.record("cancelled-1"), tmp_path / "copy") as record:
        raw = mark + (record / name).read_bytes().replace(b"\n", b"\r\n")
        (record / name).write_bytes(raw)
        report = Remembered().verify(record)
        assert [(fault.check, fault.place) for fault in report.faults] == [
            ("record.transport", name)
        ]


def _without(term: dict[str, Any]) -> dict[str, Any]:
    return term | {"elections": [e for e in term["elections"] if e["code"] != "direct-1"]}


def test_an_election_is_left_out_of_a_term(world: World, tmp_path: Path) -> None:
    """With all that names it; and the draft that was cancelled has no record, and is named."""
    with copied(world.record(TERM), tmp_path / "copy") as record:
        leaves.writing(
            "term.json",
            lambda term: (
                term | {"elections": [e for e in term["elections"] if e["code"] != "direct-1"]}
            ),
        )(record)
        for path in sorted((record / "direct-1").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        (record / "direct-1").rmdir()
        (record / "manifest.json").write_bytes(manifest_of(record))
        report = Remembered().verify(record)
        assert ("record.complete", "direct-1") in [(f.check, f.place) for f in report.faults]
        assert "record.term" in {fault.check for fault in report.faults}


def test_a_contest_is_left_out_of_an_election(world: World, tmp_path: Path) -> None:
    with copied(world.record("direct-1"), tmp_path / "copy") as record:
        for name in ("election.json", "state.json"):
            leaves.writing(
                name,
                lambda value: (
                    value | {"contests": [c for c in value["contests"] if c["code"] != "K3"]}
                ),
            )(record)
        for path in (record / "contests" / "K3").iterdir():
            path.unlink()
        (record / "contests" / "K3").rmdir()
        (record / "manifest.json").write_bytes(manifest_of(record))
        report = Remembered().verify(record)
        assert "record.complete" in {fault.check for fault in report.faults}
