"""More support never harms, and one more no never helps: for each profile that says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.voting.rules.factory import judged
from voting.rules import CandidateTotals, Profile, Totals, outcome
from voting.rules.profiles import ids, load

PROFILES = [load(profile_id) for profile_id in ids()]
MARKS = [p for p in PROFILES if p.marks.form != "ranked"]
FAILED = dict.fromkeys(("void", "low", "no_confidence", "not_elected"), 0)
RANK = FAILED | {"tied": 1, "middle": 1}
BEST = 2


@st.composite
def balances(draw: st.DrawFn, profile: Profile) -> Totals:
    least = profile.disclosure.least_ballots  # below it secrecy goes before every other rule
    present = draw(st.integers(least, 30))
    returned = draw(st.integers(least, present))
    votes = []
    for _ in range(draw(st.integers(1, 4))):
        for_ = draw(st.integers(0, returned))
        votes.append((for_, draw(st.integers(0, returned - for_))))
    return judged(
        *votes,
        kind=profile.kinds[0],
        seats=draw(st.integers(1, 3)),
        entitled=draw(st.integers(present + 1, 40)),
        present=present,
        returned=returned,
        seed=draw(st.none() | st.text("ab", max_size=2)),
    )


def _standing(profile: Profile, totals: Totals) -> int:
    return RANK.get(outcome(profile, totals).verdict("a").outcome, BEST)


def _with_first(totals: Totals, first: CandidateTotals) -> Totals:
    return replace(totals, candidates=(first, *totals.candidates[1:]))


@pytest.mark.parametrize("profile", MARKS, ids=lambda p: p.id)
@given(data=st.data())
def test_turning_an_against_into_a_for_never_harms(profile: Profile, data: st.DataObject) -> None:
    assert profile.monotone.marks
    totals = data.draw(balances(profile))
    first = totals.candidates[0]
    if not first.against:
        first = replace(first, for_=0, against=totals.valid, abstain=0)
        totals = _with_first(totals, first)
    more = _with_first(totals, replace(first, for_=first.for_ + 1, against=first.against - 1))
    assert _standing(profile, more) >= _standing(profile, totals)


def _one_more_no(totals: Totals) -> Totals:
    """Someone who stayed away comes, votes against the first, and abstains on the others."""
    first, *rest = totals.candidates
    return replace(
        totals,
        present=totals.present + 1,
        issued=totals.issued + 1,
        returned=totals.returned + 1,
        valid=totals.valid + 1,
        candidates=(
            replace(first, against=first.against + 1),
            *(replace(c, abstain=c.abstain + 1) for c in rest),
        ),
    )


@pytest.mark.parametrize("profile", [p for p in MARKS if p.monotone.turnout], ids=lambda p: p.id)
@given(data=st.data())
def test_one_more_no_never_helps(profile: Profile, data: st.DataObject) -> None:
    totals = data.draw(balances(profile))
    assert _standing(profile, _one_more_no(totals)) <= _standing(profile, totals)


@pytest.mark.parametrize(
    "profile", [p for p in MARKS if not p.monotone.turnout], ids=lambda p: p.id
)
def test_where_one_more_no_can_help_the_profile_says_so(profile: Profile) -> None:
    """The quorum is the only way: just below it, everyone for."""
    assert profile.monotone.note is not None
    assert profile.quorum is not None
    below = max(n for n in range(100) if not profile.quorum.met(n, 100))
    totals = judged((below, 0), present=below, kind=profile.kinds[0])
    assert _standing(profile, totals) == RANK["void"]
    assert _standing(profile, _one_more_no(totals)) == BEST


def test_the_ranked_count_says_that_it_is_not_monotone() -> None:
    assert [p.id for p in PROFILES if not p.monotone.marks] == ["stv-scottish"]
