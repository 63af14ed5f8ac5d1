"""The mixnet for non-homomorphic questions (specification 4.19 and 6, from CHVote 1.3.2).

A shuffler re-encrypts the ciphertexts of a question, permutes them, and proves that the output is a
permutation of re-encryptions without saying which. Several take turns, each on the output of the
one before; one honest shuffler hides who voted what. Notation of section 6, additively:
``e`` in, ``e'`` out, ``psi`` the permutation, ``u`` the challenges, ``c`` and ``c^`` commitments.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ballots import checks, elgamal
from ballots.elgamal import Ciphertext
from ballots.encoding import Json, dumps, loads_strict, take_list, take_object
from ballots.group import Element, Group, Scalar

SHAPE = "shuffle.shape"


@dataclass(frozen=True, slots=True)
class Commitments:
    """``t``: t1, t2, t3, t4,1, t4,2 and one for each ciphertext."""

    fixed: list[Element]
    chain: list[Element]

    def to_json(self) -> Json:
        """In the order of the specification."""
        t1, t2, t3, t41, t42 = _texts(self.fixed)
        return [t1, t2, t3, [t41, t42], _texts(self.chain)]


@dataclass(frozen=True, slots=True)
class Responses:
    """``s``: s1 to s4, then s^ and s' with one for each ciphertext."""

    fixed: list[Scalar]
    chain: list[Scalar]
    permuted: list[Scalar]

    def to_json(self) -> Json:
        """In the order of the specification."""
        fixed, chain, permuted = (
            [str(number) for number in numbers]
            for numbers in (self.fixed, self.chain, self.permuted)
        )
        return [*fixed, chain, permuted]


