from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accountability import activities, routing
from accountability.access import SYSTEM, Role, Viewer
from accountability.errors import Conflict, Forbidden, Invalid, TooLate
from accountability.models import Activity, Meeting
from tests.accountability.world import AUDITOR, CLERK, World, with_duties

STAFF = Viewer(Role.BODY, "account-body", bodies=frozenset({"B6"}))


def log(world: World, held_on: str, *, kind: str = "visit", ballot_open: bool = False) -> Activity:
    with world.database.transaction() as uow:
        return activities.log_own(
            uow,
            world.seats[0],
            world.offices[0].id,
            kind=kind,
            held_on=date.fromisoformat(held_on),
            place="Village",
            summary="Talked with the farmers",
            ballot_open=ballot_open,
        )


def attend(
    world: World, attendance: str = "present", reason: str | None = None, viewer: Viewer = CLERK
) -> Activity:
    with world.database.transaction() as uow:
        meeting = uow.session.scalars(select(Meeting).where(Meeting.code == "G1")).one()
        return activities.record_attendance(
            uow,
            viewer,
            meeting.id,
            world.offices[0].id,
            attendance=attendance,
            reason=reason,
            ballot_open=False,
        )


def test_late_is_more_than_seven_days(quick: World) -> None:
    quick.set_clock("2026-03-10 00:30")  # still the 9th in UTC: days are local days
    assert not log(quick, "2026-03-03").late
    assert log(quick, "2026-03-02").late


def test_no_backfilling_while_a_ballot_is_open(quick: World) -> None:
    quick.set_clock("2026-03-10 10:00")
    assert not log(quick, "2026-03-05", ballot_open=True).late
    with pytest.raises(TooLate):
        log(quick, "2026-03-02", ballot_open=True)


def test_not_the_future_not_before_the_office_not_for_another(quick: World) -> None:
    quick.set_clock("2026-03-10 10:00")
    for held_on in ("2026-03-11", "2025-12-30"):
        with pytest.raises(Invalid):
            log(quick, held_on)
    with quick.database.transaction() as uow, pytest.raises(Forbidden):
        activities.log_own(
            uow,
            quick.seats[1],
            quick.offices[0].id,
            kind="visit",
            held_on=date(2026, 3, 9),
            place="",
            summary="x",
            ballot_open=False,
        )


@pytest.mark.parametrize("kind", ["plenary", "reception", "duty_report"])
def test_attendance_is_not_self_certified(quick: World, kind: str) -> None:
    quick.set_clock("2026-03-10 10:00")
    with pytest.raises(Invalid):
        log(quick, "2026-03-09", kind=kind)


def test_the_clerk_records_the_sheet_once(world: World) -> None:
    with_duties(world)
    world.set_clock("2026-01-09 10:00")
    activity = attend(world)
    with pytest.raises(Conflict):
        attend(world, "absent", "illness")
    for viewer in (world.seats[0], AUDITOR):
        with pytest.raises(Forbidden):
            attend(world, viewer=viewer)
    values = {c.name: getattr(activity, c.name) for c in Activity.__table__.columns}
    with pytest.raises(IntegrityError), world.database.engine.begin() as connection:
        connection.execute(Activity.__table__.insert().values(**{**values, "id": "3" * 32}))
    with pytest.raises(IntegrityError), world.database.engine.begin() as connection:
        self_made = {**values, "id": "4" * 32, "source": "self", "office_id": world.offices[1].id}
        connection.execute(Activity.__table__.insert().values(**self_made))


def test_an_absence_has_a_reason_code(quick: World) -> None:
    with_duties(quick)
    quick.set_clock("2026-01-09 10:00")
    with pytest.raises(Invalid):
        attend(quick, "absent", "the dog ate it")
    assert attend(quick, "absent").reason == "none"


def test_a_finding_is_verified_by_someone_else(world: World) -> None:
    world.set_clock("2026-03-10 10:00")
    with world.database.transaction() as uow:
        body = routing.set_body(
            uow, SYSTEM, code="B6", name="安", name_en="S", categories="safety", sla_working_days=3
        )
    inspection = log(world, "2026-03-09", kind="inspection")
    with world.database.transaction() as uow:
        finding = activities.add_finding(
            uow,
            world.seats[0],
            inspection.id,
            text="The rail is loose",
            body_id=body.id,
            due_on=date(2026, 4, 1),
        )
        with pytest.raises(Conflict):
            activities.verify_outcome(uow, world.seats[0], finding.id)
        with pytest.raises(Forbidden):
            activities.report_outcome(uow, Viewer(Role.BODY, "x"), finding.id, "done")
        activities.report_outcome(uow, STAFF, finding.id, "Rail fixed on 20 March")
    same_person = Viewer(Role.CLERK, STAFF.account_id)
    with pytest.raises(Conflict), world.database.transaction() as uow:
        activities.verify_outcome(uow, same_person, finding.id)
    with world.database.transaction() as uow:
        activities.verify_outcome(uow, world.seats[0], finding.id)
    with world.database.transaction() as uow:
        assert [f.state for f in activities.findings(uow, world.offices[0].id)] == ["verified"]
        with pytest.raises(Conflict):
            activities.report_outcome(uow, STAFF, finding.id, "again")


def test_findings_belong_to_inspections(quick: World) -> None:
    quick.set_clock("2026-03-10 10:00")
    visit = log(quick, "2026-03-09")
    with quick.database.transaction() as uow, pytest.raises(Invalid):
        activities.add_finding(
            uow, quick.seats[0], visit.id, text="x", body_id="x", due_on=date(2026, 4, 1)
        )
