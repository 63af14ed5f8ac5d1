"""The log's side of witnessing: submits checkpoints in the background and keeps what comes back.

Appending never waits for this. Publishing a result does: `quorum_reached`.

Witnesses are asked side by side, each in a thread and within a deadline, so a slow one delays
nobody. All are asked for the same checkpoint, a round; the next round takes the newest one when the
quorum has signed or nobody is left to wait for.
"""

from __future__ import annotations

import fcntl
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from audit.errors import LogError
from audit.exchange import Answer, exchange
from audit.folder import WITNESSED, LogFolder
from audit.keys import Verifier
from audit.merkle import prove_consistency
from audit.note import MAX_NOTE, Checkpoint, Note, Signature, parse_signatures, verify_checkpoint
from audit.policy import Policy
from audit.policy import Witness as Known
from audit.tiles import tree_hash
from audit.witness import SIZE_TYPE, Request

MAX_ANSWER = 1 << 16  # bytes
PAUSE = 1.0  # seconds between looks at the checkpoint
PATIENCE = 5.0  # seconds that one look waits for answers; a round goes on in the next look
DEADLINE = 20.0  # seconds for one request to a witness
BACK_OFF = 60.0  # seconds at most between tries of a witness that fails
DAY = 86_400.0  # seconds
STATE = ".witnesses"  # what is known of each witness, for other processes and after a restart
LEADER = ".witnesses.lock"  # of the processes of a site one asks the witnesses
MAX_STATE = 1 << 20  # bytes
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?", re.ASCII)


class WitnessAlarmError(LogError):
    """A witness knows another history of this log than we do: a fork or a rollback."""


@dataclass
class _Peer:
    known: Known
    size: int = 0  # what the witness cosigned last, as far as we know
    wait: float = 0.0
    again: float = 0.0  # monotonic time before which it is left alone
    busy: bool = False  # a thread asks it
    signature: Signature | None = None  # the newest one
    problem: str = ""


@dataclass(frozen=True)
class _Round:
    raw: bytes
    checkpoint: Checkpoint
    note: Note


