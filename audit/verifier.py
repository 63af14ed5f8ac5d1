"""Verify a whole log, offline from its folder or over HTTP: every entry, every tile, every root.

One pass in bounded memory, in chunks that processes share. It stops at the first bad entry, which
it names; what only history can tell, it tells from the checkpoints that the caller kept.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509

from audit.chunks import check_chunks
from audit.clock import utc_now
from audit.entries import parse_time
from audit.errors import LogError
from audit.folder import WITNESSED, LogFolder, Reader, read_tile
from audit.keys import Verifier
from audit.leftovers import check_leftovers
from audit.merkle import EMPTY_ROOT, Digest
from audit.note import MAX_NOTE, Checkpoint, Note, verify_checkpoint
from audit.policy import Policy
from audit.tiles import HASH, WIDTH, Edge, TileName, leaf_hashes, split_bundle, width_at
from audit.timestamps import stamped_checkpoint, stamped_sizes, verify_stamp

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Fault:
    """What is wrong. `index`: the first bad entry, or the first of the range it is in."""

    check: str
    place: str
    message: str
    index: int | None = None


@dataclass
class Report:
    """What was found. A log without faults is what the checkpoint says, and no more."""

    origin: str = ""
    size: int = 0
    root: str = ""
    newest: datetime | None = None  # time of the newest entry
    witnessed: int | None = None  # size at which a quorum has cosigned
    stamps: dict[int, datetime] = field(default_factory=dict)  # checked time-stamps, by size
    faults: list[Fault] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        return not self.faults


@dataclass(frozen=True)
class Demands:
    """What else must hold, besides the log being whole."""

    policy: Policy | None = None
    old: Sequence[bytes] = ()  # checkpoints kept from before
    max_age: timedelta | None = None
    now: datetime | None = None
    stamp_roots: Sequence[x509.Certificate] = ()  # of the time-stamp authorities that are trusted


def verify(
    source: Reader,
    verifiers: Sequence[Verifier],
    demands: Demands = Demands(),
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Verify a log against the keys of its operator and what the caller demands.

    `jobs`: processes, by default one for each core when the log is large. `progress(done, size)`.
    Never raises for what the log is: whatever is wrong with it is in the report.
    """
    run = _Run(source, [*verifiers, *(demands.policy.logs if demands.policy else ())], demands)
    try:
        run.head()
        run.heads_of_old()
        run.heads_beside()
        run.entries(jobs, progress)
        run.age()
        if isinstance(source, LogFolder):
            for place, message, index in check_leftovers(source, run.report.size, run.verifiers):
                run.fault("files", place, message, index)
    except _StopError:
        pass
    return run.report


class _StopError(Exception):
    """A fault after which nothing more can be said."""


