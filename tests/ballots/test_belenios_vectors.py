"""What another program made: single computations, and every ballot of every archive."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ballots import BallotError, ballot, credentials, proofs
from ballots.encoding import election_hash, sha256_hex
from ballots.group import get_group
from tests.ballots.archives import manifest, parts, unit

UNIT = unit()
GROUP = get_group("Ed25519")
DEMOS = ("demo-Ed25519", "demo-threshold-Ed25519")
REFUSED_BY_BALLOTS = ("ballot-proof", "ballot-shape", "ballot-signature", "ballot-encoding")


def test_elements_of_the_group() -> None:
    expected = UNIT["group"]
    two = GROUP.generator + GROUP.generator
    assert str(GROUP.order) == expected["q"]
    assert GROUP.generator.text == expected["generator"]
    assert GROUP.identity.text == expected["neutral_element"]
    assert two.text == expected["two_times_generator"]
    assert (-GROUP.generator).text == expected["minus_generator"]


@pytest.mark.parametrize("order", ["order_2", "order_4", "order_8"])
def test_small_order_is_no_member(order: str) -> None:
    with pytest.raises(BallotError) as refusal:
        GROUP.parse_element(UNIT["group"][order], "here", identity=True)
    assert (refusal.value.check, refusal.value.place) == ("group.membership", "here")


def test_independent_generators() -> None:
    for index, text in UNIT["get_generator"].items():
        assert GROUP.independent_generator(int(index)).text == text


def test_embedding() -> None:
    for case in UNIT["encode_integers"]:
        element = GROUP.embed(case["ints"])
        assert element.text == case["element"]
        assert GROUP.extract(element, len(case["ints"])) == case["ints"]


@pytest.mark.parametrize("demo", DEMOS)
def test_fingerprint_and_credentials(demo: str) -> None:
    found = parts(f"valid/{demo}.bel")
    assert election_hash(found.election) == UNIT[demo]["election_hash"]["election_hash"]
    assert sha256_hex(found.election) == UNIT[demo]["election_hash"]["sha256_hex"]
    entries = credentials.parse_public(GROUP, found.credentials)
    weights = {entry.element.text: entry.weight for entry in entries}
    for case in UNIT[demo]["credentials"]:
        scalar, public = credentials.derive(GROUP, UNIT[demo]["uuid"], case["private_credential"])
        assert str(scalar) == case["secret_exponent"]
        assert public.text == case["public_credential"]
        assert weights[public.text] == int(case["weight"])


@pytest.mark.parametrize("demo", DEMOS)
def test_trackers_and_signatures(demo: str) -> None:
    found = parts(f"valid/{demo}.bel")
    election = found.parsed_election()
    for case in UNIT[demo]["ballots"]:
        parsed = ballot.parse(election, found.ballots[case["index"]])
        assert parsed.tracker == case["tracker"]
        assert parsed.credential == case["credential"]
        assert parsed.signed_hash == case["signature_hash"] == parsed.signature_hash
        assert str(parsed.signature.challenge) == case["signature_challenge"]
        commitment = GROUP.base_mul_add(
            parsed.signature.response, parsed.signature.challenge, parsed.key
        )
        assert commitment.text == case["signature_commitment"]
        prefix = proofs.ballot_prefix(parsed.signature_hash)
        assert prefix + commitment.text == case["signature_hashed_string"]


def _answer_proofs(parsed: ballot.Ballot) -> dict[str, Any]:
    """The four proofs of ballot 0 that unit.json has, with the start of their hashed strings."""
    first, second = parsed.answers
    return {
        "question 0, individual proof 0": first.individual_proofs[0],  # type: ignore[attr-defined]
        "question 0, overall proof (min 0, max 1, no blank)": first.overall_proof,  # type: ignore[attr-defined]
        "question 1, blank proof": second.blank_proof,  # type: ignore[attr-defined]
        "question 1, overall proof (min 1, max 1, blank allowed)": second.overall_proof,  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize("demo", DEMOS)
def test_hashed_strings_of_disjunctions(demo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = parts(f"valid/{demo}.bel")
    election = found.parsed_election()
    hashed: list[str] = []
    original = type(GROUP).hash_to_scalar

    def recording(self: Any, text: str) -> Any:
        hashed.append(hashlib.sha256(text.encode()).hexdigest())
        return original(self, text)

    monkeypatch.setattr(type(GROUP), "hash_to_scalar", recording)
    parsed = ballot.parse(election, found.ballots[0])
    ballot.verify(election, parsed)
    by_name = _answer_proofs(parsed)
    for case in UNIT[demo]["ballot_0_proofs"]:
        assert case["hashed_string_sha256"] in hashed
        total = GROUP.scalar(sum(proof.challenge for proof in by_name[case["proof"]]))
        assert str(total) == case["challenge_sum"]


@pytest.mark.parametrize("demo", DEMOS)
def test_trustee_keys_and_decryption(demo: str) -> None:
    fingerprint = UNIT[demo]["election_hash"]["election_hash"]
    for trustee in UNIT[demo]["trustees"]:
        private = GROUP.parse_scalar(trustee["private_key"], "")
        public = GROUP.base_mul(private)
        assert public.text == trustee["public_key"]
        pok = proofs.parse_proof(GROUP, trustee["pok"], "pok")
        prefix = proofs.key_prefix(GROUP, public)
        assert prefix + trustee["commitment"] == trustee["hashed_string"]
        proofs.verify_knowledge(GROUP, prefix, public, pok, "ballot.signature", "pok")
    case = UNIT[demo]["decryption"]
    alpha = GROUP.parse_element(case["ciphertext"]["alpha"], "alpha")
    publics = {t["owner"]: t["public_key"] for t in UNIT[demo]["trustees"]}
    for partial in case["partial"]:
        public = GROUP.parse_element(publics[partial["owner"]], "")
        factor = GROUP.parse_element(partial["factor"], "")
        proof = proofs.parse_proof(GROUP, partial["proof"], "")
        check, place = "ballot.signature", "factor"
        proofs.verify_decryption(GROUP, fingerprint, public, alpha, factor, proof, check, place)
        with pytest.raises(BallotError):
            proofs.verify_decryption(
                GROUP, fingerprint, public, alpha, factor + alpha, proof, check, place
            )


def _some(ballots: list[bytes]) -> list[bytes]:
    """At most twelve: the verifier's own tests read all."""
    return ballots[:: max(1, len(ballots) // 12)]


@pytest.mark.parametrize("name", [entry["file"] for entry in manifest("valid")])
def test_valid_archives(name: str) -> None:
    found = parts(f"valid/{name}")
    election = found.parsed_election()
    entries = credentials.parse_public(election.group, found.credentials)
    credentials.check_sorted(entries)
    publics = {entry.element.text for entry in entries}
    for raw in _some(found.ballots):
        parsed = ballot.parse(election, raw)
        ballot.verify(election, parsed)
        assert parsed.credential in publics


@pytest.mark.parametrize(
    "name",
    [
        entry["file"]
        for entry in manifest("invalid")
        if entry["file"].startswith(REFUSED_BY_BALLOTS)
    ],
)
def test_faulty_ballots(name: str) -> None:
    found = parts(f"invalid/{name}")
    election = found.parsed_election()
    refused = []
    for raw in found.ballots:
        try:
            refused += ballot.faults(election, ballot.parse(election, raw))
        except BallotError as refusal:
            refused.append(refusal)
    assert refused
    assert all(fault.check and fault.place and fault.reason for fault in refused)
