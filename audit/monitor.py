"""A monitor: remembers the checkpoints of a log, and says when the log contradicts them.

What one export cannot show (truncation, rollback, a fork, history re-signed) shows between two
looks. Anyone can run it against a URL; every signed contradiction is kept as evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from audit.entries import decode, parse_time
from audit.errors import LogError
from audit.folder import WITNESSED, LogFolder, Reader, read_tile
from audit.keys import Verifier
from audit.merkle import prove_consistency, verify_consistency
from audit.note import MAX_NOTE, Checkpoint, verify_checkpoint
from audit.policy import Policy
from audit.tiles import WIDTH, TileName, split_bundle, tree_hash

LATEST = "latest"


@dataclass
class Look:
    """What one look at the log found."""

    size: int = 0
    grown: int = 0  # entries since the last look
    newest: datetime | None = None
    alarms: list[str] = field(default_factory=list)


@dataclass
class Monitor:
    """Watches the log at `source`; keeps the checkpoints it saw in the folder `memory`."""

    source: Reader
    verifiers: Sequence[Verifier]
    memory: Path
    policy: Policy | None = None
    max_age: timedelta | None = None

    def look(self, now: datetime | None = None) -> Look:
        """Compare the log with what was seen before. Raises nothing for what the log is."""
        look = Look()
        try:
            raw = self.source.read("checkpoint", MAX_NOTE)
            if raw is None:
                raise LogError("the log has no checkpoint")
            checkpoint, _ = verify_checkpoint(raw, self.verifiers)
            look.size = checkpoint.size
            self._compare(checkpoint, raw, look)
            self._quorum(checkpoint, look)
            self._age(checkpoint, look, now or datetime.now(UTC))
        except LogError as error:
            look.alarms.append(f"unreadable: {error}")
        return look

    def _compare(self, new: Checkpoint, raw: bytes, look: Look) -> None:
        kept = LogFolder(self.memory)
        with kept.lock():
            known = kept.read(LATEST, MAX_NOTE)
            if known is None:
                kept.put(LATEST, raw)
                self._keep(kept, raw)
                return
            old, _ = verify_checkpoint(known, self.verifiers)
            if old == new:
                return
            self._keep(kept, raw)
            try:
                self._check_growth(old, new)
            except LogError as error:
                look.alarms.append(str(error))
                return
            look.grown = new.size - old.size
            kept.put(LATEST, raw)

    def _check_growth(self, old: Checkpoint, new: Checkpoint) -> None:
        if new.origin != old.origin:
            raise LogError(f"another log: {new.origin[:80]} in place of {old.origin}")
        if new.size < old.size:
            raise LogError(f"rollback: the log had {old.size} entries and now shows {new.size}")
        if new.size == old.size and new.root != old.root:
            raise LogError(f"fork: two signed roots for size {new.size}")
        if old.size:
            hashes = tree_hash(new.size, lambda name: read_tile(self.source, name))
            try:
                proof = prove_consistency(old.size, new.size, hashes)
                verify_consistency(old.size, new.size, old.root, new.root, proof)
            except LogError as error:
                raise LogError(
                    f"fork: the log at size {new.size} does not extend the one of size {old.size} "
                    f"that was signed before ({error})"
                ) from error

    def _quorum(self, checkpoint: Checkpoint, look: Look) -> None:
        if self.policy is None or self.policy.quorum_reached(()):
            return
        raw = self.source.read(WITNESSED, MAX_NOTE)
        if raw is None:
            look.alarms.append("no checkpoint with the cosignatures that the policy wants")
            return
        witnessed, note = verify_checkpoint(raw, self.verifiers)
        if not self.policy.quorum_reached(note.verify(self.policy.cosigners)):
            look.alarms.append("the witnessed checkpoint lacks cosignatures that the policy wants")
        smaller, larger = sorted((witnessed, checkpoint), key=lambda head: head.size)
        try:
            self._check_growth(smaller, larger)
        except LogError as error:
            look.alarms.append(f"the witnesses saw another log: {error}")

    def _age(self, checkpoint: Checkpoint, look: Look, now: datetime) -> None:
        if checkpoint.size:
            index = (checkpoint.size - 1) // WIDTH
            name = TileName(-1, index, checkpoint.size - index * WIDTH)
            entries = split_bundle(read_tile(self.source, name), name.width)
            look.newest = max(parse_time(decode(raw)["time"]) for raw in entries)
        if self.max_age is not None and (look.newest is None or now - look.newest > self.max_age):
            look.alarms.append(f"silence: the newest entry is of {look.newest or 'never'}")

    def _keep(self, kept: LogFolder, raw: bytes) -> None:
        kept.put(f"{sha256(raw).hexdigest()[:32]}.checkpoint", raw)
