from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accountability import duplicates, redaction
from accountability.scorecards import DEFINED, Facts, compute, quantile, share, wilson

BASE = Facts(on="2026-11-23", calendar="cn-mainland-2026.1")


@pytest.mark.parametrize(
    ("count", "n", "limits"),
    [
        (0, 10, (0, 278)),  # the published score interval for 0 of 10 is 0 to 0.278
        (10, 10, (722, 1000)),
        (5, 10, (236, 764)),  # 0.2366 to 0.7634
        (9, 10, (595, 983)),  # 0.5958 to 0.9821
        (50, 100, (403, 597)),  # 0.4038 to 0.5962
    ],
)
def test_wilson(count: int, n: int, limits: tuple[int, int]) -> None:
    assert wilson(count, n) == limits


@given(st.integers(10, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share(pair: tuple[int, int]) -> None:
    metric = share("x", *pair)
    assert 0 <= (metric.low or 0) <= (metric.share or 0) <= (metric.high or 0) <= 1000


@pytest.mark.parametrize("n", range(10))
def test_fewer_than_ten_says_nothing_at_all(n: int) -> None:
    metric = share("x", n, n)
    assert metric.suppressed
    assert (metric.n, metric.count, metric.share, metric.low, metric.high) == (None,) * 5


def test_more_contacts_with_one_friend_add_nothing() -> None:
    owed = tuple((str(slot), f"2026Q{q}") for slot in range(1, 6) for q in range(1, 4))
    often = (("1", "2026Q1", "confirmed"),) * 40
    card = compute(Facts("2026-11-23", "c", owed_contacts=owed, contacts=often))
    assert (card["contact_coverage"].count, card["contact_coverage"].n) == (1, 15)


@pytest.mark.parametrize("state", ["claimed", "disputed", "unanswered"])
def test_only_confirmed_counts(state: str) -> None:
    owed = tuple((str(slot), f"2026Q{q}") for slot in range(1, 6) for q in range(1, 4))
    facts = Facts(BASE.on, "c", owed_contacts=owed, contacts=(("1", "2026Q1", state),))
    assert compute(facts)["contact_coverage"].count == 0


def test_a_contact_that_was_not_owed_does_not_count() -> None:
    owed = tuple((str(slot), f"2026Q{q}") for slot in range(1, 6) for q in range(1, 3))
    facts = Facts(BASE.on, "c", owed_contacts=owed, contacts=(("9", "2026Q4", "confirmed"),))
    assert compute(facts)["contact_coverage"].count == 0


def test_open_matters_are_censored_not_dropped() -> None:
    quick = [(2, True)] * 6
    assert quantile(quick, Fraction(1, 2)) == 2
    assert quantile([*quick, *[(40, False)] * 6], Fraction(1, 2)) == 2
    assert quantile([*quick, *[(40, False)] * 7], Fraction(1, 2)) is None
    assert quantile([*quick, *[(1, False)] * 100], Fraction(1, 2)) == 2  # too new to say


def test_kaplan_meier_by_hand() -> None:
    # at 3: 1 of 5 leaves 4/5; one is lost at 5; at 6: 1 of 3 leaves 8/15; at 9: 1 of 2 leaves 4/15
    waits = [(3, True), (5, False), (6, True), (9, True), (12, False)]
    assert quantile(waits, Fraction(1, 5)) == 3
    assert quantile(waits, Fraction(7, 15)) == 6
    assert quantile(waits, Fraction(1, 2)) == 9
    assert quantile(waits, Fraction(9, 10)) is None


def test_a_substitute_is_not_attendance() -> None:
    meetings = ("present",) * 8 + ("substitute", "absent", "unrecorded")
    metric = compute(Facts(BASE.on, "c", meetings=meetings))["attendance"]
    assert (metric.count, metric.n, metric.detail) == (8, 11, {"substitute": 1, "absent": 1})


def test_both_due_dates_are_counted_and_what_is_not_due_yet_is_not() -> None:
    late = ("2026-03-01", "2026-04-01", "2026-03-20")  # late at first, in time as extended
    never = ("2026-03-01", "2026-03-01", None)
    future = ("2026-12-01", "2026-12-01", None)
    card = compute(Facts(BASE.on, "c", outcomes=(late,) * 9 + (never, future)))
    assert (card["on_time"].count, card["on_time"].n) == (0, 10)
    assert (card["on_time_extended"].count, card["on_time_extended"].n) == (9, 10)


def test_open_ages() -> None:
    metric = compute(Facts(BASE.on, "c", open_ages=(*range(52, 62), 90)))["open_age"]
    assert (metric.n, metric.detail) == (11, {"oldest": 90, "over_60": 2})


def test_every_figure_has_its_definition_and_there_is_no_total() -> None:
    card = compute(BASE)
    assert [metric.key for metric in card.metrics] == list(DEFINED)
    assert not {"total", "score", "rank", "points"} & set(card.to_json())


def test_the_card_recomputes_from_exported_rows() -> None:
    facts = Facts(
        on="2026-11-23",
        calendar="c",
        owed_contacts=tuple((str(s), "2026Q1") for s in range(12)),
        contacts=(("1", "2026Q1", "confirmed"),),
        replies=((3, True),) * 12,
        outcomes=(("2026-01-01", "2026-01-01", None),) * 11,
        reports=(("2026-07-15", None),),
    )
    exported = json.loads(json.dumps(facts.to_json()))
    assert Facts.from_json(exported) == facts
    assert compute(Facts.from_json(exported)) == compute(facts)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("第三组小桥的护栏断了", "第三组小桥的护栏断了。", True),
        ("小桥护栏断了８根！", "小桥护栏断了8根", True),
        ("The rail is broken", "the RAIL is broken!!", True),
        ("小桥的护栏断了8根，老人小孩过桥不安全", "自来水发黄一年多了", False),
        ("护栏断了\nThe rail is broken", "The rail is broken", True),
        ("", "", False),
    ],
)
def test_likely_duplicates(one: str, other: str, alike: bool) -> None:
    assert (duplicates.similarity(one, other) >= duplicates.LIKELY) is alike
    assert duplicates.similarity(one, other) == duplicates.similarity(other, one)


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_a_share(one: str, other: str) -> None:
    assert 0 <= duplicates.similarity(one, other) <= 1


def test_redaction() -> None:
    text = "沈燕（17938082399，a.b@example.org）住21幢3单元。Write to Jane Doe, block 21."
    hidden = redaction.redact(text, ["沈燕", "Jane Doe"])
    for secret in ("沈燕", "17938082399", "example.org", "21", "Jane", "Doe"):
        assert secret not in hidden
    assert "住" in hidden
