"""A monitor: remembers the checkpoints of a log, and says when the log contradicts them.

What one export cannot show (truncation, rollback, a fork, history re-signed) shows between two
looks. Anyone can run it against a URL; every signed contradiction is kept as evidence.

Nothing that the server says is used before it is proven: an entry counts, and its time and id are
looked at, only when all new entries hash to the signed head from the head of the last look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from audit.clock import utc_now
from audit.entries import decode, parse_time
from audit.errors import LogError
from audit.folder import WITNESSED, LogFolder, Reader, read_tile
from audit.keys import Verifier
from audit.merkle import prove_consistency, verify_consistency
from audit.note import MAX_NOTE, Checkpoint, verify_checkpoint
from audit.policy import Policy
from audit.seen import Seen
from audit.sources import Patient
from audit.tiles import WIDTH, TileName, leaf_hashes, load_edge, split_bundle, tree_hash, width_at

LATEST = "latest"
LOOK = 120.0  # seconds for a look at a log that has not grown
A_FILE = 1.0  # seconds more for each file that a grown log makes a look read
AHEAD = timedelta(minutes=10)  # how far the clock of the log may be ahead of ours


@dataclass
class Look:
    """What one look at the log found."""

    size: int = 0
    grown: int = 0  # entries since the last look, each proven
    newest: datetime | None = None  # of the proven entries
    alarms: list[str] = field(default_factory=list)


@dataclass
class Monitor:
    """Watches the log at `source`; keeps the checkpoints it saw in the folder `memory`.

    Raises LogError when there is no key: without one nothing can be proven.
    """

    source: Reader
    verifiers: Sequence[Verifier]
    memory: Path
    policy: Policy | None = None
    max_age: timedelta | None = None
    seconds: float = LOOK

    def __post_init__(self) -> None:
        if not self.verifiers:
            raise LogError("a monitor needs the key of the log: without it nothing is proven")

    def look(self, now: datetime | None = None) -> Look:
        """Compare the log with what was seen before. Raises nothing for what the log is."""
        look = Look()
        source = Patient(self.source, self.seconds)
        try:
            raw = source.read("checkpoint", MAX_NOTE)
            if raw is None:
                raise LogError("the log has no checkpoint")
            checkpoint, _ = verify_checkpoint(raw, self.verifiers)
            look.size = checkpoint.size
            self._compare(source, checkpoint, raw, look)
            self._quorum(source, checkpoint, look)
            self._age(look, now or utc_now())
        except LogError as error:
            look.alarms.append(f"unreadable: {error}")
        return look

    def _compare(self, source: Patient, new: Checkpoint, raw: bytes, look: Look) -> None:
        kept = LogFolder(self.memory)
        with kept.lock(), Seen(self.memory / "seen.sqlite") as seen:
            known = kept.read(LATEST, MAX_NOTE)
            old = verify_checkpoint(known, self.verifiers)[0] if known is not None else None
            if old != new:
                self._keep(kept, raw)
            try:
                if old is not None and old != new:
                    self._check_growth(source, old, new)
                grown = self._prove(source, seen, new)
            except LogError as error:
                look.alarms.append(str(error))
            else:
                kept.put(LATEST, raw)
                look.grown = grown if old is not None else 0
            look.newest = seen.newest

    def _prove(self, source: Patient, seen: Seen, new: Checkpoint) -> int:
        """Hash all entries that were not proven yet, from the head that was, to the new head."""
        size, root = seen.size, seen.root
        if new.size == size:
            if new.size and new.root != root:
                raise LogError(f"fork: two signed roots for size {size}")
            return 0
        source.allow(A_FILE * ((new.size - size) // WIDTH + 64))

        def read(name: TileName) -> bytes:
            return read_tile(source, name)

        edge = load_edge(size, read)
        if size and edge.root() != root:
            raise LogError(f"the tiles do not hash to the head of size {size} that was proven")
        doubled: list[LogError] = []
        for index in range(size // WIDTH, -(-new.size // WIDTH)):
            bundle = TileName(-1, index, width_at(-1, index, new.size))
            first = max(size, index * WIDTH)
            entries = split_bundle(read(bundle), bundle.width)[first - index * WIDTH :]
            edge.append(leaf_hashes(entries))
            for place, entry in enumerate(map(decode, entries), first):
                try:
                    seen.add(entry["id"], place, parse_time(entry["time"]))
                except LogError as error:
                    doubled = doubled or [error]
        if edge.root() != new.root:
            raise LogError(f"the entries from {size} on are not those of the signed head")
        if doubled:
            raise doubled[0]
        seen.commit(new.size, new.root)
        return new.size - size

    def _check_growth(self, source: Reader, old: Checkpoint, new: Checkpoint) -> None:
        if new.origin != old.origin:
            raise LogError(f"another log: {new.origin[:80]} in place of {old.origin}")
        if new.size < old.size:
            raise LogError(f"rollback: the log had {old.size} entries and now shows {new.size}")
        if new.size == old.size and new.root != old.root:
            raise LogError(f"fork: two signed roots for size {new.size}")
        if old.size:
            hashes = tree_hash(new.size, lambda name: read_tile(source, name))
            try:
                proof = prove_consistency(old.size, new.size, hashes)
                verify_consistency(old.size, new.size, old.root, new.root, proof)
            except LogError as error:
                raise LogError(
                    f"fork: the log at size {new.size} does not extend the one of size {old.size} "
                    f"that was signed before ({error})"
                ) from error

    def _quorum(self, source: Patient, checkpoint: Checkpoint, look: Look) -> None:
        if self.policy is None or self.policy.quorum_reached(()):
            return
        raw = source.read(WITNESSED, MAX_NOTE)
        if raw is None:
            look.alarms.append("no checkpoint with the cosignatures that the policy wants")
            return
        witnessed, note = verify_checkpoint(raw, self.verifiers)
        if not self.policy.quorum_reached(note.verify(self.policy.cosigners)):
            look.alarms.append("the witnessed checkpoint lacks cosignatures that the policy wants")
            return
        smaller, larger = sorted((witnessed, checkpoint), key=lambda head: head.size)
        try:
            self._check_growth(source, smaller, larger)
        except LogError as error:
            look.alarms.append(f"the witnesses saw another log: {error}")

    def _age(self, look: Look, now: datetime) -> None:
        newest = look.newest
        if newest is not None and newest > now + AHEAD:
            look.alarms.append(f"an entry has a time to come, which hides silence: {newest}")
        elif self.max_age is not None and (newest is None or now - newest > self.max_age):
            look.alarms.append(f"silence: the newest entry is of {newest or 'never'}")

    def _keep(self, kept: LogFolder, raw: bytes) -> None:
        kept.put(f"{sha256(raw).hexdigest()[:32]}.checkpoint", raw)
