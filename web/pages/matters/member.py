"""A member raises a matter, follows its course, sees who opened it, and has the last word."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy import select

from accountability import matters, viewing
from accountability.models import Matter, Opening, Routing
from accountability.words import COMPLAINT, OPEN_STATES
from audit.database import UnitOfWork
from audit.errors import DomainError
from voting.registry import people
from voting.registry.models import REPRESENTATIVE, Office, Person, Unit
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.forms import again, attempt, page
from web.http.rendering import flash, see_other
from web.identity.current import Identity
from web.identity.models import Account
from web.identity.roles import Role
from web.term.offices import the_term
from web.term.viewers import constituent
from web.texts.accountability import word
from web.texts.i18n import _, local

router = APIRouter(prefix="/matters", dependencies=[require(Role.MEMBER)])


@router.get("")
def index(request: Request, uow: Read, account: CurrentAccount) -> Response:
    mine = viewing.listed(uow, constituent(uow, account))
    states = {matter.id: viewing.effective_state(uow, matter) for matter in mine}
    return page(request, "matters/index.html", matters=mine, states=states)


@router.get("/new")
def form(request: Request, uow: Read, account: CurrentAccount) -> Response:
    return page(request, "matters/new.html", **_choices(uow, account))


def _choices(uow: UnitOfWork, account: Identity) -> dict[str, object]:
    today = uow.today
    person = people.get_person(uow, account.person_id or "")
    unit = people.voting_unit(uow, person, today)
    units = uow.session.scalars(select(Unit).where(Unit.valid_to.is_(None)).order_by(Unit.code))
    return {
        "units": [(u.id, local(u)) for u in units],
        "home": unit.id if unit else "",
        "own": [(o.id, o.person.name) for o in _own_representatives(uow, person)],
        "seats": [(o.id, o.person.name) for o in _seats(uow)],
        "has_mail": bool(person.email),
    }


def _seats(uow: UnitOfWork) -> list[Office]:
    term = the_term(uow)
    return people.offices(uow, term, uow.today, [REPRESENTATIVE]) if term else []


def _own_representatives(uow: UnitOfWork, person: Person) -> list[Office]:
    home = people.constituency_of(uow, person, uow.today)
    own = (o for o in _seats(uow) if home and o.constituency_id == home.id)
    return [office for office in own if office.person_id != person.id]


@router.post("")
def raise_matter(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    category: Annotated[str, Form()],
    unit: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    share: Annotated[bool, Form()] = False,
    notify: Annotated[bool, Form()] = False,
    office: Annotated[str, Form()] = "",
    about: Annotated[str, Form()] = "",
) -> Response:
    intake = matters.Intake(
        unit_id=unit,
        category=category,
        text=text,
        share_contact=share,
        notify=notify,
        office_id=office or None,
        about_office_id=about or None,
    )
    try:
        matter = matters.take_in(uow, constituent(uow, account), intake)
    except DomainError as error:
        typed = {"category": category, "unit": unit, "text": text, "office": office}
        choices = _choices(uow, account)
        return again(request, uow, "matters/new.html", error, typed=typed, **choices)
    flash(request, _("It is taken in. Its number is %(number)s.", number=matter.number))
    return see_other(f"/matters/{matter.id}")


@router.get("/{matter_id}")
def show(request: Request, uow: Read, account: CurrentAccount, matter_id: str) -> Response:
    viewer = constituent(uow, account)
    view = viewing.show(uow, viewer, matter_id)
    return page(
        request,
        "matters/show.html",
        view=view,
        openers=openers(uow, view.openings),
        **_followed(uow, account, matter_id),
    )


def _followed(uow: UnitOfWork, account: Identity, matter_id: str) -> dict[str, object]:
    """Who follows an open matter now, and who else might: the owner alone decides."""
    matter = uow.session.get_one(Matter, matter_id)
    if matter.category == COMPLAINT or matter.state not in OPEN_STATES:
        return {"may_pass_on": False}
    person = people.get_person(uow, account.person_id or "")
    own = _own_representatives(uow, person)
    holder = uow.session.get(Office, matter.office_id) if matter.office_id else None
    return {
        "may_pass_on": bool(own or holder),
        "holder": holder,
        "holder_left": holder is not None and holder.ends_on <= uow.today,
        "others": [(o.id, o.person.name) for o in own if o.id != matter.office_id],
    }


@router.post("/{matter_id}/pass")
def pass_on(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    office: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        matters.pass_on(uow, constituent(uow, account), matter_id, office or None)

    return attempt(request, uow, f"/matters/{matter_id}", act, _("Your choice is recorded."))


def openers(uow: UnitOfWork, rows: list[Opening]) -> dict[str, str]:
    """Account id -> the name that goes with it, or the role alone."""
    names: dict[str, str] = {}
    for row in rows:
        account = uow.session.get(Account, row.account_id)
        person = None
        if account is not None and account.person_id:
            person = people.get_person(uow, account.person_id)
        name = person.name if person else account.name if account else ""
        who = word("opener", row.role)
        names[row.id] = f"{name} ({who})" if name else who
    return names


@router.post("/{matter_id}/verdict")
def settle(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    verdict: Annotated[str, Form()],
    note: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        matters.settle(uow, constituent(uow, account), matter_id, verdict, note)

    return attempt(request, uow, f"/matters/{matter_id}", act, _("Thank you. It is recorded."))


@router.post("/{matter_id}/consent/{routing_id}")
def consent(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    routing_id: str,
    given: Annotated[bool, Form()] = False,
) -> Response:
    def act() -> None:
        matters.consent(uow, constituent(uow, account), routing_id, given)

    routing = uow.session.get(Routing, routing_id)
    target = routing.matter_id if routing else matter_id
    return attempt(request, uow, f"/matters/{target}", act, _("Your choice is recorded."))