class _Run:
    def __init__(self, source: Reader, verifiers: Sequence[Verifier], demands: Demands) -> None:
        self.source = source
        self.verifiers = verifiers
        self.demands = demands
        self.report = Report()
        self.checkpoint = Checkpoint("", 0, EMPTY_ROOT)
        self.kept: dict[int, list[tuple[str, Digest]]] = {}  # what roots must be, by size
        self.ids = array("Q")
        self.newest = ""

    def fault(self, check: str, place: str, message: str, index: int | None = None) -> None:
        self.report.faults.append(Fault(check, place, message, index))

    def stop(self, check: str, place: str, message: str, index: int | None = None) -> _StopError:
        self.fault(check, place, message, index)
        return _StopError()

    def head(self) -> None:
        """The signed head, and the quorum where a policy wants one."""
        try:
            raw = self.source.read("checkpoint", MAX_NOTE)
            if raw is None:
                raise LogError("there is no checkpoint")
            self.checkpoint, note = verify_checkpoint(raw, self.verifiers)
        except LogError as error:
            raise self.stop("checkpoint", "checkpoint", str(error)) from error
        self.report.origin = self.checkpoint.origin
        self.report.size = self.checkpoint.size
        self.report.root = self.checkpoint.root.hex()
        if self.demands.policy is not None:
            self._quorum(self.demands.policy, note)

    def _quorum(self, policy: Policy, note: Note) -> None:
        """The newest head may be younger than the cosignatures; then a witnessed one is beside."""
        try:
            if policy.quorum_reached(note.verify(policy.cosigners)):
                self.report.witnessed = self.checkpoint.size
                return
            raw = self.source.read(WITNESSED, MAX_NOTE)
            if raw is None:
                raise LogError("the checkpoint lacks the cosignatures that the policy wants")
            witnessed, cosigned = verify_checkpoint(raw, self.verifiers)
            if not policy.quorum_reached(cosigned.verify(policy.cosigners)):
                raise LogError(f"{WITNESSED} lacks the cosignatures that the policy wants")
            self.expect(WITNESSED, witnessed)
            self.report.witnessed = witnessed.size
        except LogError as error:
            self.fault("witnesses", "checkpoint", str(error))

    def heads_of_old(self) -> None:
        for number, raw in enumerate(self.demands.old, 1):
            place = f"old checkpoint {number}"
            try:
                self.expect(place, verify_checkpoint(raw, self.verifiers)[0])
            except LogError as error:
                self.fault("history", place, str(error))

    def heads_beside(self) -> None:
        """The other checkpoints in a folder: the witnessed one, and those that were stamped.

        The stamps themselves are checked if we have roots to trust.
        """
        if not isinstance(self.source, LogFolder):
            return
        try:
            raw = self.source.read(WITNESSED, MAX_NOTE)
            if raw is not None:
                self.expect(WITNESSED, verify_checkpoint(raw, self.verifiers)[0])
        except LogError as error:
            self.fault("witnesses", WITNESSED, str(error))
        for size in stamped_sizes(self.source):
            place = f"stamps/{size}"
            try:
                checkpoint = stamped_checkpoint(self.source, size, self.verifiers)
                if self.demands.stamp_roots:
                    roots = self.demands.stamp_roots
                    self.report.stamps[size] = verify_stamp(self.source, size, roots)
                self.expect(place, checkpoint)
            except LogError as error:
                self.fault("stamps", place, str(error))

    def expect(self, place: str, checkpoint: Checkpoint) -> None:
        if checkpoint.origin != self.checkpoint.origin:
            self.fault("history", place, f"is of another log: {checkpoint.origin[:80]}")
        elif checkpoint.size > self.checkpoint.size:
            self.fault(
                "history",
                place,
                f"counts {checkpoint.size} entries, the log has {self.checkpoint.size}: it was cut "
                "or rolled back",
                self.checkpoint.size,
            )
        elif checkpoint.size == self.checkpoint.size:
            if checkpoint.root != self.checkpoint.root:
                self.fault("history", place, "another root was signed for this size: a fork")
        else:
            self.kept.setdefault(checkpoint.size, []).append((place, checkpoint.root))

    def entries(self, jobs: int | None, progress: Progress | None) -> None:
        """Every bundle against its tile, the tiles above, and the roots at the sizes known."""
        size = self.checkpoint.size
        upper = Edge()  # its leaves are the hashes of level 1: full tiles of entries
        tail: list[bytes] = []
        self._roots_at(upper)
        with closing(check_chunks(self.source, size, jobs)) as chunks:
            for chunk in chunks:
                self.ids.frombytes(chunk.ids)
                self.newest = max(self.newest, chunk.newest)
                for digest in chunk.roots:
                    for name, data in upper.append([digest]):
                        self._tile(TileName(name.level + 1, name.index, name.width), data)
                    self._roots_at(upper)
                tail = chunk.tail
                if chunk.fault is not None:
                    raise self.stop(*chunk.fault)
                if progress is not None:
                    progress(len(self.ids), size)
        for name, data in upper.partial():
            self._tile(TileName(name.level + 1, name.index, name.width), data)
        root = Edge([tail, *upper.levels]).root() if size else EMPTY_ROOT
        if root != self.checkpoint.root:
            self.fault(
                "root",
                "checkpoint",
                "the entries are not those that were signed, and the tiles were made to fit them",
                0,
            )
        self._duplicates()

    def _tile(self, name: TileName, data: bytes) -> None:
        """Compare a tile above the entries with what the tiles below it hash to."""
        try:
            found = read_tile(self.source, name)
        except LogError as error:
            raise self.stop("tiles", name.path, str(error), _first(name, 0)) from error
        if found != data:
            place = next(
                (i for i in range(0, len(data), HASH) if found[i : i + HASH] != data[i : i + HASH]),
                0,
            )
            message = "does not hold the hashes of the tiles below it"
            raise self.stop("tiles", name.path, message, _first(name, place // HASH))

    def _roots_at(self, upper: Edge) -> None:
        """Compare the roots that are known for sizes within the bundle that comes next."""
        bundles = upper.size
        for size in [size for size in self.kept if size // WIDTH == bundles]:
            leaves = self._leaves(bundles)[: size % WIDTH] if size % WIDTH else []
            root = Edge([leaves, *upper.levels]).root()
            for place, expected in self.kept[size]:
                if root != expected:
                    message = f"the log had another root at size {size}: history was rewritten"
                    self.fault("history", place, message)

    def _leaves(self, bundle: int) -> list[bytes]:
        name = TileName(-1, bundle, width_at(-1, bundle, self.checkpoint.size))
        try:
            return leaf_hashes(split_bundle(read_tile(self.source, name), name.width))
        except LogError as error:
            raise self.stop("entries", name.path, str(error), bundle * WIDTH) from error

    def _duplicates(self) -> None:
        """An id that is there twice; the arrays hold 64 of its 128 random bits."""
        # in parts, for a set of all of them would take more memory than all else together
        parts = [array("Q") for _ in range(64)]
        for known in self.ids:
            parts[known >> 58].append(known)
        twice = {
            known
            for part in parts
            if len(set(part)) < len(part)
            for known, count in Counter(part).items()
            if count > 1
        }
        seen: set[int] = set()
        for index, known in enumerate(self.ids if twice else ()):
            if known in seen:
                self.fault("entries", "ids", "this entry has the id of an earlier one", index)
                return
            if known in twice:
                seen.add(known)

    def age(self) -> None:
        try:
            self.report.newest = parse_time(self.newest) if self.newest else None
        except LogError as error:
            self.fault("entries", "newest entry", str(error))
        if self.demands.max_age is None:
            return
        now = self.demands.now or utc_now()
        newest = self.report.newest
        if newest is None or now - newest > self.demands.max_age:
            said = newest.isoformat() if newest else "never"
            self.fault("age", "checkpoint", f"the log is silent; its newest entry: {said}")


def _first(name: TileName, place: int) -> int:
    """The first entry under hash `place` of a tile."""
    return int((name.index * WIDTH + place) * WIDTH**name.level)
