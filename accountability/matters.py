"""Matters: intake by any channel, and the owner's last word. `viewing` says who sees what."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import func, select

from accountability import offices, pictures, validation, viewing, ways
from accountability.access import Role, Viewer, require_office, require_role
from accountability.entries import MatterErased, MatterMoved, MatterReceived
from accountability.errors import Conflict, Forbidden, Invalid, NotFound
from accountability.models import Event, Matter, Routing
from accountability.words import COMPLAINT, Category, Channel, MatterState, Step
from audit.database import UnitOfWork
from voting.registry.models import REPRESENTATIVE, Office, Unit

ERASE_AFTER = timedelta(weeks=4)
SMALLEST_COUNT = 10
MOST_A_DAY = 20  # of one person on the site: nobody needs more, and nobody floods the clerks


@dataclass(frozen=True)
class Intake:
    """What is written down at intake; `contact_*` is for people who are not on the roll."""

    unit_id: str
    category: str
    text: str
    channel: str = "web"
    person_id: str | None = None
    contact_name: str = ""
    contact_details: str = ""
    share_contact: bool = False
    notify: bool = False
    office_id: str | None = None
    about_office_id: str | None = None
    received_on: date | None = None


def take_in(uow: UnitOfWork, viewer: Viewer, intake: Intake) -> Matter:
    """A constituent's own matter, or one that a clerk or representative writes down for someone."""
    require_role(viewer, Role.CONSTITUENT, Role.REPRESENTATIVE, Role.CLERK, Role.SYSTEM)
    intake = _as_allowed(viewer, intake)
    _check(uow, intake)
    if viewer.role is Role.CONSTITUENT:
        _refuse_flood(uow, viewer)
    matter = Matter(
        number=_new_number(uow),
        person_id=intake.person_id,
        contact_name=intake.contact_name.strip()[:200],
        contact_details=intake.contact_details.strip()[:200],
        unit_id=intake.unit_id,
        category=Category(intake.category),
        channel=Channel(intake.channel),
        received_on=intake.received_on or uow.today,
        text=validation.some_text(intake.text, "text", 4000),
        share_contact=intake.share_contact,
        notify=intake.notify,
        office_id=intake.office_id,
        about_office_id=intake.about_office_id,
    )
    uow.session.add(matter)
    uow.session.flush()
    note_event(uow, matter, Step.RECEIVED)
    uow.record(
        MatterReceived(
            matter=matter.id,
            channel=matter.channel,
            category=matter.category,
            unit=validation.get(uow, Unit, matter.unit_id).code,
            received_on=matter.received_on,
        )
    )
    return matter


def _new_number(uow: UnitOfWork) -> str:
    """Random, so that it says nothing of when or how many; to say on the telephone, so short."""
    while True:
        number = "".join(secrets.choice("0123456789") for _ in range(8))
        if uow.session.scalar(select(Matter.id).where(Matter.number == number)) is None:
            return number


def _as_allowed(viewer: Viewer, intake: Intake) -> Intake:
    if viewer.role is Role.CONSTITUENT:
        return replace(intake, person_id=viewer.person_id, channel="web", received_on=None)
    if viewer.role is Role.REPRESENTATIVE:
        if intake.category == COMPLAINT:
            raise Forbidden("A complaint about conduct goes to a clerk or is sent in directly.")
        require_office(viewer, intake.office_id or "")
    return intake


def _check(uow: UnitOfWork, intake: Intake) -> None:
    validation.word(Category, intake.category, "category")
    validation.word(Channel, intake.channel, "channel")
    if uow.session.get(Unit, intake.unit_id) is None:
        raise Invalid("Please choose the place.", field="unit")
    if intake.about_office_id and intake.category != COMPLAINT:
        raise Invalid("Only a complaint about conduct names a representative.", field="about")
    if intake.category == COMPLAINT and intake.office_id:
        raise Invalid("A complaint about conduct is not taken in by a representative.")
    _check_offices(uow, intake)
    if intake.received_on and intake.received_on > uow.today:
        raise Invalid("This day has not come yet.", field="received_on")


