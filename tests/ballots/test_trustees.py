"""Keys of trustees: single, threshold through all steps, and mixed; who is blamed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ballots import BallotError, channel, threshold, trustees
from ballots.encoding import dumps, loads_strict
from ballots.group import get_group
from tests.ballots.archives import unit
from tests.ballots.forge import seeded
from tests.ballots.makers import GROUPS

ED25519 = get_group("Ed25519")


class Ceremony:
    """A whole key ceremony, every object sent as the bytes that would be sent."""

    def __init__(self, size: int, needed: int, group: Any = ED25519) -> None:
        self.group, self.needed = group, needed
        made = [threshold.make_certificate(group, size, needed, i + 1) for i in range(size)]
        self.seeds = [seed for seed, _ in made]
        self.certificates = [sent(certificate) for _, certificate in made]
        self.polynomials = [
            sent(threshold.make_polynomial(group, seed, self.certificates, needed))
            for seed in self.seeds
        ]

    def voutput(self, index: int) -> Any:
        vinput = sent(threshold.make_vinput(self.polynomials, index))
        seed = self.seeds[index - 1]
        return sent(
            threshold.make_voutput(self.group, seed, self.certificates, self.needed, vinput)
        )

    def finish(self) -> tuple[trustees.Trustees, list[int]]:
        voutputs = [self.voutput(i + 1) for i in range(len(self.seeds))]
        for i, (polynomial, voutput) in enumerate(zip(self.polynomials, voutputs, strict=True), 1):
            args = (self.group, self.certificates, self.needed)
            threshold.check_polynomial(*args, i, polynomial)
            threshold.check_voutput(*args, self.polynomials, i, voutput)
        parameters = threshold.threshold_parameters(
            self.needed, self.certificates, self.polynomials, voutputs
        )
        raw = trustees.trustees_bytes([trustees.pedersen(parameters)])
        private = [
            int(threshold.private_key(self.group, seed, voutput["private_key"]))
            for seed, voutput in zip(self.seeds, voutputs, strict=True)
        ]
        return trustees.parse_trustees(raw, self.group), private


def sent(value: Any) -> Any:
    return loads_strict(dumps(value), "message")


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_single_key(group: Any) -> None:
    private, public = trustees.generate_single(group)
    parsed = trustees.parse_trustees(dumps([trustees.single(public)]), group)
    assert trustees.public_key(group, private) == parsed.all[0].key
    assert trustees.election_key(group, parsed) == parsed.all[0].key


@pytest.mark.parametrize(("size", "needed"), [(1, 1), (3, 2), (4, 3), (3, 3), (3, 1)])
def test_every_set_of_enough_trustees_has_the_key(size: int, needed: int) -> None:
    parsed, private = Ceremony(size, needed).finish()
    key = trustees.election_key(ED25519, parsed)
    for indices in itertools.combinations(range(1, size + 1), needed):
        secret = sum(
            threshold.lagrange(ED25519, indices, index) * private[index - 1] for index in indices
        )
        assert ED25519.base_mul(ED25519.scalar(secret)) == key


def test_fewer_than_enough_do_not_have_the_key() -> None:
    parsed, private = Ceremony(3, 2).finish()
    key = trustees.election_key(ED25519, parsed)
    for index in (1, 2, 3):
        alone = threshold.lagrange(ED25519, [index], index) * private[index - 1]
        assert ED25519.base_mul(ED25519.scalar(alone)) != key


def test_threshold_in_a_finite_field() -> None:
    with seeded():
        parsed, private = Ceremony(2, 2, get_group("RFC-3526-2048")).finish()
    assert len(parsed.all) == len(private) == 2


def test_a_wrong_share_is_blamed_on_who_sent_it() -> None:
    ceremony = Ceremony(3, 2)
    sender = channel.derive(ED25519, ceremony.seeds[2])
    own = channel.derive(ED25519, ceremony.seeds[0])
    letter = channel.send(ED25519, sender.signing, own.encryption, '{"secret":"1"}')
    ceremony.polynomials[2]["secrets"][0] = letter
    with pytest.raises(BallotError, match="trustee 3") as refusal:
        ceremony.voutput(1)
    assert (refusal.value.check, refusal.value.place) == ("threshold.secret", "vinput[2]")
    ceremony.voutput(2)


def test_letters_reach_only_their_recipient() -> None:
    keys = [channel.derive(ED25519, channel.new_seed()) for _ in range(3)]
    letter = channel.send(ED25519, keys[0].signing, keys[1].encryption, "hello")
    assert channel.receive(ED25519, keys[1], keys[0].verification, letter, "letter") == "hello"
    for reader, sender in ((keys[2], keys[0]), (keys[1], keys[2])):
        with pytest.raises(BallotError) as refusal:
            channel.receive(ED25519, reader, sender.verification, letter, "letter")
        assert refusal.value.check == "threshold.channel"


@pytest.mark.parametrize("field", ["alpha", "beta", "data", "algorithm"])
def test_a_changed_letter_is_refused(field: str) -> None:
    keys = channel.derive(ED25519, channel.new_seed())
    letter = loads_strict(channel.send(ED25519, keys.signing, keys.encryption, "hi").encode(), "")
    other = loads_strict(channel.send(ED25519, keys.signing, keys.encryption, "ho").encode(), "")
    letter[field] = "AES-CCM" if field == "algorithm" else other[field]
    text = dumps(letter).decode()
    with pytest.raises(BallotError):
        channel.receive(ED25519, keys, keys.verification, text, "letter")


def test_a_changed_certificate_stops_the_ceremony() -> None:
    ceremony = Ceremony(2, 2)
    _, other = threshold.make_certificate(ED25519, 2, 2, 2)
    certificates = [ceremony.certificates[0], other]
    vinput = threshold.make_vinput(ceremony.polynomials, 1)
    with pytest.raises(BallotError):
        threshold.make_voutput(ED25519, ceremony.seeds[0], certificates, 2, vinput)


def test_commitments_come_before_keys() -> None:
    _, first = trustees.generate_single(ED25519)
    _, second = trustees.generate_single(ED25519)
    committed = trustees.commitment(first)
    trustees.check_commitment(committed, first, "trustee 1")
    with pytest.raises(BallotError) as refusal:
        trustees.check_commitment(committed, second, "trustee 1")
    assert refusal.value.check == "trustee.commitment"


def test_a_key_that_cancels_the_others_cannot_be_proved() -> None:
    _, honest = trustees.generate_single(ED25519)
    private, rogue = trustees.generate_single(ED25519)
    theirs = ED25519.parse_element(honest["public_key"], "key")
    rogue["public_key"] = (trustees.public_key(ED25519, private) - theirs).text
    with pytest.raises(BallotError) as refusal:
        trustees.parse_trustees(dumps([["Single", honest], ["Single", rogue]]), ED25519)
    assert refusal.value.check == "trustee.knowledge"
    assert refusal.value.place == "trustees[1].pok"


@pytest.mark.parametrize("kind", ["Other", 5, None, ["Single"]])
def test_unknown_kinds(kind: Any) -> None:
    _, public = trustees.generate_single(ED25519)
    with pytest.raises(BallotError):
        trustees.parse_trustees(dumps([[kind, public]]), ED25519)


def test_private_keys_of_another_program() -> None:
    for trustee in unit()["demo-Ed25519"]["trustees"]:
        assert trustees.public_key(ED25519, trustee["private_key"]).text == trustee["public_key"]
