"""The small organisation after a living year, on SQLite."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from audit.database import Actor, Base, Database, UnitOfWork
from tests.accountability.world import at
from voting.registry import people, structure
from voting.registry.models import Constituency, Person, Term
from web.demo import organisation
from web.demo import year as demo_year

TODAY = date(2026, 11, 23)
SINCE = date(2024, 6, 1)
ZONE = ZoneInfo("Asia/Shanghai")


def populate(folder: Path) -> tuple[Database, Term]:
    """Members, a term, representatives and a committee: everything but the year itself."""
    database = Database(f"sqlite:///{folder / 'mandate.sqlite'}", zone=ZONE)
    Base.metadata.create_all(database.engine)
    moment = at("2024-06-03 09:00")
    database.clock = lambda: moment
    organisation.load(database, SINCE)
    with database.transaction(Actor("commission")) as uow:
        term = structure.create_term(
            uow,
            code="T",
            name="本届",
            name_en="This term",
            starts_on=SINCE,
            ends_on=date(2029, 6, 1),
        )
        _seat(uow, term)
    now = at("2026-11-23 10:00")
    database.clock = lambda: now
    return database, term


def _seat(uow: UnitOfWork, term: Term) -> None:
    places = {c.code: c for c in uow.session.scalars(select(Constituency))}
    free = {code: place.seats for code, place in places.items()}
    for row in sorted(organisation.rows("candidates.csv"), key=lambda r: int(r["position"])):
        if free[row["constituency"]]:
            free[row["constituency"]] -= 1
            people.grant_office(
                uow,
                _person(uow, row["member_no"]),
                term,
                "representative",
                starts_on=SINCE,
                constituency=places[row["constituency"]],
            )
    for row in organisation.rows("committee.csv"):
        if row["status"] == "incumbent":
            person = _person(uow, row["member_no"])
            people.grant_office(uow, person, term, row["office"], starts_on=date(2024, 7, 1))


def _person(uow: UnitOfWork, number: str) -> Person:
    person = people.find_by_member_no_or_email(uow, number)
    assert person is not None
    return person


def live(database: Database, term: Term) -> dict[str, str]:
    """The year and the dossiers: person id -> hash."""
    with database.read() as uow:
        mine = uow.session.get_one(Term, term.id)
        representatives = people.representatives(uow, mine, TODAY)
        members = people.committee_members(uow, mine, TODAY)
    demo_year.live_year(database, term, representatives, TODAY)
    contests = {person.id: f"{n:032x}" for n, person in enumerate(members)}
    return demo_year.freeze_dossiers(database, term, "confidence", contests)