@dataclass(frozen=True, slots=True)
class ShuffleProof:
    """``shuffle_proof``: t, s, c and c^."""

    t: Commitments
    s: Responses
    permutation: list[Element]
    chain: list[Element]

    def to_json(self) -> Json:
        """In the order of the specification."""
        return [self.t.to_json(), self.s.to_json(), _texts(self.permutation), _texts(self.chain)]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a proof is about: one question of one election, before and after."""

    group: Group
    key: Element
    fingerprint: str
    before: list[Ciphertext]
    after: list[Ciphertext]

    def challenges(self, permutation: Sequence[Element]) -> list[Scalar]:
        """``u``: GetNIZKPChallenges."""
        text = f"shuffle-challenges|{self.fingerprint}|{self._text(permutation)}"
        seed = hashlib.sha256(text.encode()).hexdigest()
        return [
            self.group.hash_to_scalar(seed + hashlib.sha256(str(i).encode()).hexdigest())
            for i in range(len(self.before))
        ]

    def challenge(
        self, t: Commitments, permutation: Sequence[Element], chain: Sequence[Element]
    ) -> Scalar:
        """``c``: GetNIZKPChallenge over everything."""
        y = f"{self._text(permutation)}{_serial(_texts(chain))}{self.key.text}"
        commitments = _serial(_texts(t.fixed)) + _serial(_texts(t.chain))
        text = f"shuffle-challenge|{self.fingerprint}|{commitments}{y}"
        return self.group.hash_to_scalar(text)

    def _text(self, permutation: Sequence[Element]) -> str:
        before, after = (_serial(c.text for c in side) for side in (self.before, self.after))
        return before + after + _serial(_texts(permutation))


# One question


def shuffle_question(
    group: Group, key: Element, before: Sequence[Ciphertext]
) -> tuple[list[Ciphertext], list[Scalar], list[int]]:
    """GenShuffle: the output, the randomness of each input, the permutation (from 0)."""
    psi = list(range(len(before)))
    secrets.SystemRandom().shuffle(psi)
    randomness = [group.random_scalar() for _ in before]
    encrypted = [
        c + Ciphertext(group.base_mul(r), group.mul(r, key))
        for c, r in zip(before, randomness, strict=True)
    ]
    return [encrypted[j] for j in psi], randomness, psi


def prove(statement: Statement, randomness: Sequence[Scalar], psi: Sequence[int]) -> ShuffleProof:
    """GenShuffleProof."""
    group = statement.group
    n, q = len(psi), group.order
    h = group.independent_generator(-1)
    generators = group.independent_generators(n)
    r = [group.random_scalar() for _ in psi]
    c = [group.identity] * n
    for generator, j in zip(generators, psi, strict=True):
        c[j] = group.base_mul(r[j]) + generator
    u = statement.challenges(c)
    u_prime = [u[j] for j in psi]
    r_hat = [group.random_scalar() for _ in psi]
    c_hat = _chain(group, h, r_hat, u_prime)

    w = [group.random_scalar() for _ in range(4)]
    w_hat, w_prime = ([group.random_scalar() for _ in psi] for _ in range(2))
    t = Commitments(
        [
            group.base_mul(w[0]),
            group.base_mul(w[1]),
            group.base_mul(w[2]) + group.mul_sum(w_prime, generators),
            *_reencryption(statement, w[3], w_prime),
        ],
        [
            group.base_mul_add(a, b, previous)
            for a, b, previous in zip(w_hat, w_prime, [h, *c_hat][:n], strict=True)
        ],
    )
    challenge = statement.challenge(t, c, c_hat)
    v = [1] * n
    for i in range(n - 2, -1, -1):
        v[i] = u_prime[i + 1] * v[i + 1] % q
    secrets_sum = [
        sum(r),
        sum(a * b for a, b in zip(r_hat, v, strict=True)),
        sum(a * b for a, b in zip(r, u, strict=True)),
        sum(a * b for a, b in zip(randomness, u, strict=True)),
    ]
    s = Responses(
        [group.scalar(a + challenge * b) for a, b in zip(w, secrets_sum, strict=True)],
        [group.scalar(a + challenge * b) for a, b in zip(w_hat, r_hat, strict=True)],
        [group.scalar(a + challenge * b) for a, b in zip(w_prime, u_prime, strict=True)],
    )
    return ShuffleProof(t, s, c, c_hat)


def verify_question(statement: Statement, proof: ShuffleProof, place: str) -> None:
    """CheckShuffleProof. Raises BallotError."""
    group, t, s = statement.group, proof.t, proof.s
    n = len(statement.before)
    h = group.independent_generator(-1)
    generators = group.independent_generators(n)
    u = statement.challenges(proof.permutation)
    minus_c = group.scalar(-statement.challenge(t, proof.permutation, proof.chain))
    product = 1
    for factor in u:
        product = product * factor % group.order
    sum_c = group.sum(proof.permutation) - group.sum(generators)
    last = (proof.chain[-1] if n else h) - group.mul(group.scalar(product), h)
    alpha = group.mul_sum(u, [c.alpha for c in statement.before])
    beta = group.mul_sum(u, [c.beta for c in statement.before])
    pair = _reencryption(statement, s.fixed[3], s.permuted)
    expected = [
        group.base_mul_add(s.fixed[0], minus_c, sum_c),
        group.base_mul_add(s.fixed[1], minus_c, last),
        group.base_mul_add(s.fixed[2], minus_c, group.mul_sum(u, proof.permutation))
        + group.mul_sum(s.permuted, generators),
        group.mul(minus_c, beta) + pair[0],
        group.mul(minus_c, alpha) + pair[1],
    ]
    checks.require(t.fixed == expected, "shuffle.proof", place, "is not a valid proof")
    previous = h
    for i, link in enumerate(proof.chain):
        right = group.base_mul(s.chain[i]) + group.mul_add(minus_c, link, s.permuted[i], previous)
        checks.require(t.chain[i] == right, "shuffle.proof", place, "is not a valid proof")
        previous = link


def _reencryption(
    statement: Statement, s4: Scalar, permuted: Sequence[Scalar]
) -> tuple[Element, Element]:
    """``-s4*(Y, G)`` plus the outputs, weighted: the two halves of t4, beta first."""
    group = statement.group
    minus = group.scalar(-s4)
    beta = group.mul_sum(permuted, [c.beta for c in statement.after])
    alpha = group.mul_sum(permuted, [c.alpha for c in statement.after])
    return group.mul(minus, statement.key) + beta, group.base_mul(minus) + alpha


def _chain(group: Group, start: Element, r: Sequence[Scalar], u: Sequence[Scalar]) -> list[Element]:
    """GenCommitmentChain."""
    chain = [start]
    for a, b in zip(r, u, strict=True):
        chain.append(group.base_mul_add(a, b, chain[-1]))
    return chain[1:]


# All non-homomorphic questions


def shuffle(
    group: Group, key: Element, fingerprint: str, before: Sequence[Sequence[Ciphertext]]
) -> bytes:
    """A ``shuffle`` of the ciphertexts of all non-homomorphic questions, in canonical bytes."""
    outputs, shuffle_proofs = [], []
    for ciphertexts in before:
        after, randomness, psi = shuffle_question(group, key, ciphertexts)
        statement = Statement(group, key, fingerprint, list(ciphertexts), after)
        outputs.append([c.to_json() for c in after])
        shuffle_proofs.append(prove(statement, randomness, psi).to_json())
    return dumps({"ciphertexts": outputs, "proofs": shuffle_proofs})


def verify(
    group: Group,
    key: Element,
    fingerprint: str,
    before: Sequence[Sequence[Ciphertext]],
    raw: bytes,
    place: str = "shuffle",
) -> list[list[Ciphertext]]:
    """The output of a shuffle of ``before``, everything checked. Raises BallotError."""
    after, shuffle_proofs = parse(group, [len(c) for c in before], raw, place)
    check_proofs(group, key, fingerprint, before, after, shuffle_proofs, place)
    return after


def check_proofs(
    group: Group,
    key: Element,
    fingerprint: str,
    before: Sequence[Sequence[Ciphertext]],
    after: Sequence[list[Ciphertext]],
    shuffle_proofs: Sequence[ShuffleProof],
    place: str,
) -> None:
    """That ``after`` is a shuffle of ``before``, question by question. Raises BallotError."""
    for i, (ciphertexts, output, proof) in enumerate(
        zip(before, after, shuffle_proofs, strict=True)
    ):
        statement = Statement(group, key, fingerprint, list(ciphertexts), output)
        verify_question(statement, proof, f"{place}.proofs[{i}]")


def parse(
    group: Group, sizes: Sequence[int], raw: bytes, place: str
) -> tuple[list[list[Ciphertext]], list[ShuffleProof]]:
    """Outputs and proofs for questions with these numbers of ciphertexts."""
    fields = take_object(loads_strict(raw, place), place, "ciphertexts", "proofs")
    where = f"{place}.ciphertexts"
    outputs = take_list(fields["ciphertexts"], where, len(sizes), SHAPE)
    after = [
        [
            elgamal.parse_ciphertext(group, value, f"{where}[{i}][{k}]")
            for k, value in enumerate(take_list(output, f"{where}[{i}]", size, SHAPE))
        ]
        for i, (output, size) in enumerate(zip(outputs, sizes, strict=True))
    ]
    where = f"{place}.proofs"
    values = take_list(fields["proofs"], where, len(sizes), SHAPE)
    return after, [
        _parse_proof(group, value, size, f"{where}[{i}]")
        for i, (value, size) in enumerate(zip(values, sizes, strict=True))
    ]


def _parse_proof(group: Group, value: Json, size: int, place: str) -> ShuffleProof:
    t, s, permutation, chain = take_list(value, place, 4, SHAPE)
    t1, t2, t3, t4, t_hat = take_list(t, f"{place}[0]", 5, SHAPE)
    fixed = [t1, t2, t3, *take_list(t4, f"{place}[0][3]", 2, SHAPE)]
    s1, s2, s3, s4, s_hat, s_prime = take_list(s, f"{place}[1]", 6, SHAPE)
    return ShuffleProof(
        Commitments(
            _elements(group, fixed, 5, f"{place}[0]"),
            _elements(group, t_hat, size, f"{place}[0][4]"),
        ),
        Responses(
            _scalars(group, [s1, s2, s3, s4], 4, f"{place}[1]"),
            _scalars(group, s_hat, size, f"{place}[1][4]"),
            _scalars(group, s_prime, size, f"{place}[1][5]"),
        ),
        _elements(group, permutation, size, f"{place}[2]"),
        _elements(group, chain, size, f"{place}[3]"),
    )


def _elements(group: Group, value: Json, size: int, place: str) -> list[Element]:
    texts = take_list(value, place, size, SHAPE)
    return [group.parse_element(text, f"{place}[{i}]") for i, text in enumerate(texts)]


def _scalars(group: Group, value: Json, size: int, place: str) -> list[Scalar]:
    texts = take_list(value, place, size, SHAPE)
    return [group.parse_scalar(text, f"{place}[{i}]") for i, text in enumerate(texts)]


def _texts(elements: Iterable[Element]) -> list[str]:
    return [element.text for element in elements]


def _serial(texts: Iterable[str]) -> str:
    """Each text followed by a comma (table "serialize array")."""
    return "".join(f"{text}," for text in texts)
