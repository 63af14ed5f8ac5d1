"""The lot: one value for everyone, whoever draws it and with whatever randomness."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from ballots import BallotError, ceremony, lot, proofs, trustees
from ballots.archive import Reader, steps
from ballots.encoding import dumps, sha256_hex
from ballots.group import Scalar, get_group
from ballots.keys import public_key
from ballots.trustees import Trustees
from tests.ballots.forge import Forge

TALLY = "5a" * 32


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Forge, Trustees, Path]:
    """A single trustee and two of three; the archive waits for its shares."""
    forge = Forge(threshold=True, stop="PartialDecryption")
    path = forge.write(tmp_path_factory.mktemp("lot") / "archive.bel")
    return forge, trustees.parse_trustees(data(path, "Setup")[1], forge.group), path


def data(path: Path, type_: str) -> list[bytes]:
    """The records of the first event of a type."""
    with path.open("rb") as stream:
        step = next(step for step in steps(Reader(stream)) if step.event.type == type_)
        return [record.body for record in step.data]


def test_every_quorum_draws_the_same(world: tuple[Forge, Trustees, Path]) -> None:
    forge, structure, _ = world
    drawn = set()
    for pair in itertools.combinations((2, 3, 4), 2):
        shares = {n: lot.share(forge.made, TALLY, forge.keys[n - 1]) for n in (1, *pair)}
        drawn.add(lot.seed(forge.made, structure, TALLY, shares))
    assert len(drawn) == 1


def test_another_tally_another_lot(world: tuple[Forge, Trustees, Path]) -> None:
    forge, structure, _ = world
    drawn = {
        lot.seed(
            forge.made,
            structure,
            tally,
            {n: lot.share(forge.made, tally, forge.keys[n - 1]) for n in (1, 2, 3)},
        )
        for tally in (TALLY, "5b" * 32)
    }
    assert len(drawn) == 2


def test_fewer_than_needed_draw_nothing(world: tuple[Forge, Trustees, Path]) -> None:
    forge, structure, _ = world
    shares = {n: lot.share(forge.made, TALLY, forge.keys[n - 1]) for n in (1, 2)}
    with pytest.raises(BallotError, match="of the 2 correct shares needed") as refusal:
        lot.seed(forge.made, structure, TALLY, shares)
    assert refusal.value.check == "lot.missing"


def test_a_trustee_cannot_fit_a_share_to_a_challenge(world: tuple[Forge, Trustees, Path]) -> None:
    """With the proof of a decryption, which hashes neither base nor factor, this passes: the prover
    takes any second commitment and computes the factor that belongs to it."""
    forge, structure, _ = world
    group, fingerprint = forge.group, forge.made.fingerprint
    base, key = lot.point(forge.made, TALLY), structure.all[0].key
    secret = group.parse_scalar(forge.keys[0], "key")
    w, any_other = group.random_scalar(), group.base_mul(group.random_scalar())
    for forged in (
        proofs._hash_decryption(group, fingerprint, key, group.base_mul(w), any_other),
        proofs._hash_lot(group, fingerprint, (key, base, base), group.base_mul(w), any_other),
    ):
        response = group.scalar(w - secret * forged)
        inverse = Scalar(pow(forged, -1, group.order))
        factor = group.mul(inverse, any_other - group.mul(response, base))
        proof = proofs.Proof(forged, response)
        raw = dumps({"factor": factor.text, "proof": proof.to_json()})
        with pytest.raises(BallotError) as refusal:
            lot.check_share(forge.made, TALLY, structure.all[0], raw)
        assert refusal.value.check == "lot.proof"
    weak = proofs._hash_decryption(group, fingerprint, key, group.base_mul(w), any_other)
    response = group.scalar(w - secret * weak)
    factor = group.mul(Scalar(pow(weak, -1, group.order)), any_other - group.mul(response, base))
    assert factor != group.mul(secret, base)
    proofs.verify_decryption(
        group, fingerprint, key, base, factor, proofs.Proof(weak, response), "lot.proof", "weak"
    )


def test_what_a_trustee_hands_in(world: tuple[Forge, Trustees, Path]) -> None:
    forge, structure, path = world
    made = ceremony.decrypt_archive(path, forge.keys[0], forge.made.fingerprint)
    assert ceremony.parse_decrypted(made.raw) == made
    assert list(json.loads(made.raw)) == ["share", "lot"]
    tally_hash = sha256_hex(data(path, "EncryptedTally")[0])
    lot.check_share(forge.made, tally_hash, structure.all[0], made.lot)


@pytest.mark.parametrize("name", ["Ed25519", "BELENIOS-2048", "RFC-3526-2048"])
def test_the_point_is_in_the_group(name: str) -> None:
    group = get_group(name)
    element = group.hash_to_element("lot|a")
    assert group.parse_element(element.text, "point") == element
    assert group.mul(group.scalar(-1), element) == -element
    assert public_key(group, "1") == group.generator
