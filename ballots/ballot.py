"""Ballots: make, read, verify, open (specification 4.11, 4.16, 4.17).

*Second look.* A voter may doubt what the device encrypted. Therefore all randomness of the
ciphertexts comes from one seed of 32 bytes; a ballot is opened by showing the seed to a second
device, which decrypts every ciphertext with it. An opened ballot is never cast. The opening is

    {"tracker":"<tracker>","seed":"<64 hexadecimal digits>","choices":[...]}

in canonical JSON, short enough for a QR code. The scalar of ciphertext ``i`` (from 0, in the order
of the JSON text) of question ``n`` (from 0) is the first ``ceil((bits of q + 256) / 512)`` blocks

    HMAC-SHA-512(seed, "mandate-opening|<fingerprint>|<credential>|<n>|<i>|<block>")

one after the other, as a big-endian number, modulo ``q``. HMAC is a pseudorandom function and at
least 256 bits are reduced away, so the scalars are as good as uniform to everyone without the seed.
The nonces of the proofs never come from the seed: they stay fresh and are never shown.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ballots import BallotError, checks, credentials, proofs
from ballots.election import Election
from ballots.elgamal import Ciphertext
from ballots.encoding import (
    Json,
    dumps,
    loads_strict,
    sha256_base64,
    take_list,
    take_object,
    take_text,
)
from ballots.group import Element, Group, Pick, Scalar
from ballots.proofs import Proof
from ballots.questions import Answer, Choices, Context, Step

MAX_BALLOT_BYTES = 1 << 22
"""4 MiB: a thousand answers in the largest group."""
SEED_BYTES = 32

_SIGNATURE = b',"signature":'
_SEED = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ballot:
    """A ballot whose shape, scalars and elements are checked, and whose proofs are not yet."""

    raw: bytes
    tracker: str
    """Base64 of the SHA-256 of ``raw``, without padding."""
    key: Element
    """The public credential."""
    answers: tuple[Answer, ...]
    signed_hash: str
    """Hash of the text without the signature."""
    signature_hash: str
    """The same, as the signature claims."""
    signature: Proof

    @property
    def credential(self) -> str:
        """The public credential as published."""
        return self.key.text

    def ciphertexts(self) -> Iterator[Ciphertext]:
        """All ciphertexts; none may be in a ballot of another credential."""
        for answer in self.answers:
            yield from answer.ciphertexts()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a second device needs to decrypt one ballot. Secret until the ballot is spoilt."""

    tracker: str
    seed: bytes
    choices: list[Choices]

    @property
    def raw(self) -> bytes:
        """The canonical text, for a QR code."""
        return dumps({"tracker": self.tracker, "seed": self.seed.hex(), "choices": self.choices})


def encrypt(election: Election, secret_credential: str, choices: Sequence[Choices]) -> bytes:
    """A ballot with these choices, one entry a question. Raises BallotError."""
    return encrypt_opened(election, secret_credential, choices)[0]


def encrypt_opened(
    election: Election,
    secret_credential: str,
    choices: Sequence[Choices],
    seed: bytes | None = None,
    pick: Pick | None = None,
) -> tuple[bytes, Opening]:
    """A ballot and its opening. ``seed`` is random, and ``pick`` too, unless a test fixes them."""
    check_choices(election, choices)
    seed = secrets.token_bytes(SEED_BYTES) if seed is None else seed
    pick = election.group.random_scalar if pick is None else pick
    secret, public = credentials.derive(election.group, election.uuid, secret_credential)
    context = _context(election, public)
    answers = [
        question.encrypt(context, chosen, _randomness(context, seed, n, question.size), pick)
        for n, (question, chosen) in enumerate(zip(election.questions, choices, strict=True))
    ]
    raw = _signed(election, public, answers, secret, pick)
    return raw, Opening(sha256_base64(raw), seed, list(choices))


def check_choices(election: Election, choices: Sequence[Choices]) -> None:
    """Refuse choices that the questions do not allow, in words for the voter."""
    reason = f"there must be choices for {len(election.questions)} questions"
    complete = len(choices) == len(election.questions)
    checks.require(complete, "ballot.choices", "choices", reason)
    for n, (question, chosen) in enumerate(zip(election.questions, choices, strict=True)):
        question.check_choices(chosen, f"choices[{n}]")


def _context(election: Election, public: Element) -> Context:
    text = f"{election.fingerprint}|{public.text}"
    return Context(election.group, election.public_key, text)


def _randomness(context: Context, seed: bytes, question: int, count: int) -> list[Scalar]:
    return [
        _derive(context.group, seed, f"mandate-opening|{context.text}|{question}|{i}")
        for i in range(count)
    ]


