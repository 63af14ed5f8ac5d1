"""The way of a matter through clerks and bodies: routed in parallel, each with its own clock.

Due dates are in working days of a named calendar. Stops and extensions keep their reasons, and the
original due date stays beside the one that now holds. To acknowledge is not to answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from sqlalchemy import select

from accountability import draws, duplicates, pictures, validation, ways, year_calendars
from accountability.access import Role, Viewer, require_role
from accountability.calendar import Calendar
from accountability.entries import (
    BodySet,
    MatterClock,
    MatterJoined,
    MatterMoved,
    MatterRouted,
)
from accountability.errors import Conflict, Forbidden, Invalid, NotFound
from accountability.matters import move, note_event
from accountability.models import Body, Matter, Pause, Routing
from accountability.viewing import is_subject
from accountability.words import COMPLAINT, OPEN_STATES, MatterState, PauseKind, Step
from audit.database import UnitOfWork

MAX_EXTENSION = 30


def set_body(
    uow: UnitOfWork,
    viewer: Viewer,
    *,
    code: str,
    name: str,
    name_en: str,
    categories: str,
    sla_working_days: int,
) -> Body:
    require_role(viewer, Role.CLERK, Role.SYSTEM)
    body = Body(
        code=code,
        name=name,
        name_en=name_en,
        categories=categories,
        sla_working_days=sla_working_days,
    )
    uow.session.add(body)
    uow.session.flush()
    uow.record(
        BodySet(body=body.id, code=code, sla_working_days=sla_working_days, categories=categories)
    )
    return body


def bodies(uow: UnitOfWork) -> list[Body]:
    return list(uow.session.scalars(select(Body).order_by(Body.code)))


def body_for(uow: UnitOfWork, category: str) -> Body | None:
    return next((body for body in bodies(uow) if body.handles(category)), None)


def suggestions(uow: UnitOfWork, viewer: Viewer, matter_id: str) -> list[tuple[Matter, Fraction]]:
    """Earlier open matters of the same place and category, most alike first."""
    require_role(viewer, Role.CLERK)
    matter = validation.get(uow, Matter, matter_id)
    _refuse_subject(uow, viewer, matter)
    query = select(Matter).where(
        Matter.unit_id == matter.unit_id,
        Matter.category == matter.category,
        Matter.id != matter.id,
        Matter.received_on <= matter.received_on,
        Matter.state.in_(OPEN_STATES),
        Matter.about_office_id.is_not_distinct_from(matter.about_office_id),
    )
    others = {other.id: other for other in uow.session.scalars(query)}
    ranked = duplicates.ranked(
        matter.text or "", [(key, other.text or "") for key, other in others.items()]
    )
    return [(others[key], alike) for key, alike in ranked[:5]]


def join(uow: UnitOfWork, viewer: Viewer, matter_id: str, original_id: str) -> None:
    """A clerk decides that a matter repeats an earlier one; it gets that one's answer."""
    require_role(viewer, Role.CLERK, Role.SYSTEM)
    matter, original = (uow.lock(Matter, key) for key in sorted((matter_id, original_id)))
    if matter.id != matter_id:
        matter, original = original, matter
    _refuse_subject(uow, viewer, matter, original)
    joins = ways.allows(Step.JOINED, matter.state, viewer.role)
    if not joins or original.state not in OPEN_STATES or matter is original:
        raise Conflict("Only a new matter can be joined, to one that is open.")
    if (matter.category == COMPLAINT) != (original.category == COMPLAINT):
        raise Invalid("A complaint about conduct is joined to complaints only.")
    move(matter, Step.JOINED, MatterState.JOINED)
    matter.joined_to_id = original.id
    uow.session.flush()
    note_event(uow, matter, Step.JOINED)
    uow.record(MatterJoined(matter=matter.id, original=original.id))


