"""Working days of the mainland calendar. A calendar is versioned data: every due date names the
version it was counted with, so that anyone can count it again.

Years that a version does not cover have not been announced yet: there Monday to Friday count, and
`covers` says that the date may still move with the next version.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

CURRENT = "cn-mainland-2026.1"
RECEPTION_DAYS = (5, 25)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    version: str
    years: frozenset[int]
    holidays: frozenset[date]
    working_weekend_days: frozenset[date]

    def covers(self, day: date) -> bool:
        return day.year in self.years

    def is_working(self, day: date) -> bool:
        if day in self.working_weekend_days:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def on_or_after(self, day: date) -> date:
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; `day` itself is not counted."""
        for _ in range(count):
            day = self.on_or_after(day + ONE_DAY)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start`, up to and including `end`."""
        span = (end - start).days
        return sum(self.is_working(start + timedelta(days=n)) for n in range(1, span + 1))

    def reception_days(self, year: int) -> list[tuple[date, date]]:
        """(5th or 25th, the working day on which it is held): FREQ=MONTHLY;BYMONTHDAY=5,25."""
        nominal = [date(year, month, day) for month in range(1, 13) for day in RECEPTION_DAYS]
        return [(day, self.on_or_after(day)) for day in nominal]


@cache
def load(version: str = CURRENT) -> Calendar:
    text = (
        resources.files("accountability").joinpath(f"calendars/{version}.json").read_text("utf-8")
    )
    data = json.loads(text)
    days = set()
    for first, last, _name in data["holidays"]:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            days.add(day)
            day += ONE_DAY
    return Calendar(
        version=data["version"],
        years=frozenset(data["years"]),
        holidays=frozenset(days),
        working_weekend_days=frozenset(map(date.fromisoformat, data["working_weekend_days"])),
    )


def quarter_of(day: date) -> str:
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def quarter_bounds(quarter: str) -> tuple[date, date]:
    """First and last day of a quarter such as 2026Q3."""
    year, number = int(quarter[:4]), int(quarter[5])
    first = date(year, 3 * number - 2, 1)
    following = date(year + number // 4, 3 * number % 12 + 1, 1)
    return first, following - ONE_DAY
