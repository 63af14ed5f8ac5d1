"""From the end of the vote to the result: tally, shuffles, shares, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ballots import BallotError, checks, shuffle
from ballots.archive import Event
from ballots.encoding import Json, loads_strict, take_object
from ballots.faults import Sink, collected
from ballots.tally import (
    Accumulator,
    Factors,
    SizedTally,
    Tally,
    check_partial_decryption,
    check_result,
    combine,
    decrypt,
    missing,
    parse_owned,
    parse_sized,
    parse_tally,
)
from ballots.trustees import Trustee
from ballots.verifier.report import Report
from ballots.verifier.setup import Setup


@dataclass
class Published:
    """The encrypted tally that the archive has, to be compared with the ballots."""

    place: str
    size: SizedTally
    tally: Tally | None


def compare(
    published: Published, accumulator: Accumulator, sink: Sink, *, complete: bool = True
) -> None:
    """That the published tally is the one of the ballots.

    Without all ballots, when some cannot be read (``complete`` is false), nothing can be said.
    """
    if not complete:
        return
    place, size = published.place, published.size
    with collected(sink):
        reason = f"{size.count} ballots are said to be counted, {accumulator.count} count"
        checks.require(size.count == accumulator.count, "tally.count", place, reason)
    with collected(sink):
        reason = f"the total weight is said to be {size.weight}, it is {accumulator.weight}"
        checks.require(size.weight == accumulator.weight, "tally.weight", place, reason)
    if published.tally is None:
        return
    ours, theirs = accumulator.tally(), published.tally
    for i, (expected, found) in enumerate(
        zip(ours.questions, theirs.sorted().questions, strict=True)
    ):
        with collected(sink):
            reason = "the encrypted tally is not the sum of the ballots that count"
            where = f"{place}, question {i + 1}"
            checks.require(expected == found, "tally.ciphertexts", where, reason)
    with collected(sink):
        reason = "the ciphertexts to be shuffled are not in their order"
        checks.require(theirs == theirs.sorted(), "tally.order", place, reason)


@dataclass
class Counting:
    """Follows shuffles and shares after the tally was published."""

    setup: Setup
    report: Report
    weight: int = 0
    tally_hash: str = ""
    """SHA-256 (hex) of the encrypted tally as published, before any shuffle."""
    tally: Tally | None = None
    shares: dict[int, Factors] = field(default_factory=dict)
    bad: list[BallotError] = field(default_factory=list)
    blamed: list[BallotError] = field(default_factory=list)
    """Wrong shares that are in the report as faults."""
    shuffles: int = 0

    def published(self, event: Event, bodies: Mapping[str, bytes]) -> Published | None:
        """Read the EncryptedTally event."""
        with collected(self.report.add):
            size = parse_sized(bodies["payload"], event.place)
            self.weight, self.tally_hash = size.weight, size.encrypted_tally
            with collected(self.report.add):
                self.tally = parse_tally(
                    self.setup.election, bodies["encrypted_tally"], event.place
                )
            return Published(event.place, size, self.tally)
        return None

    def shuffle(self, event: Event, bodies: Mapping[str, bytes]) -> None:
        """Check a shuffle of the output of the one before."""
        with collected(self.report.add):
            owned = parse_owned(bodies["payload"], event.place)
            self._owner("shuffle.owner", owned.owner, event)
        if self.tally is None:
            return
        with collected(self.report.add):
            election, tally, before = self.setup.election, self.tally, self.tally.mixed
            sizes = [len(ciphertexts) for ciphertexts in before]
            self.tally = None  # until it is known what comes out
            after, made = shuffle.parse(election.group, sizes, bodies["content"], event.place)
            self.tally = tally.shuffled(after)
            self.shuffles += 1
            shuffle.check_proofs(
                election.group,
                election.public_key,
                election.fingerprint,
                before,
                after,
                made,
                event.place,
            )

    def share(self, event: Event, bodies: Mapping[str, bytes]) -> None:
        """Check a share; a wrong one is kept until it is known whether it matters."""
        with collected(self.report.add):
            owned = parse_owned(bodies["payload"], event.place)
            trustee = self._owner("decryption.owner", owned.owner, event)
            if trustee is None or self.tally is None:
                return
            once = owned.owner not in self.shares
            reason = f"there is a correct share of {trustee.place} already"
            checks.require(once, "decryption.duplicate", event.place, reason)
            with collected(self._wrong):
                self.shares[owned.owner] = check_partial_decryption(
                    self.setup.election, self.tally, trustee, bodies["content"], f"{event.place}: "
                )

    def _wrong(self, fault: BallotError) -> None:
        """A share with a wrong proof may turn out not to be needed; one that is none is a fault."""
        if fault.check == "decryption.proof":
            self.bad.append(fault)
        else:
            self.blamed.append(fault)
            self.report.add(fault)

    def result(self, event: Event, body: bytes) -> None:
        """Check the counts against the shares."""
        with collected(self.report.add):
            value = self._read_result(event, body)
            if self.setup.trustees is None or self.tally is None:
                return
            lacking = missing(self.setup.trustees, self.shares)
            elements = None
            with collected(self.report.add):
                checks.require(not lacking, "decryption.missing", event.place, "; ".join(lacking))
            if not lacking:
                self._forgive()
                factors = combine(self.setup.election.group, self.setup.trustees, self.shares)
                elements = decrypt(self.tally, factors)
            check_result(
                self.setup.election,
                self.tally,
                elements,
                value,
                self.weight,
                event.place,
                self.report.add,
            )
            self.report.published = value

    def finish(self) -> None:
        """Wrong shares that enough right ones did not make up for are faults."""
        for fault in self.bad:
            self.report.add(fault)
        self.blamed += self.bad
        self.bad.clear()

    def _forgive(self) -> None:
        for fault in self.bad:
            self.report.warn(fault)
        self.bad.clear()

    def _read_result(self, event: Event, body: bytes) -> Json:
        fields = loads_strict(body, event.place)
        if isinstance(fields, dict) and list(fields) != ["result"] and "result" in fields:
            with collected(self.report.add):
                reason = "has fields that the specification does not know"
                checks.fail("result.form", event.place, reason)
            return fields["result"]
        return take_object(fields, event.place, "result")["result"]

    def _owner(self, check: str, owner: int, event: Event) -> Trustee | None:
        trustees = self.setup.trustees
        if trustees is None:
            return None
        exists = 1 <= owner <= len(trustees.all)
        reason = f"trustee {owner} does not exist; there are {len(trustees.all)}"
        checks.require(exists, check, event.place, reason)
        return trustees.all[owner - 1] if exists else None
