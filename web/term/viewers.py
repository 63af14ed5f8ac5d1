"""Joins the account with accountability: who looks, in which role, and whether a ballot is open."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from accountability import access
from accountability.access import Viewer
from audit.database import UnitOfWork
from audit.errors import NotFound
from voting.models import FROZEN, OPEN, SEALED, Election
from voting.registry.models import Office
from web.identity.current import Identity
from web.identity.roles import Role
from web.texts.i18n import N_

DESKS: dict[str, tuple[Role, access.Role]] = {
    "clerk": (Role.CLERK, access.Role.CLERK),
    "body": (Role.BODY, access.Role.BODY),
    "representative": (Role.REPRESENTATIVE, access.Role.REPRESENTATIVE),
    "auditor": (Role.AUDITOR, access.Role.AUDITOR),
}


def viewer(uow: UnitOfWork, account: Identity, role: access.Role) -> Viewer:
    """One person in one role. Offices are those of today: office ends, access ends."""
    today = uow.today
    offices = uow.session.scalars(
        select(Office.id).where(
            Office.person_id == account.person_id, Office.starts_on <= today, Office.ends_on > today
        )
    )
    return Viewer(
        role,
        account_id=account.account_id,
        person_id=account.person_id,
        offices=frozenset(offices) if account.person_id else frozenset(),
        bodies=account.scopes.get(Role.BODY, frozenset()),
        points=account.scopes.get(Role.SITE_KEEPER, frozenset()),
    )


def constituent(uow: UnitOfWork, account: Identity) -> Viewer:
    return viewer(uow, account, access.Role.CONSTITUENT)


def holder(uow: UnitOfWork, account: Identity) -> Viewer:
    """Of any office, a seat or a place on the committee."""
    found = viewer(uow, account, access.Role.REPRESENTATIVE)
    if not found.offices:
        raise NotFound(N_("You hold no office at present."))
    return found


def at_desk(uow: UnitOfWork, account: Identity, desk: str) -> Viewer:
    needed, role = DESKS.get(desk, (None, None))
    if needed is None or role is None or not account.has(needed):
        raise NotFound(N_("There is no such record."))
    return viewer(uow, account, role)


def rests(uow: UnitOfWork) -> list[tuple[date, date]]:
    """First and last days of the ballots that were open: contacts rested."""
    query = select(Election.opens_at, Election.closed_at).where(Election.closed_at.is_not(None))
    return [
        (uow.day_of(opened), uow.day_of(closed))
        for opened, closed in uow.session.execute(query)
        if closed is not None
    ]


def backfill_rests(uow: UnitOfWork) -> bool:
    """From the day on which a ballot is made ready until it is over, nobody betters the past."""
    made_ready = Election.state.in_((FROZEN, SEALED, OPEN))
    return uow.session.scalar(select(Election.id).where(made_ready).limit(1)) is not None


def ballot_open(uow: UnitOfWork) -> bool:
    return (
        uow.session.scalar(select(Election.id).where(Election.state == OPEN).limit(1)) is not None
    )
