"""Carry out a plan in the transaction that it is logged in: all of it or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import delete, exists, insert, or_, select, update

from audit.database import UnitOfWork, new_id
from voting.registry import structure
from voting.registry.entries import RollImported
from voting.registry.importing.checks import Member, Progress
from voting.registry.importing.plan import FIELDS, Change, Plan
from voting.registry.models import Affiliation, Person, RollImport

BATCH = 2_000
_IDS_IN_A_QUERY = 500
T = TypeVar("T")


def apply(
    uow: UnitOfWork,
    plan: Plan,
    members: list[Member],
    record: RollImport,
    progress: Progress | None,
) -> None:
    unit_ids = {code: unit.id for code, unit in structure.units_by_code(uow, plan.as_of).items()}
    steps: list[tuple[str, Sequence[Any], Callable[..., None]]] = [
        ("add", plan.add, _add),
        ("change", plan.change, _change),
        ("end", plan.end, _end),
    ]
    for name, items, carry_out in steps:
        done = 0
        for batch in _batches(items):
            carry_out(uow, batch, unit_ids, plan.as_of)
            done += len(batch)
            if progress:
                progress(name, done, len(items))
    record.imported_at = uow.now
    record.content = record.report = None
    uow.session.add(record)
    uow.session.flush()
    uow.session.expire_all()
    uow.record(
        RollImported(
            roll=record.id,
            as_of=plan.as_of,
            added=len(plan.add),
            changed=len(plan.change),
            ended=len(plan.end),
            members=len(members),
            commitment=roll_commitment(record.salt, members),
        )
    )


def roll_commitment(salt: str, members: list[Member]) -> str:
    """Stands for the roll in the log: whoever is shown the salt and the roll can check it."""
    digest = hashlib.sha256(f"mandate/roll\n{salt}\n".encode())
    for member in sorted(members, key=lambda m: m.member_no):
        values = [member.member_no, *(getattr(member, f) for f in FIELDS)]
        line = [*values, member.unit, member.secondary_unit]
        digest.update(json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")
    return digest.hexdigest()


def _batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _person_values(member: Member) -> dict[str, Any]:
    return {name: getattr(member, name) for name in FIELDS}


def _affiliation(person_id: str, unit_id: str, voting: bool, on: date) -> dict[str, Any]:
    return {
        "id": new_id(),
        "person_id": person_id,
        "unit_id": unit_id,
        "voting": voting,
        "valid_from": on,
        "valid_to": None,
    }


def _add(uow: UnitOfWork, members: Sequence[Member], unit_ids: dict[str, str], on: date) -> None:
    """The first roll stands for the time before it: affiliations begin with the joining."""
    earlier = exists().where(RollImport.kind == "roll", RollImport.imported_at.is_not(None))
    first = not uow.session.scalar(select(earlier))
    people, affiliations = [], []
    for member in members:
        person_id = new_id()
        values = {"id": person_id, "member_no": member.member_no, "salt": new_id()}
        people.append(values | _person_values(member))
        since = member.joined_on if first and member.joined_on else on
        affiliations.append(_affiliation(person_id, unit_ids[member.unit], True, since))
        if member.secondary_unit:
            second = unit_ids[member.secondary_unit]
            affiliations.append(_affiliation(person_id, second, False, since))
    uow.session.execute(insert(Person), people)
    uow.session.execute(insert(Affiliation), affiliations)


def _change(uow: UnitOfWork, changes: Sequence[Change], unit_ids: dict[str, str], on: date) -> None:
    moved = [c for c in changes if "unit" in c.fields]
    second = [c for c in changes if "secondary_unit" in c.fields]
    uow.session.execute(
        update(Person), [{"id": c.person_id} | _person_values(c.member) for c in changes]
    )
    _close(uow, [c.person_id for c in moved], True, on)
    _close(uow, [c.person_id for c in second], False, on)
    rows = [_affiliation(c.person_id, unit_ids[c.member.unit], True, on) for c in moved]
    rows += [
        _affiliation(c.person_id, unit_ids[c.member.secondary_unit], False, on)
        for c in second
        if c.member.secondary_unit
    ]
    if rows:
        uow.session.execute(insert(Affiliation), rows)


def _end(
    uow: UnitOfWork, ended: Sequence[tuple[str, str]], unit_ids: dict[str, str], on: date
) -> None:
    ids = [person_id for person_id, _ in ended]
    _close(uow, ids, True, on)
    _close(uow, ids, False, on)


def _close(uow: UnitOfWork, person_ids: list[str], voting: bool, on: date) -> None:
    """End what is open on the date; what began that day or later never held and goes."""
    still = or_(Affiliation.valid_to.is_(None), Affiliation.valid_to > on)
    for ids in _batches(person_ids, _IDS_IN_A_QUERY):
        chosen = (Affiliation.person_id.in_(ids), Affiliation.voting.is_(voting))
        uow.session.execute(delete(Affiliation).where(*chosen, Affiliation.valid_from >= on))
        uow.session.execute(update(Affiliation).where(*chosen, still).values(valid_to=on))
