"""The commands as people type them: status 0, 1 and 2, JSON, and messages that say what to do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit.cosigning import Cosigner
from audit.database import Base, Database
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keyfiles import load_keys
from audit.keys import Algorithm, Signer, Verifier
from audit.policy import parse
from audit.receipts import make_receipt
from audit.sources import HttpSource
from tests.audit.logs import ORIGIN, SIGNER, append, grow
from web.cli import app

RUNNER = CliRunner()
VKEY = str(SIGNER.verifier)


def run(*arguments: str | Path) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def log(sqlite_database: Database, tmp_path: Path) -> LogFolder:
    return grow(sqlite_database, tmp_path / "log", 100, 300)


def test_verify(log: LogFolder, tmp_path: Path) -> None:
    (tmp_path / "key.vkey").write_text(f"{VKEY}\n")
    (tmp_path / "old").write_bytes(log.checkpoint() or b"")
    for key in (VKEY, str(tmp_path / "key.vkey")):
        done = run("log", "verify", log.path, "--vkey", key, "--old", tmp_path / "old")
        assert (done.exit_code, "valid" in done.stdout) == (0, True)
    done = run("log", "verify", log.path, "--vkey", VKEY, "--max-age", "1h", "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["valid"], said["size"], said["faults"]) == (0, True, 400, [])


def test_verify_names_the_first_bad_entry(log: LogFolder) -> None:
    path = log.path / "tile" / "entries" / "000"
    path.write_bytes(path.read_bytes().replace(b'"n":123', b'"n":124'))
    done = run("log", "verify", log.path, "--vkey", VKEY)
    assert done.exit_code == 1
    assert "entry 123" in done.stdout and "NOT VALID" in done.stdout
    done = run("log", "verify", log.path, "--vkey", VKEY, "--json")
    assert json.loads(done.stdout)["faults"][0]["index"] == 123


@pytest.mark.parametrize(
    "arguments",
    [
        ("/nowhere", "--vkey", VKEY),
        (".", "--vkey", "nonsense"),
        (".", "--vkey", VKEY[:-1]),
        (".",),
        (".", "--vkey", VKEY, "--policy", "/nowhere"),
        (".", "--vkey", VKEY, "--old", "/nowhere"),
        (".", "--vkey", VKEY, "--max-age", "soon"),
        (".", "--vkey", VKEY, "--tsa-root", "/nowhere"),
    ],
)
def test_what_cannot_be_read_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = run("log", "verify", *arguments)
    assert done.exit_code == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.output


def test_prove_and_receipt_verify(log: LogFolder, tmp_path: Path) -> None:
    key = Signer.from_seed(f"{ORIGIN}/receipt", Algorithm.ED25519, bytes(range(1, 33)))
    receipt, proof = tmp_path / "receipt", tmp_path / "entry.tlog-proof"
    receipt.write_text(make_receipt(key, contest="C", tracker="T", event="ab" * 32))
    done = run("receipt", "verify", receipt, "--vkey", key.verifier)
    assert done.exit_code == 0 and "tracker: T" in done.stdout
    done = run("log", "prove", "42", "--dir", log.path)
    assert done.exit_code == 0
    proof.write_text(done.stdout)
    keys = ("--vkey", key.verifier, "--vkey", VKEY)
    done = run("receipt", "verify", receipt, *map(str, keys), "--proof", proof, "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["valid"]) == (1, False)
    assert "another entry" in said["fault"]
    receipt.write_text(receipt.read_text().replace("\nT\n", "\nU\n"))
    assert run("receipt", "verify", receipt, "--vkey", key.verifier).exit_code == 1
    assert run("receipt", "verify", tmp_path / "none", "--vkey", key.verifier).exit_code == 2
    assert run("log", "prove", "400", "--dir", log.path).exit_code == 2


def test_monitor(log: LogFolder, tmp_path: Path) -> None:
    arguments = ("log", "monitor", log.path, "--memory", tmp_path / "memory", "--vkey", VKEY)
    assert run(*arguments).exit_code == 0
    (log.path / "checkpoint").write_bytes(b"")
    done = run(*arguments, "--json")
    assert done.exit_code == 1
    assert "unreadable" in json.loads(done.stdout)["alarms"][0]


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MANDATE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MANDATE_LOG_ORIGIN", ORIGIN)
    monkeypatch.delenv("MANDATE_DATABASE_URL", raising=False)
    (tmp_path / "data").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'data' / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    append(database, 5)
    database.close()
    return tmp_path / "data"


def test_sequence_rotate_export_recover(deployment: Path, tmp_path: Path) -> None:
    assert run("log", "sequence", "--once").exit_code == 0
    public = deployment / "log" / "public"
    old = load_keys(deployment / "keys").public[0].verifier
    assert run("log", "verify", public, "--vkey", old).exit_code == 0
    assert run("log", "rotate", "--finish").exit_code == 2
    new = run("log", "rotate").stdout.strip()
    assert run("log", "rotate", "--finish").exit_code == 2  # nothing is signed by it yet
    assert run("log", "sequence", "--once").exit_code == 0
    assert run("log", "rotate", "--finish").stdout.strip() == new
    assert run("log", "sequence", "--once").exit_code == 0
    assert run("log", "verify", public, "--vkey", new).exit_code == 0
    quantum = run("log", "rotate", "--ml-dsa").stdout.strip()
    assert Verifier.parse(quantum).algorithm is Algorithm.MLDSA44_TIMED
    assert run("log", "sequence", "--once").exit_code == 0
    public.rename(tmp_path / "kept")
    assert run("log", "export").exit_code == 0
    assert (public / "checkpoint").read_bytes() == (tmp_path / "kept" / "checkpoint").read_bytes()
    done = run("log", "recover", "--reason", "a drill")
    assert done.exit_code == 0 and "public: 0 entries recovered" in done.stdout
    assert run("log", "stamp", "http://127.0.0.1:1/").exit_code == 2
    (deployment / "keys" / "public-log.key").chmod(0o644)
    done = run("log", "sequence", "--once")
    assert done.exit_code == 2 and "chmod 600" in done.stderr


def test_keygen(tmp_path: Path) -> None:
    for kind, algorithm in (("log", 1), ("witness", 4), ("ml-dsa-44", 6)):
        done = run("log", "keygen", "w.example/x", "--out", tmp_path / kind, "--kind", kind)
        assert Verifier.parse(done.stdout.strip()).algorithm == algorithm
        assert (tmp_path / kind).stat().st_mode & 0o777 == 0o600
    assert run("log", "keygen", "w", "--out", tmp_path / "log", "--kind", "log").exit_code == 2
    assert run("log", "keygen", "a b", "--out", tmp_path / "bad", "--kind", "log").exit_code == 2
    assert run("log", "keygen", "w", "--out", tmp_path / "y", "--kind", "rsa").exit_code == 2


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """`mandate witness serve` in a process of its own; its address and key."""
    vkey = run("log", "keygen", "w.example/1", "--out", tmp_path / "w.key").stdout.strip()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from web.commands.witness import app; app()", "serve"]
    command += ["--key", str(tmp_path / "w.key"), "--log", VKEY, "--port", str(port)]
    command += ["--store", str(tmp_path / "w.sqlite")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ))
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            assert HttpSource(url).read("vkey", 9999) == f"{vkey}\n".encode()
            break
        except LogError:
            time.sleep(0.1)
    yield url, vkey
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)


def test_a_witness_and_a_policy(log: LogFolder, tmp_path: Path, witness: tuple[str, str]) -> None:
    url, vkey = witness
    text = f"log {VKEY}\nwitness w {vkey} {url}\nquorum w\n"
    (tmp_path / "policy").write_text(text)
    verify = ("log", "verify", log.path, "--policy", tmp_path / "policy")
    assert run(*verify).exit_code == 1
    assert Cosigner(log, [SIGNER.verifier], parse(text.encode())).submit()
    done = run(*verify)
    assert done.exit_code == 0 and "cosigned by the witnesses up to entry 400" in done.stdout
    for path in ("nothing/checkpoint", "0" * 64 + "/checkpoint"):
        assert HttpSource(url).read(path, 9999) is None
    origin = sha256(ORIGIN.encode()).hexdigest()
    assert HttpSource(url).read(f"{origin}/checkpoint", 9999) == log.checkpoint()
    assert HttpSource(url).read(f"{origin}/evidence", 9999) == b""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    with suppress(ConnectionError):  # refused by its length, while we still send
        connection.request("POST", "/add-checkpoint", bytes(1 << 20))
    assert connection.getresponse().status == 413
    connection.close()
