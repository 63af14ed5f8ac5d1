"""The other program: belenios-tool 3.3, run as a program only.

It is found by ``BELENIOS_TOOL`` (its path), or where ``tool.sh`` puts it, or on ``PATH``.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.ballots.archives import BLOCK

VERSION = "3.3."
LOCAL = Path(__file__).parents[2] / ".venv" / "belenios-tool" / "belenios-tool"
HOW = "needs belenios-tool 3.3: sh tests/interop/tool.sh, or BELENIOS_TOOL=PATH"
SECONDS = 60


class RefusedError(Exception):
    """The program ended with an error, and said this."""


@contextmanager
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: these tests write many small files."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made in it
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="mandate-interop-", dir=place) as name:
        yield Path(name)


@dataclass(frozen=True)
class Tool:
    """The program at ``path``."""

    path: str
    _ballots: dict[tuple[bytes, bytes], str] = field(default_factory=dict, repr=False)
    """Verdicts about ballots, by what stands before them and by their own record."""

    def __call__(self, *args: str | Path, where: Path, stdin: bytes = b"") -> bytes:
        """What it prints when run with ``where`` as the present folder. Raises RefusedError."""
        command = [self.path, *map(str, args)]
        try:
            done = subprocess.run(
                command, cwd=where, input=stdin, capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise RefusedError(f"no answer within {SECONDS} seconds") from None
        if done.returncode:
            message = done.stderr.decode(errors="replace").strip()
            raise RefusedError(" ".join(message.split())[-300:] or f"status {done.returncode}")
        return done.stdout

    def refusal(self, archive: bytes) -> str:
        """Why it refuses the archive; empty when it accepts it.

        ``election verify`` of 3.3.0 accepts ballots with wrong signatures and proofs, although it
        takes its time over them. So each is also handed to ``election verify-ballot``, together
        with the archive as it was before that ballot came.
        """
        try:
            with folder() as where:
                (where / "archive.bel").write_bytes(archive)
                self("election", "verify", "--dir", where, where=where)
        except RefusedError as refused:
            return str(refused)
        return next(filter(None, (self._ballot(*pair) for pair in ballots(archive))), "")

    def _ballot(self, before: bytes, ballot: bytes) -> str:
        key = (before, ballot)
        if key not in self._ballots:
            self._ballots[key] = ""
            with folder() as where:
                (where / "archive.bel").write_bytes(before)
                (where / "ballot.json").write_bytes(ballot)
                try:
                    args = ("--dir", where, "--ballot", "ballot.json")
                    self("election", "verify-ballot", *args, where=where)
                except RefusedError as refused:
                    self._ballots[key] = str(refused)
        return self._ballots[key]


def ballots(archive: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Of each Ballot event: the archive as it was before, and the ballot."""
    at = end = 0
    data = b""
    while at < len(archive):
        size = int(archive[at + 124 : at + 135], 8)
        body = archive[at + BLOCK : at + BLOCK + size]
        is_event = b".event.json" in archive[at : at + 100]
        at += BLOCK * (1 + -(-size // BLOCK))
        if is_event:
            if b'"type":"Ballot"' in body:
                yield archive[:end], data
            end = at
        data = body


@functools.cache
def find() -> Tool | None:
    """The program, when one of the right version is there."""
    named = os.environ.get("BELENIOS_TOOL")
    for command in [named] if named else [str(LOCAL), "belenios-tool", "belenios-tool-3.3"]:
        path = shutil.which(command)
        if path and _version(path).startswith(VERSION):
            return Tool(path)
    return None


def _version(path: str) -> str:
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return done.stdout
