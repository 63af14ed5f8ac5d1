"""What the holders of offices did: logged by themselves, by the attendance sheet, by the keeper.

Attendance at a meeting or a reception is never self-certified; a constraint of the table says so.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select, update

from accountability import offices, validation
from accountability.access import Role, Viewer, require_office, require_role
from accountability.entries import ActivityRecorded, FindingRecorded, FindingSettled
from accountability.errors import Conflict, Forbidden, Invalid, NotFound, TooLate
from accountability.models import Activity, Body, Finding, Meeting, Session
from accountability.words import Absence, ActivityKind, Attendance, FindingState, Source
from audit.database import UnitOfWork
from voting.registry.models import Office

MOST_A_DAY = 8  # own entries: the share of late ones is not thinned out with trifles
SELF_LOGGED = (
    ActivityKind.VISIT,
    ActivityKind.SURVEY,
    ActivityKind.TRAINING,
    ActivityKind.INSPECTION,
)


def log_own(
    uow: UnitOfWork,
    viewer: Viewer,
    office_id: str,
    *,
    kind: str,
    held_on: date,
    place: str,
    summary: str,
    ballot_open: bool,
) -> Activity:
    """The holder writes down a visit, survey, training or own inspection.

    More than seven days after, it is marked late; before and during a ballot nothing is backfilled.
    """
    require_office(viewer, office_id)
    office = uow.lock(Office, office_id)
    if not offices.held(office, held_on):
        raise Invalid("The office was not held on that day.", field="held_on")
    same_day = select(func.count()).where(
        Activity.office_id == office_id, Activity.source == Source.SELF, Activity.held_on == held_on
    )
    if (uow.session.scalar(same_day) or 0) >= MOST_A_DAY:
        raise Conflict(
            "There are %(most)d entries of that day already.", field="held_on", most=MOST_A_DAY
        )
    activity = _make(
        uow,
        office_id,
        kind=validation.word(ActivityKind, kind, "kind", SELF_LOGGED),
        held_on=held_on,
        place=place.strip()[:200],
        summary=validation.some_text(summary, "summary", 1000),
        source=Source.SELF,
        ballot_open=ballot_open,
    )
    return _record(uow, activity)


def record_attendance(
    uow: UnitOfWork,
    viewer: Viewer,
    meeting_id: str,
    office_id: str,
    *,
    attendance: str,
    reason: str | None = None,
    ballot_open: bool,
) -> Activity:
    """From the attendance sheet of the meeting, by a clerk."""
    require_role(viewer, Role.CLERK, Role.SYSTEM)
    there, why = validation.word(Attendance, attendance, "attendance"), None
    if there is not Attendance.PRESENT:
        why = validation.word(Absence, reason or Absence.NONE, "reason")
    meeting = uow.lock(Meeting, meeting_id)
    known = select(Activity.id).where(
        Activity.meeting_id == meeting_id, Activity.office_id == office_id
    )
    if uow.session.scalar(known):
        raise Conflict("The attendance of this person is recorded already.")
    activity = _make(
        uow,
        office_id,
        kind=ActivityKind(meeting.kind),
        held_on=meeting.held_on,
        place=meeting.place,
        source=Source.ATTENDANCE_SHEET,
        attendance=there,
        reason=why,
        meeting_id=meeting.id,
        ballot_open=ballot_open,
    )
    return _record(uow, activity)


def signed_in(uow: UnitOfWork, session: Session, office_id: str) -> Activity:
    """The keeper's code was right: called by receptions, which has checked it."""
    activity = _make(
        uow,
        office_id,
        kind="reception",
        held_on=session.held_on,
        place=session.point.address,
        source=Source.SITE_KEEPER,
        session_id=session.id,
        ballot_open=False,
    )
    return _record(uow, activity)


def from_report(uow: UnitOfWork, office_id: str, summary: str) -> Activity:
    """A duty report is an activity, too: called by reports."""
    activity = _make(
        uow,
        office_id,
        kind="duty_report",
        held_on=uow.today,
        summary=summary,
        source="system",
        ballot_open=False,
    )
    return _record(uow, activity)


