"""A little organisation in the middle of a term, with a clock that the test sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from accountability import obligations, routing
from accountability.access import SYSTEM, Role, Viewer
from audit.database import Database, UnitOfWork
from voting.registry import people
from voting.registry.models import (
    Affiliation,
    Constituency,
    ConstituencyUnit,
    Office,
    Person,
    Term,
    Unit,
)
from web.identity.entries import AccountsCreated

SEED = "the numbers of the lottery of 5 January 2026"
CLERK = Viewer(Role.CLERK, "account-clerk")
COMMISSION = Viewer(Role.COMMISSION, "account-commission")
AUDITOR = Viewer(Role.AUDITOR, "account-auditor")


def at(text: str) -> datetime:
    """`2026-03-05 10:00` by the clocks of the mainland."""
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC)


@dataclass
class World:
    database: Database
    term: Term
    unit: Unit
    members: list[Person]
    offices: list[Office]  # two representatives, one committee member
    seats: list[Viewer] = field(default_factory=list)

    def set_clock(self, text: str) -> None:
        moment = at(text)
        self.database.clock = lambda: moment

    def constituent(self, person: Person | str) -> Viewer:
        person_id = person if isinstance(person, str) else person.id
        return Viewer(Role.CONSTITUENT, f"account-{person_id[:8]}", person_id)


def build(database: Database) -> World:
    moment = at("2026-01-05 09:00")
    database.clock = lambda: moment
    with database.transaction() as uow:
        return _build(database, uow)


def _build(database: Database, uow: UnitOfWork) -> World:
    term = Term(
        code="T1",
        name="本届",
        name_en="This term",
        starts_on=date(2026, 1, 1),
        ends_on=date(2031, 1, 1),
    )
    unit = Unit(
        code="V1", name="村", name_en="Village", kind="village", valid_from=date(2020, 1, 1)
    )
    constituency = Constituency(code="K1", name="选区", name_en="Constituency", seats=2)
    uow.session.add_all([term, unit, constituency])
    uow.session.flush()
    uow.session.add(ConstituencyUnit(unit_id=unit.id, constituency_id=constituency.id))
    members = [
        Person(member_no=f"M{n:03}", name=f"Member {n}", status="full", email=f"m{n}@example.org")
        for n in range(16)
    ]
    for person in members:
        person.affiliations.append(Affiliation(unit=unit, voting=True, valid_from=date(2020, 1, 1)))
    uow.session.add_all(members)
    uow.session.flush()
    kinds = ("representative", "representative", "secretary")
    offices = [
        people.grant_office(
            uow,
            person,
            term,
            kind,
            starts_on=term.starts_on,
            constituency=constituency if kind == "representative" else None,
        )
        for person, kind in zip(members, kinds, strict=False)
    ]
    world = World(database, term, unit, members, offices)
    world.seats = [
        Viewer(Role.REPRESENTATIVE, f"account-r{n}", office.person_id, frozenset({office.id}))
        for n, office in enumerate(offices)
    ]
    return world


def note(uow: UnitOfWork) -> None:
    """An entry for what a test changes behind the services' backs."""
    uow.record(AccountsCreated(count=1))


def with_duties(world: World) -> None:
    """Links, meetings and obligations of 2026."""
    with world.database.transaction() as uow:
        for code, kind, held_on in (
            ("G1", "plenary", date(2026, 1, 8)),
            ("G2", "inspection", date(2026, 2, 26)),
            ("G3", "plenary", date(2026, 4, 15)),
        ):
            obligations.set_meeting(
                uow,
                SYSTEM,
                world.term,
                code=code,
                kind=kind,
                held_on=held_on,
                place="Hall",
                title_zh="会议",
                title_en="Meeting",
            )
        for office in world.offices[:2]:
            obligations.draw_links(uow, SYSTEM, office, 2026, seed=SEED)
        obligations.generate(uow, SYSTEM, world.term, 2026, seed=SEED)


def with_bodies(world: World, **categories: str) -> World:
    """Responsible bodies by code, each for its categories."""
    with world.database.transaction() as uow:
        for code, said in categories.items():
            routing.set_body(
                uow, SYSTEM, code=code, name=code, name_en=code, categories=said, sla_working_days=5
            )
    return world
