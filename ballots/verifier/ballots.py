"""Checking ballots, in chunks, in this process or in several.

A chunk goes to a process as bytes and comes back as faults, a partial tally and fingerprints, so
memory is bounded by the chunks under way, and the work is divided without sharing anything.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.context import BaseContext

from ballots import BallotError, ballot, checks
from ballots.ballot import Ballot
from ballots.election import Election
from ballots.faults import collected
from ballots.machine import processes
from ballots.tally import Accumulator
from ballots.verifier.duplicates import fingerprint

CHUNK = 8
"""Ballots of a chunk."""
AHEAD = 4
"""Chunks under way for each process."""


@dataclass(frozen=True, slots=True)
class Item:
    """A ballot to check: where it stands, its text, its voter's number and weight.

    ``counted`` is false when the voter voted again later, ``listed`` when the credential is in the
    list of the election.
    """

    place: str
    raw: bytes
    voter: int
    weight: int
    listed: bool
    counted: bool


@dataclass
class Outcome:
    """What a chunk gave. ``complete`` is false when a ballot that counts cannot be read."""

    accumulator: Accumulator
    faults: list[BallotError] = field(default_factory=list)
    keys: list[tuple[bytes, int]] = field(default_factory=list)
    complete: bool = True


def check_chunk(election: Election, items: list[Item]) -> Outcome:
    """Check the ballots and add up those that count, also when a proof is wrong: then the tally
    can still be compared, and one fault is reported once."""
    outcome = Outcome(Accumulator(election))
    for item in items:
        found: list[BallotError] = []
        parsed = _check(election, item, found)
        outcome.faults += [_at(item.place, fault) for fault in found]
        if parsed is None:
            outcome.complete = outcome.complete and not item.counted
            continue
        keys = (fingerprint(c.alpha.text) for c in parsed.ciphertexts())
        outcome.keys += [(key, item.voter) for key in keys]
        if item.counted:
            outcome.accumulator.add(parsed, item.weight)
    return outcome


def _check(election: Election, item: Item, found: list[BallotError]) -> Ballot | None:
    with collected(found.append):
        parsed = ballot.parse(election, item.raw)
        with collected(found.append):
            reason = "is not in the list of credentials"
            checks.require(item.listed, "ballot.credential", "credential", reason)
        found += ballot.faults(election, parsed)
        return parsed
    return None


def _at(place: str, fault: BallotError) -> BallotError:
    return BallotError(f"{place}: {fault.place}", fault.reason, fault.check)


# One process, or several


class Serial:
    """Checks each chunk at once."""

    def __init__(self, election: Election, receive: Callable[[Outcome], None]) -> None:
        self._election = election
        self._receive = receive

    def submit(self, items: list[Item]) -> None:
        """Have a chunk checked."""
        self._receive(check_chunk(self._election, items))

    def finish(self) -> None:
        """Nothing is under way."""


class Parallel:
    """Hands chunks to ``jobs`` processes; outcomes arrive in the order of the ballots."""

    def __init__(self, election: Election, receive: Callable[[Outcome], None], jobs: int) -> None:
        self._receive = receive
        self._limit = jobs * AHEAD
        self._pool = processes(jobs, _context(), _prepare, (election.raw,))
        self._under_way: deque[Future[Outcome]] = deque()

    def submit(self, items: list[Item]) -> None:
        """Have a chunk checked."""
        self._under_way.append(self._pool.submit(_work, items))
        while len(self._under_way) >= self._limit:
            self._receive(self._under_way.popleft().result())

    def finish(self) -> None:
        """Wait for everything, and end the processes."""
        while self._under_way:
            self._receive(self._under_way.popleft().result())
        self._pool.shutdown()


def _context() -> BaseContext:
    """Forking is quick, and safe only while this process has one thread."""
    forks = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forks else "spawn")


_election: Election | None = None


def _prepare(raw: bytes) -> None:
    global _election
    _election = Election.parse(raw)


def _work(items: list[Item]) -> Outcome:
    if _election is None:
        raise RuntimeError("the worker was not prepared")
    return check_chunk(_election, items)
