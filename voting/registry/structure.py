"""Units, constituencies and terms: what the commission and the registrar set up."""

from __future__ import annotations

import hashlib
from datetime import date

import rfc8785
from sqlalchemy import or_, select

from audit.database import UnitOfWork
from voting.registry.entries import TermCreated
from voting.registry.errors import Invalid, NotFound
from voting.registry.models import Constituency, ConstituencyUnit, Term, Unit


def create_term(
    uow: UnitOfWork, *, code: str, name: str, name_en: str, starts_on: date, ends_on: date
) -> Term:
    if not starts_on < ends_on:
        raise Invalid("A term must end after it starts.", field="ends_on")
    term = Term(code=code, name=name, name_en=name_en, starts_on=starts_on, ends_on=ends_on)
    uow.session.add(term)
    uow.session.flush()
    uow.record(TermCreated(code=code, starts_on=starts_on, ends_on=ends_on))
    return term


def get_term(uow: UnitOfWork, code: str) -> Term:
    term = uow.session.scalar(select(Term).where(Term.code == code))
    if term is None:
        raise NotFound("There is no such term.")
    return term


def units_by_code(uow: UnitOfWork, on: date) -> dict[str, Unit]:
    """The units that exist on a date."""
    rows = uow.session.scalars(
        select(Unit)
        .where(Unit.valid_from <= on, or_(Unit.valid_to.is_(None), Unit.valid_to > on))
        .order_by(Unit.code)
    )
    return {unit.code: unit for unit in rows}


def constituencies(uow: UnitOfWork) -> list[Constituency]:
    """Those that have units; one that was given up keeps its row for its history."""
    in_use = select(ConstituencyUnit.constituency_id)
    return list(
        uow.session.scalars(
            select(Constituency).where(Constituency.id.in_(in_use)).order_by(Constituency.code)
        )
    )


def total_seats(uow: UnitOfWork) -> int:
    return sum(constituency.seats for constituency in constituencies(uow))


def units_hash(uow: UnitOfWork, on: date) -> str:
    """SHA-256 of the canonical list of units of a date, for the log."""
    units = units_by_code(uow, on).values()
    codes = {unit.id: unit.code for unit in units}
    return _hash(
        [[u.code, u.name, u.name_en, u.kind, codes.get(u.parent_id or "", "")] for u in units]
    )


def constituencies_hash(uow: UnitOfWork) -> str:
    """SHA-256 of the canonical list of constituencies with their units and seats."""
    members: dict[str, list[str]] = {}
    rows = uow.session.execute(
        select(ConstituencyUnit.constituency_id, Unit.code)
        .join(Unit, Unit.id == ConstituencyUnit.unit_id)
        .order_by(Unit.code)
    )
    for constituency_id, code in rows:
        members.setdefault(constituency_id, []).append(code)
    return _hash(
        [[c.code, c.name, c.name_en, c.seats, members.get(c.id, [])] for c in constituencies(uow)]
    )


def _hash(document: object) -> str:
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()  # type: ignore[arg-type]
