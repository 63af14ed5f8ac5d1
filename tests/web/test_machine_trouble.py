"""Trouble of the machine that verifies is no bad evidence: another status, or the same verdict."""

from __future__ import annotations

import errno
import json
import zipfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ballots.verifier import TROUBLE
from web.cli import app

ARCHIVE = Path(__file__).parents[1] / "vectors" / "belenios" / "valid" / "demo-Ed25519.bel"


def mandate(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.stdout, done.stderr


class NoSemaphores:
    """What a /dev/shm that cannot be written is to Python."""

    SEM_VALUE_MAX = 1 << 31

    def __init__(self, *_given: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")


def test_without_shared_memory_one_process_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("_multiprocessing.SemLock", NoSemaphores)
    with pytest.raises(PermissionError):
        ProcessPoolExecutor(2)
    code, said, noted = mandate("verify", str(ARCHIVE), "--jobs", "2", "--json")
    assert code == 0, said
    assert json.loads(said)["valid"] is True
    assert "one process is used" in noted
    assert "shm" in noted


def test_a_process_that_is_killed_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_given: Any, **_more: Any) -> None:
        raise BrokenProcessPool("A process in the process pool was terminated abruptly")

    monkeypatch.setattr("web.commands.verify.verify_archive", killed)
    code, _said, noted = mandate("verify", str(ARCHIVE), "--jobs", "2")
    assert code == TROUBLE
    assert "nothing was judged" in noted


def test_a_full_disk_is_no_damaged_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.zip"
    with zipfile.ZipFile(path, "w") as record:
        record.writestr("direct-1/manifest.json", "{}")
    plain = Path.open

    def full(self: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        if mode == "wb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(self, mode, *more, **named)

    assert mandate("verify", str(path))[0] in (1, 2)
    monkeypatch.setattr(Path, "open", full)
    code, said, noted = mandate("verify", str(path))
    assert code == TROUBLE, said
    assert "No space left" in noted


def test_no_temporary_folder_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.zip"
    with zipfile.ZipFile(path, "w") as record:
        record.writestr("direct-1/manifest.json", "{}")

    def nowhere(*_given: Any, **_more: Any) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.mkdtemp", nowhere)
    assert mandate("verify", str(path))[0] == TROUBLE
