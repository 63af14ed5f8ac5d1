"""The rounds of a ranked count as the page has them."""

from __future__ import annotations

from voting.rules import Candidate, outcome, profiles
from voting.rules.counting import totals_from
from web.texts.rounds import decimal, rounds_of

RANKED = profiles.load("stv-scottish")
NAMES = ("Ann", "Bo", "Cy", "Di")


def declared(ballots: list[list[int]], seats: int, seed: str | None = "seed") -> dict[str, object]:
    count = len(ballots)
    totals = totals_from(
        "direct",
        RANKED,
        [Candidate(name.lower(), name) for name in NAMES],
        [ballots],
        seats=seats,
        entitled=count,
        present=count,
        issued=count,
        returned=count,
        seed=seed,
    )
    return outcome(RANKED, totals).as_dict()


def test_votes_move_from_round_to_round() -> None:
    """Six for Ann before Bo, three for Cy, three for Di, two of them before Cy; the quota is 5."""
    ballots = [[1, 2, 0, 0]] * 6 + [[0, 0, 1, 0]] * 3 + [[0, 0, 2, 1]] * 2 + [[0, 0, 0, 1]]
    found = rounds_of(declared(ballots, seats=2))
    assert found is not None
    assert found.quota == 5
    first, second, *later = found.rounds
    assert [(row.label, row.votes, row.note) for row in first.rows] == [
        ("Ann", "6", "elected"),
        ("Di", "3", ""),  # level with Cy; who is elected in the end comes first
        ("Cy", "3", ""),
    ]
    moved = {row.label: (row.votes, row.change) for row in second.rows}
    assert moved["Ann"] == ("5", "−1")
    assert moved["Bo"] == ("0.99996", "+0.99996")  # six votes at 0.16666 each
    assert moved["不能转移"] == ("0.00004", "+0.00004")
    assert "Ann" in second.text
    out = [row.label for later_round in later for row in later_round.rows if row.note == "out"]
    assert out[0] == "Bo"


def test_a_lot_that_is_not_drawn_yet() -> None:
    found = rounds_of(declared([[1, 0, 0, 0], [0, 1, 0, 0]] * 2, seats=1, seed=None))
    assert found is not None
    assert found.rounds[-1].rows == []
    assert "Cy, Di" in found.rounds[-1].text


def test_other_counts_have_no_rounds() -> None:
    assert rounds_of(None) is None
    assert rounds_of({"stages": [], "candidates": []}) is None


def test_decimals() -> None:
    assert [decimal(votes) for votes in (0, 100_000, 50_000, 1, 1_000_000)] == [
        "0", "1", "0.5", "0.00001", "10",
    ]  # fmt: skip