def route(
    uow: UnitOfWork,
    viewer: Viewer,
    matter_id: str,
    body_id: str,
    *,
    extract: str,
    shared: Iterable[str] = (),
) -> Routing:
    """To one body; called once for each of several. `extract` and the `shared` pictures are what
    that body needs to know."""
    require_role(viewer, Role.CLERK, Role.SYSTEM)
    matter, body = uow.lock(Matter, matter_id), validation.get(uow, Body, body_id)
    _refuse_subject(uow, viewer, matter)
    _check_route(viewer, matter, body)
    round_ = matter.reopened + 1
    if any(r.body_id == body.id and r.round == round_ for r in matter.routings):
        raise Conflict("The matter is with this body already.")
    cal = year_calendars.current(uow)
    due = cal.add_working_days(uow.today, body.sla_working_days)
    routing = Routing(
        matter_id=matter.id,
        body_id=body.id,
        round=round_,
        extract=validation.some_text(extract, "extract", 2000),
        consent=matter.share_contact and body.handles(matter.category),
        calendar=cal.version,
        routed_on=uow.today,
        original_due_on=due,
        due_on=due,
        provisional=not cal.covers(due),
    )
    uow.session.add(routing)
    move(matter, Step.ROUTED, MatterState.ROUTED)
    uow.session.flush()
    uow.session.expire(matter, ["routings"])
    pictures.share(uow, routing.id, matter.id, shared)
    note_event(uow, matter, Step.ROUTED, body_id=body.id)
    uow.record(
        MatterRouted(
            matter=matter.id,
            body=body.code,
            due_on=due,
            calendar=cal.version,
            round=round_,
            consent=routing.consent,
        )
    )
    return routing


def _refuse_subject(uow: UnitOfWork, viewer: Viewer, *found: Matter) -> None:
    """Nobody has a hand in a complaint about themself, whatever else they are."""
    if any(is_subject(uow, viewer, matter) for matter in found):
        raise NotFound("There is no such record.")


def _check_route(viewer: Viewer, matter: Matter, body: Body) -> None:
    if body.code in viewer.bodies:
        raise Forbidden("Who answers for a body cannot route matters to it.")
    if not ways.allows(Step.ROUTED, matter.state, viewer.role):
        raise Conflict("This matter is not waiting to be routed.")
    if matter.category == COMPLAINT and not body.handles(COMPLAINT):
        raise Invalid("A complaint about conduct goes to the ombudsperson only.", field="body")


def _at_body(uow: UnitOfWork, viewer: Viewer, routing_id: str) -> tuple[Matter, Routing]:
    """Locked, and still to be answered by a body of the viewer."""
    require_role(viewer, Role.BODY)
    routing = uow.session.get(Routing, routing_id)
    if routing is None or routing.body.code not in viewer.bodies:
        raise NotFound("There is no such record.")
    matter = uow.lock(Matter, routing.matter_id)
    _refuse_subject(uow, viewer, matter)
    uow.session.refresh(routing)
    if routing.returned_on is not None:
        raise NotFound("There is no such record.")
    if routing.answered_on is not None:
        raise Conflict("This is answered already.")
    return matter, routing


def acknowledge(uow: UnitOfWork, viewer: Viewer, routing_id: str) -> None:
    """Seen. It counts for nothing but politeness: only an answer is an answer."""
    matter, routing = _at_body(uow, viewer, routing_id)
    if routing.acknowledged_on is not None:
        raise Conflict("This is acknowledged already.")
    routing.acknowledged_on = uow.today
    _moved(uow, matter, routing, Step.ACKNOWLEDGED)


def answer(uow: UnitOfWork, viewer: Viewer, routing_id: str, text: str) -> None:
    """The substantive answer. When the last body of the round has answered, the owner judges."""
    matter, routing = _at_body(uow, viewer, routing_id)
    routing.answer = validation.some_text(text, "answer", 4000)
    if _open_stop(routing) is not None:
        _resume(uow, matter, routing)
    routing.answered_on = uow.today
    if not any(r.waits for r in matter.routings if r.round == routing.round):
        move(matter, Step.ANSWERED, MatterState.ANSWERED)
    _moved(uow, matter, routing, Step.ANSWERED)


def hand_back(uow: UnitOfWork, viewer: Viewer, routing_id: str, reason: str) -> None:
    """ "This is not ours": the clerk passes it on to another body. From then on this one sees
    nothing of it; if its time was over by then, that stays on record as not answered in time."""
    matter, routing = _at_body(uow, viewer, routing_id)
    reason = validation.some_text(reason, "reason", 300)
    if _open_stop(routing) is not None:
        _resume(uow, matter, routing)
    routing.returned_on, routing.extract, routing.consent = uow.today, None, False
    left = [r for r in matter.routings if r.round == routing.round and r.returned_on is None]
    if not left:
        again = MatterState.DISPUTED if matter.reopened else MatterState.RECEIVED
        move(matter, Step.RETURNED, again)
    elif not any(r.waits for r in left):
        move(matter, Step.RETURNED, MatterState.ANSWERED)
    _moved(uow, matter, routing, Step.RETURNED, note=reason)


def _moved(uow: UnitOfWork, matter: Matter, routing: Routing, what: Step, note: str = "") -> None:
    uow.session.flush()
    note_event(uow, matter, what, body_id=routing.body_id, note=note)
    uow.record(MatterMoved(matter=matter.id, what=what, body=routing.body.code))


