"""Which ballot is which question, and back from the result to the balance."""

from __future__ import annotations

from typing import Any

import pytest

from audit.errors import Invalid
from tests.voting.rules.factory import people
from voting.rules import Totals, counting
from voting.rules.counting import QuestionSpec, questions_for
from voting.rules.profiles import load

BASIC = load("party-basic-2020")
AB = people("a", "b")


def test_more_candidates_than_seats_is_one_question() -> None:
    assert questions_for("direct", BASIC, "K1", people("a", "b", "c", "d"), 3) == [
        QuestionSpec("K1", ("a", "b", "c", "d"), blank=True, min=1, max=3)
    ]
    (board,) = questions_for("committee", load("approval-board"), "K1", AB, 1)
    assert (board.blank, board.min, board.max) == (False, 0, 1)


def test_as_many_candidates_as_seats_is_a_question_each() -> None:
    questions = questions_for("direct", BASIC, "K1", AB, 2)
    assert [q.text for q in questions] == ["K1: a", "K1: b"]
    assert questions[0].answers == ("For 赞成", "Against 不赞成", "Abstain 弃权")
    assert {(q.blank, q.min, q.max) for q in questions} == {(False, 1, 1)}


def test_opinions_are_a_question_for_each_subject() -> None:
    confidence = questions_for("confidence", load("confidence-default"), "C", AB, 1)
    assert [q.answers[0] for q in confidence] == ["Confidence 信任"] * 2
    (satisfaction,) = questions_for(
        "satisfaction", load("satisfaction-default"), "S", people("a"), 1
    )
    assert len(satisfaction.answers) == 4


def test_ranked_and_write_in_ballots_go_through_the_mixnet() -> None:
    assert questions_for("direct", load("stv-scottish"), "K1", AB, 1)[0].kind == "mixed"
    (whole,) = questions_for("direct", BASIC, "K1", AB, 1, write_ins=True)
    assert (whole.kind, len(whole.answers)) == ("mixed", 4)
    with pytest.raises(Invalid):
        questions_for("direct", load("approval-board"), "K1", AB, 1, write_ins=True)


def _totals(profile_id: str, kind: str, result: Any, **more: Any) -> Totals:
    given = {"seats": 1, "entitled": 20, "present": 10, "issued": 10, "returned": 10} | more
    return counting.totals_from(kind, load(profile_id), AB, result, **given)


def test_the_blank_bit_comes_first() -> None:
    totals = _totals("party-basic-2020", "direct", [[2, 5, 3]])
    assert totals.blank == 2
    assert [(c.for_, c.against, c.abstain) for c in totals.candidates] == [(5, 0, 5), (3, 0, 7)]
    assert totals.base("cast_nonblank", totals.candidates[0]) == 8


def test_each_alone_has_its_own_blanks() -> None:
    totals = _totals("party-basic-2020", "direct", [[5, 3, 2], [10, 0, 0]], seats=2)
    assert [totals.base("cast_nonblank", c) for c in totals.candidates] == [8, 10]
    assert totals.blank == 0


@pytest.mark.parametrize(
    "result",
    [
        [],
        [[1, 2]],
        [[2, 5, 3], [1, 1, 1]],
        [[2, 5, -3]],
        [[2, 5, True]],
        [[2, 5, "3"]],
        [[2, 11, 0]],
    ],
)
def test_a_result_of_another_shape_is_refused(result: Any) -> None:
    with pytest.raises(Invalid):
        _totals("party-basic-2020", "direct", result)


@pytest.mark.parametrize(
    ("ballot", "valid", "write_ins", "dropped"),
    [
        ([1, 2, 0, 0], True, (), 0),
        ([1, 1, 0, 0], False, (), 0),  # two choices for one seat
        ([3, 0, 0, 0], False, (), 0),  # no such mark
        ([2, 0, 1, 2], True, (258,), 0),
        ([2, 0, 255, 255], True, (), 1),  # nobody in the roll
        ([1, 2, 0, 9], False, (9,), 0),  # a write-in is a choice too
    ],
)
def test_papers(ballot: list[int], valid: bool, write_ins: tuple[int, ...], dropped: int) -> None:
    paper = counting.read_paper(BASIC, 2, 1, 300, ballot)
    assert (paper.valid, paper.write_ins, paper.dropped) == (valid, write_ins, dropped)
