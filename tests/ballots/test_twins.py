"""The vectors that the browser's code runs too (see make_twin_vectors.py)."""

from __future__ import annotations

import json

from ballots import ballot
from ballots.election import Election
from tests.ballots.make_twin_vectors import PATH, build, change


def test_the_file_is_what_the_code_makes() -> None:
    assert json.loads(PATH.read_text(encoding="utf-8")) == json.loads(json.dumps(build()))


def test_ballots_in_the_file() -> None:
    vectors = json.loads(PATH.read_text(encoding="utf-8"))["ballots"]
    election = Election.parse(vectors["election"].encode())
    for case in vectors["ballots"]:
        opening = ballot.parse_opening(case["opening"].encode())
        assert ballot.open_(election, case["raw"].encode(), opening) == case["choices"]
    assert (
        change(vectors["ballots"][0]["raw"], ["election_uuid"], election.uuid).decode()
        == (vectors["ballots"][0]["raw"])
    )


def test_small_enough_to_ship() -> None:
    assert PATH.stat().st_size < 500_000