def _open_stop(routing: Routing) -> Pause | None:
    return next((p for p in routing.pauses if p.kind is PauseKind.STOP and p.ends_on is None), None)


def stop_clock(uow: UnitOfWork, viewer: Viewer, routing_id: str, reason: str) -> None:
    """The body waits for something outside its power, and says for what."""
    matter, routing = _at_body(uow, viewer, routing_id)
    if _open_stop(routing) is not None:
        raise Conflict("The clock stands still already.")
    reason = validation.some_text(reason, "reason", 300)
    pause = Pause(routing_id=routing.id, kind=PauseKind.STOP, reason=reason, starts_on=uow.today)
    uow.session.add(pause)
    uow.session.flush()
    uow.session.expire(routing, ["pauses"])
    _clock(uow, matter, routing, Step.STOPPED, reason, 0)


def resume_clock(uow: UnitOfWork, viewer: Viewer, routing_id: str) -> None:
    matter, routing = _at_body(uow, viewer, routing_id)
    if _open_stop(routing) is None:
        raise Conflict("The clock is running.")
    _resume(uow, matter, routing)


def _resume(uow: UnitOfWork, matter: Matter, routing: Routing) -> None:
    """The due date moves by the working days that the stop lasted, and by no more."""
    pause = _open_stop(routing)
    if pause is None:
        return
    cal = year_calendars.load(uow, routing.calendar)
    pause.ends_on = uow.today
    days = cal.working_days_between(pause.starts_on, pause.ends_on)
    pause.days = days
    _set_due(routing, cal, cal.add_working_days(routing.due_on, days))
    _clock(uow, matter, routing, Step.RESUMED, pause.reason, days)


def _set_due(routing: Routing, cal: Calendar, due: date) -> None:
    routing.due_on, routing.provisional = due, not cal.covers(due)


def extend(uow: UnitOfWork, viewer: Viewer, routing_id: str, days: int, reason: str) -> None:
    """By a clerk, never by the body that is late; both due dates are shown ever after."""
    require_role(viewer, Role.CLERK)
    routing = validation.get(uow, Routing, routing_id)
    if routing.body.code in viewer.bodies:
        raise Forbidden("Who answers for a body cannot extend its time.")
    matter = uow.lock(Matter, routing.matter_id)
    _refuse_subject(uow, viewer, matter)
    uow.session.refresh(routing)
    if not routing.waits:
        raise Conflict("This is answered already.")
    if not 1 <= days <= MAX_EXTENSION:
        raise Invalid("Between 1 and %(most)d working days.", field="days", most=MAX_EXTENSION)
    reason = validation.some_text(reason, "reason", 300)
    pause = Pause(
        routing_id=routing.id,
        kind=PauseKind.EXTENSION,
        reason=reason,
        starts_on=uow.today,
        ends_on=uow.today,
        days=days,
    )
    uow.session.add(pause)
    cal = year_calendars.load(uow, routing.calendar)
    _set_due(routing, cal, cal.add_working_days(routing.due_on, days))
    uow.session.flush()
    uow.session.expire(routing, ["pauses"])
    _clock(uow, matter, routing, Step.EXTENDED, reason, days)


def _clock(
    uow: UnitOfWork, matter: Matter, routing: Routing, what: Step, reason: str, days: int
) -> None:
    uow.session.flush()
    note_event(uow, matter, what, body_id=routing.body_id, note=reason)
    uow.record(
        MatterClock(
            matter=matter.id,
            what=what,
            reason=draws.sha256(reason.encode()),
            days=days,
            due_on=routing.due_on,
        )
    )


def close(uow: UnitOfWork, viewer: Viewer, matter_id: str, note: str) -> None:
    """Answered and nobody replied, or nobody can be reached: closed, which is not resolved."""
    require_role(viewer, Role.CLERK)
    matter = uow.lock(Matter, matter_id)
    _refuse_subject(uow, viewer, matter)
    if not ways.allows(Step.CLOSED, matter.state, viewer.role):
        raise Conflict("Only an answered matter can be closed.")
    answered = max(r.answered_on for r in matter.routings if r.answered_on is not None)
    waited = year_calendars.current(uow).working_days_between(answered, uow.today)
    if matter.person_id is not None and waited < 15:
        raise Conflict("The person has 15 working days to accept or dispute the answer.")
    move(matter, Step.CLOSED, MatterState.CLOSED)
    matter.closed_on = uow.today
    uow.session.flush()
    note_event(uow, matter, Step.CLOSED, note=validation.some_text(note, "note", 300))
    uow.record(MatterMoved(matter=matter.id, what=Step.CLOSED, body=None))
