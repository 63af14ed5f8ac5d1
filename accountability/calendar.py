"""Working days of the mainland calendar. A calendar is versioned data: every due date names the
version it was counted with, so that anyone can count it again.

Years that a version does not cover have not been announced yet: there Monday to Friday count, but
for the days that are holidays by law, and `covers` says that the date may still move. Versions that
the operator adds are in `year_calendars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accountability.errors import Invalid

CURRENT = "cn-mainland-2026.1"
RECEPTION_DAYS = (5, 25)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    version: str
    years: frozenset[int]
    holidays: frozenset[date]
    working_weekend_days: frozenset[date]
    every_year: frozenset[str] = frozenset()  # "10-01": by law, whatever is announced
    by_law: frozenset[date] = frozenset()  # those that the moon and the sun move

    def covers(self, day: date) -> bool:
        return day.year in self.years

    def is_working(self, day: date) -> bool:
        if f"{day:%m-%d}" in self.every_year or day in self.by_law:
            return False
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
    """A version that is shipped. Raises FileNotFoundError."""
    folder = resources.files("accountability")
    return parse(folder.joinpath(f"calendars/{version}.json").read_text("utf-8"))


class _ByLaw(BaseModel):
    model_config = ConfigDict(extra="forbid")
    source: str
    every_year: list[Annotated[str, Field(pattern=r"^\d\d-\d\d$")]]
    dates: list[tuple[date, date, str]]


class _File(BaseModel):
    """A calendar file: see docs/operator.md."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.\-]{2,39}$")]
    years: Annotated[list[Annotated[int, Field(ge=2000, le=2200)]], Field(min_length=1)]
    source: dict[str, str]
    by_law: _ByLaw
    holidays: list[tuple[date, date, str]]
    working_weekend_days: list[date]


def parse(text: str) -> Calendar:
    """Raises Invalid, with the place and the reason, where it is no calendar."""
    try:
        data = _File.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "file"
        raise _wrong(f"{place}: {first['msg']}") from error
    by_law = _days(data.by_law.dates)
    found = Calendar(
        version=data.version,
        years=frozenset(data.years),
        holidays=_days(data.holidays),
        working_weekend_days=frozenset(data.working_weekend_days),
        every_year=frozenset(data.by_law.every_year),
        by_law=by_law,
    )
    for day in sorted(found.working_weekend_days):
        if day.weekday() < 5 or day in found.holidays or not found.is_working(day):
            raise _wrong(f"working_weekend_days: {day} is no weekend, or it is a holiday")
    for day in sorted(found.holidays | found.working_weekend_days):
        if not found.covers(day):
            raise _wrong(f"holidays: {day} is in a year that is not in `years`")
    return found


def _wrong(reason: str) -> Invalid:
    return Invalid("This is no calendar: %(reason)s.", field="file", reason=reason)


def _days(spans: list[tuple[date, date, str]]) -> frozenset[date]:
    days = set()
    for first, last, name in spans:
        if not 0 <= (last - first).days <= 20:
            raise _wrong(f"{name}: from {first} to {last}")
        days |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    return frozenset(days)


def quarter_of(day: date) -> str:
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def quarter_bounds(quarter: str) -> tuple[date, date]:
    """First and last day of a quarter such as 2026Q3."""
    year, number = int(quarter[:4]), int(quarter[5])
    first = date(year, 3 * number - 2, 1)
    following = date(year + number // 4, 3 * number % 12 + 1, 1)
    return first, following - ONE_DAY
