"""Reads the rows of an office for its scorecard. What is counted is decided in scorecards."""

from __future__ import annotations

import json
from datetime import date, timedelta

from sqlalchemy import select

from accountability import activities, receptions, reports, year_calendars
from accountability.calendar import Calendar
from accountability.models import Activity, Contact, FinalCard, Link, Matter, Obligation, Routing
from accountability.scorecards import Card, Facts, compute
from accountability.words import OPEN_STATES, Source
from audit.database import UnitOfWork
from voting.registry.models import Office

# A quarter is published when its claims have had their thirty days to be answered: the delay keeps
# a representative from seeing in the figure what one person answered.
PUBLISHED_AFTER = timedelta(days=31)


def card(uow: UnitOfWork, office: Office, on: date) -> Card:
    """Of a term long over, the figures as they were: rows behind them are erased by then."""
    kept = final(uow, office.id)
    return kept if kept is not None else compute(collect(uow, office, on))


def final(uow: UnitOfWork, office_id: str) -> Card | None:
    kept = uow.session.get(FinalCard, office_id)
    return None if kept is None else Card.from_json(json.loads(kept.content))


def collect(uow: UnitOfWork, office: Office, on: date) -> Facts:
    """Everything since the office began, as of `on`."""
    rows = uow.session.scalars(
        select(Obligation).where(
            Obligation.office_id == office.id,
            Obligation.due_on <= on,
            Obligation.due_on < office.ends_on,
        )
    ).all()
    done = activities.of_office(uow, office.id, office.starts_on, on)
    owed, contacts = _contacts(uow, office, [o for o in rows if o.kind == "contact"], on)
    replies, outcomes, settled, ages = _matters(uow, office, on)
    all_reports = reports.of_office(uow, office.id)
    submitted = {report.period: report.submitted_on.isoformat() for report in all_reports}
    return Facts(
        on=on.isoformat(),
        calendar=year_calendars.current(uow).version,
        owed_contacts=owed,
        contacts=contacts,
        duties=_duties(uow, office, done, on),
        meetings=_meetings([o.reference for o in rows if o.kind == "meeting"], done),
        replies=replies,
        outcomes=outcomes,
        settled=settled,
        open_ages=ages,
        findings=tuple(f.state for f in activities.findings(uow, office.id)),
        reports=tuple(
            (o.due_on.isoformat(), submitted.get(o.period)) for o in rows if o.kind == "report"
        ),
        statements=tuple(bool(s.citations) for r in all_reports for s in r.statements),
        questions=tuple(q.answer is not None for r in all_reports for q in r.questions),
        recorded=(
            *(a.late for a in done if a.source is Source.SELF),
            *_late_contacts(uow, office, on),
        ),
    )


def _contacts(
    uow: UnitOfWork, office: Office, rows: list[Obligation], on: date
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str, str], ...]]:
    owed = tuple(sorted((o.reference, o.period) for o in rows if o.due_on + PUBLISHED_AFTER <= on))
    query = (
        select(Link.slot, Contact.quarter, Contact.state)
        .join(Contact, Contact.link_id == Link.id)
        .where(Link.office_id == office.id)
    )
    finished = {quarter for _slot, quarter in owed}
    found = ((str(slot), q, state) for slot, q, state in uow.session.execute(query))
    return owed, tuple(sorted(row for row in found if row[1] in finished))


def _late_contacts(uow: UnitOfWork, office: Office, on: date) -> list[bool]:
    query = (
        select(Contact.late).join(Link).where(Link.office_id == office.id, Contact.claimed_on <= on)
    )
    return list(uow.session.scalars(query.order_by(Contact.id)))


def _duties(uow: UnitOfWork, office: Office, done: list[Activity], on: date) -> tuple[bool, ...]:
    attended = {a.session_id for a in done if a.session_id}
    past = receptions.duties(uow, office.id, office.starts_on, on - timedelta(days=1))
    return tuple(duty.session_id in attended for duty in past)


def _meetings(owed: list[str], done: list[Activity]) -> tuple[str, ...]:
    found = {a.meeting_id: a.attendance for a in done if a.meeting_id}
    return tuple(found.get(meeting_id, "unrecorded") for meeting_id in owed)


def _matters(
    uow: UnitOfWork, office: Office, on: date
) -> tuple[
    tuple[tuple[int, bool], ...],
    tuple[tuple[str, str, str | None], ...],
    tuple[bool, ...],
    tuple[int, ...],
]:
    """Those that the representative took in and that repeat no other."""
    query = select(Matter).where(
        Matter.office_id == office.id, Matter.joined_to_id.is_(None), Matter.received_on <= on
    )
    matters = list(uow.session.scalars(query.order_by(Matter.received_on, Matter.id)))
    outcomes = [_outcome(uow, r, on) for m in matters for r in m.routings if _counts(r)]
    ages = [(on - m.received_on).days for m in matters if m.state in OPEN_STATES]
    settled = [m.reopened > 0 for m in matters if m.reopened or m.state in ("accepted", "closed")]
    cal = year_calendars.current(uow)
    replies = tuple(_reply(cal, matter, on) for matter in matters)
    return replies, tuple(outcomes), tuple(settled), tuple(ages)


def _reply(cal: Calendar, matter: Matter, on: date) -> tuple[int, bool]:
    answered = [r.answered_on for r in matter.routings if r.answered_on and r.answered_on <= on]
    until = min(answered, default=on)
    days = cal.working_days_between(matter.received_on, until)
    return days, bool(answered)


def _counts(routing: Routing) -> bool:
    """Handed back in time it was not that body's to answer; handed back too late it was missed."""
    return routing.returned_on is None or routing.returned_on > routing.due_on


def _outcome(uow: UnitOfWork, routing: Routing, on: date) -> tuple[str, str, str | None]:
    answered = routing.answered_on
    done = answered.isoformat() if answered and answered <= on else None
    due = routing.due_on
    for pause in routing.pauses:
        if pause.ends_on is None:  # the clock stands still: the due date moves on with the days
            cal = year_calendars.load(uow, routing.calendar)
            due = cal.add_working_days(due, cal.working_days_between(pause.starts_on, on))
    return routing.original_due_on.isoformat(), due.isoformat(), done


def offices_of_person(uow: UnitOfWork, office: Office) -> list[Office]:
    """The office and the others of the same person in the term."""
    query = select(Office).where(
        Office.person_id == office.person_id, Office.term_id == office.term_id
    )
    rows = uow.session.scalars(query.order_by(Office.starts_on, Office.kind)).all()
    return sorted(rows, key=lambda row: row.id != office.id)