def _check_offices(uow: UnitOfWork, intake: Intake) -> None:
    """Who follows it holds a seat now and is not the person; who it is about holds an office."""
    for field, key in (("office", intake.office_id), ("about", intake.about_office_id)):
        office = uow.session.get(Office, key) if key else None
        if key and (office is None or not offices.held(office, uow.today)):
            raise Invalid("Please choose one of the values offered.", field=field)
        if office is None or field == "about":
            continue
        if office.kind != REPRESENTATIVE:
            raise Invalid("Please choose one of the values offered.", field=field)
        if office.person_id == intake.person_id:
            raise Invalid("A representative does not follow a matter of their own.", field=field)


def _refuse_flood(uow: UnitOfWork, viewer: Viewer) -> None:
    today = select(func.count()).where(
        Matter.person_id == viewer.person_id,
        Matter.channel == "web",
        Matter.received_on == uow.today,
    )
    if (uow.session.scalar(today) or 0) >= MOST_A_DAY:
        raise Conflict(
            "You have raised %(most)d matters today. Please go on tomorrow.", most=MOST_A_DAY
        )


def note_event(
    uow: UnitOfWork, matter: Matter, what: Step, body_id: str | None = None, note: str = ""
) -> None:
    """One more step of the course; the caller holds the lock of the matter, or has just made it."""
    number = select(func.count()).select_from(Event).where(Event.matter_id == matter.id)
    position = (uow.session.scalar(number) or 0) + 1
    event = Event(matter_id=matter.id, position=position, on=uow.today, what=what)
    event.body_id, event.note = body_id, note
    uow.session.add(event)
    uow.session.flush()
    uow.session.expire(matter, ["events"])


def require(step: Step, state: MatterState, role: Role) -> None:
    """Raises Conflict unless a matter that is seen in this state may take the step."""
    if not ways.allows(step, state, role):
        raise Conflict("This step is not possible in the present state of the matter.")


def move(matter: Matter, step: Step, to: MatterState) -> None:
    """The only writer of a state, once the step is allowed. Raises ValueError: a fault of ours."""
    if not ways.leads(step, matter.state, to):
        raise ValueError(f"{step} leads from {matter.state} to no {to}")
    matter.state = to


def settle(uow: UnitOfWork, viewer: Viewer, matter_id: str, verdict: str, note: str = "") -> None:
    """The owner accepts, disputes, or reopens. Only the owner makes a matter resolved."""
    require_role(viewer, Role.CONSTITUENT)
    matter = _own(uow, viewer, matter_id)
    step = validation.word(Step, verdict, "verdict", (Step.ACCEPTED, Step.DISPUTED, Step.REOPENED))
    require(step, viewing.effective_state(uow, matter), viewer.role)
    if matter.erased_on is not None:
        raise Conflict("The text of this matter is erased. Please raise it anew.")
    if step is Step.ACCEPTED:
        matter.closed_on = uow.today
        move(matter, step, MatterState.JOINED if matter.joined_to_id else MatterState.ACCEPTED)
    else:
        # one that was joined goes its own way: the answer to the other was none to this one
        move(matter, step, MatterState.DISPUTED)
        matter.closed_on, matter.joined_to_id = None, None
        matter.reopened += 1
    uow.session.flush()
    note_event(uow, matter, step, note=note.strip()[:300])
    uow.record(MatterMoved(matter=matter.id, what=step, body=None))


def _own(uow: UnitOfWork, viewer: Viewer, matter_id: str) -> Matter:
    matter = uow.session.get(Matter, matter_id)
    if matter is None or matter.person_id is None or matter.person_id != viewer.person_id:
        raise NotFound("There is no such record.")
    return uow.lock(Matter, matter_id)


