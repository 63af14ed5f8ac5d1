"""Where the two programs differ, and why that is meant. Every other difference fails the run.

``STRICTER``: belenios-tool 3.3.0 accepts, Mandate refuses, by these checks and no others.
``WARNED``: belenios-tool refuses, Mandate reports it and accepts. ``python -m tests.interop`` shows
that each row is needed, by the archives of tests/vectors, and that nothing else differs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ballots.verifier import Fault, Report
from tests.interop.differential import Verdicts


@dataclass(frozen=True)
class Row:
    """One difference: what belenios-tool does, why Mandate does not, and where it may show."""

    reason: str
    place: str = ""
    """A regular expression that finds something in the place of the fault."""
    in_progress: bool = False
    """Only before there is a result."""

    def covers(self, fault: Fault, report: Report) -> bool:
        """Whether this row explains the fault."""
        inside = re.search(self.place, fault.place) is not None
        return inside and (report.in_progress or not self.in_progress)


STRICTER: dict[str, Row] = {
    "encoding.canonical": Row(
        "reads JSON in any spelling, and one of two fields of the same name; one content then has "
        "several hashes, and programs may differ in what they read"
    ),
    "encoding.fields": Row(
        "reads fields in any order and passes over unknown ones; the specification fixes both"
    ),
    "encoding.number": Row(
        "reads other spellings of numbers (leading zeros, signs, hexadecimal, fractions in the "
        "extra of a question): a proof could be copied and look new"
    ),
    "encoding.type": Row(
        "reads counts written as strings, and shares only when the result is there"
    ),
    "group.encoding": Row("reads hexadecimal in capitals, and credentials that are no elements"),
    "group.identity": Row("accepts ciphertexts without randomness, and credentials of nobody"),
    "group.membership": Row(
        "does not look whether public credentials, and elements in proofs and shuffles, are in "
        "the group"
    ),
    "group.embedding": Row("accepts questions whose answers no group element can hold"),
    "archive": Row("reads the time of the archive in other spellings", r"timestamp"),
    "election.questions": Row(
        "accepts questions that nobody can answer, and a kind that the specification has not"
    ),
    "credential.duplicate": Row("accepts a credential twice in the list, until somebody votes"),
    "setup.weights": Row("notices weights that cannot be counted when it counts"),
    "trustee.duplicate": Row("accepts one trustee in two places"),
    "credential.weight": Row("accepts a weight of zero: a voter whose vote does not count"),
    "ballot.shape": Row("accepts more proofs for a list than the list has", r"list_proofs"),
    "chain.order": Row(
        "looks at the last event of each kind only, so an election could have two beginnings, two "
        "ends, or no shuffle, which shows who voted what"
    ),
    "tally.count": Row("does not compare the number of ballots with what it counts"),
    "tally.weight": Row("does not compare the total weight with what it counts"),
    "shuffle.owner": Row("accepts a shuffle of a trustee who does not exist"),
    "decryption.owner": Row("accepts a share of a trustee who does not exist, until it needs it"),
    "decryption.duplicate": Row("accepts two shares of one trustee"),
    "decryption.shape": Row("looks at shares only when the result is there", in_progress=True),
    "decryption.proof": Row("looks at shares only when the result is there", in_progress=True),
}

WARNED: dict[str, str] = {
    "container.time": "the times of records, which no hash covers and nothing depends on",
    "container.magic": "a tar of another format with the same contents",
    "container.padding": "bytes between records, which nobody reads",
    "container.end-mark": "zero bytes at the end, as tar programs append them",
    "tally.order": "the order of ballots, which the specification has in place of a sorted one",
}
"""The specification leaves these open, and a reader is told of each."""

FOLLOWING = frozenset(
    {"ballot.credential", "tally.count", "tally.weight", "tally.ciphertexts", "shuffle.proof"}
    | {"decryption.proof", "result.value", "result.range"}
)
"""What Mandate finds besides ``chain.order`` in events that belenios-tool does not look at."""


def unexplained(verdicts: Verdicts) -> str:
    """What is not in the tables about one archive; empty when all is."""
    if verdicts.only_theirs_refuses:
        found = {warning.check for warning in verdicts.ours.warnings}
        return "" if found & WARNED.keys() else f"only belenios-tool refuses: {verdicts.theirs}"
    if not verdicts.only_ours_refuses:
        return ""
    faults = causes(verdicts.ours)
    missing = {
        f"{fault.check} ({fault.place})"
        for fault in faults
        if fault.check not in STRICTER or not STRICTER[fault.check].covers(fault, verdicts.ours)
    }
    return f"only Mandate refuses: {', '.join(sorted(missing))}" if missing else ""


def causes(report: Report) -> list[Fault]:
    """The faults that do not follow from others. A share that cannot be read is missing, too."""
    found = {fault.check for fault in report.faults}
    following = set(FOLLOWING if "chain.order" in found else ())
    if len(found) > 1:
        following.add("decryption.missing")
    return [fault for fault in report.faults if fault.check not in following]
