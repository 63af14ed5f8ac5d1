"""The log's side of witnessing: submits checkpoints in the background and keeps what comes back.

Appending never waits for this. Publishing a result does: `quorum_reached`.
"""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

from audit.errors import LogError
from audit.folder import WITNESSED, LogFolder
from audit.keys import Verifier
from audit.merkle import prove_consistency
from audit.note import MAX_NOTE, Checkpoint, Note, Signature, parse_signatures, verify_checkpoint
from audit.policy import Policy
from audit.policy import Witness as Known
from audit.sources import open_url, read_body
from audit.tiles import tree_hash
from audit.witness import SIZE_TYPE, Request

MAX_ANSWER = 1 << 16  # bytes
PAUSE = 1.0  # seconds between looks at the checkpoint
BACK_OFF = 60.0  # seconds at most between tries of a witness that fails
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?", re.ASCII)


class WitnessAlarmError(LogError):
    """A witness knows another history of this log than we do: a fork or a rollback."""


@dataclass
class _Peer:
    known: Known
    size: int = 0  # what the witness cosigned last, as far as we know
    wait: float = 0.0
    again: float = 0.0  # monotonic time before which it is left alone
    signature: Signature | None = None  # of the checkpoint in hand
    problem: str = ""


@dataclass
class Cosigner:
    """Collects the cosignatures of the witnesses of `policy` for the log in `folder`."""

    folder: LogFolder
    verifiers: Sequence[Verifier]
    policy: Policy
    alarms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._peers = [_Peer(w) for w in self.policy.witnesses.values() if w.url]
        self._done = b""

    def quorum_reached(self, size: int) -> bool:
        """Whether the witnesses that the policy wants have cosigned the log at `size` or beyond.

        With `size` = index + 1 of an entry: whether they have seen that entry.
        """
        if self.policy.quorum_reached(()):
            return True
        raw = self.cosigned_checkpoint()
        return raw is not None and Checkpoint.parse(Note.parse(raw).text).size >= size

    def cosigned_checkpoint(self) -> bytes | None:
        """The newest checkpoint with a quorum. Raises LogError when the file was spoilt."""
        raw = self.folder.read(WITNESSED, MAX_NOTE)
        if raw is not None:
            _, note = verify_checkpoint(raw, self.verifiers)
            if not self.policy.quorum_reached(note.verify(self.policy.cosigners)):
                return None  # the policy has changed since
        return raw

    def problems(self) -> dict[str, str]:
        """What is wrong with which witness, for the operator."""
        return {peer.known.name: peer.problem for peer in self._peers if peer.problem}

    def run_forever(self, stop: threading.Event) -> None:
        while not stop.wait(PAUSE):
            self.submit()

    def submit(self) -> bool:
        """Ask each witness that lacks the newest checkpoint; True when the quorum has it.

        A witness that fails is tried again later and noted in `problems`.
        """
        raw = self.folder.checkpoint()
        if raw is None:
            return False
        if raw == self._done:
            return True
        checkpoint, note = verify_checkpoint(raw, self.verifiers)
        if checkpoint.size == 0:
            return False
        for peer in self._peers:
            if time.monotonic() >= peer.again:
                self._ask(peer, checkpoint, note)
        return self._publish(checkpoint, note, raw)

    def _publish(self, checkpoint: Checkpoint, note: Note, raw: bytes) -> bool:
        fresh = [s for p in self._peers if (s := self._valid(p, note)) is not None]
        cosigned = note.with_signatures(fresh)
        if not fresh or not self.policy.quorum_reached(cosigned.verify(self.policy.cosigners)):
            return False
        with self.folder.lock():
            current = self.cosigned_checkpoint()
            if (
                current is None
                or Checkpoint.parse(Note.parse(current).text).size <= checkpoint.size
            ):
                self.folder.put(WITNESSED, cosigned.to_bytes())
        if len(fresh) == len(self._peers):
            self._done = raw
        return True

    def _valid(self, peer: _Peer, note: Note) -> Signature | None:
        """The signature of the peer if it is of this note, not of an earlier one."""
        if peer.signature is None:
            return None
        try:
            peer.known.verifier.verify(note.text, peer.signature.value)
        except LogError:
            return None
        return peer.signature

    def _ask(self, peer: _Peer, checkpoint: Checkpoint, note: Note) -> None:
        if self._valid(peer, note) is not None:
            return
        try:
            peer.signature = self._cosign(peer, checkpoint, note)
            peer.size, peer.problem, peer.wait = checkpoint.size, "", 0.0
        except WitnessAlarmError as error:
            peer.problem = str(error)
            if str(error) not in self.alarms:
                self.alarms.append(str(error))
        except (LogError, OSError, HTTPException) as error:
            peer.problem = str(error)
        if peer.problem:
            peer.wait = min(BACK_OFF, peer.wait * 2 or 1.0)
            peer.again = time.monotonic() + peer.wait

    def _cosign(self, peer: _Peer, checkpoint: Checkpoint, note: Note) -> Signature:
        """Submit, and again from the size that the witness says it knows."""
        for _ in range(3):
            status, answer = self._post(peer, checkpoint, note)
            if status != 409:
                break
            known = _size(answer)
            if known > checkpoint.size:
                raise WitnessAlarmError(
                    f"{peer.known.name} has cosigned {known} entries of {checkpoint.origin}, which "
                    f"has {checkpoint.size} here: this server was rolled back, or runs twice"
                )
            if known == peer.size == checkpoint.size:
                raise self._fork(peer, checkpoint)
            peer.size = known
        if status == 422:
            raise self._fork(peer, checkpoint)
        if status in (403, 404):
            raise LogError(f"{peer.known.url} does not know this log or its key (HTTP {status})")
        if status != 200:
            raise LogError(f"{peer.known.url} answers {status}")
        return self._own_signature(peer, answer, note)

    def _fork(self, peer: _Peer, checkpoint: Checkpoint) -> WitnessAlarmError:
        return WitnessAlarmError(
            f"{peer.known.name} has cosigned another history of {checkpoint.origin} at size "
            f"{peer.size}: the log was forked or rewritten"
        )

    def _own_signature(self, peer: _Peer, answer: bytes, note: Note) -> Signature:
        verifier = peer.known.verifier
        for signature in parse_signatures(answer.decode("utf-8", "replace")):
            if (signature.name, signature.key_id) == (verifier.name, verifier.key_id):
                verifier.verify(note.text, signature.value)
                return signature
        raise LogError(f"{peer.known.url} answers without a signature of {verifier.name}")

    def _post(self, peer: _Peer, checkpoint: Checkpoint, note: Note) -> tuple[int, bytes]:
        hashes = tree_hash(checkpoint.size, self.folder.tile)
        proof = prove_consistency(peer.size, checkpoint.size, hashes)
        body = Request(peer.size, tuple(proof), note.to_bytes()).to_bytes()
        request = urllib.request.Request(  # noqa: S310 - the operator's own policy names it
            f"{peer.known.url.rstrip('/')}/add-checkpoint",
            data=body,
            headers={"content-type": "text/plain; charset=utf-8"},
            method="POST",
        )
        try:
            with open_url(request) as answer:
                return 200, read_body(answer, MAX_ANSWER)
        except urllib.error.HTTPError as error:
            with error:
                content = read_body(error, MAX_ANSWER)
                if error.code == 409 and SIZE_TYPE not in error.headers.get("content-type", ""):
                    raise LogError(f"{peer.known.url} answers 409 without the size") from error
                return error.code, content


def _size(answer: bytes) -> int:
    match = _SIZE.fullmatch(answer.decode("utf-8", "replace"))
    if match is None:
        raise LogError("the witness answers 409 without the size that it knows")
    return int(match[1])
