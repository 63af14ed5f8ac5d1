"""What a roll would add, change and end. A plan is made from the database and the roll, shown,
and made again when it is applied: only the same plan is applied."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from audit.database import UnitOfWork
from voting.registry.errors import RollRefused
from voting.registry.importing.checks import Member
from voting.registry.models import Affiliation, Office, Person, RollImport, Unit

FIELDS = (
    "name",
    "sex",
    "birth_date",
    "joined_on",
    "status",
    "email",
    "phone",
    "language",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A person as the database has them, with the units where their affiliations are open."""

    id: str
    values: tuple[Any, ...]
    unit: str | None
    secondary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    person_id: str
    member: Member
    fields: tuple[str, ...]


@dataclass
class Plan:
    """`end` is (person id, member number); `office_holders` counts those of them with an office."""

    as_of: date
    add: list[Member] = field(default_factory=list)
    change: list[Change] = field(default_factory=list)
    end: list[tuple[str, str]] = field(default_factory=list)
    unchanged: int = 0
    office_holders: int = 0

    def counts(self) -> dict[str, int]:
        return {
            "add": len(self.add),
            "change": len(self.change),
            "end": len(self.end),
            "unchanged": self.unchanged,
        }

    def preview(self, most: int) -> dict[str, list[list[str]]]:
        """The first of each change: number, name, and the fields that change."""
        return {
            "add": [[m.member_no, m.name] for m in self.add[:most]],
            "change": [[c.member.member_no, c.member.name, *c.fields] for c in self.change[:most]],
            "end": [[number, ""] for _, number in self.end[:most]],
        }

    def hash(self) -> str:
        """The same for the same changes to the same people, and for nothing else."""
        digest = hashlib.sha256(self.as_of.isoformat().encode())
        for member in self.add:
            digest.update(_line("add", *_values(member), member.unit, member.secondary_unit))
        for change in self.change:
            member = change.member
            digest.update(
                _line("change", change.person_id, *change.fields, *_values(member), member.unit,
                      member.secondary_unit)
            )  # fmt: skip
        for person_id, _ in self.end:
            digest.update(_line("end", person_id))
        return digest.hexdigest()


def _line(*parts: object) -> bytes:
    return json.dumps([str(part) for part in parts], ensure_ascii=False).encode() + b"\n"


def _values(member: Member) -> tuple[Any, ...]:
    return (member.member_no, *(getattr(member, name) for name in FIELDS))


def make(uow: UnitOfWork, members: list[Member], as_of: date, *, complete: bool = True) -> Plan:
    """Compare a roll with the people who are there. A roll that leaves rows out ends nobody."""
    _check_date(uow, as_of)
    standing = _standing(uow, as_of)
    plan = Plan(as_of)
    for member in members:
        there = standing.pop(member.member_no, None)
        if there is None:
            plan.add.append(member)
        elif changed := _changed(member, there):
            plan.change.append(Change(there.id, member, changed))
        else:
            plan.unchanged += 1
    if complete:
        gone = {number: s for number, s in standing.items() if s.unit or s.secondary}
        plan.end = sorted((s.id, number) for number, s in gone.items())
        plan.office_holders = _office_holders(uow, [s.id for s in gone.values()], as_of)
    return plan


def _check_date(uow: UnitOfWork, as_of: date) -> None:
    latest = uow.session.scalar(
        select(func.max(RollImport.as_of)).where(
            RollImport.kind == "roll", RollImport.imported_at.is_not(None)
        )
    )
    if latest is not None and latest > as_of:
        raise RollRefused(
            "A roll as of %(latest)s was imported already: an older one cannot follow.",
            field="as_of",
            latest=latest.isoformat(),
        )


def _changed(member: Member, there: Standing) -> tuple[str, ...]:
    fields = [
        name for name, old in zip(FIELDS, there.values, strict=True) if getattr(member, name) != old
    ]
    if member.unit != there.unit:
        fields.append("unit")
    if there.secondary != ((member.secondary_unit,) if member.secondary_unit else ()):
        fields.append("secondary_unit")
    return tuple(fields)


def _standing(uow: UnitOfWork, as_of: date) -> dict[str, Standing]:
    """Everyone by member number, with the affiliations that would still be open on the date."""
    voting: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    rows = uow.session.execute(
        select(Affiliation.person_id, Affiliation.voting, Unit.code)
        .join(Unit, Unit.id == Affiliation.unit_id)
        .where(or_(Affiliation.valid_to.is_(None), Affiliation.valid_to > as_of))
        .order_by(Unit.code)
    )
    for person_id, is_vote, code in rows:
        if is_vote:
            voting[person_id] = code
        else:
            others.setdefault(person_id, []).append(code)
    columns = [getattr(Person, name) for name in FIELDS]
    people = uow.session.execute(select(Person.id, Person.member_no, *columns))
    return {
        number: Standing(id_, tuple(values), voting.get(id_), tuple(others.get(id_, ())))
        for id_, number, *values in people
    }


def _office_holders(uow: UnitOfWork, person_ids: list[str], as_of: date) -> int:
    holders = set(
        uow.session.scalars(
            select(Office.person_id).where(Office.starts_on <= as_of, Office.ends_on > as_of)
        )
    )
    return len(holders.intersection(person_ids))
