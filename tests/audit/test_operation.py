"""Monitors, rotation of keys, the second signature, time-stamps."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from audit import rotation, timestamps
from audit.database import Database
from audit.entries import PUBLIC
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keyfiles import LogKeys, create_keys, load_keys
from audit.keys import Algorithm
from audit.merkle import Digest, leaf_hash, root_of
from audit.monitor import Monitor
from audit.note import Checkpoint, Note, sign
from audit.policy import Policy
from audit.policy import Witness as Known
from audit.service import LogService
from audit.startup import check_startup
from audit.verifier import Demands, verify
from tests.audit.logs import ORIGIN, SIGNER, WITNESS, append, grow, sequencer

KEYS = [SIGNER.verifier]
VECTORS = Path(__file__).parent / "vectors"


@pytest.fixture
def watched(sqlite_database: Database, tmp_path: Path) -> tuple[LogFolder, Monitor]:
    folder = grow(sqlite_database, tmp_path / "log", 300)
    return folder, Monitor(folder, KEYS, tmp_path / "memory")


def test_a_monitor_follows_a_log(
    sqlite_database: Database, watched: tuple[LogFolder, Monitor]
) -> None:
    folder, monitor = watched
    assert monitor.look().alarms == []
    append(sqlite_database, 500, 300)
    sequencer(sqlite_database, folder.path).drain()
    look = monitor.look()
    assert (look.alarms, look.size, look.grown) == ([], 800, 500)
    assert monitor.look().grown == 0


def test_a_monitor_tells_rollback_fork_and_silence(
    sqlite_database: Database, tmp_path: Path, watched: tuple[LogFolder, Monitor]
) -> None:
    folder, monitor = watched
    shutil.copytree(folder.path, tmp_path / "early")
    append(sqlite_database, 100, 300)
    sequencer(sqlite_database, folder.path).drain()
    monitor.look()
    rolled_back = Monitor(LogFolder(tmp_path / "early"), KEYS, monitor.memory)
    assert "rollback" in rolled_back.look().alarms[0]
    for size in (400, 401):
        head = Checkpoint(ORIGIN, size, Digest(bytes(32)))
        folder.put("checkpoint", sign(head.text, [SIGNER]).to_bytes())
        assert "fork" in monitor.look().alarms[0]
    evidence = [path.read_bytes() for path in monitor.memory.glob("*.checkpoint")]
    assert len(evidence) == 4  # 400, 300, and the two forks, each signed
    (folder.path / "checkpoint").unlink()
    assert "unreadable" in monitor.look().alarms[0]


def test_a_monitor_tells_silence_and_missing_witnesses(
    watched: tuple[LogFolder, Monitor],
) -> None:

    _, monitor = watched
    monitor.max_age = timedelta(hours=2)
    assert monitor.look().alarms == []
    assert "silence" in monitor.look(datetime.now(UTC) + timedelta(hours=3)).alarms[0]
    monitor.policy = Policy((), {"w": Known("w", WITNESS.verifier)}, {}, "w")
    assert "cosignatures" in monitor.look().alarms[0]


def keys_of(tmp_path: Path) -> LogKeys:
    return load_keys(tmp_path / "keys")


def log_once(database: Database, tmp_path: Path) -> LogFolder:
    LogService(database, tmp_path / "log", keys_of(tmp_path)).run_once()
    check_startup(database, tmp_path / "log", keys_of(tmp_path))
    return LogFolder(tmp_path / "log" / PUBLIC)


def test_a_key_is_rotated_with_an_overlap(sqlite_database: Database, tmp_path: Path) -> None:
    old = create_keys(tmp_path / "keys", ORIGIN).public[0].verifier
    append(sqlite_database, 3)
    folder = log_once(sqlite_database, tmp_path)
    new = rotation.rotate(sqlite_database, tmp_path / "keys", PUBLIC)
    with pytest.raises(LogError, match="under way"):
        rotation.rotate(sqlite_database, tmp_path / "keys", PUBLIC)
    with pytest.raises(LogError, match="not signed by the new key"):
        rotation.finish(sqlite_database, tmp_path / "keys", PUBLIC, tmp_path / "log")
    log_once(sqlite_database, tmp_path)
    for key in (old, new):  # during the overlap either key is enough
        assert verify(folder, [key]).faults == []
    assert rotation.finish(sqlite_database, tmp_path / "keys", PUBLIC, tmp_path / "log") == new
    with pytest.raises(LogError, match="no rotation"):
        rotation.finish(sqlite_database, tmp_path / "keys", PUBLIC, tmp_path / "log")
    log_once(sqlite_database, tmp_path)
    assert verify(folder, [new]).faults == []
    assert not verify(folder, [old]).valid
    assert (tmp_path / "keys" / "public-log.key").stat().st_mode & 0o777 == 0o600


def test_the_receipt_key_is_rotated_at_once(sqlite_database: Database, tmp_path: Path) -> None:
    old = create_keys(tmp_path / "keys", ORIGIN).receipt
    new = rotation.rotate(sqlite_database, tmp_path / "keys", "receipt")
    assert keys_of(tmp_path).receipt.verifier == new != old.verifier
    assert rotation.finish(sqlite_database, tmp_path / "keys", "receipt", tmp_path) == new
    with pytest.raises(LogError, match="checkpoints only"):
        rotation.rotate(sqlite_database, tmp_path / "keys", "receipt", Algorithm.MLDSA44_TIMED)
    with pytest.raises(LogError, match="no key for"):
        rotation.rotate(sqlite_database, tmp_path / "keys", "other")


def test_a_second_signature_that_a_quantum_computer_cannot_forge(
    sqlite_database: Database, tmp_path: Path
) -> None:
    first = create_keys(tmp_path / "keys", ORIGIN).public[0].verifier
    append(sqlite_database, 3)
    second = rotation.rotate(sqlite_database, tmp_path / "keys", PUBLIC, Algorithm.MLDSA44_TIMED)
    folder = log_once(sqlite_database, tmp_path)
    signed = Note.parse(folder.checkpoint() or b"").verify([first, second])
    assert set(signed) == {first, second}
    assert abs(signed[second] - datetime.now(UTC).timestamp()) < 60
    assert verify(folder, [second]).faults == []
    with pytest.raises(LogError, match="no rotation"):
        rotation.finish(sqlite_database, tmp_path / "keys", PUBLIC, tmp_path / "log")


# --- time-stamps: the stamp was made with OpenSSL's `ts` for this checkpoint, see vectors/README --


class Authority(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["content-length"]))
        assert self.headers["content-type"] == "application/timestamp-query"
        assert len(query) > 50
        self.send_response(200)
        self.end_headers()
        self.wfile.write((VECTORS / "stamp.tsr").read_bytes())

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def authority() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Authority)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stamped(tmp_path: Path, authority: str) -> LogFolder:
    folder = LogFolder(tmp_path / "log")
    with folder.lock():
        folder.put("checkpoint", (VECTORS / "stamp.checkpoint").read_bytes())
    assert timestamps.stamp(folder, KEYS, authority).size == 3
    return folder


def test_a_checkpoint_is_stamped_and_the_stamp_checked(stamped: LogFolder) -> None:
    roots = timestamps.load_roots(VECTORS / "stamp-root.pem")
    head = timestamps.stamped_checkpoint(stamped, 3, KEYS)
    assert head.root == root_of([leaf_hash(b"stamped %d" % i) for i in range(3)])
    assert timestamps.verify_stamp(stamped, 3, roots).year >= 2026
    assert timestamps.stamped_sizes(stamped) == [3]


@pytest.mark.parametrize("place", [30, 200, 900, -300, -20])
def test_a_bent_stamp_is_refused(stamped: LogFolder, place: int) -> None:
    roots = timestamps.load_roots(VECTORS / "stamp-root.pem")
    path = stamped.path / "stamps" / "3.tsr"
    good = bytearray(path.read_bytes())
    good[place] ^= 1
    path.write_bytes(good)
    with pytest.raises(LogError):
        timestamps.verify_stamp(stamped, 3, roots)


def test_a_stamp_of_another_authority_or_checkpoint_is_refused(
    stamped: LogFolder, authority: str, tmp_path: Path
) -> None:

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "other")])
    now = datetime.now(UTC)
    other = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(LogError, match="not good"):
        timestamps.verify_stamp(stamped, 3, [other])
    changed = sign(Checkpoint(ORIGIN, 3, Digest(bytes(32))).text, [SIGNER]).to_bytes()
    with stamped.lock():
        stamped.put("stamps/3.checkpoint", changed)
        stamped.put("checkpoint", changed)
    roots = timestamps.load_roots(VECTORS / "stamp-root.pem")
    with pytest.raises(LogError):
        timestamps.verify_stamp(stamped, 3, roots)
    with pytest.raises(LogError, match="something else"):
        timestamps.stamp(stamped, KEYS, authority)
    with pytest.raises(LogError, match="authority"):
        timestamps.stamp(stamped, KEYS, "http://127.0.0.1:1/")


def test_a_stamped_head_is_history_to_a_verification(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """The stamp proves that another log of three entries was signed: this one is a rewrite."""
    folder = grow(sqlite_database, tmp_path / "log", 5)
    timestamps.keep(
        folder,
        3,
        (VECTORS / "stamp.checkpoint").read_bytes(),
        (VECTORS / "stamp.tsr").read_bytes(),
    )
    roots = timestamps.load_roots(VECTORS / "stamp-root.pem")
    report = verify(folder, KEYS, Demands(stamp_roots=roots))
    assert [fault.check for fault in report.faults] == ["history"]
    assert list(report.stamps) == [3]
    (folder.path / "stamps" / "3.checkpoint").unlink()
    assert verify(folder, KEYS).faults[0].check == "stamps"


def test_a_file_without_certificates(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("empty.pem", "none.pem"):
        with pytest.raises(LogError, match="no certificates"):
            timestamps.load_roots(tmp_path / name)
