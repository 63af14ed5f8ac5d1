"""The workplace of an office-holder: duties, and one form to record what was done."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import select
from starlette.datastructures import FormData

from accountability import (
    activities,
    calendar,
    commitments,
    contacts,
    obligations,
    pictures,
    receptions,
    reports,
    routing,
    scorecard_rows,
)
from accountability.access import Viewer, require_office
from accountability.models import Activity, Duty, Link, Session
from audit.database import UnitOfWork
from audit.errors import DomainError
from voting.registry.models import Office, Person
from web.http.dependencies import AppDatabase, AppKeys, CurrentAccount, Read, Uow, require
from web.http.forms import again, attempt, page
from web.http.rendering import flash, see_other
from web.identity import throttle
from web.identity.current import Identity
from web.identity.roles import Role
from web.identity.throttle import Limit, Rule, Taken, TooMany, give_back
from web.mail.contacts import send_code
from web.term.offices import the_office
from web.term.viewers import backfill_rests, ballot_open, holder
from web.texts.i18n import N_, _, speaking

router = APIRouter(prefix="/work", dependencies=[require(Role.MEMBER)])
STATEMENTS = 6
KEEPERS_CODE = Rule("keeper", free=5, first=60, longest=900, forget=24 * 3600)


def count_code(
    request: Request, database: AppDatabase, keys: AppKeys, account: CurrentAccount
) -> Taken:
    """Six digits can be guessed. Tries are counted per account, so nobody makes another wait."""
    try:
        return throttle.count(database, keys, [Limit(KEEPERS_CODE, account.account_id)])
    except TooMany as error:
        raise TooMany(
            N_("Too many wrong codes. Wait %(seconds)s seconds."),
            seconds=error.params["seconds"],
        ) from None


KeeperTried = Annotated[Taken, Depends(count_code)]


@router.get("")
def index(request: Request, uow: Read, account: CurrentAccount) -> Response:
    seat = holder(uow, account)
    offices = [the_office(uow, key) for key in seat.offices]
    if len(offices) == 1:
        return see_other(f"/work/{offices[0].id}")
    return page(request, "work/index.html", offices=sorted(offices, key=lambda o: o.kind))


@dataclass(frozen=True)
class LinkRow:
    link: Link
    person: Person
    claimed: list[tuple[str, bool]]  # quarter, claimed


def _own(uow: UnitOfWork, seat: Viewer, office_id: str) -> Office:
    require_office(seat, office_id)
    return the_office(uow, office_id)


@router.get("/{office_id}")
def desk(request: Request, uow: Read, account: CurrentAccount, office_id: str) -> Response:
    seat = holder(uow, account)
    office = _own(uow, seat, office_id)
    today = uow.today
    quarter = calendar.quarter_of(today)
    duties = receptions.duties(uow, office.id, today, today + timedelta(days=62))
    recent = activities.of_office(uow, office.id, today - timedelta(days=90), today)
    return page(
        request,
        "work/desk.html",
        office=office,
        today=today,
        quarter=quarter,
        rows=_links(uow, seat, office, today.year),
        card=scorecard_rows.card(uow, office, today),
        duties=duties,
        on_duty_today=[d for d in duties if d.session.held_on == today],
        swaps=receptions.open_swaps(uow, office.id),
        others=_swappable(uow, office, duties, today),
        owed=[o for o in reports.due(uow, office.id) if o.due_on <= today + timedelta(days=60)],
        recent=recent,
        pictures=defaultdict(list, pictures.of_activities(uow, [a.id for a in recent])),
        commitments=commitments.of_office(uow, office.id),
        findings=activities.findings(uow, office.id),
        inspections=_inspections(uow, office, today),
        bodies=routing.bodies(uow),
        unanswered=[
            (r, q) for r in reports.of_office(uow, office.id) for q in r.questions if not q.answer
        ],
        ballot_open=ballot_open(uow),
        backfill_rests=backfill_rests(uow),
    )


def _links(uow: UnitOfWork, seat: Viewer, office: Office, year: int) -> list[LinkRow]:
    claimed = contacts.claimed_quarters(uow, seat, office.id)
    quarters = [f"{year}Q{n}" for n in range(1, 5)]
    return [
        LinkRow(link, person, [(q, (link.id, q) in claimed) for q in quarters])
        for link, person in obligations.linked(uow, seat, office.id, year)
    ]


def _swappable(uow: UnitOfWork, office: Office, own: list[Duty], today: date) -> list[Duty]:
    """Duties of others in the days to come, at sessions where this person has no duty."""
    query = (
        select(Duty)
        .join(Session)
        .where(
            Duty.office_id != office.id,
            Session.held_on > today,
            Session.held_on <= today + timedelta(days=62),
            Duty.session_id.not_in([duty.session_id for duty in own]),
        )
    )
    return list(uow.session.scalars(query.order_by(Session.held_on, Duty.id)))


def _inspections(uow: UnitOfWork, office: Office, today: date) -> list[Activity]:
    done = activities.of_office(uow, office.id, office.starts_on, today)
    return [a for a in done if a.kind == "inspection" and a.attendance == "present"]


@router.post("/{office_id}/activities")
def log_activity(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    kind: Annotated[str, Form()],
    held_on: Annotated[date, Form()],
    place: Annotated[str, Form()] = "",
    summary: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        activities.log_own(
            uow,
            holder(uow, account),
            office_id,
            kind=kind,
            held_on=held_on,
            place=place,
            summary=summary,
            ballot_open=backfill_rests(uow),
        )

    return attempt(request, uow, f"/work/{office_id}", act, _("It is written down and public."))


@router.post("/{office_id}/contacts")
def claim(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    link: Annotated[str, Form()],
    held_on: Annotated[date, Form()],
    channel: Annotated[str, Form()],
) -> Response:
    def act() -> None:
        seat = holder(uow, account)
        contact, code = contacts.claim(
            uow, seat, link, held_on=held_on, channel=channel, ballot_open=ballot_open(uow)
        )
        with speaking("en" if contact.link.constituent.language == "en" else "zh"):
            send_code(request, uow, contact, code)

    done = _("Noted. The person was asked to confirm it; you will not see who answered what.")
    return attempt(request, uow, f"/work/{office_id}", act, done)


@router.post("/{office_id}/commitments")
def promise(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    due_on: Annotated[date, Form()],
    title_zh: Annotated[str, Form()] = "",
    title_en: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        commitments.make(
            uow,
            holder(uow, account),
            office_id,
            title_zh=title_zh,
            title_en=title_en,
            due_on=due_on,
        )

    return attempt(request, uow, f"/work/{office_id}", act, _("Your commitment is public."))


@router.post("/{office_id}/commitments/{commitment_id}")
def move_commitment(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    commitment_id: str,
    state: Annotated[str, Form()],
    evidence: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        commitments.move(uow, holder(uow, account), commitment_id, state=state, evidence=evidence)

    return attempt(request, uow, f"/work/{office_id}", act, _("The new state is public."))


@router.post("/{office_id}/findings")
def add_finding(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    activity: Annotated[str, Form()],
    body: Annotated[str, Form()],
    due_on: Annotated[date, Form()],
    text: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        activities.add_finding(
            uow, holder(uow, account), activity, text=text, body_id=body, due_on=due_on
        )

    return attempt(request, uow, f"/work/{office_id}", act, _("The finding is with the body."))


@router.post("/{office_id}/findings/{finding_id}/verify")
def verify(
    request: Request, uow: Uow, account: CurrentAccount, office_id: str, finding_id: str
) -> Response:
    def act() -> None:
        activities.verify_outcome(uow, holder(uow, account), finding_id)

    return attempt(request, uow, f"/work/{office_id}", act, _("The outcome is verified."))


@router.post("/{office_id}/duties/{duty_id}")
def sign_in(
    request: Request,
    tried: KeeperTried,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    duty_id: str,
    code: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        receptions.sign_in(uow, holder(uow, account), duty_id, code)
        give_back(uow, tried)

    return attempt(request, uow, f"/work/{office_id}", act, _("You are signed in."))


@router.post("/{office_id}/swaps")
def propose_swap(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    own: Annotated[str, Form()],
    other: Annotated[str, Form()],
) -> Response:
    def act() -> None:
        receptions.propose_swap(uow, holder(uow, account), own, other)

    return attempt(request, uow, f"/work/{office_id}", act, _("The other one has to agree."))


@router.post("/{office_id}/swaps/{swap_id}")
def accept_swap(
    request: Request, uow: Uow, account: CurrentAccount, office_id: str, swap_id: str
) -> Response:
    def act() -> None:
        receptions.accept_swap(uow, holder(uow, account), swap_id)

    return attempt(request, uow, f"/work/{office_id}", act, _("The duties are exchanged."))


@router.get("/{office_id}/report")
def report_form(request: Request, uow: Read, account: CurrentAccount, office_id: str) -> Response:
    return page(request, "work/report.html", **_report_context(uow, account, office_id))


def _report_context(uow: UnitOfWork, account: Identity, office_id: str) -> dict[str, Any]:
    office = _own(uow, holder(uow, account), office_id)
    today = uow.today
    done = activities.of_office(uow, office.id, office.starts_on, today)
    return {
        "office": office,
        "owed": reports.due(uow, office.id),
        "done": [a for a in done if a.attendance == "present" and a.kind != "duty_report"][:60],
        "promises": commitments.of_office(uow, office.id),
        "numbers": range(1, STATEMENTS + 1),
    }


async def read_form(request: Request) -> FormData:
    """The number of statements is not known to the signature of the route."""
    return await request.form()


@router.post("/{office_id}/report")
def submit_report(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    form: Annotated[FormData, Depends(read_form)],
) -> Response:
    typed = {key: str(value) for key, value in form.items() if key.startswith("text")}
    try:
        report = reports.submit(
            uow, holder(uow, account), office_id, str(form.get("period", "")), _drafts(form)
        )
    except DomainError as error:
        context = _report_context(uow, account, office_id)
        return again(request, uow, "work/report.html", error, typed=typed, **context)
    flash(request, _("Your report is published, and its fingerprint is in the public log."))
    return see_other(f"/reports/{report.id}")


def _drafts(form: FormData) -> list[reports.Draft]:
    drafts = []
    for number in range(1, STATEMENTS + 1):
        cited = [str(value).partition(":") for value in form.getlist(f"cite{number}")]
        drafts.append(
            reports.Draft(
                str(form.get(f"text{number}", "")),
                tuple(key for kind, _colon, key in cited if kind == "activity"),
                tuple(key for kind, _colon, key in cited if kind == "commitment"),
            )
        )
    return drafts
