"""A matter goes on: back from a body to the clerk, and from one representative to another."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update

from accountability import matters, routing, scorecard_rows, viewing
from accountability.access import Role, Viewer
from accountability.errors import Conflict, Forbidden, Invalid, NotFound
from accountability.matters import Intake
from accountability.models import Body, Matter, Routing
from accountability.routing import hand_back
from tests.accountability.world import CLERK, World, note, with_bodies
from voting.registry.models import Office

ROADS = Viewer(Role.BODY, "account-roads", bodies=frozenset({"B1"}))
SAFETY = Viewer(Role.BODY, "account-safety", bodies=frozenset({"B6"}))


@pytest.fixture
def town(world: World) -> World:
    return with_bodies(world, B1="roads", B6="safety")


def owner(world: World) -> Viewer:
    return world.constituent(world.members[5])


def raised(world: World, office: int | None = 0, **more: object) -> Matter:
    given = {"category": "roads", "share_contact": True, **more}
    with world.database.transaction() as uow:
        office_id = None if office is None else world.offices[office].id
        intake = Intake(unit_id=world.unit.id, text="Rails", office_id=office_id, **given)  # type: ignore[arg-type]
        return matters.take_in(uow, owner(world), intake)


def send(world: World, matter: Matter, *codes: str) -> list[Routing]:
    with world.database.transaction() as uow:
        ids = [uow.session.scalars(select(Body.id).where(Body.code == c)).one() for c in codes]
        return [routing.route(uow, CLERK, matter.id, key, extract="Rails") for key in ids]


def state(world: World, matter: Matter) -> str:
    with world.database.read() as uow:
        return uow.session.get_one(Matter, matter.id).state


def back(
    world: World, row: Routing, viewer: Viewer = ROADS, reason: str = "It is the park"
) -> None:
    with world.database.transaction() as uow:
        hand_back(uow, viewer, row.id, reason)


def test_handed_back_the_clerk_sends_it_to_another_body(town: World) -> None:
    matter = raised(town)
    (row,) = send(town, matter, "B1")
    back(town, row)
    assert state(town, matter) == "received"
    with town.database.transaction() as uow:
        view = viewing.show(uow, CLERK, matter.id)
        assert view.text == "Rails", "the clerk needs the text again"
        seen = viewing.show(uow, owner(town), matter.id)
        assert (seen.events[-1].what, seen.events[-1].note) == ("returned", "It is the park")
        assert [m.id for m in viewing.listed(uow, ROADS)] == []
        with pytest.raises(NotFound):
            viewing.show(uow, ROADS, matter.id)
    with pytest.raises(Conflict):
        send(town, matter, "B1")
    (other,) = send(town, matter, "B6")
    assert state(town, matter) == "routed"
    assert not other.consent, "the consent was for the body in charge, not for any"
    with town.database.transaction() as uow:
        routing.answer(uow, SAFETY, other.id, "Mended")
    assert state(town, matter) == "answered"


def test_of_two_bodies_one_hands_back_and_the_other_answers(town: World) -> None:
    matter = raised(town)
    one, two = send(town, matter, "B1", "B6")
    back(town, one)
    assert state(town, matter) == "routed"
    with town.database.transaction() as uow:
        routing.answer(uow, SAFETY, two.id, "Mended")
    assert state(town, matter) == "answered"


def test_handed_back_after_the_other_has_answered(town: World) -> None:
    matter = raised(town)
    one, two = send(town, matter, "B1", "B6")
    with town.database.transaction() as uow:
        routing.answer(uow, SAFETY, two.id, "Mended")
    assert state(town, matter) == "routed"
    back(town, one)
    assert state(town, matter) == "answered"


def test_handed_back_in_a_later_round_it_waits_as_disputed(town: World) -> None:
    matter = raised(town)
    (row,) = send(town, matter, "B1")
    with town.database.transaction() as uow:
        routing.answer(uow, ROADS, row.id, "Mended")
        matters.settle(uow, owner(town), matter.id, "disputed")
    (again,) = send(town, matter, "B1")
    back(town, again)
    assert state(town, matter) == "disputed"


def test_who_may_hand_back_and_how_often(town: World) -> None:
    matter = raised(town)
    (row,) = send(town, matter, "B1")
    for viewer in (SAFETY,):
        with pytest.raises(NotFound):
            back(town, row, viewer)
    for viewer in (CLERK, town.seats[0], owner(town)):
        with pytest.raises(Forbidden):
            back(town, row, viewer)
    with pytest.raises(Invalid):
        back(town, row, reason="  ")
    back(town, row)
    with pytest.raises(NotFound):
        back(town, row)
    with town.database.transaction() as uow:
        with pytest.raises(NotFound):
            routing.answer(uow, ROADS, row.id, "After all")
        with pytest.raises(Conflict):
            routing.extend(uow, CLERK, row.id, 3, "x")


def test_an_answered_matter_is_not_handed_back(town: World) -> None:
    matter = raised(town)
    (row,) = send(town, matter, "B1")
    with town.database.transaction() as uow:
        routing.answer(uow, ROADS, row.id, "Mended")
    with pytest.raises(Conflict):
        back(town, row)


def test_a_stopped_clock_runs_again_when_it_is_handed_back(town: World) -> None:
    (row,) = send(town, raised(town), "B1")
    with town.database.transaction() as uow:
        routing.stop_clock(uow, ROADS, row.id, "Waiting for parts")
    town.set_clock("2026-01-07 10:00")
    back(town, row)
    with town.database.read() as uow:
        (pause,) = uow.session.get_one(Routing, row.id).pauses
        assert pause.ends_on == date(2026, 1, 7)


@pytest.mark.parametrize(("day", "outcomes"), [("2026-01-12", 0), ("2026-01-14", 1)])
def test_handing_back_too_late_counts_as_missed(town: World, day: str, outcomes: int) -> None:
    (row,) = send(town, raised(town), "B1")
    assert row.due_on == date(2026, 1, 12)
    town.set_clock(f"{day} 10:00")
    back(town, row)
    with town.database.read() as uow:
        office = uow.session.get_one(Office, town.offices[0].id)
        found = scorecard_rows.collect(uow, office, date(2026, 2, 1)).outcomes
    assert len(found) == outcomes
    assert all(answered is None for _original, _due, answered in found)


# from one representative to another


def leaves(world: World, seat: int = 0) -> None:
    with world.database.transaction() as uow:
        values = {"ends_on": date(2026, 1, 6)}
        uow.session.execute(
            update(Office).where(Office.id == world.offices[seat].id).values(values)
        )
        note(uow)
    world.set_clock("2026-01-07 10:00")


def follow(world: World, matter: Matter, seat: int | None, viewer: Viewer | None = None) -> None:
    with world.database.transaction() as uow:
        office = None if seat is None else world.offices[seat].id
        matters.pass_on(uow, viewer or owner(world), matter.id, office)


def test_an_open_matter_passes_on_only_when_its_owner_says_so(town: World) -> None:
    matter = raised(town)
    leaves(town)
    successor = town.seats[1]
    with town.database.transaction() as uow, pytest.raises(NotFound):
        viewing.show(uow, successor, matter.id)
    for viewer in (successor, CLERK, town.constituent(town.members[6])):
        with pytest.raises(NotFound):
            follow(town, matter, 1, viewer)
    follow(town, matter, 1)
    with town.database.transaction() as uow:
        assert viewing.show(uow, successor, matter.id).text == "Rails"
        assert viewing.show(uow, owner(town), matter.id).events[-1].what == "passed_on"


def test_the_owner_may_do_without_a_representative(town: World) -> None:
    matter = raised(town)
    follow(town, matter, None)
    with town.database.transaction() as uow, pytest.raises(NotFound):
        viewing.show(uow, town.seats[0], matter.id)
    with pytest.raises(Conflict):
        follow(town, matter, None)


def test_to_whom_it_cannot_pass(town: World) -> None:
    matter = raised(town, office=1)
    with pytest.raises(Conflict):
        follow(town, matter, 1)  # follows it already
    with pytest.raises(Conflict):
        follow(town, matter, 2)  # the secretary has no constituents
    leaves(town)
    with pytest.raises(Conflict):
        follow(town, matter, 0)
    complaint = raised(town, office=None, category="conduct")
    with pytest.raises(Conflict):
        follow(town, complaint, 1)


def test_a_settled_matter_does_not_pass_on(town: World) -> None:
    matter = raised(town)
    (row,) = send(town, matter, "B1")
    with town.database.transaction() as uow:
        routing.answer(uow, ROADS, row.id, "Mended")
        matters.settle(uow, owner(town), matter.id, "accepted")
    with pytest.raises(Conflict):
        follow(town, matter, 1)
