"""A witness (C2SP tlog-witness v1.0.0): signs that a log, as it saw it, has only ever grown.

Anyone can run one: a party, a university. It keeps one row for each log, and the row changes only
by compare-and-swap, so that two requests at once cannot make it sign two histories.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from audit.errors import LogError
from audit.keys import Algorithm, Signer, Verifier, from_base64, to_base64
from audit.merkle import MAX_PROOF, Digest, verify_consistency
from audit.note import MAX_NOTE, Checkpoint, Note, signature_of, verify_checkpoint

MAX_REQUEST = MAX_NOTE + 64 * 64  # bytes
MAX_EVIDENCE = 100  # contradicting checkpoints that are kept for each log
SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_TABLES = """
CREATE TABLE IF NOT EXISTS logs (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root TEXT NOT NULL, checkpoint BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evidence (
    digest TEXT PRIMARY KEY, origin TEXT NOT NULL, checkpoint BLOB NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Request:
    """The body of add-checkpoint: the size the client thinks we know, a proof, a checkpoint."""

    old: int
    proof: tuple[Digest, ...]
    checkpoint: bytes

    def to_bytes(self) -> bytes:
        lines = [f"old {self.old}", *(to_base64(digest) for digest in self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """Raises LogError for any other spelling."""
        head, blank, checkpoint = body.partition(b"\n\n")
        if not blank or not head.isascii() or len(body) > MAX_REQUEST:
            raise LogError("not an add-checkpoint request")
        first, *proof = head.decode("ascii").split("\n")
        old = _OLD.fullmatch(first)
        if old is None or len(proof) > MAX_PROOF:
            raise LogError("not an add-checkpoint request: old size or proof")
        return cls(int(old[1]), tuple(Digest(from_base64(line)) for line in proof), checkpoint)


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


class _RefusalError(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body)
        self.answer = answer


def _refusal(status: int, reason: object) -> _RefusalError:
    return _RefusalError(Answer(status, f"{reason}\n"))


class Witness:
    """A witness with its own small store in `path`. `logs`: the keys of the logs it follows."""

    def __init__(
        self,
        path: Path,
        signers: Sequence[Signer],
        logs: Sequence[Verifier],
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not signers or any(not s.algorithm.timed for s in signers):
            raise LogError("a witness signs with a cosignature key (ed25519-timed or ml-dsa-44)")
        if any(log.algorithm is Algorithm.ED25519_TIMED for log in logs):
            raise LogError("this is the key of a witness, not of a log")
        self.path = path
        self.signers = tuple(signers)
        self.logs = tuple(logs)
        self.clock = clock
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_TABLES)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one request. What is answered with 200 is on disk before."""
        try:
            return self._add(body)
        except _RefusalError as refusal:
            return refusal.answer

    def _add(self, body: bytes) -> Answer:
        try:
            request = Request.parse(body)
            note = Note.parse(request.checkpoint)
            origin = note.text.partition("\n")[0]
        except LogError as error:
            raise _refusal(400, error) from error
        keys = [log for log in self.logs if log.name == origin]
        if not keys:
            raise _refusal(404, "this witness does not follow that log")
        try:
            checkpoint, _ = verify_checkpoint(request.checkpoint, keys)
        except LogError as error:
            raise _refusal(403, error) from error
        if request.old > checkpoint.size:
            raise _refusal(400, "the old size is larger than the checkpoint")
        self._advance(request, checkpoint)
        signatures = [signature_of(s, note.text, int(self.clock())) for s in self.signers]
        return Answer(200, "".join(signature.line for signature in signatures))

    def _advance(self, request: Request, checkpoint: Checkpoint) -> None:
        with closing(self._connect()) as connection:
            size, root = self._known(connection, checkpoint.origin)
            if request.old != size:
                raise _conflict(size)
            try:
                _check_growth(request, checkpoint, size, root)
            except LogError as error:
                self._keep_evidence(connection, checkpoint.origin, request.checkpoint)
                if checkpoint.size == size:
                    raise _conflict(size) from error
                raise _refusal(422, error) from error
            if not self._swap(connection, checkpoint, request.checkpoint, size, root):
                raise _conflict(self._known(connection, checkpoint.origin)[0])

    def _swap(
        self,
        connection: sqlite3.Connection,
        new: Checkpoint,
        raw: bytes,
        size: int,
        root: str,
    ) -> bool:
        """Replace what was compared, and only that: of two requests at once one finds it gone."""
        values = (new.size, new.root.hex(), raw, new.origin)
        if not root:
            done = connection.execute(
                "INSERT INTO logs (size, root, checkpoint, origin) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                values,
            )
        else:
            done = connection.execute(
                "UPDATE logs SET size = ?, root = ?, checkpoint = ? "
                "WHERE origin = ? AND size = ? AND root = ?",
                (*values, size, root),
            )
        return done.rowcount == 1

    def _known(self, connection: sqlite3.Connection, origin: str) -> tuple[int, str]:
        """Size and root that we cosigned last; 0 and empty for a log not seen yet."""
        row = connection.execute(
            "SELECT size, root FROM logs WHERE origin = ?", (origin,)
        ).fetchone()
        return (int(row[0]), str(row[1])) if row else (0, "")

    def latest(self, origin_hash: str) -> bytes | None:
        """The newest checkpoint of the log with this hash (SHA-256 of the origin, hex)."""
        with closing(self._connect()) as connection:
            for origin, raw in connection.execute("SELECT origin, checkpoint FROM logs"):
                if sha256(origin.encode()).hexdigest() == origin_hash:
                    return bytes(raw)
        return None

    def evidence(self, origin_hash: str) -> list[bytes]:
        """Signed checkpoints that contradict what we cosigned: each proves a fork or a rewrite."""
        with closing(self._connect()) as connection:
            return [
                bytes(raw)
                for origin, raw in connection.execute("SELECT origin, checkpoint FROM evidence")
                if sha256(origin.encode()).hexdigest() == origin_hash
            ]

    def _keep_evidence(self, connection: sqlite3.Connection, origin: str, raw: bytes) -> None:
        connection.execute(
            "INSERT INTO evidence (digest, origin, checkpoint) SELECT ?, ?, ? "
            "WHERE (SELECT count(*) FROM evidence WHERE origin = ?) < ? ON CONFLICT DO NOTHING",
            (sha256(raw).hexdigest(), origin, raw, origin, MAX_EVIDENCE),
        )

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        return connection


def _check_growth(request: Request, new: Checkpoint, size: int, root: str) -> None:
    if size == 0:
        # the first checkpoint of a log is taken on trust, and so is the first that is not empty
        if request.proof:
            raise LogError("the proof from size 0 is empty")
        if root and new.size == 0 and new.root.hex() != root:
            raise LogError("two roots for one size")
        return
    verify_consistency(size, new.size, bytes.fromhex(root), new.root, request.proof)


def _conflict(size: int) -> _RefusalError:
    return _RefusalError(Answer(409, f"{size}\n", SIZE_TYPE))
