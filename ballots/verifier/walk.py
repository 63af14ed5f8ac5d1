"""One walk through an archive, from the first byte to the last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ballots import BallotError, checks
from ballots.archive import Reader, Step, UnreadableError, steps
from ballots.faults import collected
from ballots.machine import machine
from ballots.tally import Accumulator
from ballots.verifier.ballots import CHUNK, Item, Outcome, Parallel, Serial
from ballots.verifier.count import Counting, Published, compare
from ballots.verifier.duplicates import Duplicates
from ballots.verifier.order import Order
from ballots.verifier.payloads import Payloads
from ballots.verifier.prescan import Lasts, credential_of, prescan
from ballots.verifier.report import Report
from ballots.verifier.setup import Setup, check_setup

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many ballots have been handed on, of how many."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``index``, from 0, of ``count`` parts of the ballots."""

    index: int = 0
    count: int = 1

    def has(self, ballot: int) -> bool:
        """Whether the ballot with this number belongs to the part: chunks are dealt in turn."""
        return ballot // CHUNK % self.count == self.index


@dataclass
class Walk:
    """Everything known while walking; ``report`` is the outcome."""

    path: Path
    jobs: int = 1
    shard: Shard = field(default_factory=Shard)
    progress: Progress | None = None

    def __post_init__(self) -> None:
        self.report = Report()
        self.setup: Setup | None = None
        self.counting: Counting | None = None
        self.published: Published | None = None
        self.accumulator: Accumulator | None = None
        self.duplicates = Duplicates()
        self.complete = True
        self.owners: dict[str, int] = {}
        self._order = Order()
        self._payloads = Payloads()
        self._expected = Lasts()
        self._lasts = Lasts()
        self._seen: set[str] = set()
        self._chunk: list[Item] = []
        self._checker: Serial | Parallel | None = None
        self._handlers: dict[str, Callable[[Step], None]] = {
            "Setup": self._setup,
            "Ballot": self._ballot,
            "EndBallots": self._end,
            "EncryptedTally": self._tally,
            "Shuffle": self._shuffle,
            "EndShuffles": self._end,
            "PartialDecryption": self._share,
            "Result": self._result,
        }

    def run(self) -> Report:
        """Read the archive. What is wrong is in the report; only MachineError leaves."""
        try:
            with machine():
                self._expected = prescan(self.path)
                with self.path.open("rb") as stream:
                    self._read(Reader(stream, self.report.add))
        except OSError as error:
            self.report.unreadable = True
            self.report.note("file", f"the file cannot be read: {error.strerror}")
        except BallotError as error:
            self.report.unreadable = True
            self.report.note(error.place, error.reason)
        finally:
            if self._checker is not None:
                self._checker.finish()
        return self.report

    @property
    def last(self) -> str | None:
        """The type of the last event, None before the first."""
        return self._order.last

    def _read(self, reader: Reader) -> None:
        events = 0
        for step in steps(reader):
            events += 1
            self.report.head = step.digest
            if self._order.accept(step.event, self.report.add):
                self._handlers[step.event.type](step)
        if self._checker is not None:
            self._hand_on()
            self._checker.finish()
        self._finish(events)

    def _setup(self, step: Step) -> None:
        bodies = self._payloads.resolve(step, self.report.add)
        if bodies is None:
            return
        self.setup = check_setup(bodies, self.report.add)
        if self.setup is None:
            return
        election = self.setup.election
        self._order.mixed = self.setup.mixed
        self.accumulator = Accumulator(election)
        self.counting = Counting(self.setup, self.report)
        self.owners = dict(self.setup.voters)
        self.report.election = {
            "uuid": election.uuid,
            "name": election.name,
            "group": election.group.name,
            "fingerprint": election.fingerprint,
        }
        if self.jobs > 1:
            self._checker = Parallel(election, self._receive, self.jobs)
        else:
            self._checker = Serial(election, self._receive)

    def _ballot(self, step: Step) -> None:
        number, place = self._lasts.ballots, f"ballot {self._lasts.ballots + 1}"
        raw = self._payloads.ballot(step, self.report.add)
        credential = credential_of(step.data[-1].body if step.data else b"")
        self._lasts.add(credential)
        if raw is None:
            return
        if credential in self._expected.several:
            self._check_new(step.data[-1].digest, place)
        if self.setup is None:
            return
        voter = self.owners.setdefault(credential, len(self.owners))
        if not self.shard.has(number):
            return
        known = credential in self.setup.voters
        weight = self.setup.weights[voter] if known else 1
        listed = known or not self.setup.listed
        if not known and not self.setup.listed:
            self.complete = False
        counted = self._expected.last.get(credential) == number
        self._chunk.append(Item(place, raw, voter, weight, listed, counted))
        if len(self._chunk) == CHUNK:
            self._hand_on()

    def _check_new(self, digest: str, place: str) -> None:
        with collected(self.report.add):
            reason = "this ballot is in the archive already"
            checks.require(digest not in self._seen, "chain.repeated", place, reason)
        self._seen.add(digest)

    def _hand_on(self) -> None:
        if self._chunk and self._checker is not None:
            self._checker.submit(self._chunk)
            self._chunk = []
        if self.progress is not None:
            self.progress(self._lasts.ballots, self._expected.ballots)

    def _receive(self, outcome: Outcome) -> None:
        for fault in outcome.faults:
            self.report.add(fault)
        for key, owner in outcome.keys:
            self.duplicates.add(key, owner)
        if self.accumulator is not None:
            self.accumulator.merge(outcome.accumulator)
        self.complete = self.complete and outcome.complete

    def _end(self, step: Step) -> None:
        self._payloads.nothing(step, self.report.add)

    def _tally(self, step: Step) -> None:
        bodies = self._payloads.resolve(step, self.report.add)
        if bodies is not None and self.counting is not None:
            self.published = self.counting.published(step.event, bodies)

    def _shuffle(self, step: Step) -> None:
        bodies = self._payloads.resolve(step, self.report.add)
        if self.counting is None or self.shard.index != 0:
            return
        if bodies is None:
            self.counting.tally = None  # nobody knows what comes out
        else:
            self.counting.shuffle(step.event, bodies)

    def _share(self, step: Step) -> None:
        bodies = self._payloads.resolve(step, self.report.add)
        if bodies is not None and self.counting is not None and self.shard.index == 0:
            self.counting.share(step.event, bodies)

    def _result(self, step: Step) -> None:
        self.report.in_progress = False
        bodies = self._payloads.resolve(step, self.report.add)
        if bodies is not None and self.counting is not None and self.shard.index == 0:
            self.counting.result(step.event, bodies["payload"])

    def _finish(self, events: int) -> None:
        if self._order.last is None:
            with collected(self.report.add):
                checks.fail("chain.order", "last event", "there is no Setup event")
        elif self._order.last != "Result":
            with collected(self.report.add):
                reason = "the election is in progress: there is no result yet"
                checks.fail("chain.unfinished", "last event", reason)
        if self.counting is not None:
            self.counting.finish()
        if self._lasts != self._expected and not self.report.faults:
            raise UnreadableError("file", "the file changed while it was read")
        counts = self.report.counts
        counts["events"] = events
        counts["ballots"] = self._lasts.ballots
        counts["voted"] = len(self._lasts.last)
        if self.setup is not None:
            counts["credentials"] = len(self.setup.voters)
            counts["trustees"] = len(self.setup.trustees.all) if self.setup.trustees else 0


def conclude(
    report: Report,
    duplicates: Duplicates,
    accumulator: Accumulator | None,
    published: Published | None,
    *,
    complete: bool,
) -> None:
    """The checks that need all ballots: shared ciphertexts, and the tally."""
    pairs = {(min(pair), max(pair)) for pair in duplicates.shared()}
    for one, other in sorted(pairs):
        with collected(report.add):
            place = f"voters {one + 1} and {other + 1} of the list of credentials"
            reason = "two voters have the same ciphertext: one of them copied it"
            checks.fail("ballot.duplicate-ciphertext", place, reason)
    if accumulator is None:
        return
    report.counts["counted"] = accumulator.count
    report.election["total weight"] = str(accumulator.weight)
    if published is not None:
        compare(published, accumulator, report.add, complete=complete)
