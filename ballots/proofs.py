"""Zero-knowledge proofs, each prover beside its verifier (specification 4.5, 4.6.1, 4.11 to 4.20).

Every proof of the specification but one is of three kinds:

- *knowledge*: I know ``x`` with ``X = x*G`` (trustee keys, signatures, raw encryptions);
- *equality*: ``X = x*G`` and ``F = x*P`` with one ``x`` (partial decryptions);
- *disjunction*: one of these ciphertexts encrypts 0 (individual, overall, blank and list proofs),
  where "encrypts M" is "minus ``M*G``, encrypts 0".

They differ in the prefix that is hashed before the commitments. The prefix binds a proof to its
context (group, election, credential, ciphertexts): a proof moved elsewhere fails. The non-zero
proof of lists questions is the exception.

Verifiers raise BallotError under the check that the caller names. Provers draw every random scalar
from ``pick`` in the order in which they are written here; the same order is used in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ballots import checks
from ballots.elgamal import Ciphertext
from ballots.encoding import Json, take_list, take_object
from ballots.group import Element, Group, Pick, Scalar


@dataclass(frozen=True, slots=True)
class Proof:
    """``proof`` of the specification."""

    challenge: Scalar
    response: Scalar

    def to_json(self) -> Json:
        """Fields in the order of the specification."""
        return {"challenge": str(self.challenge), "response": str(self.response)}


def parse_proof(group: Group, value: Json, place: str) -> Proof:
    """A proof from JSON."""
    fields = take_object(value, place, "challenge", "response")
    return Proof(
        group.parse_scalar(fields["challenge"], f"{place}.challenge"),
        group.parse_scalar(fields["response"], f"{place}.response"),
    )


def parse_proofs(group: Group, value: Json, place: str, length: int) -> list[Proof]:
    """A list of ``length`` proofs, such as ``iproof``."""
    items = take_list(value, place, length)
    return [parse_proof(group, item, f"{place}[{i}]") for i, item in enumerate(items)]


# Knowledge of a logarithm


def prove_knowledge(group: Group, prefix: str, secret: Scalar, pick: Pick) -> Proof:
    """Knowledge of ``secret``; ``prefix`` ends before the commitment."""
    w = pick()
    challenge = group.hash_to_scalar(prefix + group.base_mul(w).text)
    return Proof(challenge, group.scalar(w - secret * challenge))


def verify_knowledge(
    group: Group, prefix: str, public: Element, proof: Proof, check: str, place: str
) -> None:
    """Knowledge of the logarithm of ``public``."""
    commitment = group.base_mul_add(proof.response, proof.challenge, public)
    valid = proof.challenge == group.hash_to_scalar(prefix + commitment.text)
    checks.require(valid, check, place, "is not a valid proof")


def key_prefix(group: Group, public: Element) -> str:
    """Proof of knowledge of a trustee's key (4.5)."""
    return f"pok|{group.name}|{public.text}|"


def message_prefix(message: str) -> str:
    """Signature of a message between trustees (4.6.1)."""
    return f"sigmsg|{message}|"


def ballot_prefix(ballot_hash: str) -> str:
    """Signature of a ballot (4.16)."""
    return f"sig|{ballot_hash}|"


def raw_prefix(context: str, key: Element, ciphertext: Ciphertext) -> str:
    """Answer to a non-homomorphic question; ``context`` is S0 (4.11.2)."""
    return f"raweg|{context}|{key.text},{ciphertext.text}|"


# Equality of two logarithms


def prove_decryption(
    group: Group, fingerprint: str, secret: Scalar, public: Element, alpha: Element, pick: Pick
) -> Proof:
    """That ``secret * alpha`` is the decryption factor of the holder of ``public`` (4.20)."""
    w = pick()
    a, b = group.base_mul(w), group.mul(w, alpha)
    challenge = _hash_decryption(group, fingerprint, public, a, b)
    return Proof(challenge, group.scalar(w - secret * challenge))


def verify_decryption(
    group: Group,
    fingerprint: str,
    public: Element,
    alpha: Element,
    factor: Element,
    proof: Proof,
    check: str,
    place: str,
) -> None:
    """That ``factor`` is ``x * alpha`` where ``public`` is ``x * G``."""
    a = group.base_mul_add(proof.response, proof.challenge, public)
    b = group.mul_add(proof.response, alpha, proof.challenge, factor)
    valid = proof.challenge == _hash_decryption(group, fingerprint, public, a, b)
    checks.require(valid, check, place, "is not a valid proof")


