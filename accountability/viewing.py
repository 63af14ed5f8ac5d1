"""What each viewer may see of a matter. `show` is the only way to a text or to contact details, and
it leaves a trace that the owner of the matter can read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select

from accountability import draws, redaction, validation
from accountability.access import Data, Relation, Role, Show, Viewer, shows
from accountability.entries import MatterOpened
from accountability.errors import NotFound
from accountability.models import (
    Body,
    BreakGlass,
    Event,
    Matter,
    Opening,
    Picture,
    Routing,
    RoutingPicture,
)
from accountability.words import COMPLAINT, MatterState
from audit.database import UnitOfWork
from voting.registry.models import Office, Person, Unit

SAMPLED_ONE_IN = 10
GLASS_LASTS = timedelta(hours=24)
PAGE_LASTS = timedelta(minutes=2)


@dataclass(frozen=True)
class MatterView:
    """What this viewer may see. None means not shown, which differs from empty."""

    matter_id: str
    number: str
    channel: str
    unit: Unit
    category: str
    received_on: date
    state: MatterState
    reopened: int
    events: list[Event]
    routings: list[Routing]
    answers: dict[str, str]  # routing id -> answer
    text: str | None
    name: str | None
    contact: str | None
    pictures: list[Picture]
    openings: list[Opening]
    is_owner: bool
    erased: bool


def relation(uow: UnitOfWork, viewer: Viewer, matter: Matter) -> Relation:
    mine = with_viewer(viewer, matter)
    owner = viewer.person_id is not None and matter.person_id == viewer.person_id
    return Relation(
        owner=owner,
        holder=matter.office_id is not None and matter.office_id in viewer.offices,
        routing=matter.state in (MatterState.RECEIVED, MatterState.DISPUTED),
        assigned=bool(mine),
        consent=any(r.consent for r in mine),
        ombud=any(r.body.handles(COMPLAINT) for r in mine),
        sampled=int(draws.rank("sample", matter.id), 16) % SAMPLED_ONE_IN == 0,
        glass_broken=viewer.role is Role.AUDITOR and _glass_broken(uow, viewer, matter),
    )


def is_subject(uow: UnitOfWork, viewer: Viewer, matter: Matter) -> bool:
    """Whether it is a complaint about the viewer: then it does not exist, in whatever role."""
    if matter.about_office_id is None or viewer.person_id is None:
        return False
    return validation.get(uow, Office, matter.about_office_id).person_id == viewer.person_id


def with_viewer(viewer: Viewer, matter: Matter) -> list[Routing]:
    """The routings to the viewer's bodies, but for what they handed back."""
    return [r for r in matter.routings if r.body.code in viewer.bodies and r.returned_on is None]


def _glass_broken(uow: UnitOfWork, viewer: Viewer, matter: Matter) -> bool:
    query = select(BreakGlass.id).where(
        BreakGlass.matter_id == matter.id,
        BreakGlass.asked_by == viewer.account_id,
        BreakGlass.allowed_at >= uow.now - GLASS_LASTS,
    )
    return uow.session.scalar(query) is not None


def admit(uow: UnitOfWork, viewer: Viewer, matter_id: str) -> tuple[Matter, Relation]:
    """The matter, for viewers who may know that it exists."""
    matter = uow.session.get(Matter, matter_id)
    if matter is None or is_subject(uow, viewer, matter):
        raise NotFound("There is no such record.")
    between = relation(uow, viewer, matter)
    course = shows(viewer, Data.COURSE, between)
    if matter.category == COMPLAINT and course is Show.ALL:
        course = shows(viewer, Data.COMPLAINT, between)
    if course is not Show.ALL:
        raise NotFound("There is no such record.")
    return matter, between


def show(uow: UnitOfWork, viewer: Viewer, matter_id: str) -> MatterView:
    """The matter as this viewer may see it. Anyone but the owner leaves a trace."""
    matter, between = admit(uow, viewer, matter_id)
    text, contact = (shows(viewer, d, between) for d in (Data.TEXT, Data.CONTACT_DETAILS))
    shown = _pictures(uow, viewer, matter, text)
    what = (("text", text is not Show.NOTHING), ("contact", contact is not Show.NOTHING))
    seen = [name for name, is_shown in (*what, ("pictures", bool(shown))) if is_shown]
    if not _is_own(viewer, between):
        _leave_trace(uow, viewer, matter, "+".join(["course", *seen]))
    routings = _routings(uow, viewer, matter)
    name, details = _contact(uow, matter) if contact is Show.ALL else (None, None)
    return MatterView(
        matter_id=matter.id,
        number=matter.number,
        channel=matter.channel,
        unit=matter.unit,
        category=matter.category,
        received_on=matter.received_on,
        state=effective_state(uow, matter),
        reopened=matter.reopened,
        events=list(matter.events),
        routings=routings,
        answers=_answers(uow, matter, text, routings),
        text=_text(uow, viewer, matter, text),
        name=name,
        contact=details,
        pictures=shown,
        openings=openings(uow, viewer, matter, between),
        is_owner=between.owner,
        erased=matter.erased_on is not None,
    )


def _is_own(viewer: Viewer, between: Relation) -> bool:
    return between.owner and viewer.role is Role.CONSTITUENT


