"""A year that is not announced: what the law fixes holds, the rest is counted anew."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources
from typing import Any

import pytest
from sqlalchemy import select

from accountability import calendar, receptions, routing, year_calendars
from accountability.access import SYSTEM, Role, Viewer
from accountability.entries import CalendarAdded, MatterClock
from accountability.models import Routing, Session
from audit.errors import Conflict, Invalid
from tests.accountability.test_matters import body, raised, routed, seen
from tests.accountability.world import CLERK, World, with_bodies

ROADS = Viewer(Role.BODY, "account-roads", bodies=frozenset({"B1"}))
SHIPPED = resources.files("accountability").joinpath(f"calendars/{calendar.CURRENT}.json")


def document(**changed: Any) -> dict[str, Any]:
    """The calendar of 2026 and one of 2027, as it might be announced."""
    data = json.loads(SHIPPED.read_text("utf-8"))
    data["version"], data["years"] = "cn-mainland-2027.1", [2025, 2026, 2027]
    data["holidays"] += [["2027-01-01", "2027-01-03", "元旦"], ["2027-02-05", "2027-02-11", "春节"]]
    data["working_weekend_days"] += ["2027-02-14"]
    return {**data, **changed}


def raw(**changed: Any) -> bytes:
    return json.dumps(document(**changed), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "day",
    [
        *(date(year, month, day) for year in (2027, 2030, 2045)
          for month, day in ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))),
        date(2027, 2, 5), date(2027, 2, 8), date(2027, 4, 5), date(2027, 6, 9), date(2027, 9, 15),
    ],
)  # fmt: skip
def test_days_that_are_holidays_by_law_are_never_working_days(day: date) -> None:
    assert not calendar.load().is_working(day)
    assert not calendar.load().covers(day)


def test_the_case_of_the_new_year() -> None:
    """Twenty working days from 28 November 2026 and eight more end after 1 January 2027."""
    cal = calendar.load()
    due = cal.add_working_days(cal.add_working_days(date(2026, 11, 28), 20), 8)
    assert due == date(2027, 1, 7)
    held = dict(cal.reception_days(2027))
    assert held[date(2027, 2, 5)] == date(2027, 2, 9)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"years": []}, "years"),
        ({"holidays": [["2027-13-01", "2027-01-03", "x"]]}, "holidays.0.0"),
        ({"holidays": [["2027-01-03", "2027-01-01", "x"]]}, "from 2027-01-03 to 2027-01-01"),
        ({"holidays": [["2028-01-01", "2028-01-01", "x"]]}, "2028-01-01 is in a year"),
        ({"working_weekend_days": ["2027-01-04"]}, "2027-01-04 is no weekend"),
        ({"working_weekend_days": ["2027-10-02"]}, "2027-10-02 is no weekend, or it is a holiday"),
        ({"version": "../x"}, "version"),
        ({"more": 1}, "more"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused_with_the_place(
    changed: dict[str, Any], place: str
) -> None:
    with pytest.raises(Invalid, match="This is no calendar") as caught:
        calendar.parse(json.dumps(document(**changed)))
    assert place in str(caught.value)


@pytest.fixture
def town(quick: World) -> World:
    with_bodies(quick, B1="roads")
    with quick.database.transaction() as uow:
        found = body(uow, "B1")
        found.sla_working_days = 20
        receptions.set_point(
            uow, SYSTEM, code="P", unit=quick.unit, address="Hall", hours="08:30-11:30"
        )
    quick.set_clock("2026-11-28 00:30")
    return quick


def test_a_provisional_due_date_is_counted_anew_with_its_stops(town: World) -> None:
    matter = raised(town)
    (row,) = routed(town, matter)
    assert (row.due_on, row.provisional) == (date(2026, 12, 25), False)
    with town.database.transaction() as uow:
        routing.extend(uow, CLERK, row.id, 40 - 32, "The part is on order")
        moved = uow.session.get_one(Routing, row.id)
        assert (moved.due_on, moved.provisional) == (date(2027, 1, 7), True)
    with town.database.transaction() as uow:
        routing.stop_clock(uow, ROADS, row.id, "Waiting for the surveyor")
    town.set_clock("2027-01-05 23:30")
    with town.database.transaction() as uow:
        routing.resume_clock(uow, ROADS, row.id)
        assert uow.session.get_one(Routing, row.id).due_on == date(2027, 2, 16)
    with town.database.transaction() as uow:
        year_calendars.add(uow, raw())
        again = uow.session.get_one(Routing, row.id)
        # past the whole Spring Festival, and on the Sunday that is worked for it
        assert (again.due_on, again.provisional) == (date(2027, 2, 18), False)
        assert (again.original_due_on, again.calendar) == (date(2026, 12, 25), "cn-mainland-2027.1")
        clock, added = uow.entries
        assert isinstance(clock, MatterClock) and (clock.what, clock.due_on) == (
            "recounted",
            again.due_on,
        )
        assert isinstance(added, CalendarAdded)
        assert (added.years, added.routings) == (["2025", "2026", "2027"], 1)
    view = seen(town, CLERK, matter)
    assert [event.what for event in view.events][-1] == "recounted"
    with town.database.read() as uow:
        assert year_calendars.current(uow).version == "cn-mainland-2027.1"
        assert year_calendars.load(uow, calendar.CURRENT).version == calendar.CURRENT


def test_reception_days_to_come_move_and_what_is_held_stays(town: World) -> None:
    with town.database.transaction() as uow:
        made = receptions.set_roster(uow, SYSTEM, town.term, 2027, seed="s")
    assert made == 48

    def held(nominal: date) -> tuple[date, bool]:
        with town.database.read() as uow:
            found = uow.session.scalars(select(Session).where(Session.nominal_on == nominal)).one()
            return found.held_on, found.provisional

    assert held(date(2027, 2, 5)) == (date(2027, 2, 9), True)
    assert held(date(2027, 1, 5)) == (date(2027, 1, 5), True)
    town.set_clock("2027-01-20 07:30")
    with town.database.transaction() as uow:
        year_calendars.add(uow, raw())
        added = uow.entries[-1]
        assert isinstance(added, CalendarAdded) and added.sessions == 1
    assert held(date(2027, 2, 5)) == (date(2027, 2, 12), False)
    assert held(date(2027, 1, 5)) == (date(2027, 1, 5), True)  # before today: as it was held


def test_a_calendar_is_added_once_and_never_an_older_one(town: World) -> None:
    with town.database.transaction() as uow:
        year_calendars.add(uow, raw())
    with pytest.raises(Conflict, match="already"), town.database.transaction() as uow:
        year_calendars.add(uow, raw())
    old = document(version="cn-mainland-2026.2", years=[2025, 2026])
    old["holidays"], old["working_weekend_days"] = (
        old["holidays"][:-2],
        old["working_weekend_days"][:-1],
    )
    with pytest.raises(Conflict, match="newer"), town.database.transaction() as uow:
        year_calendars.add(uow, json.dumps(old).encode())


def test_nobody_is_late_because_a_calendar_changed(town: World) -> None:
    """A worked Sunday makes the time shorter; what was due today or later stays so."""
    (row,) = routed(town, raised(town))
    with town.database.transaction() as uow:
        routing.extend(uow, CLERK, row.id, 29, "far")
        due = uow.session.get_one(Routing, row.id).due_on
    town.set_clock(f"{due.isoformat()} 07:30")
    worked = ["2027-01-09", "2027-01-10", "2027-01-16", "2027-01-17"]
    short = document(holidays=document()["holidays"][:-2])
    short["working_weekend_days"] = sorted(
        {*short["working_weekend_days"], *worked} - {"2027-02-14"}
    )
    with town.database.transaction() as uow:
        year_calendars.add(uow, json.dumps(short).encode())
        assert uow.session.get_one(Routing, row.id).due_on == due