def _make(
    uow: UnitOfWork,
    office_id: str,
    *,
    held_on: date,
    ballot_open: bool,
    attendance: Attendance = Attendance.PRESENT,
    **columns: str | None,
) -> Activity:
    if held_on > uow.today:
        raise Invalid("This day has not come yet.", field="held_on")
    late = validation.is_late(uow, held_on)
    if late and ballot_open:
        raise TooLate(
            "Before and during a ballot, nothing older than seven days can be added.",
            field="held_on",
        )
    return Activity(
        office_id=office_id,
        held_on=held_on,
        attendance=attendance,
        recorded_at=uow.now,
        late=late,
        **columns,
    )


def _record(uow: UnitOfWork, activity: Activity) -> Activity:
    uow.session.add(activity)
    uow.session.flush()
    uow.record(
        ActivityRecorded(
            activity=activity.id,
            office=activity.office_id,
            kind=activity.kind,
            held_on=activity.held_on,
            source=activity.source,
            attendance=activity.attendance,
            reason=activity.reason,
            late=activity.late,
        )
    )
    return activity


def of_office(uow: UnitOfWork, office_id: str, first: date, last: date) -> list[Activity]:
    """Newest first. Activities are public: they name no constituent."""
    query = select(Activity).where(
        Activity.office_id == office_id, Activity.held_on.between(first, last)
    )
    return list(uow.session.scalars(query.order_by(Activity.held_on.desc(), Activity.id)))


def add_finding(
    uow: UnitOfWork, viewer: Viewer, activity_id: str, *, text: str, body_id: str, due_on: date
) -> Finding:
    activity = uow.lock(Activity, activity_id)
    require_office(viewer, activity.office_id)
    if (
        activity.kind is not ActivityKind.INSPECTION
        or activity.attendance is not Attendance.PRESENT
    ):
        raise Invalid("Findings belong to an inspection that was attended.", field="activity")
    if due_on < activity.held_on:
        raise Invalid("The due date lies before the inspection.", field="due_on")
    body = validation.get(uow, Body, body_id)
    finding = Finding(
        activity_id=activity.id,
        text=validation.some_text(text, "text", 1000),
        body_id=body.id,
        due_on=due_on,
    )
    uow.session.add(finding)
    uow.session.flush()
    uow.record(
        FindingRecorded(finding=finding.id, activity=activity.id, owner=body.code, due_on=due_on)
    )
    return finding


def report_outcome(uow: UnitOfWork, viewer: Viewer, finding_id: str, outcome: str) -> None:
    """The body that owns the finding says what was done about it."""
    require_role(viewer, Role.BODY)
    finding = uow.lock(Finding, finding_id)
    if validation.get(uow, Body, finding.body_id).code not in viewer.bodies:
        raise Forbidden("This belongs to another body.")
    if finding.state is FindingState.VERIFIED:
        raise Conflict("The outcome of this finding is verified already.")
    finding.outcome = validation.some_text(outcome, "outcome", 1000)
    finding.state, finding.reported_by = FindingState.REPORTED, viewer.account_id
    uow.session.flush()
    uow.record(FindingSettled(finding=finding.id, state=FindingState.REPORTED))


def verify_outcome(uow: UnitOfWork, viewer: Viewer, finding_id: str) -> None:
    """Someone other than who reported it: the condition is in the statement and in the table."""
    require_role(viewer, Role.REPRESENTATIVE, Role.CLERK, Role.AUDITOR)
    finding = uow.session.get(Finding, finding_id)
    if finding is None:
        raise NotFound("There is no such record.")
    changed = uow.session.execute(
        update(Finding)
        .where(
            Finding.id == finding_id,
            Finding.state == FindingState.REPORTED,
            Finding.reported_by != viewer.account_id,
        )
        .values(state=FindingState.VERIFIED, verified_by=viewer.account_id)
        .returning(Finding.id)
    ).all()
    if not changed:
        raise Conflict("Only a reported outcome can be verified, and by someone else.")
    uow.record(FindingSettled(finding=finding_id, state=FindingState.VERIFIED))


def findings(uow: UnitOfWork, office_id: str) -> list[Finding]:
    query = select(Finding).join(Activity).where(Activity.office_id == office_id)
    return list(uow.session.scalars(query.order_by(Finding.due_on, Finding.id)))
