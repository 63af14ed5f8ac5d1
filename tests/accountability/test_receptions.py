from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from accountability import receptions, scorecard_rows
from accountability.access import SYSTEM, Role, Viewer
from accountability.errors import Conflict, Forbidden, Invalid, TooLate
from accountability.models import Duty, Point
from tests.accountability.world import CLERK, SEED, World, at

KEEPER = Viewer(Role.SITE_KEEPER, "account-keeper", points=frozenset({"P1"}))


@pytest.fixture
def rostered(world: World) -> World:
    with world.database.transaction() as uow:
        for code in ("P1", "P2"):
            receptions.set_point(
                uow, SYSTEM, world.unit, code=code, address="1 Road", hours="08:30-11:30"
            )
        receptions.set_roster(uow, CLERK, world.term, 2026, seed=SEED, each=1)
    return world


def duty_of(world: World, seat: int, on: str) -> Duty:
    day = date.fromisoformat(on)
    with world.database.transaction() as uow:
        duties = receptions.duties(uow, world.offices[seat].id, day, day)
        for duty in duties:
            assert duty.session.point.hours
    return duties[0]


def code_at(world: World, duty: Duty, moment: str) -> str:
    with world.database.transaction() as uow:
        uow.now = at(moment)
        return receptions.current_code(
            uow,
            Viewer(Role.SITE_KEEPER, "k", points=frozenset({"P1", "P2"})),
            duty.session.point_id,
        )


def test_24_days_at_each_point_and_a_shared_load(rostered: World) -> None:
    with rostered.database.transaction() as uow:
        sessions = receptions.sessions(uow, date(2026, 1, 1), date(2026, 12, 31))
        counts = [
            len(receptions.duties(uow, o.id, date(2026, 1, 1), date(2026, 12, 31)))
            for o in rostered.offices
        ]
        held = {session.held_on for session in sessions}
    assert len(sessions) == 48
    assert counts == [24, 24, 0]
    assert date(2026, 10, 5) not in held
    assert date(2026, 10, 8) in held


def test_the_roster_is_set_once_by_the_clerk(rostered: World) -> None:
    with rostered.database.transaction() as uow:
        with pytest.raises(Conflict):
            receptions.set_roster(uow, CLERK, rostered.term, 2026, seed=SEED)
        with pytest.raises(Forbidden):
            receptions.set_roster(uow, rostered.seats[0], rostered.term, 2027, seed=SEED)


def test_sign_in_with_the_keepers_code(rostered: World) -> None:
    duty = duty_of(rostered, 0, "2026-03-05")
    code = code_at(rostered, duty, "2026-03-05 09:00")
    rostered.set_clock("2026-03-05 09:01")
    with rostered.database.transaction() as uow:
        activity = receptions.sign_in(uow, rostered.seats[0], duty.id, code)
    assert (activity.source, activity.late) == ("site_keeper", False)
    with rostered.database.transaction() as uow, pytest.raises(Conflict):
        receptions.sign_in(uow, rostered.seats[0], duty.id, code)
    with rostered.database.transaction() as uow:
        collected = scorecard_rows.collect(uow, rostered.offices[0], date(2026, 3, 6))
    assert collected.duties.count(True) == 1
    assert len(collected.duties) == 5


@pytest.mark.parametrize(
    ("shown_at", "used_at", "error"),
    [
        ("2026-03-05 09:00", "2026-03-05 09:05", Invalid),  # an old code, sent to a friend
        ("2026-03-05 08:00", "2026-03-05 08:00", TooLate),  # before the hours
        ("2026-03-05 12:00", "2026-03-05 12:00", TooLate),
        ("2026-03-06 09:00", "2026-03-06 09:00", TooLate),  # another day
    ],
)
def test_a_code_is_good_for_its_minute_within_the_hours(
    rostered: World, shown_at: str, used_at: str, error: type[Exception]
) -> None:
    duty = duty_of(rostered, 0, "2026-03-05")
    code = code_at(rostered, duty, shown_at)
    rostered.set_clock(used_at)
    with rostered.database.transaction() as uow, pytest.raises(error):
        receptions.sign_in(uow, rostered.seats[0], duty.id, code)


