"""Tallies, shares and results; shuffles; what a trustee refuses to decrypt."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from ballots import BallotError, ballot, ceremony, elgamal, shuffle, tally
from ballots.archive import Writer
from ballots.encoding import dumps
from ballots.group import Group, get_group
from ballots.tally.encrypted import MAX_NUMBER, take_number
from ballots.tally.logarithm import Logarithms
from ballots.verifier import verify
from tests.ballots.forge import GRADES, UUID, YES_NO, Forge
from tests.ballots.makers import ED25519, KEY, SECRET, make_election

RFC = get_group("RFC-3526-2048")


def test_parts_are_put_together() -> None:
    election = make_election(YES_NO, GRADES)
    made = [
        ballot.parse(election, ballot.encrypt(election, SECRET, [[i, 1 - i], [i, 2]]))
        for i in (0, 1)
    ]
    expected = tally.Accumulator(election)
    one, other = tally.Accumulator(election), tally.Accumulator(election)
    expected.add(made[0], 3)
    expected.add(made[1])
    one.add(made[0], 3)
    other.add(made[1])
    other = tally.Accumulator.from_json(election, other.to_json(), "part")
    one.merge(other)
    assert one.encrypted_tally() == expected.encrypted_tally()
    assert tally.sized(one) == tally.sized(expected)
    assert (one.count, one.weight) == (2, 4)


@pytest.mark.parametrize("number", [0, 1, MAX_NUMBER, MAX_NUMBER + 1, 10**30])
def test_numbers_have_one_form(number: int) -> None:
    assert take_number(tally.number_json(number), "number") == number
    wrong = str(number) if number <= MAX_NUMBER else number
    with pytest.raises(BallotError):
        take_number(wrong, "number")


@pytest.mark.parametrize(("bound", "unit"), [(0, 1), (1, 1), (1000, 1), (10**6, 10**5)])
def test_logarithms(bound: int, unit: int) -> None:
    logarithms = Logarithms(ED25519, bound, unit, 3)
    for m in sorted({0, unit, bound // 2 // unit * unit, bound // unit * unit}):
        expected = m if m <= bound else None
        assert logarithms.find(ED25519.base_mul(ED25519.scalar(m))) == expected
    assert logarithms.find(ED25519.base_mul(ED25519.scalar(bound + unit))) is None


def _threshold_election(tmp_path: Path) -> Forge:
    forge = Forge(threshold=True)
    forge.write(tmp_path / "archive.bel")
    return forge


def test_every_sufficient_set_of_trustees_finishes(tmp_path: Path) -> None:
    forge = _threshold_election(tmp_path)
    shares = {
        number: tally.partial_decryption(forge.made, forge.encrypted, key)
        for number, key in enumerate(forge.keys, 1)
    }
    for size in range(5):
        for numbers in itertools.combinations(shares, size):
            present = {number: shares[number] for number in numbers}
            args = (forge.made, forge.parsed_trustees, forge.encrypted, present)
            if 1 in numbers and len(numbers) >= 3:
                found, blamed = tally.result(*args, weight=2)
                assert (found.to_json(), blamed) == ([[1, 1]], [])
            else:
                with pytest.raises(BallotError) as refusal:
                    tally.result(*args, weight=2)
                assert refusal.value.check == "decryption.missing"


def _bend(raw: bytes, field: str) -> bytes:
    value = json.loads(raw)
    if field == "factor":
        factors = value["decryption_factors"][0]
        factors[0] = factors[1]
    else:
        proof = value["decryption_proofs"][0][0]
        proof[field] = str((int(proof[field]) + 1) % ED25519.order)
    return dumps(value)


@pytest.mark.parametrize("field", ["factor", "challenge", "response"])
def test_a_bad_share_is_blamed_and_the_others_finish(field: str, tmp_path: Path) -> None:
    forge = _threshold_election(tmp_path)
    shares = {
        number: tally.partial_decryption(forge.made, forge.encrypted, key)
        for number, key in enumerate(forge.keys, 1)
    }
    shares[3] = _bend(shares[3], field)
    found, blamed = tally.result(
        forge.made, forge.parsed_trustees, forge.encrypted, shares, weight=2
    )
    assert found.to_json() == [[1, 1]]
    assert [fault.check for fault in blamed] == ["decryption.proof"]
    assert "trustee 3" in blamed[0].place


@pytest.mark.parametrize("group", [ED25519, RFC], ids=lambda group: group.name)
def test_shuffles_in_turn(group: Group) -> None:
    key = group.base_mul(KEY)
    size = 5 if group is ED25519 else 2
    before = [
        [
            elgamal.encrypt(group, key, group.embed([i, n]), group.random_scalar())
            for i in range(size)
        ]
        for n in (1, 2)
    ]
    after = before
    for _ in range(2):
        raw = shuffle.shuffle(group, key, "fingerprint", after)
        after = shuffle.verify(group, key, "fingerprint", after, raw)
    for old, new in zip(before, after, strict=True):
        texts = [
            sorted(group.extract(c.beta - group.mul(KEY, c.alpha), 2) for c in side)
            for side in (old, new)
        ]
        assert texts[0] == texts[1]
        assert not {c.text for c in old} & {c.text for c in new}
    for args in (("other", before), ("fingerprint", after)):
        with pytest.raises(BallotError):
            shuffle.verify(group, key, *args, raw)


def _numbers(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, str):
        return [path]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for key, item in items for found in _numbers(item, (*path, key))]


def test_every_value_of_a_shuffle_is_bound() -> None:
    key = ED25519.base_mul(KEY)
    before = [
        [
            elgamal.encrypt(ED25519, key, ED25519.embed([i]), ED25519.random_scalar())
            for i in range(2)
        ]
    ]
    raw = shuffle.shuffle(ED25519, key, "", before)
    for path in _numbers(json.loads(raw)):
        value = json.loads(raw)
        parent = value
        for step in path[:-1]:
            parent = parent[step]
        text = parent[path[-1]]
        if len(text) == 64 and not text.isdigit():
            element = ED25519.parse_element(text, "") + ED25519.generator
            parent[path[-1]] = element.text
        else:
            parent[path[-1]] = str((int(text) + 1) % ED25519.order)
        with pytest.raises(BallotError) as refusal:
            shuffle.verify(ED25519, key, "", before, dumps(value))
        assert refusal.value.check == "shuffle.proof", path


# What a trustee does with an archive


@pytest.fixture
def closed(tmp_path: Path) -> tuple[Forge, Path]:
    forge = Forge(stop="PartialDecryption")
    return forge, forge.write(tmp_path / "archive.bel")


def test_a_trustee_decrypts_the_closed_archive(closed: tuple[Forge, Path]) -> None:
    forge, path = closed
    fingerprint = forge.made.fingerprint
    shares = {
        number: ceremony.decrypt_archive(path, key, fingerprint).share
        for number, key in enumerate(forge.keys, 1)
    }
    found, _ = tally.result(forge.made, forge.parsed_trustees, forge.encrypted, shares, weight=2)
    assert found.to_json() == [[1, 1]]


def _refused(path: Path, key: str, fingerprint: str) -> str:
    with pytest.raises(BallotError) as refusal:
        ceremony.decrypt_archive(path, key, fingerprint)
    assert refusal.value.check == "decryption.refused"
    return refusal.value.reason


def test_a_trustee_refuses_anything_else(closed: tuple[Forge, Path], tmp_path: Path) -> None:
    forge, path = closed
    fingerprint = forge.made.fingerprint
    assert "another election" in _refused(path, forge.keys[0], "other")
    assert "not the key" in _refused(path, "5", fingerprint)
    for stop in ("EndBallots", "EncryptedTally"):
        another = Forge(stop=stop)
        open_ = another.write(tmp_path / f"{stop}.bel")
        assert "not closed" in _refused(open_, another.keys[0], another.made.fingerprint)
    finished = Forge()
    finished.write(tmp_path / "finished.bel")
    reason = _refused(tmp_path / "finished.bel", finished.keys[0], finished.made.fingerprint)
    assert "published already" in reason


def test_a_trustee_refuses_one_ballot_as_the_tally(tmp_path: Path) -> None:
    class OneBallot(Forge):
        def _tally(self, writer: Writer) -> None:
            raw = ballot.encrypt(self.made, self.secrets[2], [[1, 0]])
            self.accumulator = tally.Accumulator(self.made)
            self.accumulator.add(ballot.parse(self.made, raw))
            super()._tally(writer)

    forge = OneBallot(stop="PartialDecryption")
    path = forge.write(tmp_path / "archive.bel")
    assert "not valid" in _refused(path, forge.keys[0], forge.made.fingerprint)


def test_a_bad_share_of_another_does_not_stop_a_trustee(tmp_path: Path) -> None:
    forge = Forge(stop="Result", shares=lambda raw: _bend(raw, "factor"))
    path = forge.write(tmp_path / "archive.bel")
    assert not verify(path).valid
    raw = ceremony.decrypt_archive(path, forge.keys[1], forge.made.fingerprint).share
    assert json.loads(raw)["decryption_factors"]


def test_a_shuffler_and_the_closing_server(tmp_path: Path) -> None:
    forge = Forge(questions=(GRADES,), choices=([[1, 2]], [[3, 4]]), stop="Shuffle")
    path = forge.write(tmp_path / "archive.bel")
    fingerprint = forge.made.fingerprint
    assert "not finished" in _refused(path, forge.keys[0], fingerprint)
    raw = ceremony.shuffle_archive(path, fingerprint)
    with Writer(path) as writer:
        writer.event("Shuffle", writer.data(tally.Owned(1, writer.data(raw)).raw))
        writer.event("EndShuffles")
    assert verify(path).valid
    assert ceremony.decrypt_archive(path, forge.keys[0], fingerprint)
    open_ = Forge(stop="EncryptedTally").write(tmp_path / "open.bel")
    encrypted, size = ceremony.closing_tally(open_)
    with Writer(open_) as writer:
        writer.data(encrypted)
        writer.event("EncryptedTally", writer.data(size))
    assert verify(open_).valid
    assert forge.made.uuid == UUID
