"""People and what follows from them on a date: their vote, their constituency, their offices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from audit.database import UnitOfWork
from voting import roll_tree
from voting.registry.entries import OfficeEnded, OfficeGranted, PersonChanged, PersonErased
from voting.registry.errors import Conflict, Invalid, NotFound
from voting.registry.models import (
    COMMITTEE_KINDS,
    END_REASONS,
    OFFICE_KINDS,
    REPRESENTATIVE,
    VOTING_STATUS,
    Affiliation,
    Constituency,
    ConstituencyUnit,
    Office,
    Person,
    Term,
    Unit,
)
from voting.typed_text import plain, sign_in_name

_IDS_IN_A_QUERY = 500


def commitment(person: Person) -> str:
    """What stands for the person in the log; it can be shown to be theirs while the salt exists."""
    if person.kept_commitment is not None and not person.salt:
        return person.kept_commitment
    return roll_tree.commitment(person.salt, person.member_no)


def get_person(uow: UnitOfWork, person_id: str) -> Person:
    person = uow.session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such member.")
    return person


def find_by_member_no_or_email(uow: UnitOfWork, text: str) -> Person | None:
    """The one member with this number or address; an address that two share finds nobody."""
    name = sign_in_name(text)
    person = uow.session.scalar(select(Person).where(Person.member_no == name.upper()))
    if person is not None or "@" not in name:
        return person
    found = uow.session.scalars(
        select(Person).where(func.lower(Person.email) == name).limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def search(uow: UnitOfWork, text: str, limit: int = 50) -> list[Person]:
    """Members whose number or name begins with the text, by number."""
    start = plain(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if not start:
        return []
    where = or_(
        Person.member_no.like(f"{start.upper()}%", escape="\\"),
        Person.name.like(f"{start}%", escape="\\"),
    )
    return list(
        uow.session.scalars(select(Person).where(where).order_by(Person.member_no).limit(limit))
    )


def holds_on(on: date) -> ColumnElement[bool]:
    """The condition that an affiliation holds on a date."""
    return and_(
        Affiliation.valid_from <= on, or_(Affiliation.valid_to.is_(None), Affiliation.valid_to > on)
    )


def votes_on(on: date) -> ColumnElement[bool]:
    return and_(Affiliation.voting, holds_on(on))


def voting_unit(uow: UnitOfWork, person: Person, on: date) -> Unit | None:
    return uow.session.scalar(
        select(Unit)
        .join(Affiliation, Affiliation.unit_id == Unit.id)
        .where(Affiliation.person_id == person.id, votes_on(on))
    )


def constituency_of(uow: UnitOfWork, person: Person, on: date) -> Constituency | None:
    """Where the voting unit elects; the status of the person is not asked here."""
    return uow.session.scalar(
        select(Constituency)
        .join(ConstituencyUnit, ConstituencyUnit.constituency_id == Constituency.id)
        .join(Affiliation, Affiliation.unit_id == ConstituencyUnit.unit_id)
        .where(Affiliation.person_id == person.id, votes_on(on))
    )


def constituencies_of(uow: UnitOfWork, person_ids: Sequence[str], on: date) -> dict[str, str]:
    """Person id -> id of the constituency where each of these people elects."""
    found: dict[str, str] = {}
    for start in range(0, len(person_ids), _IDS_IN_A_QUERY):
        ids = person_ids[start : start + _IDS_IN_A_QUERY]
        rows = uow.session.execute(
            select(Affiliation.person_id, ConstituencyUnit.constituency_id)
            .join(ConstituencyUnit, ConstituencyUnit.unit_id == Affiliation.unit_id)
            .where(Affiliation.person_id.in_(ids), votes_on(on))
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def _members(on: date) -> Select[Person]:
    """People with the franchise on a date, by number; joined once, so each comes once."""
    return (
        select(Person)
        .join(Affiliation, Affiliation.person_id == Person.id)
        .where(Person.status == VOTING_STATUS, votes_on(on))
        .order_by(Person.member_no)
    )


def electorate(uow: UnitOfWork, constituency: Constituency, on: date) -> list[Person]:
    """Full members whose voting unit is of the constituency on that date."""
    return list(
        uow.session.scalars(
            _members(on)
            .join(ConstituencyUnit, ConstituencyUnit.unit_id == Affiliation.unit_id)
            .where(ConstituencyUnit.constituency_id == constituency.id)
        )
    )


def electorate_sizes(uow: UnitOfWork, on: date) -> dict[str, int]:
    """Constituency id -> number of members with the franchise on that date."""
    rows = uow.session.execute(
        select(ConstituencyUnit.constituency_id, func.count())
        .join(Affiliation, Affiliation.unit_id == ConstituencyUnit.unit_id)
        .join(Person, Person.id == Affiliation.person_id)
        .where(Person.status == VOTING_STATUS, votes_on(on))
        .group_by(ConstituencyUnit.constituency_id)
    )
    return {row[0]: row[1] for row in rows}


def all_electors(uow: UnitOfWork, on: date) -> list[Person]:
    """Everyone with the franchise on that date, whatever the constituency."""
    return list(uow.session.scalars(_members(on)))


def unassigned(uow: UnitOfWork, on: date) -> list[Person]:
    """Full members who would vote nowhere: no voting unit, or one in no constituency.

    Nobody may be left over when a roll is frozen: the catch-all unit takes them in.
    """
    placed = (
        select(Affiliation.person_id)
        .join(ConstituencyUnit, ConstituencyUnit.unit_id == Affiliation.unit_id)
        .where(votes_on(on))
    )
    present = select(Affiliation.person_id).where(holds_on(on))
    return list(
        uow.session.scalars(
            select(Person)
            .where(Person.status == VOTING_STATUS, Person.id.in_(present), Person.id.not_in(placed))
            .order_by(Person.member_no)
        )
    )


def move(uow: UnitOfWork, person: Person, unit: Unit, on: date) -> Affiliation:
    """From `on` the person votes in `unit`; the affiliation that voted until then ends that day."""
    uow.lock(Person, person.id)
    periods = uow.session.scalars(
        select(Affiliation).where(Affiliation.person_id == person.id, Affiliation.voting)
    ).all()
    if any(p.valid_from >= on or (p.valid_to is not None and p.valid_to > on) for p in periods):
        raise Conflict(
            "The member has a voting affiliation on or after %(date)s.", date=on.isoformat()
        )
    uow.session.execute(
        update(Affiliation)
        .where(
            Affiliation.person_id == person.id, Affiliation.voting, Affiliation.valid_to.is_(None)
        )
        .values(valid_to=on)
    )
    affiliation = Affiliation(person=person, unit=unit, voting=True, valid_from=on)
    uow.session.add(affiliation)
    uow.session.flush()
    uow.record(PersonChanged(person_id=person.id, person=commitment(person), what="voting_unit"))
    return affiliation


def erase(uow: UnitOfWork, person: Person) -> None:
    """Forget a former member: after this no record and no log entry leads to them."""
    uow.lock(Person, person.id)
    if any(a.valid_to is None or a.valid_to > uow.today for a in person.affiliations):
        raise Conflict("A member who still belongs to a unit cannot be erased.")
    held = select(Office.id).where(Office.person_id == person.id, Office.ends_on > uow.today)
    if uow.session.scalar(held.limit(1)):
        raise Conflict("A member who holds an office cannot be erased.")
    uow.record(PersonErased(person_id=person.id, person=commitment(person)))
    person.kept_commitment = commitment(person)
    person.name = person.sex = person.email = person.phone = person.salt = ""
    person.member_no = f"erased-{person.id}"
    person.birth_date = person.joined_on = None
    uow.session.flush()


def offices(
    uow: UnitOfWork, term: Term, on: date, kinds: Iterable[str] = OFFICE_KINDS
) -> list[Office]:
    """Offices of the term held on that date, by kind in protocol order, then by member number."""
    kinds = list(kinds)
    rows = uow.session.scalars(
        select(Office)
        .join(Person, Person.id == Office.person_id)
        .where(
            Office.term_id == term.id,
            Office.kind.in_(kinds),
            Office.starts_on <= on,
            Office.ends_on > on,
        )
        .order_by(Person.member_no)
    )
    return sorted(rows, key=lambda office: OFFICE_KINDS.index(office.kind))


def representatives(uow: UnitOfWork, term: Term, on: date) -> list[Person]:
    return [office.person for office in offices(uow, term, on, [REPRESENTATIVE])]


def committee_members(uow: UnitOfWork, term: Term, on: date) -> list[Person]:
    """Each once, though one person may hold two offices of the committee."""
    return list(dict.fromkeys(office.person for office in offices(uow, term, on, COMMITTEE_KINDS)))


def grant_office(
    uow: UnitOfWork,
    person: Person,
    term: Term,
    kind: str,
    *,
    starts_on: date,
    ends_on: date | None = None,
    constituency: Constituency | None = None,
    election_id: str | None = None,
) -> Office:
    """Give an office from a date to the end of the term, or to an earlier date."""
    if kind not in OFFICE_KINDS:
        raise Invalid("There is no office %(kind)s.", field="kind", kind=kind)
    ends_on = ends_on or term.ends_on
    if not term.starts_on <= starts_on < ends_on <= term.ends_on:
        raise Invalid("An office must lie within its term.", field="starts_on")
    uow.lock(Person, person.id)
    overlapping = uow.session.scalar(
        select(func.count()).where(
            Office.person_id == person.id,
            Office.kind == kind,
            Office.starts_on < ends_on,
            Office.ends_on > starts_on,
        )
    )
    if overlapping:
        raise Conflict("The member holds this office already.")
    office = Office(
        person=person,
        term=term,
        kind=kind,
        constituency=constituency,
        election_id=election_id,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    uow.session.add(office)
    uow.session.flush()
    uow.record(
        OfficeGranted(
            office=office.id,
            holder=commitment(person),
            kind=kind,
            term=term.code,
            constituency=constituency.code if constituency else None,
            election=election_id,
            starts_on=starts_on,
            ends_on=ends_on,
        )
    )
    return office


def end_office(uow: UnitOfWork, office: Office, on: date, reason: str) -> None:
    """End an office before its term: access ends with it. The first day without it is `on`."""
    if reason not in END_REASONS:
        raise Invalid("There is no reason %(reason)s.", field="reason", reason=reason)
    uow.lock(Office, office.id)
    if not office.starts_on <= on < office.ends_on:
        raise Conflict("The office is not held on %(date)s.", date=on.isoformat())
    office.ends_on = on
    uow.session.flush()
    uow.record(
        OfficeEnded(
            office=office.id,
            holder=commitment(office.person),
            kind=office.kind,
            term=office.term.code,
            ends_on=on,
            reason=reason,
        )
    )
