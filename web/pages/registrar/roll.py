"""The registrar's room: uploads with their dry run, units, people, constituencies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy import func, select

from audit.database import UnitOfWork
from audit.errors import DomainError, Invalid
from voting import rolls
from voting.registry import exporting, people, structure
from voting.registry.entries import RollExported
from voting.registry.importing.places import member_counts
from voting.registry.models import Office, Person, Unit
from web.http.dependencies import AppKeys, CurrentAccount, Read, Uow, require
from web.http.rendering import flash, refuse, render, see_other, undo
from web.identity import accounts
from web.identity.roles import Role
from web.texts.i18n import N_, _

router = APIRouter(prefix="/registrar", dependencies=[require(Role.REGISTRAR)])

SHOWN = 300

STATUS: dict[str, str] = {
    "full": N_("full member"),
    "probationary": N_("probationary"),
    "suspended": N_("suspended"),
}
UNIT_KINDS: dict[str, str] = {
    "district": N_("district"),
    "town": N_("town"),
    "village": N_("village"),
    "community": N_("community"),
    "enterprise": N_("enterprise"),
    "agency": N_("agency"),
}
OFFICES: dict[str, str] = {
    "representative": N_("Representative"),
    "secretary": N_("Secretary"),
    "deputy_secretary": N_("Deputy secretary"),
    "standing_member": N_("Standing committee member"),
    "member": N_("Committee member"),
}


def date_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(N_("Give the date as year-month-day."), field="as_of") from None


def csv_answer(name: str, header: tuple[str, ...], lines: list[list[str]]) -> Response:
    return Response(
        "".join(exporting.to_csv(header, lines)),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.get("")
def index(request: Request, uow: Read) -> Response:
    today = uow.today
    sizes = people.electorate_sizes(uow, today)
    return render(
        request,
        "registrar/index.html",
        members=sum(member_counts(uow, today).values()),
        electors=sum(sizes.values()),
        units=len(structure.units_by_code(uow, today)),
        constituencies=len(structure.constituencies(uow)),
        seats=structure.total_seats(uow),
        unassigned=len(people.unassigned(uow, today)),
    )


# Units and constituencies


@router.get("/units")
def units(request: Request, uow: Read) -> Response:
    today = uow.today
    counts = member_counts(uow, today)
    below: dict[str | None, list[Unit]] = {}
    found = structure.units_by_code(uow, today).values()
    known = {unit.id for unit in found}
    for unit in found:
        below.setdefault(unit.parent_id if unit.parent_id in known else None, []).append(unit)
    return render(
        request,
        "registrar/units.html",
        below=below,
        counts=counts,
        totals=_totals(below, counts),
        kinds=UNIT_KINDS,
    )


def _totals(below: dict[str | None, list[Unit]], counts: dict[str, int]) -> dict[str, int]:
    """Unit id -> members in the unit and everything under it; the tree has no circles."""
    totals: dict[str, int] = {}

    def add_up(unit: Unit) -> int:
        under = sum(add_up(child) for child in below.get(unit.id, []))
        totals[unit.id] = counts.get(unit.id, 0) + under
        return totals[unit.id]

    for top in below.get(None, []):
        add_up(top)
    return totals


@router.get("/constituencies")
def constituencies(request: Request, uow: Read) -> Response:
    return render(
        request,
        "registrar/constituencies.html",
        found=structure.constituencies(uow),
        sizes=people.electorate_sizes(uow, uow.today),
        seats=structure.total_seats(uow),
    )


@router.get("/unassigned")
def unassigned(request: Request, uow: Read) -> Response:
    today = uow.today
    found = people.unassigned(uow, today)
    return render(
        request,
        "registrar/unassigned.html",
        found=[(person, people.voting_unit(uow, person, today)) for person in found[:SHOWN]],
        total=len(found),
        today=today,
    )


# People


@router.get("/people")
def find_people(
    request: Request,
    uow: Read,
    q: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    today = uow.today
    found = people.search(uow, q)
    return render(
        request,
        "registrar/people.html",
        q=q,
        found=[(person, people.voting_unit(uow, person, today)) for person in found],
        total=uow.session.scalar(select(func.count()).select_from(Person)),
        status=STATUS,
    )


@router.get("/people/{person_id}")
def person(request: Request, uow: Read, person_id: str) -> Response:
    return render(request, "registrar/person.html", **_person(uow, person_id))


def _person(uow: UnitOfWork, person_id: str) -> dict[str, Any]:
    found = people.get_person(uow, person_id)
    today = uow.today
    offices = uow.session.scalars(
        select(Office).where(Office.person_id == person_id).order_by(Office.starts_on)
    )
    return {
        "person": found,
        "unit": people.voting_unit(uow, found, today),
        "constituency": people.constituency_of(uow, found, today),
        "offices": offices.all(),
        "commitment": people.commitment(found),
        "units": structure.units_by_code(uow, today).values(),
        "today": today,
        "status": STATUS,
        "office_names": OFFICES,
    }


@router.post("/people/{person_id}/move")
def move(
    request: Request,
    uow: Uow,
    person_id: str,
    unit: Annotated[str, Form(max_length=40)],
    on: Annotated[str, Form(max_length=10)],
) -> Response:
    try:
        day = date_of(on)
        found = structure.units_by_code(uow, day).get(unit)
        if found is None:
            raise Invalid(N_("There is no such unit on that day."), field="unit")
        people.move(uow, people.get_person(uow, person_id), found, day)
    except DomainError as error:
        undo(uow)
        typed = {"unit": unit, "on": on}
        return refuse(
            request,
            uow,
            "registrar/person.html",
            error,
            typed=typed,
            **_person(uow, person_id),
        )
    flash(request, _("From that day on the member votes in the new unit."))
    return see_other(f"/registrar/people/{person_id}")


@router.post("/people/{person_id}/erase")
def erase(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    account: CurrentAccount,
    person_id: str,
    sure: Annotated[bool, Form()] = False,
) -> Response:
    try:
        if not sure:
            raise Invalid(
                N_("Tick the box: an erased record cannot be brought back."), field="sure"
            )
        rolls.require_erasable(uow, person_id)
        people.erase(uow, people.get_person(uow, person_id))
        accounts.forget(uow, keys, person_id, by=account.account_id)
    except DomainError as error:
        undo(uow)
        return refuse(request, uow, "registrar/person.html", error, **_person(uow, person_id))
    flash(request, _("The record is erased."), "note")
    return see_other("/registrar/people")


@router.post("/export")
def export(uow: Uow) -> Response:
    """A POST, because taking the roll out is an act that the security log knows of."""
    lines = list(exporting.rows(uow, uow.today))
    uow.record(RollExported(members=len(lines)))
    return csv_answer("roll.csv", exporting.COLUMNS, lines)