def _hash_decryption(
    group: Group, fingerprint: str, public: Element, a: Element, b: Element
) -> Scalar:
    return group.hash_to_scalar(f"decrypt|{fingerprint}|{public.text}|{a.text},{b.text}")


def prove_lot(
    group: Group, fingerprint: str, secret: Scalar, public: Element, point: Element, pick: Pick
) -> Proof:
    """That ``secret * point`` is the share of the holder of ``public`` in a lot.

    Not the proof above: that one hashes neither ``alpha`` nor the factor, so its prover may fit the
    factor to a challenge (Bernhard, Pereira, Warinschi, ASIACRYPT 2012, section 3). Of a decryption
    nothing but noise comes of it; of a lot it would be as many draws as the trustee likes.
    """
    w = pick()
    statement = (public, point, group.mul(secret, point))
    challenge = _hash_lot(group, fingerprint, statement, group.base_mul(w), group.mul(w, point))
    return Proof(challenge, group.scalar(w - secret * challenge))


def verify_lot(
    group: Group,
    fingerprint: str,
    public: Element,
    point: Element,
    factor: Element,
    proof: Proof,
    place: str,
) -> None:
    """That ``factor`` is ``x * point`` where ``public`` is ``x * G``. Raises BallotError."""
    a = group.base_mul_add(proof.response, proof.challenge, public)
    b = group.mul_add(proof.response, point, proof.challenge, factor)
    expected = _hash_lot(group, fingerprint, (public, point, factor), a, b)
    checks.require(proof.challenge == expected, "lot.proof", place, "is not a valid proof")


def _hash_lot(
    group: Group,
    fingerprint: str,
    statement: tuple[Element, Element, Element],
    a: Element,
    b: Element,
) -> Scalar:
    texts = ",".join(element.text for element in statement)
    return group.hash_to_scalar(f"lot|{fingerprint}|{texts}|{a.text},{b.text}")


# Disjunction: one of several ciphertexts encrypts 0


def prove_one_zero(
    group: Group,
    key: Element,
    prefix: str,
    ciphertexts: Sequence[Ciphertext],
    true_index: int,
    r: Scalar,
    pick: Pick,
) -> list[Proof]:
    """That one ciphertext encrypts 0; it is number ``true_index``, with randomness ``r``.

    The others are simulated: challenge, then response, in the order of the ciphertexts; the
    nonce of the true one is drawn last.
    """
    proofs: list[Proof] = [Proof(Scalar(0), Scalar(0))] * len(ciphertexts)
    commitments = [""] * len(ciphertexts)
    for j, ciphertext in enumerate(ciphertexts):
        if j != true_index:
            proofs[j] = Proof(pick(), pick())
            commitments[j] = _zero_commitment(group, key, ciphertext, proofs[j])
    w = pick()
    commitments[true_index] = f"{group.base_mul(w).text},{group.mul(w, key).text}"
    total = group.hash_to_scalar(prefix + ",".join(commitments))
    challenge = group.scalar(total - sum(proof.challenge for proof in proofs))
    proofs[true_index] = Proof(challenge, group.scalar(w - r * challenge))
    return proofs


def verify_one_zero(
    group: Group,
    key: Element,
    prefix: str,
    ciphertexts: Sequence[Ciphertext],
    proofs: Sequence[Proof],
    check: str,
    place: str,
) -> None:
    """That one ciphertext encrypts 0 under ``key``; as many proofs as ciphertexts."""
    commitments = [
        _zero_commitment(group, key, ciphertext, proof)
        for ciphertext, proof in zip(ciphertexts, proofs, strict=True)
    ]
    total = group.hash_to_scalar(prefix + ",".join(commitments))
    valid = total == group.scalar(sum(proof.challenge for proof in proofs))
    checks.require(valid, check, place, "is not a valid proof")


def _zero_commitment(group: Group, key: Element, ciphertext: Ciphertext, proof: Proof) -> str:
    a = group.base_mul_add(proof.response, proof.challenge, ciphertext.alpha)
    b = group.mul_add(proof.response, key, proof.challenge, ciphertext.beta)
    return f"{a.text},{b.text}"


