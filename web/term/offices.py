"""The term that runs, and one office of it, for pages and the API."""

from __future__ import annotations

from sqlalchemy import select

from audit.database import UnitOfWork
from audit.errors import NotFound
from voting.registry.models import Office, Term
from web.texts.i18n import N_


def the_term(uow: UnitOfWork) -> Term | None:
    """The term that runs today, else the last one."""
    today = uow.today
    terms = uow.session.scalars(select(Term).order_by(Term.starts_on.desc())).all()
    return next((t for t in terms if t.starts_on <= today < t.ends_on), terms[0] if terms else None)


def the_office(uow: UnitOfWork, office_id: str) -> Office:
    office = uow.session.get(Office, office_id)
    if office is None:
        raise NotFound(N_("There is no such representative."))
    return office
