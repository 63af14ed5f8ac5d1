"""Whatever a record holds, its verification ends with a report: anyone may have written it.

Documents are changed as a forger would, who makes the manifest and the log anew for them.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.folder import LogFolder
from audit.tiles import TileName, split_bundle
from tests.fuzz.odd import mutate_inside
from tests.fuzz.targets.log import KEYS, Files
from tests.voting.test_record import finished, record  # noqa: F401 - fixtures
from voting.record import verify_bundle
from voting.record.layout import canonical, manifest_of

RUNS = 12
DECLARATION = "contests/K3/declaration.json"


def changed(raw: bytes, chance: random.Random) -> bytes:
    value = json.loads(raw)
    mutate_inside(value, chance)
    try:
        return canonical(value)
    except ValueError:  # large numbers, and texts that are none
        return json.dumps(value).encode()


def log_of(folder: Path, entries: list[bytes]) -> None:
    """A log of these entries in place of the record's, by somebody with a key."""
    shutil.rmtree(folder)
    for name, data in Files(entries).files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "public.vkey").write_text(f"{KEYS[0]}\n")


def entries_in(folder: Path) -> list[bytes]:
    raw = LogFolder(folder).read("checkpoint", 1 << 16) or b""
    size = int(raw.split(b"\n")[1])
    bundles = ((TileName(-1, i, min(256, size - 256 * i))) for i in range(-(-size // 256)))
    return [entry for name in bundles for entry in _entries(folder, name)]


def _entries(folder: Path, name: TileName) -> Iterator[bytes]:
    yield from split_bundle(LogFolder(folder).tile(name), name.width)


@pytest.mark.parametrize("name", ["election.json", "profile.json", DECLARATION, "manifest.json"])
def test_documents(record: Path, name: str) -> None:  # noqa: F811 - the fixture
    path, chance = record / name, random.Random(name)
    honest = path.read_bytes()
    for run in range(RUNS):
        path.write_bytes(changed(honest, chance))
        if name != "manifest.json":
            (record / "manifest.json").write_bytes(manifest_of(record))
        report = verify_bundle(record)
        if name != "election.json":  # where a statement of a candidate is as good as another
            assert report.faults or path.read_bytes() == honest, run


def about_the_election(entry: bytes) -> bool:
    return b'"subject":"contest/' in entry or b'"subject":"election/' in entry


def test_entries_of_the_log(record: Path) -> None:  # noqa: F811 - the fixture
    chance = random.Random(1)
    honest = entries_in(record / "log")
    about = [place for place, entry in enumerate(honest) if about_the_election(entry)]
    for _ in range(RUNS):
        place = chance.choice(about)
        value: Any = json.loads(honest[place])
        mutate_inside(value["data"] if chance.random() < 0.8 else value, chance)
        entry = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        forged = [*honest[:place], entry.encode(errors="replace"), *honest[place + 1 :]]
        log_of(record / "log", forged)
        (record / "manifest.json").write_bytes(manifest_of(record))
        verify_bundle(record)


def test_a_document_that_is_no_file(record: Path) -> None:  # noqa: F811 - the fixture
    for name in ("election.json", "profile.json", DECLARATION):
        path = record / name
        raw = path.read_bytes()
        path.unlink()
        path.symlink_to("/dev/zero")
        assert verify_bundle(record).faults
        path.unlink()
        path.mkdir()
        assert verify_bundle(record).faults
        path.rmdir()
        path.write_bytes(raw)
    assert verify_bundle(record).valid
