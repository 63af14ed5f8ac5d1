"""Every check of the protocol by number and name, and the one place that raises.

Numbers are stable: 1xx encoding, 2xx group, 3xx election and credentials, 4xx ballots,
from 5xx on trustees, tally, shuffles, decryptions, archive and verifier.
``docs/verifier.md`` is the same list for readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from ballots import BallotError


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its stable number and name, and what would be possible without it."""

    number: int
    name: str
    protects_from: str


CHECKS: dict[str, Check] = {}


def declare(number: int, name: str, protects_from: str) -> None:
    """Add a check to the registry. Numbers and names are unique."""
    if name in CHECKS or any(check.number == number for check in CHECKS.values()):
        raise ValueError(f"check {number} {name} is declared twice")
    CHECKS[name] = Check(number, name, protects_from)


def fail(check: str, place: str, reason: str) -> NoReturn:
    """Refuse: the only place in the package that raises ``BallotError``.

    The check-removal test replaces this function by one that lets a single check pass;
    therefore every caller reaches it as ``checks.fail`` or through ``require``.
    """
    raise BallotError(place, reason, CHECKS[check].name)


def require(condition: bool, check: str, place: str, reason: str) -> None:
    """Refuse unless ``condition`` holds."""
    if not condition:
        fail(check, place, reason)


for _number, _name, _protects_from in (
    (101, "encoding.size", "memory exhausted by an oversized document"),
    (102, "encoding.utf8", "texts that two programs decode differently"),
    (103, "encoding.nesting", "stack exhausted by deep nesting"),
    (104, "encoding.json", "documents that some parsers repair and others refuse"),
    (105, "encoding.number", "huge, fractional or non-canonical numbers"),
    (106, "encoding.duplicate-key", "two values under one key, read differently by two programs"),
    (107, "encoding.canonical", "one content in several texts, hence several hashes and trackers"),
    (108, "encoding.fields", "unknown, missing or reordered fields"),
    (109, "encoding.type", "a value of another type than the specification says"),
    (201, "group.name", "an unknown group, or one without what the question needs"),
    (202, "group.scalar-range", "several numbers for one scalar, so a copied proof looks new"),
    (203, "group.encoding", "several texts for one element"),
    (204, "group.membership", "elements outside the prime-order group, which can hide votes"),
    (205, "group.identity", "ciphertexts without randomness and keys that everyone knows"),
    (206, "group.embedding", "choices that do not fit into a group element"),
    (301, "election.version", "rules of another protocol version"),
    (302, "election.uuid", "an identifier that does not name one election"),
    (303, "election.questions", "questions that nobody can answer, or whose limits contradict"),
    (304, "credential.format", "a mistyped credential taken for another voter's"),
    (305, "credential.duplicate", "one voter with two rows, hence two weights"),
    (306, "credential.order", "the order of the list telling who got which credential"),
    (307, "credential.weight", "a weight that is no positive number in its one form"),
    (401, "ballot.election-uuid", "a ballot of another election"),
    (402, "ballot.election-hash", "a ballot made for other questions, labels or keys"),
    (403, "ballot.shape", "answers, ciphertexts or proofs missing or too many"),
    (404, "ballot.signature-hash", "a signature of another ballot"),
    (405, "ballot.signature", "a ballot that the holder of the credential did not make"),
    (406, "ballot.individual-proof", "a choice that counts more than once, or negatively"),
    (407, "ballot.overall-proof", "more or fewer choices than the question allows"),
    (408, "ballot.blank-proof", "a blank vote that counts for an answer as well"),
    (409, "ballot.nonhomomorphic-proof", "an encrypted answer copied from another voter"),
    (410, "ballot.list-proof", "candidates chosen in a list that is not chosen"),
    (411, "ballot.nonzero-commitment", "a list without a candidate, by a trivial commitment"),
    (412, "ballot.nonzero-proof", "a list without a candidate"),
    (413, "ballot.duplicate-ciphertext", "a ciphertext used twice in one ballot"),
    (414, "ballot.choices", "choices that the question does not allow"),
    (415, "opening.tracker", "an opening of another ballot"),
    (416, "opening.ciphertext", "a device that encrypts something else than it shows"),
):
    declare(_number, _name, _protects_from)
