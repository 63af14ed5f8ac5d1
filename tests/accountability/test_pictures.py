"""Pictures as the services keep them, on both databases: whose, when, how many, what is left."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from accountability import activities, imaging, matters, pictures, reports, routing, viewing
from accountability.access import SYSTEM, Role, Viewer
from accountability.entries import MatterPictured, PictureAdded, PictureRemoved
from accountability.errors import Conflict, Forbidden, Invalid, NotFound, TooLate
from accountability.imaging import Pixels
from accountability.matters import Intake
from accountability.models import Activity, Body, Matter, Opening, Picture, RoutingPicture
from accountability.reports import Draft
from audit.database import UnitOfWork
from audit.entries import PUBLIC, SECURITY
from tests.accountability.images import png
from tests.accountability.world import AUDITOR, CLERK, World, with_bodies, with_duties

ROADS = Viewer(Role.BODY, "account-roads", bodies=frozenset({"B1"}))
SAFETY = Viewer(Role.BODY, "account-safety", bodies=frozenset({"B6"}))


@pytest.fixture(scope="module")
def pixels() -> Pixels:
    return imaging.clean(png())


def visited(world: World, seat: int = 0, held_on: str = "2026-01-05") -> Activity:
    with world.database.transaction() as uow:
        return activities.log_own(
            uow,
            world.seats[seat],
            world.offices[seat].id,
            kind="visit",
            held_on=date.fromisoformat(held_on),
            place="",
            summary="Looked at the bridge",
            ballot_open=False,
        )


def add(
    world: World, activity: Activity, pixels: Pixels, seat: int = 0, *, ballot_open: bool = False
) -> Picture:
    with world.database.transaction() as uow:
        return pictures.add_to_activity(
            uow, world.seats[seat], activity.id, pixels, "The rails", ballot_open=ballot_open
        )


def test_a_picture_of_an_activity_is_public_and_its_hash_is_logged(
    world: World, pixels: Pixels
) -> None:
    activity = visited(world)
    with world.database.transaction() as uow:
        made = pictures.add_to_activity(
            uow, world.seats[0], activity.id, pixels, " The rails ", ballot_open=False
        )
        of = f"activity/{activity.id}"
        added = PictureAdded(picture=made.id, of=of, sha256=pixels.sha256, late=False)
        assert uow.entries == [added]
    assert (added.TYPE, added.LOG, added.subject) == ("picture.added", PUBLIC, f"picture/{made.id}")
    with world.database.read() as uow:
        assert pictures.public(uow, made.id) == pixels.content
        (shown,) = pictures.of_activities(uow, [activity.id])[activity.id]
        assert (shown.title, shown.late, shown.width) == ("The rails", False, 40)


def test_only_the_holder_adds_and_only_to_what_was_attended(world: World, pixels: Pixels) -> None:
    activity = visited(world)
    with pytest.raises(Forbidden):
        add(world, activity, pixels, seat=1)
    with world.database.transaction() as uow:
        for viewer in (CLERK, AUDITOR, world.constituent(world.offices[0].person_id)):
            with pytest.raises(Forbidden):
                pictures.add_to_activity(uow, viewer, activity.id, pixels, "x", ballot_open=False)
    with_duties(world)
    world.set_clock("2026-01-09 10:00")
    with world.database.transaction() as uow:
        meeting = activities.Meeting
        absent = activities.record_attendance(
            uow,
            CLERK,
            uow.session.scalars(select(meeting.id).where(meeting.code == "G1")).one(),
            world.offices[0].id,
            attendance="absent",
            reason="illness",
            ballot_open=False,
        )
    with pytest.raises(Conflict):
        add(world, absent, pixels)


def test_evidence_is_not_added_late_while_a_ballot_is_open(world: World, pixels: Pixels) -> None:
    activity = visited(world)
    assert not add(world, activity, pixels, ballot_open=True).late
    world.set_clock("2026-01-14 10:00")
    with pytest.raises(TooLate):
        add(world, activity, pixels, ballot_open=True)
    assert add(world, activity, pixels).late


def test_six_and_no_more_but_a_removed_one_makes_room(world: World, pixels: Pixels) -> None:
    activity = visited(world)
    made = [add(world, activity, pixels) for _ in range(pictures.MOST)]
    with pytest.raises(Conflict, match="as many as there may be"):
        add(world, activity, pixels)
    with world.database.transaction() as uow:
        pictures.remove(uow, world.seats[0], made[0].id, "Somebody is to be recognised")
    assert add(world, activity, pixels).position == pictures.MOST + 1


def test_what_is_removed_leaves_its_place_and_the_reason(world: World, pixels: Pixels) -> None:
    activity = visited(world)
    made, other = add(world, activity, pixels), add(world, activity, pixels)
    with world.database.transaction() as uow:
        with pytest.raises(Forbidden):
            pictures.remove(uow, world.seats[1], made.id, "mine")
        with pytest.raises(Invalid):
            pictures.remove(uow, world.seats[0], made.id, " ")
        pictures.remove(uow, CLERK, made.id, "She did not agree")
        (removed,) = uow.entries
        assert isinstance(removed, PictureRemoved) and removed.by == "clerk"
        assert "agree" not in str(removed)
    with world.database.transaction() as uow:
        with pytest.raises(NotFound):
            pictures.public(uow, made.id)
        with pytest.raises(Conflict):
            pictures.remove(uow, CLERK, made.id, "again")
        rows = pictures.of_activities(uow, [activity.id])[activity.id]
        assert [(p.title, p.removed_because) for p in rows] == [
            ("", "She did not agree"),
            ("The rails", ""),
        ]
        assert [p.id for p in pictures.newest(uow, CLERK)] == [other.id]
        with pytest.raises(Forbidden):
            pictures.newest(uow, world.seats[0])


def test_a_report_shows_pictures_beside_itself(world: World, pixels: Pixels) -> None:
    with_duties(world)
    world.set_clock("2026-07-01 10:00")
    with world.database.transaction() as uow:
        report = reports.submit(
            uow, world.seats[0], world.offices[0].id, "2026H1", [Draft("I was there")]
        )
    with world.database.transaction() as uow:
        pictures.add_to_report(uow, world.seats[0], report.id, pixels, "x", ballot_open=False)
        with pytest.raises(Forbidden):
            pictures.add_to_report(uow, world.seats[1], report.id, pixels, "x", ballot_open=False)
    with world.database.read() as uow:
        assert len(pictures.of_report(uow, report.id)) == 1
        assert reports.of_office(uow, world.offices[0].id)[0].sha256 == report.sha256


def test_a_picture_belongs_to_one_thing(world: World, pixels: Pixels) -> None:
    made = add(world, visited(world), pixels)
    with pytest.raises(IntegrityError), world.database.transaction() as uow:
        uow.session.execute(update(Picture).where(Picture.id == made.id).values(activity_id=None))


# matters


@pytest.fixture
def town(world: World) -> World:
    return with_bodies(world, B1="roads", B6="safety")


def owner(world: World) -> Viewer:
    return world.constituent(world.members[5])


def raised(world: World) -> Matter:
    with world.database.transaction() as uow:
        intake = Intake(
            unit_id=world.unit.id, category="roads", text="Rails", office_id=world.offices[0].id
        )
        return matters.take_in(uow, owner(world), intake)


def attach(world: World, viewer: Viewer, matter: Matter, pixels: Pixels) -> Picture:
    with world.database.transaction() as uow:
        return pictures.add_to_matter(uow, viewer, matter.id, pixels, "The hole")


def send(uow: UnitOfWork, matter: Matter, code: str, *shared: str) -> str:
    body = uow.session.scalars(select(Body.id).where(Body.code == code)).one()
    return routing.route(uow, CLERK, matter.id, body, extract="Rails", shared=shared).id


def shown(world: World, viewer: Viewer, matter: Matter) -> list[str]:
    with world.database.transaction() as uow:
        return [p.id for p in viewing.show(uow, viewer, matter.id).pictures]


def test_each_sees_of_a_matter_what_the_table_says(town: World, pixels: Pixels) -> None:
    matter = raised(town)
    one, two = (attach(town, owner(town), matter, pixels) for _ in range(2))
    both = [one.id, two.id]
    assert shown(town, CLERK, matter) == shown(town, town.seats[0], matter) == both
    with town.database.transaction() as uow:
        send(uow, matter, "B1", one.id)
        send(uow, matter, "B6")
    assert shown(town, CLERK, matter) == [], "routed: the clerk needs it no longer"
    assert shown(town, ROADS, matter) == [one.id]
    assert shown(town, SAFETY, matter) == []
    assert shown(town, AUDITOR, matter) == [], "a picture cannot be redacted"
    assert shown(town, owner(town), matter) == both
    for viewer in (town.seats[1], town.constituent(town.members[6])):
        with pytest.raises(NotFound):
            shown(town, viewer, matter)
    with town.database.transaction() as uow:
        for viewer, key in ((ROADS, two.id), (SAFETY, one.id), (CLERK, one.id), (AUDITOR, one.id)):
            with pytest.raises(NotFound):
                viewing.picture(uow, viewer, matter.id, key)
        with pytest.raises(NotFound):
            pictures.public(uow, one.id)
        with pytest.raises(NotFound):
            pictures.remove(uow, CLERK, one.id, "x")


def test_one_matter_does_not_open_the_pictures_of_another(town: World, pixels: Pixels) -> None:
    mine, other = raised(town), raised(town)
    foreign = attach(town, owner(town), other, pixels)
    with town.database.transaction() as uow:
        send(uow, mine, "B1", foreign.id)
    assert shown(town, ROADS, mine) == []
    with town.database.transaction() as uow, pytest.raises(NotFound):
        viewing.picture(uow, ROADS, mine.id, foreign.id)


def test_a_body_shows_what_it_did_and_so_do_matters_that_repeat_it(
    town: World, pixels: Pixels
) -> None:
    matter, repeat = raised(town), raised(town)
    with town.database.transaction() as uow:
        routing.join(uow, CLERK, repeat.id, matter.id)
        row = send(uow, matter, "B1")
    mended = attach(town, ROADS, matter, pixels)
    assert mended.added_by == "body"
    assert shown(town, ROADS, matter) == [mended.id]
    assert shown(town, owner(town), repeat) == [mended.id]
    with pytest.raises(NotFound):
        attach(town, SAFETY, matter, pixels)
    with pytest.raises(Forbidden):
        attach(town, CLERK, matter, pixels)
    with town.database.transaction() as uow:
        routing.hand_back(uow, ROADS, row, "Not ours")
    with pytest.raises(NotFound):
        shown(town, ROADS, matter)
    with pytest.raises(NotFound):
        attach(town, ROADS, matter, pixels)


def test_looking_at_a_picture_alone_leaves_a_trace(town: World, pixels: Pixels) -> None:
    matter = raised(town)
    made = attach(town, owner(town), matter, pixels)

    def traces() -> list[str]:
        with town.database.read() as uow:
            return list(uow.session.scalars(select(Opening.what).order_by(Opening.opened_at)))

    def look(viewer: Viewer) -> None:
        with town.database.transaction() as uow:
            assert viewing.picture(uow, viewer, matter.id, made.id) == pixels.content

    look(owner(town))
    assert traces() == []
    shown(town, town.seats[0], matter)
    look(town.seats[0])
    assert traces() == ["course+text+contact+pictures"], "the page and its pictures are one look"
    town.set_clock("2026-01-05 11:00")
    look(town.seats[0])
    assert traces()[1:] == ["pictures"]


def test_the_log_has_a_salted_hash_of_what_a_person_sent(town: World, pixels: Pixels) -> None:
    matter = raised(town)
    with town.database.transaction() as uow:
        one = pictures.add_to_matter(uow, owner(town), matter.id, pixels, "The hole")
        two = pictures.add_to_matter(uow, owner(town), matter.id, pixels, "The hole")
        first, second = uow.entries
    assert isinstance(first, MatterPictured) and isinstance(second, MatterPictured)
    assert (MatterPictured.LOG, MatterPictured.COARSE) == (SECURITY, True)
    assert first.commitment == pictures.commitment(one) != second.commitment
    assert second.commitment == pictures.commitment(two)
    assert pixels.sha256 not in str((first, second))


def test_pictures_go_with_the_text(town: World, pixels: Pixels) -> None:
    matter, kept = raised(town), raised(town)
    made = attach(town, owner(town), matter, pixels)
    other = attach(town, owner(town), kept, pixels)
    with town.database.transaction() as uow:
        row = send(uow, matter, "B1", made.id)
        routing.answer(uow, ROADS, row, "Mended")
        matters.settle(uow, owner(town), matter.id, "accepted")
    with pytest.raises(Conflict):
        attach(town, owner(town), matter, pixels)
    town.set_clock("2026-02-02 10:00")
    with town.database.transaction() as uow:
        assert matters.erase_due(uow, SYSTEM) == 1
    with town.database.read() as uow:
        assert list(uow.session.scalars(select(Picture.id))) == [other.id]
        assert list(uow.session.scalars(select(RoutingPicture.picture_id))) == []
