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
    warning: bool = False
    """Whether the verifier only warns, because the specification leaves it open."""


CHECKS: dict[str, Check] = {}


def declare(number: int, name: str, protects_from: str) -> None:
    """Add a check to the registry. Numbers and names are unique; ``*`` after a name: a warning."""
    warning = name.endswith("*")
    name = name.removesuffix("*")
    if name in CHECKS or any(check.number == number for check in CHECKS.values()):
        raise ValueError(f"check {number} {name} is declared twice")
    CHECKS[name] = Check(number, name, protects_from, warning)


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
    (103, "encoding.nesting", "stack exhausted by deep nesting"),
    (105, "encoding.number", "huge, fractional or non-canonical numbers"),
    (107, "encoding.canonical", "one content in several texts, or in one that programs repair"),
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
    (306, "credential.order*", "the order of the list telling who got which credential"),
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
    (413, "ballot.duplicate-ciphertext", "a ballot that repeats a ciphertext of another voter"),
    (414, "ballot.choices", "choices that the question does not allow"),
    (415, "opening.tracker", "an opening of another ballot"),
    (416, "opening.ciphertext", "an opening that does not belong to the ciphertexts"),
    (417, "opening.seed", "a mistyped opening taken for a faulty ballot"),
    (418, "opening.choices", "a device that encrypts something else than it shows"),
    (419, "ballot.credential", "a ballot of somebody who has no vote"),
    (501, "container.checksum", "a file damaged on the way"),
    (502, "container.header", "data hidden in headers, which no hash covers"),
    (503, "container.time*", "two files for one archive, by times that no hash covers"),
    (504, "container.magic*", "two files for one archive, by another tar format"),
    (505, "container.padding*", "data hidden between the records, which no hash covers"),
    (506, "container.complete", "a file cut off on the way"),
    (507, "container.end", "data hidden after the last record"),
    (508, "container.end-mark*", "two files for one archive, by an end mark"),
    (509, "container.version", "rules of another version of archives"),
    (510, "container.name", "a record that programs find under two names"),
    (511, "chain.parent", "an event removed, exchanged or reordered"),
    (512, "chain.height", "an event removed or inserted"),
    (513, "chain.type", "events that some programs obey and others skip"),
    (514, "chain.order", "votes after the end, rules changed after the beginning, steps left out"),
    (515, "chain.payload", "an event that refers to something else than it shows"),
    (516, "chain.records", "records that no event accounts for"),
    (517, "chain.repeated", "one ballot cast again by somebody else"),
    (518, "chain.extension", "an archive that forgets what it had published"),
    (519, "chain.unfinished*", "an election in progress taken for a finished one"),
    (520, "shard.mismatch", "parts of different archives taken for one"),
    (601, "setup.public-key", "an election key whose private key somebody holds alone"),
    (602, "setup.weights", "weights that a non-homomorphic question cannot count"),
    (603, "trustee.commitment", "a key chosen after the keys of the others were seen"),
    (604, "trustee.knowledge", "a key made to cancel the keys of the other trustees"),
    (605, "trustee.duplicate", "one trustee who counts as two"),
    (606, "threshold.shape", "a list of trustees in which one is missing"),
    (607, "threshold.context", "a certificate made for another threshold, group or place"),
    (608, "threshold.certificate", "a key that its trustee did not certify"),
    (609, "threshold.coefficients", "coefficients that their trustee did not publish"),
    (610, "threshold.degree", "a key that fewer or more trustees can use than was said"),
    (611, "threshold.agreement", "trustees who saw different certificates"),
    (612, "threshold.key", "a verification key that is not the share of its trustee"),
    (613, "threshold.signature", "a verification key that its trustee did not sign"),
    (614, "threshold.channel", "a message for somebody else, or from somebody else"),
    (615, "threshold.secret", "a share that does not lie on its sender's polynomial"),
    (616, "threshold.seed", "a mistyped seed taken for another trustee's"),
    (701, "tally.count", "a number of ballots that is not the number counted"),
    (702, "tally.weight", "a total of weights that is not the total counted"),
    (703, "tally.ciphertexts", "ballots left out of the tally, added to it, or counted twice"),
    (704, "tally.order*", "an order of ciphertexts that tells who voted what"),
    (705, "tally.shape", "a tally of other questions"),
    (711, "shuffle.owner", "a shuffle that no trustee answers for"),
    (712, "shuffle.shape", "a shuffle with ballots or proofs missing or too many"),
    (713, "shuffle.proof", "ballots exchanged in a shuffle"),
    (801, "decryption.owner", "a share that no trustee answers for"),
    (802, "decryption.duplicate", "a share counted twice"),
    (803, "decryption.shape", "a share with factors missing or too many"),
    (804, "decryption.proof", "a result bent by a false share"),
    (805, "decryption.missing", "a result without enough trustees"),
    (806, "decryption.refused", "trustees made to decrypt something else than the closed tally"),
    (811, "lot.proof", "a lot that a trustee chose by a false share"),
    (812, "lot.owner", "a share of a lot that no trustee answers for, or that stands twice"),
    (813, "lot.missing", "a lot drawn by fewer trustees than a decryption needs"),
    (901, "result.shape", "counts of other answers"),
    (902, "result.range", "a count larger than the votes cast, hidden by reduction"),
    (903, "result.value", "a result that is not what the trustees decrypted"),
    (904, "result.form*", "one result in several texts"),
):
    declare(_number, _name, _protects_from)
