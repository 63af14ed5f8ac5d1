"""The verifier on archives made by another program, whole, in parts, and stopped anywhere."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from ballots import BallotError
from ballots.archive import Reader
from ballots.encoding import dumps, loads_strict
from ballots.questions import ListsQuestion
from ballots.verifier import UNREADABLE, VALID, merge, verify
from tests.ballots.archives import VECTORS, manifest
from tests.ballots.forge import GRADES, YES_NO, Forge

LISTS = ListsQuestion("Lists?", (("one", "a", "b"), ("two", "c")))


def unpack(folder: str, name: str, path: Path) -> Path:
    raw = (VECTORS / folder / name).read_bytes()
    path.write_bytes(lzma.decompress(raw) if name.endswith(".xz") else raw)
    return path


@pytest.mark.parametrize("entry", manifest("valid"), ids=lambda entry: entry["file"])
def test_valid_archives(entry: dict[str, Any], tmp_path: Path) -> None:
    report = verify(unpack("valid", entry["file"], tmp_path / "archive.bel"))
    expected = json.loads((VECTORS / "valid" / entry["result"]).read_bytes())["result"]
    assert (report.faults, report.warnings) == ([], [])
    assert (report.exit_code, report.in_progress, report.results) == (VALID, False, expected)
    assert report.counts["ballots"] == entry["ballots"]
    assert report.counts["counted"] == entry["counted"]
    assert report.counts["trustees"] >= len(entry["trustees"])
    assert report.election["uuid"] == entry["uuid"]


def test_every_fault_is_reported(tmp_path: Path) -> None:
    path = unpack("invalid", "group--alpha-order-2-component.bel.xz", tmp_path / "archive.bel")
    report = verify(path)
    assert [fault.place.split(":")[0] for fault in report.faults] == ["ballot 9", "ballot 10"]
    assert {fault.number for fault in report.faults} == {204}


@pytest.mark.parametrize(
    "name",
    ["control--revote", "ballot-credential--answers-copied", "tally--missing-ballot"],
)
def test_parts_and_processes_find_the_same(name: str, tmp_path: Path) -> None:
    path = unpack("invalid", f"{name}.bel.xz", tmp_path / "archive.bel")
    whole = verify(path).to_json()
    assert verify(path, jobs=2).to_json() == whole
    parts = [loads_strict(dumps(verify(path, shard=(i, 3)).to_json()), "") for i in (2, 3, 1)]
    assert merge(parts).to_json() == whole


def test_parts_divide_the_ballots(tmp_path: Path) -> None:
    path = Forge(choices=[[[1, 0]]] * 20, voters=20).write(tmp_path / "archive.bel")
    parts = [verify(path, shard=(i, 2)).to_json() for i in (0, 1)]
    counts = [part["partial"]["accumulator"]["count"] for part in parts]
    assert sum(counts) == 20
    assert all(0 < count < 20 for count in counts)
    assert merge(parts).results == [[20, 0]]


@pytest.mark.parametrize("parts", [[], [0], [0, 0], [0, 1, 1]])
def test_missing_and_repeated_parts(parts: list[int], tmp_path: Path) -> None:
    path = Forge().write(tmp_path / "archive.bel")
    reports = [verify(path, shard=(i, 2)).to_json() for i in parts]
    with pytest.raises(BallotError, match=r"part|parts"):
        merge(reports)


def test_parts_of_two_archives(tmp_path: Path) -> None:
    one = verify(Forge().write(tmp_path / "one.bel"), shard=(0, 2)).to_json()
    other = verify(Forge(voters=4).write(tmp_path / "other.bel"), shard=(1, 2)).to_json()
    with pytest.raises(BallotError):
        merge([one, other])


@pytest.mark.parametrize("value", [None, [], {}, {"partial": {}}, "text"])
def test_what_is_no_part(value: Any) -> None:
    with pytest.raises(BallotError):
        merge([value])


def test_an_archive_may_stop_after_any_event(tmp_path: Path) -> None:
    forge = Forge(questions=(YES_NO, GRADES), choices=([[1, 0], [3, 4]], [[0, 1], [5, 6]]))
    path = forge.write(tmp_path / "archive.bel")
    whole = path.read_bytes()
    with path.open("rb") as stream:
        ends = [record.end for record in Reader(stream) if record.is_event]
    for end in ends[:-1]:
        path.write_bytes(whole[:end])
        report = verify(path)
        assert report.exit_code == VALID
        assert (report.in_progress, report.results) == (True, None)
        assert [warning.check for warning in report.warnings] == ["chain.unfinished"]
    path.write_bytes(whole)
    counts, grades = verify(path).results
    assert (counts, sorted(grades)) == ([1, 1], [[3, 4], [5, 6]])


@pytest.mark.parametrize(
    "forge",
    [
        Forge(choices=()),
        Forge(questions=(GRADES,), choices=()),
        Forge(
            questions=(LISTS, YES_NO, GRADES), choices=([[[0, 0, 0], [1, 1]], [0, 1], [0, 255]],)
        ),
        Forge(threshold=True),
    ],
    ids=["nobody voted", "nobody graded", "all kinds", "threshold"],
)
def test_our_own_archives(forge: Forge, tmp_path: Path) -> None:
    report = verify(forge.write(tmp_path / "archive.bel"))
    assert (report.faults, report.warnings) == ([], [])


def test_optional_fields_that_the_specification_does_not_list(tmp_path: Path) -> None:
    def named(raw: bytes) -> bytes:
        items = json.loads(raw)
        items[0][1]["name"] = "Alice"
        return dumps(items)

    def in_french(raw: bytes) -> bytes:
        return dumps({**json.loads(raw), "language": ["fr", "ltr"]})

    report = verify(Forge(trustees=named, election=in_french).write(tmp_path / "archive.bel"))
    assert report.valid


@pytest.mark.parametrize("content", [b"", b"\0" * 512, b"x" * 2000, b"PK\x03\x04"])
def test_what_is_no_archive(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "archive.bel"
    path.write_bytes(content)
    report = verify(path)
    assert (report.exit_code, report.valid) == (UNREADABLE, False)
    assert report.faults


def test_no_file(tmp_path: Path) -> None:
    assert verify(tmp_path / "none.bel").exit_code == UNREADABLE
    assert verify(tmp_path).exit_code == UNREADABLE


def test_progress_counts_ballots(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = Forge(choices=[[[1, 0]]] * 9, voters=9).write(tmp_path / "archive.bel")
    verify(path, progress=lambda done, total: told.append((done, total)))
    assert told == [(8, 9), (9, 9)]
