"""The second look: what an opened ballot proves, and what it refuses to prove."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ballots import BallotError, ballot, credentials
from ballots.ballot import Opening
from ballots.encoding import dumps
from ballots.questions import HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion
from tests.ballots.makers import SECRET, make_election

ALL = make_election(
    HomomorphicQuestion("Satisfied?", ("Yes", "No"), None, 1, 1),
    HomomorphicQuestion("Who?", ("A", "B", "C"), True, 1, 2),
    NonHomomorphicQuestion("Ranks?", ("A", "B")),
    ListsQuestion("Lists?", (("L", "a"), ("M", "b", "c"))),
)
CHOICES: list[Any] = [[1, 0], [0, 1, 0, 1], [2, 1], [[0, 0], [1, 0, 1]]]
RAW, OPENING = ballot.encrypt_opened(ALL, SECRET, CHOICES)


def test_the_seed_decides_the_ciphertexts_and_nothing_else() -> None:
    seed = bytes(range(32))
    first, again = (ballot.encrypt_opened(ALL, SECRET, CHOICES, seed)[0] for _ in range(2))
    one, two = ballot.parse(ALL, first), ballot.parse(ALL, again)
    assert list(one.ciphertexts()) == list(two.ciphertexts())
    assert one.signature != two.signature
    assert first != again
    other = ballot.encrypt_opened(ALL, credentials.generate(), CHOICES, seed)[0]
    assert not set(ballot.parse(ALL, other).ciphertexts()) & set(one.ciphertexts())


def test_an_opening_fits_a_qr_code() -> None:
    ten = make_election(HomomorphicQuestion("?", tuple("ABCDEFGHIJ"), True, 1, 3))
    _, opening = ballot.encrypt_opened(ten, SECRET, [[0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]])
    assert len(opening.raw) < 300


def test_a_device_that_encrypts_something_else() -> None:
    claimed: list[Any] = [[0, 1], *CHOICES[1:]]
    lie = replace(OPENING, choices=claimed)
    with pytest.raises(BallotError) as refusal:
        ballot.open_(ALL, RAW, lie)
    assert refusal.value.check == "opening.choices"


def test_an_opening_of_something_else() -> None:
    other, other_opening = ballot.encrypt_opened(ALL, SECRET, CHOICES)
    for opening, check_name in (
        (other_opening, "opening.tracker"),
        (replace(OPENING, seed=bytes(32)), "opening.ciphertext"),
    ):
        with pytest.raises(BallotError) as refusal:
            ballot.open_(ALL, RAW, opening)
        assert refusal.value.check == check_name
    assert ballot.open_(ALL, other, other_opening) == CHOICES


def test_a_ballot_that_would_not_count_is_not_opened() -> None:
    value = json.loads(RAW)
    value["signature"]["proof"]["response"] = "1"
    raw = dumps(value)
    tracker = ballot.parse(ALL, raw).tracker
    with pytest.raises(BallotError) as refusal:
        ballot.open_(ALL, raw, replace(OPENING, tracker=tracker))
    assert refusal.value.check == "ballot.signature"


@pytest.mark.parametrize(
    "value",
    [
        {"tracker": "x", "seed": "00", "choices": []},
        {"tracker": "x", "seed": "A" * 64, "choices": []},
        {"tracker": "x", "choices": [], "seed": "0" * 64},
        {"tracker": 1, "seed": "0" * 64, "choices": []},
        {"tracker": "x", "seed": "0" * 64, "choices": {}},
        [],
    ],
)
def test_faulty_openings(value: Any) -> None:
    with pytest.raises(BallotError):
        ballot.parse_opening(dumps(value))


def test_openings_are_written_as_they_are_read() -> None:
    assert ballot.parse_opening(OPENING.raw) == OPENING
    assert isinstance(OPENING, Opening)
