"""The account of seats: held, open, and too many."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from voting.seats import COMMITTEE, Excess, Held, excesses, holders, most_held, open_seats

START, MIDDLE, END = date(2026, 12, 1), date(2029, 6, 1), date(2031, 12, 1)


def office(holder: str, body: str = "K1", since: date = START, until: date = END) -> Held:
    return Held(body, holder, since, until)


def test_a_seat_is_free_from_the_day_on_which_the_office_ends() -> None:
    offices = [office("a"), office("b", until=MIDDLE), office("c", "K2")]
    assert holders(offices, "K1", MIDDLE) == {"a"}
    assert open_seats(2, offices, "K1", MIDDLE, END) == 1
    assert open_seats(2, offices, "K1", date(2029, 5, 31), END) == 0


def test_a_seat_that_somebody_takes_later_is_not_open_for_the_whole_time() -> None:
    offices = [office("a"), office("b", since=MIDDLE)]
    assert most_held(offices, "K1", START, END) == 2
    assert open_seats(2, offices, "K1", START, END) == 0
    assert open_seats(2, offices, "K1", START, MIDDLE) == 1


def test_what_a_ballot_promises_is_not_open() -> None:
    assert open_seats(3, [office("a")], "K1", START, END, promised=1) == 1
    assert open_seats(1, [office("a"), office("b")], "K1", START, END) == 0


def test_two_offices_of_one_person_take_one_seat() -> None:
    offices = [office("a", COMMITTEE), office("a", COMMITTEE, since=MIDDLE)]
    assert most_held(offices, COMMITTEE, START, END) == 1


def test_more_held_than_there_are_seats() -> None:
    offices = [office("a"), office("b"), office("c", since=MIDDLE), office("d", "K9")]
    assert list(excesses({"K1": 2}, offices)) == [
        Excess("K1", MIDDLE, 3, 2),
        Excess("K9", START, 1, 0),
    ]
    assert list(excesses({"K1": 3, "K9": 1}, offices)) == []


days = st.integers(0, 40).map(lambda n: date.fromordinal(START.toordinal() + n))
some = st.lists(
    st.tuples(st.sampled_from("abcd"), days, st.integers(1, 20)).map(
        lambda t: office(t[0], since=t[1], until=date.fromordinal(t[1].toordinal() + t[2]))
    ),
    max_size=8,
)


@given(some, st.integers(0, 5))
def test_who_fills_open_seats_only_never_holds_too_many(offices: list[Held], seats: int) -> None:
    """Filling what is open for the whole time makes no excess that was not there before."""
    last = max((o.until for o in offices), default=END)
    free = open_seats(seats, offices, "K1", START, last)
    filled = [*offices, *(office(f"new{n}", until=last) for n in range(free))]
    limits = {"K1": max(seats, most_held(offices, "K1", START, last))}
    assert list(excesses(limits, filled)) == []
