"""Verification: a seeded runner mutates an export, and no mutant survives; what only history tells.

Where a mutant cannot show in one export (the log's own key signed it), both outcomes are asserted:
accepted without a kept checkpoint, refused with one.
"""

from __future__ import annotations

import http.server
import random
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.database import Base, Database
from audit.entries import PUBLIC
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keys import Algorithm, Signer
from audit.merkle import Digest
from audit.note import Checkpoint, sign
from audit.sources import HttpSource, open_source
from audit.tiles import Edge, TileName, encode_bundle, leaf_hashes, split_bundle
from audit.verifier import Demands, Report, verify
from tests.audit.logs import ORIGIN, SIGNER, append, grow, sequencer

SIZE = 1111
KEYS = [SIGNER.verifier]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A log of 1111 entries, and the checkpoint that someone kept at 700."""
    path = tmp_path_factory.mktemp("original")
    database = Database(f"sqlite:///{path / 'log.sqlite'}")
    Base.metadata.create_all(database.engine)
    kept = grow(database, path / "log", 3, 297, 400).checkpoint() or b""
    append(database, SIZE - 700, 700)
    sequencer(database, path / "log").drain()
    (path / "log" / "public.vkey").write_text(f"{SIGNER.verifier}\n")
    database.close()
    return path / "log", kept


@pytest.fixture
def log(original: tuple[Path, bytes], tmp_path: Path) -> LogFolder:
    return LogFolder(Path(shutil.copytree(original[0], tmp_path / "copy")))


def check(log: LogFolder, **demands: object) -> Report:
    return verify(log, KEYS, Demands(**demands), jobs=1)  # type: ignore[arg-type]


def entries_of(log: LogFolder) -> list[bytes]:
    found: list[bytes] = []
    for index in range(-(-SIZE // 256)):
        width = min(256, SIZE - index * 256)
        found += split_bundle(log.tile(TileName(-1, index, width)), width)
    return found


def rewrite(log: LogFolder, entries: list[bytes], *signers: Signer, origin: str = ORIGIN) -> None:
    """Make the folder that of another log: all tiles fit. The head is signed if by anyone."""
    shutil.rmtree(log.path / "tile")
    edge = Edge()
    files = edge.append(leaf_hashes(entries)) + edge.partial()
    for place in range(0, len(entries), 256):
        bundle = entries[place : place + 256]
        files.append((TileName(-1, place // 256, len(bundle)), encode_bundle(bundle)))
    log.write(files)
    if signers:
        head = Checkpoint(origin, len(entries), edge.root())
        log.put("checkpoint", sign(head.text, signers).to_bytes())


def test_the_original_is_valid(log: LogFolder, original: tuple[Path, bytes]) -> None:
    seen: list[tuple[int, int]] = []
    demands = Demands(old=[original[1]], max_age=timedelta(hours=1))
    report = verify(log, KEYS, demands, progress=lambda done, size: seen.append((done, size)))
    assert report.faults == [] and report.size == SIZE and report.origin == ORIGIN
    assert seen[-1] == (SIZE, SIZE)
    assert verify(log, KEYS, demands, jobs=2).faults == []


def test_no_byte_of_the_export_can_change(log: LogFolder) -> None:
    """Seeded: each published file, several places and ways."""
    chance = random.Random(11)
    survivors = []
    files = sorted(p for p in log.path.rglob("*") if p.is_file() and p.name != ".lock")
    assert len(files) > 12
    for path in files:
        good = path.read_bytes()
        for bend in (_flip, _flip, _cut, _lengthen, _drop_one, _swap_two, _empty):
            bad = bend(good, chance)
            if bad == good:
                continue
            path.write_bytes(bad)
            if check(log).valid:
                survivors.append((path.relative_to(log.path).as_posix(), bend.__name__))
        path.write_bytes(good)
    assert not survivors
    assert check(log).valid


def _flip(good: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(good))
    return good[:place] + bytes([good[place] ^ 1 << chance.randrange(8)]) + good[place + 1 :]


def _cut(good: bytes, chance: random.Random) -> bytes:
    return good[: chance.randrange(len(good))]


def _lengthen(good: bytes, chance: random.Random) -> bytes:
    return good + chance.randbytes(chance.choice([1, 32, 500]))


def _drop_one(good: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(good))
    return good[:place] + good[place + 1 :]


def _swap_two(good: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(max(1, len(good) - 64))
    return (
        good[:place] + good[place + 32 : place + 64] + good[place : place + 32] + good[place + 64 :]
    )


def _empty(good: bytes, _chance: random.Random) -> bytes:
    return b""


def test_no_tile_can_be_missing(log: LogFolder) -> None:
    names = [TileName(-1, 4, SIZE - 1024), TileName(0, 4, SIZE - 1024), TileName(1, 0, 4)]
    names += [TileName(level, index) for level in (-1, 0) for index in range(4)]
    for name in names:
        path = log.path / name.path
        good = path.read_bytes()
        path.unlink()
        report = check(log)
        assert not report.valid
        assert report.faults[0].place == name.path
        path.write_bytes(good)


MUTATIONS: dict[str, Callable[[list[bytes]], None]] = {
    "edit": lambda e: e.__setitem__(500, e[500].replace(b'"n":500', b'"n":501')),
    "insert": lambda e: e.insert(500, re.sub(rb'"id":"\w+"', b'"id":"' + b"7" * 32 + b'"', e[900])),
    "delete": lambda e: e.__delitem__(500),
    "reorder": lambda e: e.__setitem__(slice(500, 502), [e[501], e[500]]),
    "truncate": lambda e: e.__delitem__(slice(650, None)),
    "replace all": lambda e: e.__setitem__(slice(500, None), e[500:][::-1]),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_one_bundle_alone_cannot_change(log: LogFolder, name: str) -> None:
    """The first bad entry is named."""
    entries = entries_of(log)
    MUTATIONS[name](entries)
    for index in range(4):
        bundle = encode_bundle(entries[index * 256 : index * 256 + 256])
        (log.path / TileName(-1, index).path).write_bytes(bundle)
    report = check(log)
    assert not report.valid
    expected = 512 if name == "truncate" else 500  # a bundle that is too short has no bad entry
    assert report.faults[0].index == expected
    assert report.faults[0].check == "entries"


@pytest.mark.parametrize("name", MUTATIONS)
def test_all_files_made_to_fit_do_not_help_without_the_key(log: LogFolder, name: str) -> None:
    entries = entries_of(log)
    MUTATIONS[name](entries)
    rewrite(log, entries)
    assert not check(log).valid


@pytest.mark.parametrize("name", MUTATIONS)
def test_history_signed_anew_shows_only_to_those_who_kept_a_checkpoint(
    log: LogFolder, original: tuple[Path, bytes], name: str
) -> None:
    entries = entries_of(log)
    MUTATIONS[name](entries)
    rewrite(log, entries, SIGNER)
    assert check(log).valid, "with the log's own key one export alone cannot tell"
    report = check(log, old=[original[1]])
    assert [fault.check for fault in report.faults] == ["history"]


def test_a_rollback_shows_only_to_those_who_kept_a_checkpoint(
    log: LogFolder, original: tuple[Path, bytes]
) -> None:
    newest = log.checkpoint() or b""
    rewrite(log, entries_of(log)[:700], SIGNER)
    assert check(log, old=[original[1]]).valid
    report = check(log, old=[newest])
    assert report.faults[0].check == "history" and report.faults[0].index == 700


def test_a_fork_is_proved_by_two_heads_of_one_size(log: LogFolder) -> None:
    forked = sign(Checkpoint(ORIGIN, SIZE, Digest(bytes(32))).text, [SIGNER]).to_bytes()
    report = check(log, old=[forked])
    assert "fork" in report.faults[0].message


def test_another_log_cannot_be_replayed(log: LogFolder) -> None:
    entries = entries_of(log)
    other = Signer.from_seed("other.example/log", Algorithm.ED25519, bytes(range(32)))
    rewrite(log, entries, other, origin="other.example/log")
    assert check(log).faults[0].check == "checkpoint"
    rewrite(log, entries, SIGNER, origin="other.example/log")
    assert check(log).faults[0].check == "checkpoint"


def test_an_old_checkpoint_of_another_log_is_no_witness(log: LogFolder) -> None:
    other = sign(Checkpoint("other.example/log", 1, Digest(bytes(32))).text, [SIGNER]).to_bytes()
    assert check(log, old=[other]).faults[0].check == "history"
    assert check(log, old=[b"nonsense"]).faults[0].check == "history"


def test_a_duplicate_event_is_named(log: LogFolder) -> None:
    entries = entries_of(log)
    entries[1000] = entries[30]
    rewrite(log, entries, SIGNER)
    fault = check(log).faults[0]
    assert (fault.check, fault.index) == ("entries", 1000)


def test_an_entry_that_is_none_is_named(log: LogFolder) -> None:
    entries = entries_of(log)
    entries[1000] = entries[1000].replace(b'"v":1', b'"v":1 ')
    rewrite(log, entries, SIGNER)
    fault = check(log).faults[0]
    assert (fault.check, fault.index) == ("entries", 1000)


def test_silence(log: LogFolder) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    assert check(log, max_age=timedelta(days=2), now=later).valid
    assert check(log, max_age=timedelta(hours=2), now=later).faults[0].check == "age"


def test_a_level_above_the_entries_is_checked(tmp_path: Path, log: LogFolder) -> None:
    tile = log.path / TileName(1, 0, 4).path
    good = tile.read_bytes()
    tile.write_bytes(good[:64] + bytes(32) + good[96:])
    fault = check(log).faults[0]
    assert (fault.check, fault.index) == ("tiles", 512)


@pytest.mark.parametrize(
    "raw",
    [
        sign(Checkpoint(ORIGIN, (1 << 63) - 1, Digest(bytes(32))).text, [SIGNER]).to_bytes(),
        sign(Checkpoint(ORIGIN, 1 << 40, Digest(bytes(32))).text, [SIGNER]).to_bytes(),
        sign(Checkpoint(ORIGIN, SIZE, Digest(bytes(32))).text, [SIGNER] * 10_000).to_bytes(),
        b"x" * (1 << 20),
        b"",
    ],
    ids=["huge", "large", "signatures", "long", "empty"],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_hostile_heads_end_soon(log: LogFolder, raw: bytes, jobs: int) -> None:
    (log.path / "checkpoint").write_bytes(raw)
    assert not verify(log, KEYS, jobs=jobs).valid


class Hostile(http.server.BaseHTTPRequestHandler):
    """Serves `files`; some paths are traps."""

    files: Path
    trap = ""

    def do_GET(self) -> None:
        path = self.files / self.path.lstrip("/")
        if self.trap == "redirect":
            self.send_response(302)
            self.send_header("location", "http://127.0.0.1:1/checkpoint")
            self.end_headers()
        elif self.trap == "endless" and "entries" in self.path:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(1 << 16))
            except OSError:
                return
        elif self.trap == "error" or not path.is_file():
            self.send_error(500 if self.trap == "error" else 404)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(path.read_bytes())

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def served(log: LogFolder) -> Iterator[tuple[str, type[Hostile]]]:
    handler = type("Handler", (Hostile,), {"files": log.path})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_log_over_http(served: tuple[str, type[Hostile]]) -> None:
    url, _ = served
    assert verify(open_source(url), KEYS, jobs=1).faults == []
    assert verify(open_source(url + "/"), KEYS, jobs=2).faults == []


@pytest.mark.parametrize("trap", ["endless", "redirect", "error"])
def test_hostile_servers(served: tuple[str, type[Hostile]], trap: str) -> None:
    url, handler = served
    handler.trap = trap
    assert not verify(HttpSource(url), KEYS, jobs=1).valid


def test_places_that_are_none() -> None:
    for place in ("/nowhere/at/all", "http://", "https:///x"):
        with pytest.raises(LogError):
            open_source(place)
    with pytest.raises(LogError):
        HttpSource("file:///etc/passwd")
    assert not verify(HttpSource("http://127.0.0.1:1"), KEYS, jobs=1).valid
    assert PUBLIC == "public"
