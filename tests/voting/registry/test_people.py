"""Who votes where on which day, and who holds which office."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from audit.database import Database, UnitOfWork
from audit.errors import Conflict, Invalid
from voting.registry import people, structure
from voting.registry.entries import PersonChanged
from voting.registry.models import Affiliation, Constituency, ConstituencyUnit, Person, Term, Unit

START = date(2026, 1, 1)
LATER = date(2026, 6, 1)


def _unit(uow: UnitOfWork, code: str) -> Unit:
    unit = Unit(code=code, name=f"{code}村", name_en=code, kind="village", valid_from=START)
    uow.session.add(unit)
    uow.session.flush()
    uow.record(PersonChanged(person_id="test", person="0" * 64, what="a test sets the scene"))
    return unit


def _person(uow: UnitOfWork, number: str, unit: Unit, status: str = "full") -> Person:
    person = Person(
        member_no=number, name=f"人{number}", status=status, email=f"{number}@example.org"
    )
    uow.session.add(person)
    uow.session.add(Affiliation(person=person, unit=unit, voting=True, valid_from=START))
    uow.session.flush()
    return person


def _constituency(uow: UnitOfWork, code: str, *units: Unit) -> Constituency:
    constituency = Constituency(code=code, name=code, name_en=code, seats=1)
    uow.session.add(constituency)
    uow.session.flush()
    for unit in units:
        uow.session.add(ConstituencyUnit(unit_id=unit.id, constituency_id=constituency.id))
    uow.session.flush()
    return constituency


def _term(uow: UnitOfWork) -> Term:
    return structure.create_term(
        uow, code="T1", name="第一届", name_en="First", starts_on=START, ends_on=date(2031, 1, 1)
    )


def test_one_vote_moves_with_its_date(database: Database) -> None:
    with database.transaction() as uow:
        a, b = _unit(uow, "A"), _unit(uow, "B")
        north, south = _constituency(uow, "N", a), _constituency(uow, "S", b)
        person = _person(uow, "M1", a)
        people.move(uow, person, b, LATER)
        assert people.voting_unit(uow, person, date(2026, 5, 31)) is a
        assert people.voting_unit(uow, person, LATER) is b
        assert people.constituency_of(uow, person, START) is north
        assert people.electorate(uow, north, LATER) == []
        assert people.electorate(uow, south, LATER) == [person]
        assert people.electorate_sizes(uow, START) == {north.id: 1}


def test_the_database_refuses_a_second_open_vote(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as uow:
        person = _person(uow, "M1", _unit(uow, "A"))
        uow.session.add(
            Affiliation(person=person, unit=_unit(uow, "B"), voting=True, valid_from=LATER)
        )


def test_a_move_cannot_overlap_a_later_vote(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        a, b = _unit(uow, "A"), _unit(uow, "B")
        person = _person(uow, "M1", a)
        people.move(uow, person, b, LATER)
        with pytest.raises(Conflict):
            people.move(uow, person, a, date(2026, 3, 1))


def test_second_affiliation_gives_no_vote(database: Database) -> None:
    with database.transaction() as uow:
        a, b = _unit(uow, "A"), _unit(uow, "B")
        south = _constituency(uow, "S", b)
        person = _person(uow, "M1", a)
        uow.session.add(Affiliation(person=person, unit=b, voting=False, valid_from=START))
        uow.session.flush()
        assert people.electorate(uow, south, LATER) == []
        assert people.unassigned(uow, LATER) == [person]


def test_only_full_members_vote_and_can_be_left_over(database: Database) -> None:
    with database.transaction() as uow:
        a, b = _unit(uow, "A"), _unit(uow, "B")
        north = _constituency(uow, "N", a)
        full = _person(uow, "M1", a)
        _person(uow, "M2", a, status="suspended")
        _person(uow, "M3", b, status="probationary")
        stray = _person(uow, "M4", b)
        assert people.electorate(uow, north, LATER) == [full]
        assert people.unassigned(uow, LATER) == [stray]


def test_find_by_number_or_by_an_address_of_one(database: Database) -> None:
    with database.transaction() as uow:
        unit = _unit(uow, "A")
        one, two = _person(uow, "M1", unit), _person(uow, "M2", unit)
        assert people.find_by_member_no_or_email(uow, " m1 ") is one
        assert people.find_by_member_no_or_email(uow, "M2@EXAMPLE.org") is two
        two.email = one.email
        uow.session.flush()
        assert people.find_by_member_no_or_email(uow, one.email) is None
        assert people.search(uow, "人M") == [one, two]
        assert people.search(uow, "%") == []


def test_offices_follow_their_dates_and_are_logged(database: Database) -> None:
    with database.transaction() as uow:
        unit, term = _unit(uow, "A"), _term(uow)
        north = _constituency(uow, "N", unit)
        person = _person(uow, "M1", unit)
        office = people.grant_office(
            uow, person, term, "representative", starts_on=START, constituency=north
        )
        people.grant_office(uow, person, term, "secretary", starts_on=START)
        people.grant_office(uow, person, term, "standing_member", starts_on=START)
        with pytest.raises(Conflict):
            people.grant_office(uow, person, term, "representative", starts_on=LATER)
        with pytest.raises(Invalid):
            people.grant_office(uow, person, term, "member", starts_on=date(2032, 1, 1))
        people.end_office(uow, office, LATER, "resigned")
        assert people.representatives(uow, term, START) == [person]
        assert people.representatives(uow, term, LATER) == []
        assert people.committee_members(uow, term, LATER) == [person]
        logged = [e.TYPE for e in uow.entries if not isinstance(e, PersonChanged)]
        assert logged == ["term.created", *["office.granted"] * 3, "office.ended"]
        assert all(person.member_no not in str(entry) for entry in uow.entries)


def test_erasing_needs_the_end_and_leaves_nothing(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        person = _person(uow, "M1", _unit(uow, "A"))
        before = people.commitment(person)
        with pytest.raises(Conflict):
            people.erase(uow, person)
        person.affiliations[0].valid_to = LATER
        people.erase(uow, person)
        assert people.commitment(person) == before  # what a record named stays what it names
        assert (person.name, person.email, person.salt) == ("", "", "")
        assert "M1" not in person.member_no
