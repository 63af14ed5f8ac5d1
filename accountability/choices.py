"""Two of the five links are the representative's choice, made before the lot of the year is drawn.

The lot is drawn from a seed that nobody knows when the choice is made, so the choice cannot bend
it. Who is chosen may decline, and then the lot fills the place.
"""

from __future__ import annotations

from sqlalchemy import select

from accountability import obligations
from accountability.access import Viewer, require_office
from accountability.entries import LinksChosen
from accountability.errors import Conflict, Invalid, NotFound
from accountability.models import LinkChoice
from audit.database import UnitOfWork
from voting.registry.models import REPRESENTATIVE, Office

MOST = obligations.LINKS - obligations.BY_LOT


def next_year(uow: UnitOfWork, office_id: str) -> int:
    """The first year whose links are not drawn yet."""
    year = uow.today.year
    return year + 1 if obligations.is_drawn(uow, office_id, year) else year


def chosen(uow: UnitOfWork, viewer: Viewer, office_id: str) -> list[LinkChoice]:
    require_office(viewer, office_id)
    query = select(LinkChoice).where(
        LinkChoice.office_id == office_id, LinkChoice.year == next_year(uow, office_id)
    )
    return sorted(uow.session.scalars(query), key=lambda choice: choice.constituent.member_no)


def choose(uow: UnitOfWork, viewer: Viewer, office_id: str, person_id: str | None) -> LinkChoice:
    """A person of this constituency without an office. Others and unknown people give one error:
    the form is no way to find out who is a member."""
    require_office(viewer, office_id)
    office = uow.lock(Office, office_id)
    if office.kind != REPRESENTATIVE:
        raise Conflict("Only a representative has linked constituents.")
    there = chosen(uow, viewer, office_id)
    if len(there) >= MOST:
        raise Conflict(
            "You have chosen %(most)d people already; the lot draws the others.", most=MOST
        )
    if person_id is None or person_id not in obligations.entitled(uow, office):
        raise Invalid("There is no such member in your constituency.", field="member")
    if any(choice.constituent_id == person_id for choice in there):
        raise Conflict("You have chosen this person already.")
    choice = LinkChoice(
        office_id=office.id, year=next_year(uow, office.id), constituent_id=person_id
    )
    uow.session.add(choice)
    uow.session.flush()
    _record(uow, office.id, choice.year)
    return choice


def withdraw(uow: UnitOfWork, viewer: Viewer, office_id: str, person_id: str) -> None:
    require_office(viewer, office_id)
    uow.lock(Office, office_id)
    year = next_year(uow, office_id)
    choice = uow.session.get(LinkChoice, (office_id, year, person_id))
    if choice is None:
        raise NotFound("There is no such record.")
    uow.session.delete(choice)
    uow.session.flush()
    _record(uow, office_id, year)


def _record(uow: UnitOfWork, office_id: str, year: int) -> None:
    count = len(obligations.wished(uow, office_id, year))
    uow.record(LinksChosen(office=office_id, year=year, count=count))