def consent(uow: UnitOfWork, viewer: Viewer, routing_id: str, given: bool) -> None:
    """The owner lets one body see name and contact, or no longer."""
    routing = validation.get(uow, Routing, routing_id)
    matter = _own(uow, viewer, routing.matter_id)
    routing.consent = given
    uow.session.flush()
    what = Step.CONSENT if given else Step.NO_CONSENT
    note_event(uow, matter, what, body_id=routing.body_id)
    uow.record(MatterMoved(matter=matter.id, what=what, body=routing.body.code))


def pass_on(uow: UnitOfWork, viewer: Viewer, matter_id: str, office_id: str | None) -> None:
    """Offices end and access with them; an open matter moves only when its owner says so.

    Without an office, no representative follows it from now on.
    """
    matter = _own(uow, viewer, matter_id)
    step = Step.PASSED_ON if office_id else Step.TAKEN_BACK
    require(step, matter.state, Role.CONSTITUENT)
    if matter.category == COMPLAINT:
        raise Conflict("This step is not possible in the present state of the matter.")
    if office_id == matter.office_id:
        raise Conflict("This representative follows the matter already.")
    if office_id is not None:
        office = validation.get(uow, Office, office_id)
        if office.kind != REPRESENTATIVE or not offices.held(office, uow.today):
            raise Conflict("The matter cannot be passed to this office.")
    matter.office_id = office_id
    uow.session.flush()
    note_event(uow, matter, step)
    uow.record(MatterMoved(matter=matter.id, what=step, body=None))


def erase_due(uow: UnitOfWork, viewer: Viewer) -> int:
    """Texts and contact details of what was closed four weeks ago; dates and states stay."""
    require_role(viewer, Role.SYSTEM)
    query = select(Matter).where(
        Matter.closed_on <= uow.today - ERASE_AFTER, Matter.erased_on.is_(None)
    )
    due = list(uow.session.scalars(query.with_for_update(skip_locked=True)))
    repeats = uow.session.scalars(
        select(Matter).where(
            Matter.joined_to_id.in_([m.id for m in due]), Matter.erased_on.is_(None)
        )
    )
    due += repeats
    if not due:
        return 0
    pictures.forget(uow, [matter.id for matter in due])
    for matter in due:
        matter.text, matter.contact_name, matter.contact_details = None, "", ""
        matter.erased_on = uow.today
        for routing in matter.routings:
            routing.extract = routing.answer = None
        for event in matter.events:
            event.note = ""
        uow.record(MatterErased(matter=matter.id))
    uow.session.flush()
    return len(due)


def public_counts(uow: UnitOfWork) -> dict[str, int | None]:
    """Category -> number of matters; None where it is not zero and under ten."""
    rows = uow.session.execute(select(Matter.category, func.count()).group_by(Matter.category))
    found = Counter({row[0]: row[1] for row in rows})
    return {
        category: count if count >= SMALLEST_COUNT else None
        for category, count in sorted(found.items())
    }


def common_enough(rows: Iterable[tuple[str, str, date]]) -> list[tuple[str, str, date]]:
    """(category, status, day) with the day made the first of its month, else of its year, so that
    ten rows at least are the same; those that stay rarer are left out."""
    shown: list[tuple[str, str, date]] = []
    left = list(rows)
    for coarser in ({"day": 1}, {"month": 1, "day": 1}):
        groups = Counter((a, b, day.replace(**coarser)) for a, b, day in left)
        common = {key for key, count in groups.items() if count >= SMALLEST_COUNT}
        shown += [key for key in common for _ in range(groups[key])]
        left = [(a, b, day) for a, b, day in left if (a, b, day.replace(**coarser)) not in common]
    return shown


def to_tell(uow: UnitOfWork, matter_id: str) -> list[str]:
    """Person ids of those who want a mail when there is news of this matter, or of one like it."""
    query = select(Matter.person_id).where(
        (Matter.id == matter_id) | (Matter.joined_to_id == matter_id),
        Matter.notify,
        Matter.person_id.is_not(None),
    )
    return sorted({person_id for person_id in uow.session.scalars(query) if person_id})
