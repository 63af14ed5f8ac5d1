"""Who is gone while the vote runs is elected by nobody's vote, in every kind of count."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.voting.rules.factory import judged, people
from voting.rules import Candidate, Profile, Totals, counting, outcome, parse
from voting.rules.profiles import ids, load


def ruled(profile_id: str, gone: str) -> Profile:
    document = json.loads(load(profile_id).raw)
    document["course"]["gone"] = gone
    return parse(json.dumps(document).encode())


def without(totals: Totals, *keys: str) -> Totals:
    return replace(
        totals, candidates=tuple(replace(c, gone=c.key in keys) for c in totals.candidates)
    )


@pytest.mark.parametrize("profile_id", ids())
def test_a_contest_that_the_rules_void_elects_nobody(profile_id: str) -> None:
    profile = ruled(profile_id, "contest_void")
    totals = without(judged((60, 10), (55, 10), present=100, kind=profile.kinds[0]), "b")
    found = outcome(profile, totals)
    assert found.void == ("candidate_gone",)
    assert not found.elected
    assert not outcome(profile, without(totals)).void


def test_the_next_is_elected_and_the_votes_stay_in_sight() -> None:
    totals = without(judged((90, 5), (60, 10), (10, 60), present=100), "a")
    found = outcome(ruled("party-basic-2020", "votes_void"), totals)
    assert found.elected == ("b",)
    assert found.verdict("a").outcome == "gone"
    assert found.verdict("a").candidate.for_ == 90


def test_a_tie_with_who_is_gone_is_no_tie() -> None:
    totals = judged((60, 0), (60, 0), present=100)
    profile = ruled("party-basic-2020", "votes_void")
    assert outcome(profile, totals).tied == ("a", "b")
    assert outcome(profile, without(totals, "a")).elected == ("b",)


def test_the_floor_elects_nobody_who_is_gone() -> None:
    totals = without(judged((90, 0), (30, 0), present=100, seats=1), "a")
    found = outcome(ruled("approval-board", "votes_void"), totals)
    assert found.elected == ("b",)


def test_a_seat_stays_open_where_nobody_else_reaches_it() -> None:
    totals = without(judged((90, 0), (50, 0), present=100), "a")
    found = outcome(ruled("party-basic-2020", "votes_void"), totals)
    assert (found.elected, found.open_seats) == ((), 1)
    assert found.next == ("another_ballot", "reduced_seats")


@pytest.mark.parametrize("kind", ["confidence", "satisfaction"])
def test_a_subject_who_is_gone_falls_into_no_band(kind: str) -> None:
    totals = without(judged((10, 90), (60, 10), present=100, kind=kind), "a")
    found = outcome(ruled(f"{kind}-default", "votes_void"), totals)
    assert (found.verdict("a").outcome, found.verdict("a").consequence) == ("gone", "publish")
    assert found.verdict("b").outcome in ("confidence", "high")


def test_ranked_ballots_pass_over_who_is_gone() -> None:
    profile = ruled("stv-scottish", "votes_void")
    candidates = [Candidate("a", "a", gone=True), *people("b", "c")]
    # five a-c, three b, one for a alone: without a it is five to three, and the quota is five
    ballots = [[1, 0, 2]] * 5 + [[0, 1, 0]] * 3 + [[1, 0, 0]]
    totals = counting.totals_from(
        "direct",
        profile,
        candidates,
        [ballots],
        seats=1,
        entitled=9,
        present=9,
        issued=9,
        returned=9,
    )
    found = outcome(profile, totals)
    assert found.elected == ("c",)
    assert found.verdict("a").outcome == "gone"
    assert found.stages[0]["quota"] == 5
    assert found.stages[0]["votes"] == {"a": 0, "b": 3 * 100_000, "c": 5 * 100_000}