def _pictures(uow: UnitOfWork, viewer: Viewer, matter: Matter, show: Show) -> list[Picture]:
    """All of them with the whole text; to a body those chosen for it; redacted, none.

    A matter that repeats another one shows what the bodies sent with the answer to that one.
    """
    if show not in (Show.ALL, Show.EXTRACT):
        return []
    answered = (Picture.matter_id == matter.joined_to_id) & (Picture.added_by == "body")
    query = select(Picture).where(or_(Picture.matter_id == matter.id, answered))
    if show is Show.EXTRACT:
        mine = [r.id for r in with_viewer(viewer, matter)]
        given = select(RoutingPicture.picture_id).where(RoutingPicture.routing_id.in_(mine))
        query = query.where(Picture.id.in_(given))
    return list(uow.session.scalars(query.order_by(Picture.added_on, Picture.position)))


def picture(uow: UnitOfWork, viewer: Viewer, matter_id: str, picture_id: str) -> bytes:
    """The content of one that `show` lists for this viewer. A page leaves one trace with all its
    pictures; who comes back later for a picture alone leaves another."""
    matter, between = admit(uow, viewer, matter_id)
    listed = _pictures(uow, viewer, matter, shows(viewer, Data.TEXT, between))
    found = next((p for p in listed if p.id == picture_id), None)
    if found is None or found.content is None:
        raise NotFound("There is no such record.")
    if not _is_own(viewer, between) and not _just_opened(uow, viewer, matter):
        _leave_trace(uow, viewer, matter, "pictures")
    return found.content


def _just_opened(uow: UnitOfWork, viewer: Viewer, matter: Matter) -> bool:
    query = select(Opening.id).where(
        Opening.matter_id == matter.id,
        Opening.account_id == viewer.account_id,
        Opening.role == viewer.role.value,
        Opening.opened_at >= uow.now - PAGE_LASTS,
    )
    return uow.session.scalar(query.limit(1)) is not None


def effective_state(uow: UnitOfWork, matter: Matter) -> MatterState:
    """A joined matter goes the way of the one that it repeats, until its own owner has accepted."""
    if matter.joined_to_id is None:
        return matter.state
    if matter.closed_on is not None:
        return MatterState.ACCEPTED
    return validation.get(uow, Matter, matter.joined_to_id).state


def _routings(uow: UnitOfWork, viewer: Viewer, matter: Matter) -> list[Routing]:
    source = validation.get(uow, Matter, matter.joined_to_id) if matter.joined_to_id else matter
    if viewer.role is Role.BODY:
        return with_viewer(viewer, source)
    return list(source.routings)


def _contact(uow: UnitOfWork, matter: Matter) -> tuple[str, str]:
    if matter.person_id is None:
        return matter.contact_name, matter.contact_details
    person = validation.get(uow, Person, matter.person_id)
    return person.name, " ".join(filter(None, (person.phone, person.email)))


def _text(uow: UnitOfWork, viewer: Viewer, matter: Matter, show: Show) -> str | None:
    if matter.text is None or show is Show.NOTHING:
        return None
    if show is Show.EXTRACT:
        mine = [r for r in with_viewer(viewer, matter) if r.extract]
        return mine[-1].extract if mine else None
    if show is Show.REDACTED:
        return redaction.redact(matter.text, [_contact(uow, matter)[0]])
    return matter.text


def _answers(
    uow: UnitOfWork, matter: Matter, show: Show, routings: list[Routing]
) -> dict[str, str]:
    if show is Show.NOTHING:
        return {}
    found = {r.id: r.answer for r in routings if r.answer}
    if show is Show.REDACTED:
        names = [_contact(uow, matter)[0]]
        return {key: redaction.redact(text, names) for key, text in found.items()}
    return found


def _leave_trace(uow: UnitOfWork, viewer: Viewer, matter: Matter, what: str) -> None:
    mine = [r.body_id for r in with_viewer(viewer, matter)]
    uow.session.add(
        Opening(
            matter_id=matter.id,
            opened_at=uow.now,
            role=viewer.role.value,
            account_id=viewer.account_id,
            body_id=mine[0] if viewer.role is Role.BODY and mine else None,
            what=what,
        )
    )
    uow.session.flush()
    uow.record(MatterOpened(matter=matter.id, role=viewer.role.value, what=what))


def openings(uow: UnitOfWork, viewer: Viewer, matter: Matter, between: Relation) -> list[Opening]:
    """Who opened it, newest first: all for the owner and auditors, their own for officials."""
    show = shows(viewer, Data.OPENINGS, between)
    query = select(Opening).where(Opening.matter_id == matter.id)
    if show is Show.OWN:
        query = query.where(Opening.account_id == viewer.account_id)
    elif show is not Show.ALL:
        return []
    return list(uow.session.scalars(query.order_by(Opening.opened_at.desc(), Opening.id)))


def listed(uow: UnitOfWork, viewer: Viewer) -> list[Matter]:
    """The matters whose course this viewer may see, newest first; texts are for `show` alone."""
    condition = _mine(viewer)
    if condition is None:
        return []
    if viewer.person_id is not None:
        own = select(Office.id).where(Office.person_id == viewer.person_id)
        about = Matter.about_office_id
        condition &= or_(about.is_(None), about.not_in(own))
    order = (Matter.received_on.desc(), Matter.number)
    return list(uow.session.scalars(select(Matter).where(condition).order_by(*order)))


def _mine(viewer: Viewer) -> ColumnElement[bool] | None:
    if viewer.role is Role.CONSTITUENT:
        return Matter.person_id == viewer.person_id
    if viewer.role is Role.REPRESENTATIVE:
        return Matter.office_id.in_(viewer.offices) & (Matter.category != COMPLAINT)
    if viewer.role is Role.BODY:
        own = Routing.body.has(Body.code.in_(viewer.bodies))
        return Matter.routings.any(own & Routing.returned_on.is_(None))
    if viewer.role in (Role.CLERK, Role.AUDITOR):
        return Matter.id.is_not(None)
    return None