def minus(group: Group, ciphertext: Ciphertext, number: int) -> Ciphertext:
    """The ciphertext which encrypts 0 when ``ciphertext`` encrypts ``number``."""
    if number == 0:
        return ciphertext
    return Ciphertext(ciphertext.alpha, ciphertext.beta - group.small_multiple(number))


def interval(group: Group, ciphertext: Ciphertext, low: int, high: int) -> list[Ciphertext]:
    """One of them encrypts 0 when ``ciphertext`` encrypts a number between the limits (4.12)."""
    return [minus(group, ciphertext, number) for number in range(low, high + 1)]


def interval_prefix(context: str, ciphertext: Ciphertext) -> str:
    """Individual proofs with S0, overall proofs with S (4.12)."""
    return f"prove|{context}|{ciphertext.text}|"


def blank_prefix(context: str) -> str:
    """Blank proof: not blank, or no answer chosen (4.13)."""
    return f"bproof0|{context}|"


def overall_blank_prefix(context: str) -> str:
    """Overall proof where blank is allowed: blank, or a valid number of answers (4.13)."""
    return f"bproof1|{context}|"


def list_prefix(context: str) -> str:
    """List proof: the list is chosen, or none of its candidates (4.14)."""
    return f"lproof|{context}|"


# A ciphertext does not encrypt 0


@dataclass(frozen=True, slots=True)
class NonzeroProof:
    """``nonzero_proof`` of the specification (4.15)."""

    commitment: Element
    challenge: Scalar
    response: tuple[Scalar, Scalar]

    def to_json(self) -> Json:
        """Fields in the order of the specification."""
        return {
            "commitment": self.commitment.text,
            "challenge": str(self.challenge),
            "response": [str(part) for part in self.response],
        }


def parse_nonzero(group: Group, value: Json, place: str) -> NonzeroProof:
    """A non-zero proof from JSON. The neutral commitment is left to ``verify_nonzero``."""
    fields = take_object(value, place, "commitment", "challenge", "response")
    parts = take_list(fields["response"], f"{place}.response", 2)
    return NonzeroProof(
        group.parse_element(fields["commitment"], f"{place}.commitment", identity=True),
        group.parse_scalar(fields["challenge"], f"{place}.challenge"),
        (
            group.parse_scalar(parts[0], f"{place}.response[0]"),
            group.parse_scalar(parts[1], f"{place}.response[1]"),
        ),
    )


def prove_nonzero(
    group: Group, key: Element, context: str, ciphertext: Ciphertext, r: Scalar, pick: Pick
) -> NonzeroProof:
    """That ``ciphertext``, with randomness ``r``, encrypts another number than 0."""
    s = pick()
    while s == 0:
        s = pick()
    minus_sr = group.scalar(-s * r)
    commitment = group.mul_add(s, ciphertext.beta, minus_sr, key)
    w1, w2 = pick(), pick()
    a1 = group.base_mul_add(w2, w1, ciphertext.alpha)
    a2 = group.mul_add(w1, ciphertext.beta, w2, key)
    c = _hash_nonzero(group, context, commitment, a1, a2)
    return NonzeroProof(commitment, c, (group.scalar(w1 - s * c), group.scalar(w2 - minus_sr * c)))


def verify_nonzero(
    group: Group,
    key: Element,
    context: str,
    ciphertext: Ciphertext,
    proof: NonzeroProof,
    place: str,
) -> None:
    """That ``ciphertext`` encrypts another number than 0."""
    reason = "is the neutral element, as for a sum of zero"
    nonzero = proof.commitment != group.identity
    checks.require(nonzero, "ballot.nonzero-commitment", f"{place}.commitment", reason)
    t1, t2 = proof.response
    a1 = group.base_mul_add(t2, t1, ciphertext.alpha)
    a2 = group.mul_add(t1, ciphertext.beta, t2, key) + group.mul(proof.challenge, proof.commitment)
    valid = proof.challenge == _hash_nonzero(group, context, proof.commitment, a1, a2)
    checks.require(valid, "ballot.nonzero-proof", place, "is not a valid proof")


def _hash_nonzero(group: Group, context: str, a0: Element, a1: Element, a2: Element) -> Scalar:
    return group.hash_to_scalar(f"nonzero|{context}|{a0.text},{a1.text},{a2.text}")
