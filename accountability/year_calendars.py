"""The calendars that are in force: those shipped with the program, those that the operator added.

The calendar of a year is announced in the autumn before it. Until then dates in that year are
provisional; when its calendar is added they are counted anew, and nobody is late by that alone.
"""

from __future__ import annotations

from importlib import resources

from sqlalchemy import select

from accountability import calendar, draws
from accountability.calendar import Calendar
from accountability.entries import CalendarAdded, MatterClock
from accountability.errors import Conflict
from accountability.matters import note_event
from accountability.models import Matter, Routing, Session, WorkingCalendar
from accountability.words import PauseKind, Step
from audit.database import UnitOfWork

_CACHE = "calendars"


def _shipped() -> list[Calendar]:
    folder = resources.files("accountability").joinpath("calendars")
    return [calendar.load(each.name.removesuffix(".json")) for each in folder.iterdir()]


def all_versions(uow: UnitOfWork) -> dict[str, Calendar]:
    """Read once in a unit of work: another process may have added one since the last."""
    known: dict[str, Calendar] | None = uow.session.info.get(_CACHE)
    if known is None:
        added = uow.session.scalars(select(WorkingCalendar.document))
        found = [*_shipped(), *map(calendar.parse, added)]
        known = uow.session.info[_CACHE] = {each.version: each for each in found}
    return known


def load(uow: UnitOfWork, version: str) -> Calendar:
    return all_versions(uow)[version]


def current(uow: UnitOfWork) -> Calendar:
    """The version that covers the latest year; of two, the later by name."""
    return max(all_versions(uow).values(), key=lambda each: (max(each.years), each.version))


def add(uow: UnitOfWork, raw: bytes) -> Calendar:
    """Raises Invalid where the file is no calendar, Conflict where its version is there already."""
    text = raw.decode("utf-8", "replace")
    added = calendar.parse(text)
    before = current(uow)
    if added.version in all_versions(uow):
        raise Conflict("There is a calendar %(version)s already.", version=added.version)
    if max(added.years) < max(before.years):
        raise Conflict("A newer calendar is in force: %(version)s.", version=before.version)
    uow.session.add(WorkingCalendar(version=added.version, document=text))
    uow.session.flush()
    uow.session.info.pop(_CACHE)
    routings, sessions = _count_routings(uow, added), _move_sessions(uow, added)
    uow.record(
        CalendarAdded(
            version=added.version,
            sha256=draws.sha256(raw),
            years=sorted(map(str, added.years)),
            routings=routings,
            sessions=sessions,
        )
    )
    return added


def _count_routings(uow: UnitOfWork, cal: Calendar) -> int:
    """Matters that wait for an answer, with a provisional date."""
    waiting = select(Routing).where(Routing.provisional, Routing.answered_on.is_(None))
    count = 0
    for found in uow.session.scalars(waiting.order_by(Routing.matter_id, Routing.id)).all():
        matter = uow.lock(Matter, found.matter_id)
        uow.session.refresh(found)
        if found.waits and found.provisional:
            _count_anew(uow, matter, found, cal)
            count += 1
    return count


def _count_anew(uow: UnitOfWork, matter: Matter, routing: Routing, cal: Calendar) -> None:
    """The same number of working days, stops and extensions, by the new calendar. A date that comes
    to lie before today stays: nobody is late because a calendar changed."""
    old = load(uow, routing.calendar)
    allowed = old.working_days_between(routing.routed_on, routing.original_due_on)
    original = due = cal.add_working_days(routing.routed_on, allowed)
    for pause in routing.pauses:
        if pause.ends_on is None:
            continue
        if pause.kind == PauseKind.EXTENSION:
            due = cal.add_working_days(due, pause.days or 0)
        else:
            pause.days = cal.working_days_between(pause.starts_on, pause.ends_on)
            due = cal.add_working_days(due, pause.days)
    if due < min(routing.due_on, uow.today):
        due = routing.due_on
    routing.original_due_on, routing.due_on = min(original, due), due
    routing.calendar, routing.provisional = cal.version, not cal.covers(due)
    uow.session.flush()
    note_event(uow, matter, Step.RECOUNTED, body_id=routing.body_id, note=cal.version)
    uow.record(
        MatterClock(
            matter=matter.id,
            what=Step.RECOUNTED,
            reason=draws.sha256(cal.version.encode()),
            days=0,
            due_on=due,
        )
    )


def _move_sessions(uow: UnitOfWork, cal: Calendar) -> int:
    """Reception days to come: each to the working day of its fifth or twenty-fifth."""
    coming = select(Session).where(Session.provisional, Session.held_on > uow.today)
    moved = 0
    for session in uow.session.scalars(coming.order_by(Session.nominal_on, Session.id)).all():
        held_on = max(cal.on_or_after(session.nominal_on), uow.today)
        moved += held_on != session.held_on
        session.held_on, session.calendar = held_on, cal.version
        session.provisional = not cal.covers(held_on)
    uow.session.flush()
    return moved
