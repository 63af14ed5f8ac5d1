"""Servers that drip, stall or lie: nothing waits for ever, and nothing is used before it is proven.

A dripping server sends a byte at a time, so that each read of a socket succeeds.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.cosigning import STATE, Cosigner
from audit.database import Database
from audit.entries import encode
from audit.errors import LogError
from audit.exchange import exchange
from audit.folder import Export, LogFolder
from audit.keys import Algorithm, Signer
from audit.monitor import Monitor
from audit.note import Checkpoint, Note, sign
from audit.policy import Policy, Witness
from audit.sources import HttpSource
from audit.tiles import TileName, encode_bundle, split_bundle
from audit.witness import Request
from tests.audit.logs import ORIGIN, SIGNER, Counted, append, grow, sequencer

KEYS = [SIGNER.verifier]
Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk) -> Iterator[str]:
    """A server that does with each connection what `talk` says."""
    stop = threading.Event()

    def converse(peer: socket.socket) -> None:
        with peer:
            try:
                talk(peer)
            except OSError:
                return

    def serve() -> None:
        while not stop.is_set():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)


def drip(prefix: bytes, endless: bytes) -> Talk:
    def talk(peer: socket.socket) -> None:
        peer.recv(1 << 16)
        peer.sendall(prefix)
        for _ in range(200):
            peer.sendall(endless)
            time.sleep(0.05)

    return talk


def mute(peer: socket.socket) -> None:
    time.sleep(10)


DRIPS = {
    "nothing": mute,
    "the status": drip(b"HTTP/1.1 20", b"0"),
    "a header": drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"),
    "continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
    "chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "an error": drip(b"HTTP/1.1 500 No\r\nContent-Length: 9999\r\n\r\n", b"x"),
}


@pytest.mark.parametrize("name", DRIPS)
def test_an_exchange_has_one_deadline(name: str) -> None:
    with listening(DRIPS[name]) as url:
        begun = time.monotonic()
        with pytest.raises(LogError):
            exchange(f"{url}/checkpoint", limit=10_000, seconds=0.3)
        assert time.monotonic() - begun < 1.5


def test_a_request_that_nobody_reads_has_the_deadline_too() -> None:
    with listening(mute) as url:
        begun = time.monotonic()
        with pytest.raises(LogError, match=r"within 0\.3 seconds"):
            exchange(url, limit=10, seconds=0.3, body=bytes(1 << 25))
        assert time.monotonic() - begun < 1.5


def test_what_is_no_web_address_is_not_opened(tmp_path: Path) -> None:
    for url in (f"file://{tmp_path}", "ftp://127.0.0.1/x", "http://", "http://127.0.0.1:99999/"):
        with pytest.raises(LogError):
            exchange(url, limit=10, seconds=1)


# --- witnesses ----------------------------------------------------------------------------------


def witness_key(number: int) -> Signer:
    return Signer.from_seed(f"w{number}.example", Algorithm.ED25519_TIMED, bytes([number]) * 32)


def cosigning(number: int, *, after: float = 0.0, asked: list[bytes] | None = None) -> Talk:
    """A witness that signs whatever it gets, after some seconds."""

    def talk(peer: socket.socket) -> None:
        raw = b""
        while b"\r\n\r\n" not in raw:
            raw += peer.recv(1 << 16)
        head, _, body = raw.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += peer.recv(1 << 16)
        if asked is not None:
            asked.append(body)
        time.sleep(after)
        text = Note.parse(Request.parse(body).checkpoint).text
        line = sign(text, [witness_key(number)], 1700000000).signatures[0].line.encode()
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(line) + line)

    return talk


def policy(quorum: int, *urls: str) -> Policy:
    known = {
        f"w{number}": Witness(f"w{number}", witness_key(number).verifier, url)
        for number, url in enumerate(urls)
    }
    return Policy((), known, {"g": (quorum, tuple(known))}, "g")


def test_one_slow_witness_stalls_nobody(sqlite_database: Database, tmp_path: Path) -> None:
    """Two of three are wanted; the third drips. What the two signed is published at once."""
    folder = grow(sqlite_database, tmp_path / "log", 5)
    slow = drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")
    with (
        listening(slow) as first,
        listening(cosigning(1)) as second,
        listening(cosigning(2)) as third,
    ):
        cosigner = Cosigner(folder, KEYS, policy(2, first, second, third), deadline=2.0)
        begun = time.monotonic()
        assert cosigner.submit() and cosigner.quorum_reached(5)
        append(sqlite_database, 5, 5)
        sequencer(sqlite_database, folder.path).drain()
        assert cosigner.submit() and cosigner.quorum_reached(10)
        assert time.monotonic() - begun < 1.8
        time.sleep(2.0)  # its deadline passes, and it is said who is slow
        append(sqlite_database, 5, 10)
        sequencer(sqlite_database, folder.path).drain()
        assert cosigner.submit()
        assert "within 2 seconds" in cosigner.problems()["w0"]
        assert set(cosigner.problems()) == {"w0"}


def test_a_quorum_with_a_slow_witness_comes_though_the_log_grows(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """All are asked for one checkpoint, though a newer one is there before the slow one signs."""
    folder = grow(sqlite_database, tmp_path / "log", 5)
    with listening(cosigning(0, after=0.6)) as first, listening(cosigning(1)) as second:
        cosigner = Cosigner(folder, KEYS, policy(2, first, second), patience=0.2)
        reached = []
        for number in range(5):
            reached.append(cosigner.submit())
            append(sqlite_database, 1, 5 + number)
            sequencer(sqlite_database, folder.path).drain()
        assert True in reached and cosigner.quorum_reached(5)


def test_witnesses_are_asked_as_often_as_was_agreed(
    sqlite_database: Database, tmp_path: Path
) -> None:
    folder = grow(sqlite_database, tmp_path / "log", 5)
    asked: list[bytes] = []
    now = [1_700_000_000.0]

    def cosigner(url: str) -> Cosigner:
        return Cosigner(folder, KEYS, policy(1, url), per_day=24, clock=lambda: now[0])

    with listening(cosigning(0, asked=asked)) as url:
        first = cosigner(url)
        assert first.submit() and first.submit()
        for seconds, again in ((1, first), (3598, first), (0, cosigner(url)), (1, cosigner(url))):
            append(sqlite_database, 1, 5 + seconds)
            sequencer(sqlite_database, folder.path).drain()
            now[0] += seconds
            again.submit()
        assert [Request.parse(body).old for body in asked] == [0, 5]
        assert first.quorum_reached(9)
        now[0] -= 10**6  # a clock that was set back stops nothing
        append(sqlite_database, 1, 5000)
        sequencer(sqlite_database, folder.path).drain()
        assert cosigner(url).submit()


def test_one_process_of_a_site_asks_the_witnesses(
    sqlite_database: Database, tmp_path: Path
) -> None:
    folder = grow(sqlite_database, tmp_path / "log", 5)
    asked: list[bytes] = []
    with listening(cosigning(0, asked=asked)) as url:
        many = [Cosigner(folder, KEYS, policy(1, url)) for _ in range(3)]
        with many[0]._leading() as leading, many[1]._leading() as second:
            assert (leading, second) == (True, False)
        with many[2]._leading() as leading:
            assert leading
        many[0].submit()
        assert many[1].problems() == {} and many[1].quorum_reached(5)
        for spoilt in (b"", b"[]", b"{", b'{"witnesses": [1]}', b'{"witnesses": {"w0": 1}}'):
            with folder.lock():
                folder.put(STATE, spoilt)
            assert Cosigner(folder, KEYS, policy(1, url)).problems() == {}


# --- monitors -----------------------------------------------------------------------------------


def test_a_dripping_log_does_not_hold_a_monitor(tmp_path: Path) -> None:
    with listening(drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")) as url:
        monitor = Monitor(HttpSource(url, seconds=0.3), KEYS, tmp_path / "memory")
        begun = time.monotonic()
        assert "within 0.3 seconds" in monitor.look().alarms[0]
        assert time.monotonic() - begun < 1.5


class Slow:
    """Each file comes, but late."""

    def __init__(self, folder: LogFolder) -> None:
        self.folder = folder

    def read(self, relative: str, limit: int) -> bytes | None:
        time.sleep(0.05)
        return self.folder.read(relative, limit)


def test_a_look_has_a_deadline_over_all_files(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.monitor.A_FILE", 0.0)
    folder = grow(sqlite_database, tmp_path / "log", 600)
    monitor = Monitor(Slow(folder), KEYS, tmp_path / "memory", seconds=0.1)
    assert "so slowly" in monitor.look().alarms[0]
    monitor.seconds = 60
    assert monitor.look().alarms == []


def test_a_monitor_needs_the_key(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="needs the key"):
        Monitor(LogFolder(tmp_path), [], tmp_path / "memory")


def entry(id: str, at: datetime, n: int = 1) -> bytes:
    said = Counted(thing="number/1", n=n)
    return encode(said, id=id, time=at, actor_role="tester", actor="")


class Forged:
    """A log made by hand with its own key: what its operator could do, or a server in between."""

    def __init__(self, path: Path) -> None:
        self.folder = LogFolder(path)

    def add(self, *entries: bytes) -> None:
        with self.folder.lock():
            export = Export.open(self.folder, KEYS)
            growth = export.plan(entries)
            export.grow(growth)
            text = Checkpoint(ORIGIN, export.size, export.root()).text
            export.publish(sign(text, [SIGNER]).to_bytes(), growth)


def ids(first: int, count: int) -> list[str]:
    return [f"{number:032x}" for number in range(first, first + count)]


NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def forged(tmp_path: Path) -> tuple[Forged, Monitor]:
    log = Forged(tmp_path / "log")
    log.add(*(entry(id, NOW - timedelta(hours=5)) for id in ids(0, 300)))
    monitor = Monitor(log.folder, KEYS, tmp_path / "memory", max_age=timedelta(hours=2))
    look = monitor.look(NOW)
    assert [alarm.partition(":")[0] for alarm in look.alarms] == ["silence"]
    return log, monitor


def test_the_time_of_an_entry_counts_when_it_is_proven(forged: tuple[Forged, Monitor]) -> None:
    """A server without the key writes a fresh time into the newest bundle: it stays silent."""
    log, monitor = forged
    path = log.folder.path / TileName(-1, 1, 44).path
    entries = split_bundle(path.read_bytes(), 44)
    path.write_bytes(encode_bundle([*entries[:-1], entry(ids(299, 1)[0], NOW)]))
    look = monitor.look(NOW)
    assert "silence" in look.alarms[0] and look.newest == NOW - timedelta(hours=5)
    fresh = Monitor(log.folder, KEYS, monitor.memory / "new", max_age=timedelta(hours=2))
    look = fresh.look(NOW)
    assert "not those of the signed head" in look.alarms[0]
    assert look.newest is None and look.grown == 0


def test_growth_by_an_entry_that_was_there_is_no_growth(forged: tuple[Forged, Monitor]) -> None:
    log, monitor = forged
    log.add(entry("f" * 32, NOW))
    look = monitor.look(NOW)
    assert (look.alarms, look.grown, look.newest) == ([], 1, NOW)
    log.add(entry("e" * 32, NOW), entry(ids(7, 1)[0], NOW + timedelta(hours=2)))
    look = monitor.look(NOW + timedelta(hours=3))
    assert "entry 302" in look.alarms[0] and "logged twice" in look.alarms[0]
    assert look.newest == NOW and "silence" in look.alarms[1]
    again = monitor.look(NOW)
    assert "logged twice" in again.alarms[0], "the next look says it again"


def test_a_time_to_come_does_not_hide_silence(forged: tuple[Forged, Monitor]) -> None:
    log, monitor = forged
    log.add(entry("f" * 32, NOW + timedelta(days=400)))
    assert "time to come" in monitor.look(NOW).alarms[0]


def test_tiles_that_fit_without_their_entries_prove_nothing(
    forged: tuple[Forged, Monitor],
) -> None:
    log, monitor = forged
    log.add(*(entry(id, NOW) for id in ids(1000, 300)))
    path = log.folder.path / TileName(-1, 1).path
    kept = path.read_bytes()
    entries = split_bundle(kept, 256)
    path.write_bytes(encode_bundle([*entries[:100], entry("d" * 32, NOW), *entries[101:]]))
    assert "not those of the signed head" in monitor.look(NOW).alarms[0]
    path.write_bytes(kept)
    look = monitor.look(NOW)
    assert (look.alarms, look.grown) == ([], 300)


def test_a_spoilt_memory_is_said(forged: tuple[Forged, Monitor]) -> None:
    _, monitor = forged
    (monitor.memory / "seen.sqlite").write_bytes(b"x" * 5000)
    assert "cannot be used as the memory" in monitor.look(NOW).alarms[0]