@dataclass
class Cosigner:
    """Collects the cosignatures of the witnesses of `policy` for the log in `folder`.

    `per_day`: how many checkpoints a witness is sent at most in a day; 0: as many as there are.
    """

    folder: LogFolder
    verifiers: Sequence[Verifier]
    policy: Policy
    per_day: int = 0
    clock: Callable[[], float] = time.time
    patience: float = PATIENCE
    deadline: float = DEADLINE
    alarms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._peers = [_Peer(w) for w in self.policy.witnesses.values() if w.url]
        self._done = b""
        self._round: _Round | None = None
        self._changed = threading.Condition()
        self._began = 0.0  # when the last round began, by the clock: a restart must not hurry
        self._saved = b""
        self._load()

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
        """What is wrong with which witness, as the process that asks them last wrote it down."""
        return {
            name: str(known["problem"])
            for name, known in self._read_state().get("witnesses", {}).items()
            if known.get("problem") and name in self.policy.witnesses
        }

    def run_forever(self, stop: threading.Event) -> None:
        while not stop.wait(PAUSE):
            with self._leading() as leading:
                if leading:
                    self._load()
                    while not stop.wait(PAUSE):
                        self.submit()

    @contextmanager
    def _leading(self) -> Iterator[bool]:
        """Several processes of a site would ask several times as often as was agreed."""
        self.folder.path.mkdir(parents=True, exist_ok=True)
        with (self.folder.path / LEADER).open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def submit(self) -> bool:
        """Ask each witness that lacks the checkpoint of this round; True when the quorum has it.

        A witness that fails is tried again later and noted in `problems`. One that is slow is
        waited for in the next call, and keeps nobody from publishing what the others signed.
        """
        now = self._round or self._next_round()
        if now is None:
            return bool(self._done) and self._done == self.folder.checkpoint()
        self._round = now
        end = time.monotonic() + self.patience
        with self._changed:
            while True:
                for peer in self._peers:
                    if not peer.busy and time.monotonic() >= peer.again:
                        self._start(peer, now)
                reached = self._reached(now)
                busy = any(peer.busy for peer in self._peers)
                if reached or not busy or time.monotonic() >= end:
                    break
                self._changed.wait(max(0.0, end - time.monotonic()))
            if reached or not busy:
                self._round = None
        if reached:
            self._publish(now)
        self._save()
        return reached

    def _next_round(self) -> _Round | None:
        raw = self.folder.checkpoint()
        if raw is None or raw == self._done:
            return None
        since = self.clock() - self._began
        if self.per_day and 0 <= since < DAY / self.per_day:
            return None
        checkpoint, note = verify_checkpoint(raw, self.verifiers)
        if checkpoint.size == 0:
            return None
        self._began = self.clock()
        return _Round(raw, checkpoint, note)

    def _reached(self, now: _Round) -> bool:
        fresh = self._signatures(now)
        cosigned = now.note.with_signatures(fresh)
        return bool(fresh) and self.policy.quorum_reached(cosigned.verify(self.policy.cosigners))

    def _signatures(self, now: _Round) -> list[Signature]:
        return [s for peer in self._peers if (s := self._valid(peer, now.note)) is not None]

    def _publish(self, now: _Round) -> None:
        fresh = self._signatures(now)
        with self.folder.lock():
            current = self.cosigned_checkpoint()
            known = -1 if current is None else Checkpoint.parse(Note.parse(current).text).size
            cosigned = now.note.with_signatures(fresh).to_bytes()
            if known <= now.checkpoint.size and cosigned != current:
                self.folder.put(WITNESSED, cosigned)
        if len(fresh) == len(self._peers):
            self._done = now.raw

    def _valid(self, peer: _Peer, note: Note) -> Signature | None:
        """The signature of the peer if it is of this note, not of an earlier one."""
        if peer.signature is None:
            return None
        try:
            peer.known.verifier.verify(note.text, peer.signature.value)
        except LogError:
            return None
        return peer.signature

    def _start(self, peer: _Peer, now: _Round) -> None:
        if self._valid(peer, now.note) is not None:
            return
        peer.busy = True
        threading.Thread(
            target=self._ask, args=(peer, now), name=f"witness-{peer.known.name}", daemon=True
        ).start()

    def _ask(self, peer: _Peer, now: _Round) -> None:
        signature, problem = None, ""
        try:
            signature = self._cosign(peer, now.checkpoint, now.note)
        except WitnessAlarmError as error:
            problem = str(error)
        except (LogError, OSError) as error:
            problem = str(error) or type(error).__name__
        finally:
            with self._changed:
                peer.problem = problem or ("" if signature else "the program failed")
                if signature is not None:
                    peer.signature, peer.size, peer.wait = signature, now.checkpoint.size, 0.0
                else:
                    # a try counts as a request: what was agreed for a day holds for failures too
                    least = DAY / self.per_day if self.per_day else 1.0
                    peer.wait = max(least, min(BACK_OFF, peer.wait * 2 or 1.0))
                    peer.again = time.monotonic() + peer.wait
                peer.busy = False
                self._changed.notify_all()

    def _cosign(self, peer: _Peer, checkpoint: Checkpoint, note: Note) -> Signature:
        """Submit, and again from the size that the witness says it knows."""
        if peer.size > checkpoint.size:
            peer.size = 0  # we went back: it says itself what it has cosigned
        for _ in range(3):
            answer = self._post(peer, checkpoint, note)
            if answer.status != 409:
                break
            known = _size(answer.body)
            if known > checkpoint.size:
                raise self._alarm(
                    f"{peer.known.name} has cosigned {known} entries of {checkpoint.origin}, which "
                    f"has {checkpoint.size} here: this server was rolled back, or runs twice"
                )
            if known == peer.size == checkpoint.size:
                raise self._fork(peer, checkpoint)
            peer.size = known
        if answer.status == 422:
            raise self._fork(peer, checkpoint)
        if answer.status in (403, 404):
            raise LogError(
                f"{peer.known.url} does not know this log or its key (HTTP {answer.status})"
            )
        if answer.status != 200:
            raise LogError(f"{peer.known.url} answers {answer.status}")
        return self._own_signature(peer, answer.body, note)

    def _fork(self, peer: _Peer, checkpoint: Checkpoint) -> WitnessAlarmError:
        return self._alarm(
            f"{peer.known.name} has cosigned another history of {checkpoint.origin} at size "
            f"{peer.size}: the log was forked or rewritten"
        )

    def _alarm(self, text: str) -> WitnessAlarmError:
        with self._changed:
            if text not in self.alarms:
                self.alarms.append(text)
        return WitnessAlarmError(text)

    def _own_signature(self, peer: _Peer, answer: bytes, note: Note) -> Signature:
        verifier = peer.known.verifier
        for signature in parse_signatures(answer.decode("utf-8", "replace")):
            if (signature.name, signature.key_id) == (verifier.name, verifier.key_id):
                verifier.verify(note.text, signature.value)
                return signature
        raise LogError(f"{peer.known.url} answers without a signature of {verifier.name}")

    def _post(self, peer: _Peer, checkpoint: Checkpoint, note: Note) -> Answer:
        hashes = tree_hash(checkpoint.size, self.folder.tile)
        proof = prove_consistency(peer.size, checkpoint.size, hashes)
        answer = exchange(
            f"{peer.known.url.rstrip('/')}/add-checkpoint",
            body=Request(peer.size, tuple(proof), note.to_bytes()).to_bytes(),
            headers={"content-type": "text/plain; charset=utf-8"},
            limit=MAX_ANSWER,
            seconds=self.deadline,
        )
        # what others send is read kindly: older witnesses add a charset
        if answer.status == 409 and answer.content_type.split(";")[0].strip() != SIZE_TYPE:
            raise LogError(f"{peer.known.url} answers 409 without the size")
        return answer

    def _load(self) -> None:
        state = self._read_state()
        began = state.get("began", 0)
        self._began = float(began) if isinstance(began, int | float) else 0.0
        for peer in self._peers:
            size = state.get("witnesses", {}).get(peer.known.name, {}).get("size", 0)
            peer.size = size if isinstance(size, int) and 0 <= size < 1 << 63 else 0

    def _save(self) -> None:
        said = {
            "began": self._began,
            "witnesses": {
                peer.known.name: {"size": peer.size, "problem": peer.problem}
                for peer in self._peers
            },
        }
        raw = json.dumps(said, ensure_ascii=False, indent=1).encode()
        if raw != self._saved:
            with self.folder.lock():
                self.folder.put(STATE, raw)
            self._saved = raw

    def _read_state(self) -> dict[str, Any]:
        """Only a help: where it is missing or spoilt, the witness tells its size again."""
        try:
            state = json.loads(self.folder.read(STATE, MAX_STATE) or b"{}")
            witnesses = state.get("witnesses", {})
            fine = all(isinstance(known, dict) for known in witnesses.values())
        except (LogError, ValueError, AttributeError):
            return {}
        return state if fine else {}


def _size(answer: bytes) -> int:
    match = _SIZE.fullmatch(answer.decode("utf-8", "replace"))
    if match is None:
        raise LogError("the witness answers 409 without the size that it knows")
    return int(match[1])
