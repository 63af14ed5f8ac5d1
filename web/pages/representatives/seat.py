"""More of a representative's workplace: whom to be linked with, and matters taken in for people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy import select

from accountability import choices, matters
from accountability.access import Viewer, require_office
from accountability.words import COMPLAINT, Category
from audit.database import UnitOfWork
from audit.errors import DomainError, Invalid
from voting.registry import people
from voting.registry.models import Office, Person, Unit
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.forms import again, attempt, page
from web.http.rendering import flash, see_other
from web.identity.current import Identity
from web.identity.roles import Role
from web.term.offices import the_office
from web.term.viewers import holder
from web.texts.i18n import N_, _, local

router = APIRouter(prefix="/work", dependencies=[require(Role.MEMBER)])
CHANNELS = ("reception", "phone", "letter", "other")  # this site is the person's own way


def _own(uow: UnitOfWork, account: Identity, office_id: str) -> tuple[Viewer, Office]:
    seat = holder(uow, account)
    require_office(seat, office_id)
    return seat, the_office(uow, office_id)


@router.get("/{office_id}/links")
def links(request: Request, uow: Read, account: CurrentAccount, office_id: str) -> Response:
    return page(request, "work/links.html", **_links(uow, account, office_id))


def _links(uow: UnitOfWork, account: Identity, office_id: str) -> dict[str, object]:
    seat, office = _own(uow, account, office_id)
    return {
        "office": office,
        "year": choices.next_year(uow, office.id),
        "chosen": choices.chosen(uow, seat, office.id),
        "most": choices.MOST,
    }


@router.post("/{office_id}/links")
def choose(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    member: Annotated[str, Form()] = "",
) -> Response:
    try:
        seat, _office = _own(uow, account, office_id)
        found = people.find_by_member_no_or_email(uow, member)
        choices.choose(uow, seat, office_id, found.id if found else None)
    except DomainError as error:
        context = _links(uow, account, office_id)
        return again(request, uow, "work/links.html", error, typed={"member": member}, **context)
    flash(request, _("Chosen. The lot draws the others."))
    return see_other(f"/work/{office_id}/links")


@router.post("/{office_id}/links/withdraw")
def withdraw(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    person: Annotated[str, Form()],
) -> Response:
    def act() -> None:
        seat, _office = _own(uow, account, office_id)
        choices.withdraw(uow, seat, office_id, person)

    return attempt(request, uow, f"/work/{office_id}/links", act, _("The choice is taken back."))


@router.get("/{office_id}/intake")
def intake_form(request: Request, uow: Read, account: CurrentAccount, office_id: str) -> Response:
    return page(request, "work/intake.html", **_choices(uow, account, office_id))


def _choices(uow: UnitOfWork, account: Identity, office_id: str) -> dict[str, object]:
    _seat, office = _own(uow, account, office_id)
    place = office.constituency
    query = select(Unit).where(Unit.valid_to.is_(None)).order_by(Unit.code)
    units = place.units if place else list(uow.session.scalars(query))
    return {
        "office": office,
        "units": [(unit.id, local(unit)) for unit in units],
        "channels": CHANNELS,
        "categories": [code for code in Category if code != COMPLAINT],
    }


@router.post("/{office_id}/intake")
def take_in(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    channel: Annotated[str, Form()],
    category: Annotated[str, Form()],
    unit: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    member: Annotated[str, Form()] = "",
    contact_name: Annotated[str, Form()] = "",
    contact_details: Annotated[str, Form()] = "",
) -> Response:
    try:
        seat, office = _own(uow, account, office_id)
        person = _constituent(uow, office, member)
        intake = matters.Intake(
            unit_id=unit,
            category=category,
            text=text,
            channel=channel,
            person_id=person.id if person else None,
            contact_name=contact_name,
            contact_details=contact_details,
            office_id=office.id,
        )
        matter = matters.take_in(uow, seat, intake)
    except DomainError as error:
        typed = {"text": text, "member": member, "contact_name": contact_name, "unit": unit}
        typed |= {"channel": channel, "category": category, "contact_details": contact_details}
        context = _choices(uow, account, office_id)
        return again(request, uow, "work/intake.html", error, typed=typed, **context)
    flash(request, _("It is taken in. Its number is %(number)s.", number=matter.number))
    return see_other(f"/desk/representative/matters/{matter.id}")


def _constituent(uow: UnitOfWork, office: Office, member: str) -> Person | None:
    """In this constituency: elsewhere, whether a number exists is not for a representative."""
    if not member.strip():
        return None
    person = people.find_by_member_no_or_email(uow, member)
    home = people.constituency_of(uow, person, uow.today) if person else None
    if home is None or home.id != office.constituency_id:
        raise Invalid(N_("There is no such member in your constituency."), field="member")
    return person