def _derive(group: Group, seed: bytes, label: str) -> Scalar:
    blocks = -(-(group.order.bit_length() + 256) // 512)
    stream = b"".join(
        hmac.digest(seed, f"{label}|{block}".encode(), "sha512") for block in range(blocks)
    )
    return group.scalar(int.from_bytes(stream))


def _signed(
    election: Election, public: Element, answers: Sequence[Answer], secret: Scalar, pick: Pick
) -> bytes:
    body: dict[str, Json] = {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": public.text,
        "answers": [answer.to_json() for answer in answers],
    }
    digest = sha256_base64(dumps(body))
    proof = proofs.prove_knowledge(election.group, proofs.ballot_prefix(digest), secret, pick)
    return dumps({**body, "signature": {"hash": digest, "proof": proof.to_json()}})


def parse(election: Election, raw: bytes) -> Ballot:
    """A ballot of this election from its text; then ``verify`` it. Raises BallotError."""
    value = loads_strict(raw, "ballot", max_bytes=MAX_BALLOT_BYTES)
    fields = take_object(
        value, "ballot", "election_uuid", "election_hash", "credential", "answers", "signature"
    )
    same = take_text(fields["election_uuid"], "election_uuid") == election.uuid
    reason = "is that of another election"
    checks.require(same, "ballot.election-uuid", "election_uuid", reason)
    same = take_text(fields["election_hash"], "election_hash") == election.fingerprint
    checks.require(same, "ballot.election-hash", "election_hash", reason)
    group = election.group
    items = take_list(fields["answers"], "answers", len(election.questions))
    signature = take_object(fields["signature"], "signature", "hash", "proof")
    return Ballot(
        raw=raw,
        tracker=sha256_base64(raw),
        key=group.parse_element(fields["credential"], "credential"),
        answers=tuple(
            question.parse_answer(group, item, f"answers[{n}]")
            for n, (question, item) in enumerate(zip(election.questions, items, strict=True))
        ),
        # The text is canonical, so the last match is where the signature begins.
        signed_hash=sha256_base64(raw[: raw.rindex(_SIGNATURE)] + b"}"),
        signature_hash=take_text(signature["hash"], "signature.hash"),
        signature=proofs.parse_proof(group, signature["proof"], "signature.proof"),
    )


def verify(election: Election, ballot: Ballot) -> None:
    """Check the signature and every proof; that is all a ballot says about itself.

    Whether its credential is in the list is the caller's to check. Raises BallotError.
    """
    for step in _steps(election, ballot):
        step()


def faults(election: Election, ballot: Ballot) -> list[BallotError]:
    """Like ``verify``, but every fault instead of the first one."""
    found = []
    for step in _steps(election, ballot):
        try:
            step()
        except BallotError as fault:
            found.append(fault)
    return found


def _steps(election: Election, ballot: Ballot) -> Iterator[Step]:
    yield lambda: checks.require(
        ballot.signature_hash == ballot.signed_hash,
        "ballot.signature-hash",
        "signature.hash",
        "is not the hash of this ballot",
    )
    yield lambda: proofs.verify_knowledge(
        election.group,
        proofs.ballot_prefix(ballot.signature_hash),
        ballot.key,
        ballot.signature,
        "ballot.signature",
        "signature.proof",
    )
    context = _context(election, ballot.key)
    for n, (question, answer) in enumerate(zip(election.questions, ballot.answers, strict=True)):
        yield from question.steps(context, answer, f"answers[{n}]")


def parse_opening(raw: bytes) -> Opening:
    """An opening from its text. Raises BallotError."""
    value = loads_strict(raw, "opening", max_bytes=MAX_BALLOT_BYTES)
    fields = take_object(value, "opening", "tracker", "seed", "choices")
    seed = take_text(fields["seed"], "opening.seed")
    reason = "must be 64 lower-case hexadecimal digits"
    checks.require(bool(_SEED.fullmatch(seed)), "opening.seed", "opening.seed", reason)
    return Opening(
        take_text(fields["tracker"], "opening.tracker"),
        bytes.fromhex(seed),
        take_list(fields["choices"], "opening.choices"),
    )


def open_(election: Election, raw: bytes, opening: Opening) -> list[Choices]:
    """What the ballot contains, decrypted with the opening and compared with what it claims.

    The ballot is verified as well: one that would not count proves nothing. Raises BallotError.
    """
    ballot = parse(election, raw)
    reason = "is that of another ballot"
    checks.require(ballot.tracker == opening.tracker, "opening.tracker", "tracker", reason)
    verify(election, ballot)
    context = _context(election, ballot.key)
    contents = [
        question.opened(
            context, answer, _randomness(context, opening.seed, n, question.size), f"answers[{n}]"
        )
        for n, (question, answer) in enumerate(zip(election.questions, ballot.answers, strict=True))
    ]
    reason = "are not what the ballot contains"
    checks.require(contents == opening.choices, "opening.choices", "choices", reason)
    return contents
