from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from accountability import calendar

CAL = calendar.load()
SMALL = Path(__file__).parents[2] / "web" / "demo_data" / "small"


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2026-01-04", True),  # a Sunday worked for New Year
        ("2026-02-14", True),
        ("2026-02-15", False),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-04-06", False),
        ("2026-05-09", True),
        ("2026-09-20", True),
        ("2026-09-25", False),
        ("2026-10-08", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
    ],
)
def test_the_days_of_the_notice(day: str, working: bool) -> None:
    assert CAL.is_working(date.fromisoformat(day)) is working


def test_2026_has_248_working_days() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    weekend = sum(day.weekday() >= 5 for day in days)
    on_weekdays = sum(day.weekday() < 5 and day in CAL.holidays for day in days)
    worked = sum(day.year == 2026 for day in CAL.working_weekend_days)
    assert (weekend, on_weekdays, worked) == (104, 19, 6)
    assert sum(map(CAL.is_working, days)) == 365 - 104 - 19 + 6 == 248


def test_reception_days_move_to_the_next_working_day() -> None:
    days = dict(CAL.reception_days(2026))
    assert len(days) == 24
    assert days[date(2026, 1, 5)] == date(2026, 1, 5)
    assert days[date(2026, 1, 25)] == date(2026, 1, 26)
    assert days[date(2026, 4, 5)] == date(2026, 4, 7)
    assert days[date(2026, 5, 5)] == date(2026, 5, 6)
    assert days[date(2026, 9, 25)] == date(2026, 9, 28)
    assert days[date(2026, 10, 5)] == date(2026, 10, 8)


def test_working_days_are_added_and_counted_alike() -> None:
    start = date(2026, 2, 12)
    assert CAL.add_working_days(start, 3) == date(2026, 2, 24)  # Friday, the worked Saturday, then
    assert CAL.working_days_between(start, date(2026, 2, 24)) == 3
    for count in range(1, 60):
        assert CAL.working_days_between(start, CAL.add_working_days(start, count)) == count


def test_a_year_without_a_notice_is_said_to_be_uncertain() -> None:
    assert CAL.covers(date(2026, 12, 31))
    assert not CAL.covers(date(2027, 1, 1))


def test_quarters() -> None:
    assert calendar.quarter_of(date(2026, 12, 31)) == "2026Q4"
    assert calendar.quarter_bounds("2026Q4") == (date(2026, 10, 1), date(2026, 12, 31))
    assert calendar.quarter_bounds("2026Q1") == (date(2026, 1, 1), date(2026, 3, 31))


def test_the_meetings_of_the_demo_are_on_working_days() -> None:
    with (SMALL / "meetings.csv").open(encoding="utf-8") as file:
        dates = [date.fromisoformat(row["date"]) for row in csv.DictReader(file)]
    assert len(dates) == 13
    assert [day for day in dates if not CAL.is_working(day)] == []