def test_the_code_of_another_point_and_the_duty_of_another(rostered: World) -> None:
    duty, other = duty_of(rostered, 0, "2026-03-05"), duty_of(rostered, 1, "2026-03-05")
    rostered.set_clock("2026-03-05 09:00")
    wrong = code_at(rostered, other, "2026-03-05 09:00")
    with rostered.database.transaction() as uow:
        with pytest.raises(Invalid):
            receptions.sign_in(uow, rostered.seats[0], duty.id, wrong)
        with pytest.raises(Forbidden):
            receptions.sign_in(uow, rostered.seats[0], other.id, wrong)


def test_the_code_is_the_keepers_alone(rostered: World) -> None:
    with rostered.database.transaction() as uow:
        points = {p.code: p.id for p in uow.session.scalars(select(Point))}
        assert len(receptions.current_code(uow, KEEPER, points["P1"])) == 6
        with pytest.raises(Forbidden):
            receptions.current_code(uow, KEEPER, points["P2"])
        for viewer in (rostered.seats[0], CLERK):
            with pytest.raises(Forbidden):
                receptions.current_code(uow, viewer, points["P1"])


def test_a_swap_is_duty_for_duty_and_needs_both(rostered: World) -> None:
    first, second = duty_of(rostered, 0, "2026-03-05"), duty_of(rostered, 1, "2026-03-25")
    with rostered.database.transaction() as uow:
        swap = receptions.propose_swap(uow, rostered.seats[0], first.id, second.id)
        with pytest.raises(Forbidden):
            receptions.accept_swap(uow, rostered.seats[0], swap.id)
    with rostered.database.transaction() as uow:
        # both stand at different points on both days, so each would hold both: refused
        with pytest.raises(Forbidden):
            receptions.propose_swap(uow, rostered.seats[1], first.id, second.id)
        receptions.accept_swap(uow, rostered.seats[1], swap.id)
    with rostered.database.transaction() as uow:
        with pytest.raises(Conflict):
            receptions.accept_swap(uow, rostered.seats[0], swap.id)
        counts = [
            len(receptions.duties(uow, o.id, date(2026, 1, 1), date(2026, 12, 31)))
            for o in rostered.offices[:2]
        ]
        assert uow.session.get_one(Duty, first.id).office_id == rostered.offices[1].id
    assert counts == [24, 24]


def test_a_past_duty_cannot_be_swapped_away(rostered: World) -> None:
    first, second = duty_of(rostered, 0, "2026-03-05"), duty_of(rostered, 1, "2026-03-25")
    rostered.set_clock("2026-03-05 14:00")
    with rostered.database.transaction() as uow, pytest.raises(TooLate):
        receptions.propose_swap(uow, rostered.seats[0], first.id, second.id)


@pytest.mark.parametrize("hours", ["morning", "11:30-08:30", "08:30", "08:30-11:30;"])
def test_hours_are_checked(quick: World, hours: str) -> None:
    with quick.database.transaction() as uow, pytest.raises(Invalid):
        receptions.set_point(uow, SYSTEM, quick.unit, code="P9", address="x", hours=hours)


def test_a_duty_that_went_to_somebody_else_is_not_given_away_again(rostered: World) -> None:
    """One duty offered twice: after the first exchange the second offer is void."""
    first = duty_of(rostered, 0, "2026-03-05")
    second, third = duty_of(rostered, 1, "2026-03-25"), duty_of(rostered, 1, "2026-04-07")
    with rostered.database.transaction() as uow:
        one = receptions.propose_swap(uow, rostered.seats[0], first.id, second.id)
        two = receptions.propose_swap(uow, rostered.seats[0], first.id, third.id)
    with rostered.database.transaction() as uow:
        receptions.accept_swap(uow, rostered.seats[1], one.id)
    with rostered.database.transaction() as uow, pytest.raises(Conflict, match="since then"):
        receptions.accept_swap(uow, rostered.seats[1], two.id)
