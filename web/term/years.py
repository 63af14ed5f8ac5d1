"""What begins a year of the term, for the command line and the demo, and what each day ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import select

from accountability import contacts, matters, obligations, receptions, retention, routing
from accountability.access import SYSTEM
from audit.database import SYSTEM as SYSTEM_ACTOR
from audit.database import Database, UnitOfWork
from audit.errors import Invalid
from voting.registry import people
from voting.registry.models import REPRESENTATIVE, Term, Unit
from web.term.viewers import ballot_open, rests
from web.texts.i18n import N_

Row = Mapping[str, str]
BODY_COLUMNS = ("code", "name", "name_en", "categories", "sla_working_days")
POINT_COLUMNS = ("code", "unit", "address", "hours")
MEETING_COLUMNS = ("code", "kind", "date", "place", "title_zh", "title_en")


def set_bodies(uow: UnitOfWork, rows: Iterable[Row]) -> int:
    checked = list(_checked(rows, BODY_COLUMNS))
    for row in checked:
        routing.set_body(
            uow,
            SYSTEM,
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            categories=row["categories"],
            sla_working_days=_number(row["sla_working_days"]),
        )
    return len(checked)


def set_points(uow: UnitOfWork, rows: Iterable[Row]) -> int:
    units = {unit.code: unit for unit in uow.session.scalars(select(Unit))}
    checked = list(_checked(rows, POINT_COLUMNS))
    for row in checked:
        if row["unit"] not in units:
            raise Invalid(N_("There is no unit %(code)s."), field="unit", code=row["unit"])
        receptions.set_point(
            uow,
            SYSTEM,
            units[row["unit"]],
            code=row["code"],
            address=row["address"],
            hours=row["hours"],
        )
    return len(checked)


def set_meetings(uow: UnitOfWork, term: Term, rows: Iterable[Row]) -> int:
    checked = list(_checked(rows, MEETING_COLUMNS))
    for row in checked:
        obligations.set_meeting(
            uow,
            SYSTEM,
            term,
            code=row["code"],
            kind=row["kind"],
            held_on=_date(row["date"]),
            place=row["place"],
            title_zh=row["title_zh"],
            title_en=row["title_en"],
        )
    return len(checked)


def begin(uow: UnitOfWork, term: Term, year: int, *, seed: str, each: int = 2) -> dict[str, int]:
    """Links, obligations and the roster of the year; the meetings must be set before."""
    for office in people.offices(uow, term, uow.today, [REPRESENTATIVE]):
        obligations.draw_links(uow, SYSTEM, office, year, seed=seed)
    made = obligations.generate(uow, SYSTEM, term, year, seed=seed)
    made["reception"] = receptions.set_roster(uow, SYSTEM, term, year, seed=seed, each=each)
    return made


def end_of_day(database: Database) -> None:
    """Claims that nobody answered in time; texts whose four weeks are over; past terms."""
    with database.transaction(SYSTEM_ACTOR) as uow:
        contacts.expire(uow, SYSTEM, ballot_open=ballot_open(uow), rests=rests(uow))
    with database.transaction(SYSTEM_ACTOR) as uow:
        matters.erase_due(uow, SYSTEM)
    forget(database)


def forget(database: Database) -> int:
    """What is left of settled matters of past terms, a batch a transaction. -> how many"""
    count = 0
    while True:
        with database.transaction(SYSTEM_ACTOR) as uow:
            done = retention.forget(uow, SYSTEM)
        count += done
        if not done:
            return count


def _checked(rows: Iterable[Row], columns: tuple[str, ...]) -> Iterable[Row]:
    for line, row in enumerate(rows, start=2):
        for column in columns:
            if row.get(column) is None:
                raise Invalid(
                    N_("Line %(line)s lacks the column %(column)s."),
                    field=column,
                    line=line,
                    column=column,
                )
        yield row


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise Invalid(N_("“%(text)s” is not a whole number."), text=text)
    return int(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(N_("“%(text)s” is not a date such as 2026-11-23."), text=text) from error
