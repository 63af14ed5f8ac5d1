"""The examples that must hold, one by one, and the balance that a declaration publishes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from audit.errors import Invalid
from tests.voting.rules.factory import judged, people
from voting.rules import Totals, counting, outcome
from voting.rules.profiles import load
from voting.rules.schema import Threshold

BASIC = load("party-basic-2020")


def test_80_of_100_is_valid_under_2020_and_void_under_1990() -> None:
    totals = judged((60, 10), present=80)
    assert outcome(BASIC, totals).elected == ("a",)
    old = outcome(load("party-basic-1990"), totals)
    assert old.void == ("no_quorum",)
    assert old.elected == ()
    assert old.open_seats == 1
    assert outcome(load("party-basic-1990"), judged((60, 10), present=81)).elected == ("a",)
    assert outcome(BASIC, judged((60, 10), present=79)).void == ("no_quorum",)


@pytest.mark.parametrize(("for_", "elected"), [(50, ()), (51, ("a",))])
def test_half_of_those_present_is_not_enough(for_: int, elected: tuple[str, ...]) -> None:
    assert outcome(BASIC, judged((for_, 0), present=100)).elected == elected


def test_a_plenum_that_elects_is_more_than_two_thirds() -> None:
    plenum = load("party-local-plenum")
    at = judged((55, 0), present=66, entitled=99, kind="committee")
    assert outcome(plenum, at).void == ("no_quorum",)
    assert outcome(load("party-local"), at).elected == ("a",)
    one_more = judged((55, 0), present=67, entitled=99, kind="committee")
    assert outcome(plenum, one_more).elected == ("a",)
    half = judged((50, 0), present=100, kind="committee")
    assert outcome(plenum, half).elected == ()


def test_more_returned_than_issued_is_void() -> None:
    totals = judged((90, 0), present=100, issued=100, returned=101)
    assert outcome(BASIC, totals).void == ("returned_exceeds_issued",)


@pytest.mark.parametrize(("seats", "least"), [(1, 2), (3, 4), (5, 6), (6, 8), (10, 12), (11, 14)])
def test_surplus_of_20_per_cent(seats: int, least: int) -> None:
    assert BASIC.least_candidates(seats) == least


def test_a_write_in_beside_a_blank_is_invalid_and_the_rest_counts() -> None:
    # marks for a and b, then one write-in (two numbers) for each of two seats
    blank_beside = [1, 0, 0, 7, 0, 0]
    against_beside = [1, 2, 0, 7, 0, 0]
    assert counting.read_paper(BASIC, 2, 2, 50, blank_beside).write_ins == ()
    assert counting.read_paper(BASIC, 2, 2, 50, against_beside).write_ins == (7,)
    totals = counting.totals_from(
        "direct",
        BASIC,
        people("a", "b"),
        [[blank_beside, against_beside]],
        seats=2,
        entitled=50,
        present=40,
        issued=40,
        returned=2,
        write_ins=True,
    )
    counts = {c.key: (c.for_, c.against, c.abstain, c.write_in) for c in totals.candidates}
    assert counts == {"a": (2, 0, 0, 0), "b": (0, 1, 1, 0), "roll-7": (0, 0, 1, 1)}


def test_only_the_tied_go_to_the_re_ballot() -> None:
    declared = outcome(
        BASIC,
        judged((80, 0), (60, 0), (60, 0), (55, 0), present=100, seats=2, each_alone=False),
    )
    assert declared.elected == ("a",)
    assert declared.tied == ("b", "c")
    assert declared.open_seats == 1
    assert declared.next == ("re_ballot",)
    assert declared.verdict("d").outcome == "not_elected"


def test_the_base_decides() -> None:
    totals = judged((50, 40), present=100, returned=90)
    assert outcome(BASIC, totals).elected == ()
    assert BASIC.majority is not None
    on_returned = Threshold(fraction=BASIC.majority.fraction, strict=True, base="returned")
    assert outcome(BASIC.model_copy(update={"majority": on_returned}), totals).elected == ("a",)


def test_more_with_a_majority_than_seats_takes_the_highest() -> None:
    declared = outcome(
        BASIC, judged((60, 0), (90, 0), (70, 0), present=100, seats=2, each_alone=False)
    )
    assert declared.elected == ("b", "c")
    assert declared.open_seats == 0


def test_shortfall_leaves_seats_open() -> None:
    declared = outcome(
        BASIC, judged((60, 0), (50, 0), (40, 0), present=100, seats=2, each_alone=False)
    )
    assert declared.elected == ("a",)
    assert (declared.open_seats, declared.next) == (1, ("another_ballot", "reduced_seats"))


def test_local_counts_those_expected() -> None:
    local = load("party-local")
    assert outcome(local, judged((50, 0), present=60)).elected == ()
    assert outcome(local, judged((51, 0), present=60)).elected == ("a",)
    assert outcome(local, judged((50, 0), present=50)).void == ("no_quorum",)
    excluded = replace(judged((50, 0), present=60), excluded={"abroad": 2})
    assert outcome(local, excluded).elected == ("a",)


def test_association_leaves_blanks_out_and_repeats() -> None:
    association = load("association-majority")
    with_blanks = judged((40, 0), (30, 0), present=90, each_alone=False, blank=20)
    assert outcome(association, with_blanks).elected == ("a",)
    without = replace(with_blanks, blank=0)
    declared = outcome(association, without)
    assert (declared.elected, declared.next) == ((), ("repeat_ballot",))


def test_union_draws_a_lot_from_a_public_seed() -> None:
    union = load("union-plurality")
    tie = judged((5, 0), (5, 0), (1, 0), (0, 0), present=20, each_alone=False)
    assert outcome(union, tie).tied == ("a", "b")
    assert outcome(union, tie).next == ("lot",)
    winners = {outcome(union, replace(tie, seed=str(n))).elected for n in range(20)}
    assert winners == {("a",), ("b",)}
    assert outcome(union, replace(tie, seats=4)).elected == ("a", "b", "c")  # nobody for d


def test_approval_has_a_floor() -> None:
    board = load("approval-board")
    totals = judged((25, 0), (24, 0), present=100, seats=2, each_alone=False)
    assert outcome(board, totals).elected == ("a",)


def test_seniority_parts_only_those_who_differ() -> None:
    senior = BASIC.model_copy(update={"tie": "seniority"})
    tie = judged((60, 0), (60, 0), present=100, each_alone=False)
    aged = replace(
        tie,
        candidates=tuple(
            replace(c, seniority=s) for c, s in zip(tie.candidates, (2, 1), strict=True)
        ),
    )
    assert outcome(senior, aged).elected == ("b",)
    assert outcome(senior, tie).next == ("re_ballot",)


def test_plurality_with_a_floor_fills_what_the_majority_left_open() -> None:
    board = load("approval-board")
    floored = BASIC.model_copy(
        update={"shortfall": ["plurality_with_floor", "another_ballot"], "floor": board.floor}
    )
    totals = judged((60, 0), (30, 0), (20, 0), present=100, seats=3, each_alone=False)
    declared = outcome(floored, totals)
    assert declared.elected == ("a", "b")
    assert declared.next == ("another_ballot",)


@pytest.mark.parametrize(
    ("for_", "present", "band", "consequence"),
    [(51, 100, "confidence", "publish"), (50, 100, "no_confidence", "must_reply")],
)
def test_confidence(for_: int, present: int, band: str, consequence: str) -> None:
    totals = judged((for_, 10), present=present, kind="confidence")
    verdict = outcome(load("confidence-default"), totals).verdict("a")
    assert (verdict.outcome, verdict.consequence) == (band, consequence)


def test_confidence_without_quorum_says_nothing() -> None:
    declared = outcome(load("confidence-default"), judged((49, 0), present=49, kind="confidence"))
    assert declared.void == ("no_quorum",)
    assert declared.verdict("a").outcome == "void"


@pytest.mark.parametrize(
    ("result", "band"),
    [
        ([[40, 40, 20, 0]], "high"),
        ([[40, 39, 21, 0]], "middle"),
        ([[25, 25, 50, 0]], "middle"),
        ([[25, 24, 51, 0]], "low"),
        ([[8, 0, 2, 90]], "high"),
        ([[0, 0, 0, 100]], "not_judged"),
    ],
)
def test_satisfaction_counts_those_who_judged(result: list[list[int]], band: str) -> None:
    profile = load("satisfaction-default")
    totals = counting.totals_from(
        "satisfaction",
        profile,
        people("a"),
        result,
        seats=1,
        entitled=100,
        present=100,
        issued=100,
        returned=100,
    )
    declared = outcome(profile, totals)
    assert declared.verdict("a").outcome == band
    assert declared.as_dict()["candidates"][0]["grades"]["dont_know"] == result[0][3]


def test_the_declaration_publishes_the_whole_balance() -> None:
    totals = replace(judged((60, 20), present=80), excluded={"abroad": 3, "ill": 1})
    declared = outcome(BASIC, totals)
    document = json.loads(declared.to_json())
    assert document["balance"] == {
        "entitled": 100,
        "excluded": {"abroad": 3, "ill": 1},
        "expected": 96,
        "present": 80,
        "issued": 80,
        "returned": 80,
        "valid": 80,
        "invalid": 0,
        "blank": 0,
    }
    assert document["profile"] == {"id": "party-basic-2020", "sha256": BASIC.hash}
    assert document["quorum"] == {
        "rule": "quorum",
        "left": 400,
        "comparison": ">=",
        "right": 384,
        "met": True,
    }
    assert document["candidates"][0]["for"] == 60
    assert outcome(BASIC, totals).to_json() == declared.to_json()


def test_a_profile_is_for_its_kinds() -> None:
    with pytest.raises(Invalid):
        outcome(load("confidence-default"), judged((1, 0), present=60))


@pytest.mark.parametrize(
    "change",
    [
        {"valid": 101},
        {"blank": 81, "valid": 80},
        {"present": 101},
        {"excluded": {"abroad": 101}},
        {"excluded": {"abroad": -1}},
        {"seats": 0},
        {"valid": 79},
    ],
)
def test_a_balance_that_does_not_balance_is_refused(change: dict[str, int]) -> None:
    totals = judged((60, 20), present=80)
    with pytest.raises(Invalid):
        replace(totals, **change)


def test_totals_without_people_reach_no_quorum() -> None:
    empty = Totals("direct", 1, 0, 0, 0, 0, 0, 0, judged((0, 0), present=0).candidates)
    assert outcome(BASIC, empty).void == ("no_quorum", "too_few_ballots")
