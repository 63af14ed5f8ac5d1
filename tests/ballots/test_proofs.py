"""Each proof holds, and fails when anything it is bound to changes (ATTACKS 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ballots import BallotError, proofs
from ballots.elgamal import Ciphertext, encrypt_number
from ballots.group import Element, Group, Scalar, get_group
from ballots.proofs import Proof
from tests.ballots.makers import GROUPS

each_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
CHECK = "ballot.signature"


def _fails(call: Callable[[], None], check: str = CHECK) -> None:
    with pytest.raises(BallotError) as refusal:
        call()
    assert (refusal.value.check, refusal.value.place) == (check, "here")


def _changed(group: Group, proof: Proof) -> list[Proof]:
    return [
        replace(proof, challenge=group.scalar(proof.challenge + 1)),
        replace(proof, response=group.scalar(proof.response + 1)),
        Proof(proof.response, proof.challenge),
        Proof(Scalar(0), Scalar(0)),
    ]


@each_group
def test_knowledge(group: Group) -> None:
    secret = group.random_scalar()
    public = group.base_mul(secret)
    proof = proofs.prove_knowledge(group, "a|", secret, group.random_scalar)

    def check(prefix: str = "a|", public: Element = public, proof: Proof = proof) -> None:
        proofs.verify_knowledge(group, prefix, public, proof, CHECK, "here")

    check()
    _fails(lambda: check(prefix="b|"))
    _fails(lambda: check(public=public + group.generator))
    for other in _changed(group, proof):
        _fails(lambda other=other: check(proof=other))  # type: ignore[misc]


def test_prefixes_name_everything() -> None:
    """Two contexts never have one prefix, whichever part differs."""
    group = get_group("Ed25519")
    p, q = group.generator, group.small_multiple(2)
    c, d = Ciphertext(p, q), Ciphertext(q, p)
    prefixes = [
        proofs.key_prefix(group, p),
        proofs.key_prefix(group, q),
        proofs.key_prefix(get_group("BELENIOS-2048"), p),
        proofs.message_prefix("m"),
        proofs.message_prefix("n"),
        proofs.ballot_prefix("m"),
        proofs.ballot_prefix("n"),
        *(proofs.raw_prefix(s, key, x) for s in "ab" for key in (p, q) for x in (c, d)),
        *(proofs.interval_prefix(s, x) for s in "ab" for x in (c, d)),
        *(proofs.blank_prefix(s) for s in "ab"),
        *(proofs.overall_blank_prefix(s) for s in "ab"),
        *(proofs.list_prefix(s) for s in "ab"),
    ]
    assert len(set(prefixes)) == len(prefixes)


@each_group
def test_decryption(group: Group) -> None:
    secret = group.random_scalar()
    public, alpha = group.base_mul(secret), group.base_mul(group.random_scalar())
    factor = group.mul(secret, alpha)
    proof = proofs.prove_decryption(group, "φ", secret, public, alpha, group.random_scalar)

    def check(
        fingerprint: str = "φ",
        public: Element = public,
        alpha: Element = alpha,
        factor: Element = factor,
        proof: Proof = proof,
    ) -> None:
        proofs.verify_decryption(group, fingerprint, public, alpha, factor, proof, CHECK, "here")

    check()
    _fails(lambda: check(fingerprint="ψ"))
    _fails(lambda: check(public=public + group.generator))
    _fails(lambda: check(alpha=alpha + group.generator))
    _fails(lambda: check(factor=factor + group.generator))
    for other in _changed(group, proof):
        _fails(lambda other=other: check(proof=other))  # type: ignore[misc]


@each_group
@pytest.mark.parametrize(("low", "high", "m"), [(0, 1, 0), (0, 1, 1), (1, 3, 2), (2, 2, 2)])
def test_interval(group: Group, low: int, high: int, m: int) -> None:
    key, r = group.base_mul(group.random_scalar()), group.random_scalar()
    ciphertext = encrypt_number(group, key, m, r)
    statements = proofs.interval(group, ciphertext, low, high)
    made = proofs.prove_one_zero(group, key, "a|", statements, m - low, r, group.random_scalar)

    def check(
        key: Element = key,
        prefix: str = "a|",
        ciphertext: Ciphertext = ciphertext,
        made: list[Proof] = made,
    ) -> None:
        statements = proofs.interval(group, ciphertext, low, high)
        proofs.verify_one_zero(group, key, prefix, statements, made, CHECK, "here")

    check()
    _fails(lambda: check(prefix="b|"))
    _fails(lambda: check(key=key + group.generator))
    g = group.generator
    for alpha, beta in (
        (ciphertext.alpha + g, ciphertext.beta),
        (ciphertext.alpha, ciphertext.beta + g),
    ):
        _fails(lambda alpha=alpha, beta=beta: check(ciphertext=Ciphertext(alpha, beta)))  # type: ignore[misc]
    for i, proof in enumerate(made):
        for other in _changed(group, proof):
            changed = [*made[:i], other, *made[i + 1 :]]
            _fails(lambda changed=changed: check(made=changed))  # type: ignore[misc]
    if len(made) > 1:
        _fails(lambda: check(made=made[::-1]))


def test_a_false_statement_has_no_proof() -> None:
    """The prover run on a number outside the interval, at every position."""
    group = get_group("Ed25519")
    key, r = group.base_mul(group.random_scalar()), group.random_scalar()
    statements = proofs.interval(group, encrypt_number(group, key, 2, r), 0, 1)
    for index in (0, 1):
        made = proofs.prove_one_zero(group, key, "a|", statements, index, r, group.random_scalar)
        _fails(
            lambda made=made: proofs.verify_one_zero(  # type: ignore[misc]
                group, key, "a|", statements, made, CHECK, "here"
            )
        )


@each_group
def test_nonzero(group: Group) -> None:
    key, r = group.base_mul(group.random_scalar()), group.random_scalar()
    ciphertext = encrypt_number(group, key, 2, r)
    made = proofs.prove_nonzero(group, key, "S", ciphertext, r, group.random_scalar)

    def check(
        key: Element = key,
        context: str = "S",
        ciphertext: Ciphertext = ciphertext,
        made: proofs.NonzeroProof = made,
    ) -> None:
        proofs.verify_nonzero(group, key, context, ciphertext, made, "here")

    check()
    g, check_name = group.generator, "ballot.nonzero-proof"
    _fails(lambda: check(context="T"), check_name)
    _fails(lambda: check(key=key + g), check_name)
    _fails(lambda: check(ciphertext=Ciphertext(ciphertext.alpha + g, ciphertext.beta)), check_name)
    _fails(lambda: check(ciphertext=Ciphertext(ciphertext.alpha, ciphertext.beta + g)), check_name)
    first, second = made.response
    plus = group.scalar
    for other in (
        replace(made, commitment=made.commitment + g),
        replace(made, challenge=plus(made.challenge + 1)),
        replace(made, response=(plus(first + 1), second)),
        replace(made, response=(first, plus(second + 1))),
        replace(made, response=(second, first)),
    ):
        _fails(lambda other=other: check(made=other), check_name)  # type: ignore[misc]


def test_nonzero_of_zero_gives_itself_away() -> None:
    group = get_group("Ed25519")
    key, r = group.base_mul(group.random_scalar()), group.random_scalar()
    zero = encrypt_number(group, key, 0, r)
    made = proofs.prove_nonzero(group, key, "S", zero, r, group.random_scalar)
    with pytest.raises(BallotError) as refusal:
        proofs.verify_nonzero(group, key, "S", zero, made, "here")
    assert refusal.value.check == "ballot.nonzero-commitment"
    assert refusal.value.place == "here.commitment"


def test_a_nonce_of_zero_is_drawn_again() -> None:
    group = get_group("Ed25519")
    key, r = group.base_mul(group.random_scalar()), group.random_scalar()
    one = encrypt_number(group, key, 1, r)
    drawn = iter([Scalar(0), Scalar(0), Scalar(5), Scalar(6), Scalar(7)])
    made = proofs.prove_nonzero(group, key, "S", one, r, lambda: next(drawn))
    proofs.verify_nonzero(group, key, "S", one, made, "here")
    assert next(drawn, None) is None
