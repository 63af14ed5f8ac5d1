"""The public page of each representative: what is owed, what was done, when they can be met."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from icalendar import Calendar as ICalendar
from icalendar import Event as IEvent
from icalendar import vDatetime
from sqlalchemy import select

from accountability import (
    activities,
    commitments,
    dossiers,
    obligations,
    pictures,
    receptions,
    reports,
    scorecard_rows,
)
from accountability.models import Duty, Question, Report, Session
from accountability.scorecards import DEFINED, Card, Metric
from audit.clock import at
from audit.database import UnitOfWork
from audit.errors import NotFound
from voting.registry import people
from voting.registry.models import COMMITTEE_KINDS, REPRESENTATIVE, Office
from web.charts.shares import Bar, bars
from web.http.dependencies import PUBLIC, CurrentAccount, Read, Uow, require
from web.http.forms import page
from web.http.rendering import flash, see_other
from web.identity.current import current
from web.identity.roles import Role
from web.term.offices import the_office, the_term
from web.term.viewers import constituent, holder
from web.texts.accountability import word
from web.texts.i18n import N_, _, local

router = APIRouter()
AHEAD = timedelta(days=62)


@router.get("/representatives", dependencies=[PUBLIC])
def index(request: Request, uow: Read) -> Response:
    term = the_term(uow)
    today = uow.today
    seats = people.offices(uow, term, today, [REPRESENTATIVE]) if term else []
    committee = people.offices(uow, term, today, COMMITTEE_KINDS) if term else []
    by_place: dict[str, list[Office]] = {}
    for office in seats:
        place = local(office.constituency) if office.constituency else ""
        by_place.setdefault(place, []).append(office)
    mine = _own_constituency(request, uow)
    return page(
        request,
        "representatives/index.html",
        term=term,
        places=sorted(by_place.items(), key=lambda item: item[0] != mine),
        mine=mine,
        committee=committee,
    )


def _own_constituency(request: Request, uow: UnitOfWork) -> str | None:
    account = current(request)
    if account is None or account.person_id is None:
        return None
    person = people.get_person(uow, account.person_id)
    found = people.constituency_of(uow, person, uow.today)
    return local(found) if found else None


@router.get("/representatives/{office_id}", dependencies=[PUBLIC])
def show(request: Request, uow: Read, office_id: str) -> Response:
    office = the_office(uow, office_id)
    today = uow.today
    card = scorecard_rows.card(uow, office, today)
    done = activities.of_office(uow, office.id, office.starts_on, today)
    return page(
        request,
        "representatives/show.html",
        office=office,
        card=card,
        today=today,
        chart=_chart(card),
        definitions=DEFINED,
        rows=[Row(metric, figure(metric)) for metric in card.metrics],
        linked=obligations.number_linked(uow, office.id, today.year),
        activities=done,
        pictures=defaultdict(list, pictures.of_activities(uow, [a.id for a in done])),
        findings=activities.findings(uow, office.id),
        reports=reports.of_office(uow, office.id),
        commitments=commitments.of_office(uow, office.id),
        duties=receptions.duties(uow, office.id, today, today + AHEAD),
        dossiers=[
            d
            for d in (dossiers.find(uow, office.id, k) for k in ("confidence", "satisfaction"))
            if d
        ],
    )


@dataclass(frozen=True)
class Row:
    metric: Metric
    figure: str


def percent(thousandths: int | None) -> str:
    return f"{round((thousandths or 0) / 10)} %"


def figure(metric: Metric) -> str:
    """The value in words: a share with its numbers, or days."""
    if metric.suppressed:
        return _("fewer than 10: not shown")
    if metric.share is not None:
        return _(
            "%(count)s of %(n)s (%(share)s)",
            count=metric.count,
            n=metric.n,
            share=percent(metric.share),
        )
    detail = metric.detail
    if metric.key == "first_reply":
        return _(
            "half within %(median)s working days, nine in ten within %(p90)s (%(n)s matters)",
            median=_or_more(detail["median"]),
            p90=_or_more(detail["p90"]),
            n=metric.n,
        )
    return _(
        "%(n)s open, the oldest for %(oldest)s days, %(over)s for more than 60",
        n=metric.n,
        oldest=detail["oldest"],
        over=detail["over_60"],
    )


def _or_more(days: int | None) -> str:
    return _("not reached yet") if days is None else str(days)


def _chart(card: Card) -> str:
    shown = [m for m in card.metrics if m.share is not None]
    if not shown:
        return ""
    rows = [
        Bar(word("metric", m.key), m.share or 0, m.low or 0, m.high or 0, percent(m.share))
        for m in shown
    ]
    summary = "; ".join(f"{row.label}: {row.value}" for row in rows)
    return bars(_("Figures as bars"), summary, rows)


@router.get("/representatives/{office_id}/receptions.ics", dependencies=[PUBLIC])
def feed(uow: Read, office_id: str) -> Response:
    office = the_office(uow, office_id)
    duties = receptions.duties(uow, office.id, office.starts_on, office.ends_on)
    name = _("Reception days of %(name)s", name=office.person.name)
    return ics(name, [(duty.id, duty.session) for duty in duties], uow)


def ics(name: str, rows: list[tuple[str, Session]], uow: UnitOfWork) -> Response:
    """RFC 5545, with every time in UTC, so that it needs no definition of a zone."""
    feed = ICalendar()
    feed.add("prodid", "-//Mandate//receptions//EN")
    feed.add("version", "2.0")
    feed.add("x-wr-calname", name)
    for key, session in rows:
        for number, (start, end) in enumerate(receptions.spans(session.point.hours)):
            event = IEvent()
            event.add("uid", f"{key}-{number}@mandate")
            event.add("dtstamp", uow.now)
            for field, clock in (("dtstart", start), ("dtend", end)):
                moment = at(session.held_on, clock, uow.zone)
                event.add(field, vDatetime(moment))
            event.add("summary", name)
            event.add("status", "TENTATIVE" if session.provisional else "CONFIRMED")
            event.add("location", session.point.address)
            feed.add_component(event)
    return Response(feed.to_ical(), media_type="text/calendar; charset=utf-8")


@router.get("/receptions", dependencies=[PUBLIC])
def reception_days(request: Request, uow: Read) -> Response:
    """The next reception days: where, when, and who is there."""
    today = uow.today
    sessions = receptions.sessions(uow, today, today + AHEAD)
    ids = [session.id for session in sessions]
    on_duty: dict[str, list[Office]] = {key: [] for key in ids}
    for duty in uow.session.scalars(select(Duty).where(Duty.session_id.in_(ids))):
        on_duty[duty.session_id].append(duty.office)
    days: dict[object, list[Session]] = {}
    for session in sessions:
        days.setdefault(session.held_on, []).append(session)
    return page(request, "representatives/receptions.html", days=days, on_duty=on_duty)


@router.get("/receptions.ics", dependencies=[PUBLIC])
def reception_feed(uow: Read) -> Response:
    today = uow.today
    sessions = receptions.sessions(uow, today, today + timedelta(days=366))
    return ics(_("Reception day"), [(session.id, session) for session in sessions], uow)


@router.get("/reports/{report_id}", dependencies=[PUBLIC])
def report(request: Request, uow: Read, report_id: str) -> Response:
    return _report(request, uow, report_id)


def _report(request: Request, uow: UnitOfWork, report_id: str) -> Response:
    found = uow.session.get(Report, report_id)
    if found is None:
        raise NotFound(N_("There is no such report."))
    account = current(request)
    return page(
        request,
        "representatives/report.html",
        report=found,
        office=found.office,
        ratings=reports.ratings(uow, found.id),
        pictures=pictures.of_report(uow, found.id),
        may_ask=account is not None
        and account.person_id is not None
        and account.person_id != found.office.person_id,
        is_subject=account is not None and account.person_id == found.office.person_id,
    )


@router.post("/reports/{report_id}/questions", dependencies=[require(Role.MEMBER)])
def ask(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    report_id: str,
    question: Annotated[str, Form()] = "",
) -> Response:
    reports.ask(uow, constituent(uow, account), report_id, question)
    flash(request, _("Your question is sent. Your name is not shown."))
    return see_other(f"/reports/{report_id}")


@router.post("/reports/{report_id}/rating", dependencies=[require(Role.MEMBER)])
def rate(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    report_id: str,
    mark: Annotated[int, Form()],
) -> Response:
    reports.rate(uow, constituent(uow, account), report_id, mark)
    flash(request, _("Thank you. Marks are shown when there are ten of them."))
    return see_other(f"/reports/{report_id}")


@router.post("/questions/{question_id}/answer", dependencies=[require(Role.MEMBER)])
def answer(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    question_id: str,
    answer: Annotated[str, Form()] = "",
) -> Response:
    reports.reply(uow, holder(uow, account), question_id, answer)
    question = uow.session.get_one(Question, question_id)
    flash(request, _("Your answer is published."))
    return see_other(f"/reports/{question.report_id}")
