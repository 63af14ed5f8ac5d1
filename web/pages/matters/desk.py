"""Matters as officials work on them: the clerk's intake, the body's answer, the representative's
own, the auditor's view. Whatever is opened here, its owner can see that it was opened.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy import select

from accountability import activities, break_glass, matters, routing, viewing, ways
from accountability.access import Viewer
from accountability.models import Activity, BreakGlass, Finding, Matter, Meeting, Obligation
from accountability.words import Step
from audit.database import UnitOfWork
from audit.errors import DomainError, NotFound
from voting.registry import people
from voting.registry.models import Office, Unit
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.forms import again, attempt, page
from web.http.rendering import flash, see_other
from web.identity import granting
from web.identity.roles import Role
from web.mail.news import tell_owner
from web.pages.matters.member import openers
from web.term.viewers import at_desk, backfill_rests
from web.texts.i18n import N_, _, local

router = APIRouter(
    prefix="/desk",
    dependencies=[require(Role.CLERK, Role.BODY, Role.REPRESENTATIVE, Role.AUDITOR)],
)


@router.get("/{desk}")
def index(
    request: Request, uow: Read, account: CurrentAccount, desk: str, state: str = ""
) -> Response:
    viewer = at_desk(uow, account, desk)
    found = viewing.listed(uow, viewer)
    states = {matter.id: viewing.effective_state(uow, matter) for matter in found}
    return page(
        request,
        "desk/index.html",
        desk=desk,
        viewer=viewer,
        counts=Counter(states.values()),
        state=state,
        matters=[m for m in found if not state or states[m.id] == state],
        states=states,
        due={m.id: _due(viewer, m) for m in found},
        today=uow.today,
        findings=_findings(uow, viewer) if desk == "body" else [],
    )


def _due(viewer: Viewer, matter: Matter) -> date | None:
    """The earliest date by which someone, or this body, still has to answer."""
    rows = [r for r in matter.routings if r.waits]
    if viewer.role.value == "body":
        rows = [r for r in rows if r.body.code in viewer.bodies]
    return min((r.due_on for r in rows), default=None)


def _findings(uow: UnitOfWork, viewer: Viewer) -> list[Finding]:
    own = [body.id for body in routing.bodies(uow) if body.code in viewer.bodies]
    query = select(Finding).where(Finding.body_id.in_(own), Finding.state != "verified")
    return list(uow.session.scalars(query.order_by(Finding.due_on)))


@router.get("/clerk/new")
def intake_form(request: Request, uow: Read, account: CurrentAccount) -> Response:
    at_desk(uow, account, "clerk")
    return page(request, "desk/intake.html", units=_units(uow))


def _units(uow: UnitOfWork) -> list[tuple[str, str]]:
    query = select(Unit).where(Unit.valid_to.is_(None)).order_by(Unit.code)
    return [(unit.id, local(unit)) for unit in uow.session.scalars(query)]


@router.post("/clerk/new")
def take_in(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    channel: Annotated[str, Form()],
    category: Annotated[str, Form()],
    unit: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    member: Annotated[str, Form()] = "",
    contact_name: Annotated[str, Form()] = "",
    contact_details: Annotated[str, Form()] = "",
    share: Annotated[bool, Form()] = False,
    notify: Annotated[bool, Form()] = False,
) -> Response:
    try:
        viewer = at_desk(uow, account, "clerk")
        person = people.find_by_member_no_or_email(uow, member) if member.strip() else None
        if member.strip() and person is None:
            raise NotFound(N_("There is no such member."), field="member")
        intake = matters.Intake(
            unit_id=unit,
            category=category,
            text=text,
            channel=channel,
            person_id=person.id if person else None,
            contact_name=contact_name,
            contact_details=contact_details,
            share_contact=share,
            notify=notify,
        )
        matter = matters.take_in(uow, viewer, intake)
    except DomainError as error:
        typed = {"text": text, "member": member, "contact_name": contact_name, "unit": unit}
        typed |= {"channel": channel, "category": category, "contact_details": contact_details}
        return again(request, uow, "desk/intake.html", error, typed=typed, units=_units(uow))
    flash(request, _("It is taken in. Its number is %(number)s.", number=matter.number))
    return see_other(f"/desk/clerk/matters/{matter.id}")


@router.get("/{desk}/matters/{matter_id}")
def show(
    request: Request, uow: Uow, account: CurrentAccount, desk: str, matter_id: str
) -> Response:
    viewer = at_desk(uow, account, desk)
    view = viewing.show(uow, viewer, matter_id)  # writes: the owner sees who looked
    clerk_decides = ways.allows(Step.ROUTED, view.state, viewer.role)
    return page(
        request,
        "desk/show.html",
        desk=desk,
        view=view,
        openers=openers(uow, view.openings),
        today=uow.today,
        bodies=routing.bodies(uow) if clerk_decides else [],
        in_charge=routing.body_for(uow, view.category),
        similar=routing.suggestions(uow, viewer, matter_id)
        if ways.allows(Step.JOINED, view.state, viewer.role)
        else [],
        glasses=_glasses(uow, matter_id) if desk == "auditor" else [],
        account_id=account.account_id,
    )


def _glasses(uow: UnitOfWork, matter_id: str) -> list[BreakGlass]:
    query = select(BreakGlass).where(BreakGlass.matter_id == matter_id)
    return list(uow.session.scalars(query.order_by(BreakGlass.asked_at.desc())))


@router.post("/clerk/matters/{matter_id}/join")
def join(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    original: Annotated[str, Form()],
) -> Response:
    def act() -> None:
        routing.join(uow, at_desk(uow, account, "clerk"), matter_id, original)

    url = f"/desk/clerk/matters/{matter_id}"
    return attempt(request, uow, url, act, _("Joined. It gets the same answer."))


@router.post("/clerk/matters/{matter_id}/route")
def route(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    extract: Annotated[str, Form()] = "",
    body: Annotated[list[str] | None, Form()] = None,
    picture: Annotated[list[str] | None, Form()] = None,
) -> Response:
    def act() -> None:
        viewer = at_desk(uow, account, "clerk")
        for body_id in body or []:
            routing.route(uow, viewer, matter_id, body_id, extract=extract, shared=picture or ())

    url = f"/desk/clerk/matters/{matter_id}"
    return attempt(request, uow, url, act, _("Sent. The clock runs."))


@router.post("/clerk/matters/{matter_id}/extend/{routing_id}")
def extend(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    routing_id: str,
    days: Annotated[int, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        routing.extend(uow, at_desk(uow, account, "clerk"), routing_id, days, reason)

    url = f"/desk/clerk/matters/{matter_id}"
    return attempt(request, uow, url, act, _("The time is extended; both dates stay visible."))


@router.post("/clerk/matters/{matter_id}/close")
def close(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    note: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        routing.close(uow, at_desk(uow, account, "clerk"), matter_id, note)
        tell_owner(request, uow, matter_id)

    return attempt(request, uow, f"/desk/clerk/matters/{matter_id}", act, _("Closed."))


@router.post("/body/matters/{matter_id}/{step}/{routing_id}")
def by_body(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    step: str,
    routing_id: str,
    text: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        viewer = at_desk(uow, account, "body")
        if step == "acknowledge":
            routing.acknowledge(uow, viewer, routing_id)
        elif step == "answer":
            routing.answer(uow, viewer, routing_id, text)
            tell_owner(request, uow, matter_id)
        elif step == "stop":
            routing.stop_clock(uow, viewer, routing_id, text)
        elif step == "resume":
            routing.resume_clock(uow, viewer, routing_id)
        elif step == "return":
            routing.hand_back(uow, viewer, routing_id, text)
        else:
            raise NotFound(N_("There is no such record."))

    # what was handed back is no longer theirs to look at
    url = "/desk/body" if step == "return" else f"/desk/body/matters/{matter_id}"
    return attempt(request, uow, url, act, _("It is recorded."))


@router.post("/body/findings/{finding_id}")
def report_outcome(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    finding_id: str,
    outcome: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        activities.report_outcome(uow, at_desk(uow, account, "body"), finding_id, outcome)

    return attempt(request, uow, "/desk/body", act, _("It is recorded."))


@router.post("/auditor/matters/{matter_id}/glass")
def ask_glass(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    reason: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        break_glass.ask(uow, at_desk(uow, account, "auditor"), matter_id, reason)

    url = f"/desk/auditor/matters/{matter_id}"
    return attempt(request, uow, url, act, _("A second auditor has to allow it."))


@router.post("/auditor/matters/{matter_id}/glass/{glass_id}")
def allow_glass(
    request: Request, uow: Uow, account: CurrentAccount, matter_id: str, glass_id: str
) -> Response:
    asked_by = uow.session.get_one(BreakGlass, glass_id).asked_by

    def act() -> None:
        granting.require_apart(uow, asked_by, account.account_id)
        break_glass.allow(uow, at_desk(uow, account, "auditor"), glass_id)

    url = f"/desk/auditor/matters/{matter_id}"
    return attempt(request, uow, url, act, _("Allowed for a day. The person is told."))


@router.get("/clerk/meetings")
def meetings(request: Request, uow: Read, account: CurrentAccount) -> Response:
    at_desk(uow, account, "clerk")
    today = uow.today
    query = select(Meeting).where(Meeting.held_on <= today).order_by(Meeting.held_on.desc())
    return page(request, "desk/meetings.html", meetings=list(uow.session.scalars(query)))


@router.get("/clerk/meetings/{meeting_id}")
def sheet(request: Request, uow: Read, account: CurrentAccount, meeting_id: str) -> Response:
    at_desk(uow, account, "clerk")
    meeting = uow.session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound(N_("There is no such record."))
    owed = select(Office).join(Obligation).where(Obligation.reference == meeting.id)
    done = select(Activity).where(Activity.meeting_id == meeting.id)
    return page(
        request,
        "desk/sheet.html",
        meeting=meeting,
        offices=sorted(uow.session.scalars(owed), key=lambda o: o.person.member_no),
        recorded={a.office_id: a for a in uow.session.scalars(done)},
    )


@router.post("/clerk/meetings/{meeting_id}")
def record(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    meeting_id: str,
    office: Annotated[str, Form()],
    attendance: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        activities.record_attendance(
            uow,
            at_desk(uow, account, "clerk"),
            meeting_id,
            office,
            attendance=attendance,
            reason=reason or None,
            ballot_open=backfill_rests(uow),
        )

    return attempt(request, uow, f"/desk/clerk/meetings/{meeting_id}", act, _("It is recorded."))
