"""Import of rolls: a dry run that lists every problem, then all of it or nothing.

`examine` reads a roll and plans it; `stage` keeps the bytes that were examined and `confirm`
imports exactly these; `import_now` does both at once for the command line.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import rfc8785
from sqlalchemy import select, update

from audit.database import UnitOfWork, new_id
from voting.registry import structure
from voting.registry.entries import ROLL_STAGED, ROLL_WITHDRAWN
from voting.registry.errors import Conflict, NotFound, RollRefused
from voting.registry.importing import checks, plan, reading
from voting.registry.importing.apply import apply
from voting.registry.importing.checks import Progress, Roll
from voting.registry.importing.plan import Plan
from voting.registry.models import RollImport

STAGED_FOR = timedelta(hours=12)


@dataclass
class Examination:
    """What a dry run shows: every problem, and what the rows without errors would do."""

    roll: Roll
    plan: Plan

    def summary(self) -> dict[str, Any]:
        return {
            "rows": self.roll.rows,
            "rows_with_errors": self.roll.rows_with_errors,
            "errors": self.roll.count("error"),
            "warnings": self.roll.count("warning"),
            "normalised": self.roll.count("normalised"),
            **self.plan.counts(),
            "office_holders_ended": self.plan.office_holders,
        }


def examine(
    uow: UnitOfWork, raw: bytes, as_of: date, progress: Progress | None = None
) -> Examination:
    """Read and plan a roll without changing anything."""
    table = reading.read(raw, checks.ROLL)
    units = structure.units_by_code(uow, as_of)
    if not units:
        raise RollRefused("There are no units yet: import the units first.")
    roll = checks.check(table, units.keys(), as_of, progress)
    complete = roll.rows_with_errors == 0
    return Examination(roll, plan.make(uow, roll.members, as_of, complete=complete))


def stage(
    uow: UnitOfWork, filename: str, raw: bytes, as_of: date
) -> tuple[RollImport, Examination]:
    """Examine a roll and keep its bytes until it is confirmed, withdrawn or too old."""
    _forget_expired(uow)
    examination = examine(uow, raw, as_of)
    record = _record(uow, filename, raw, examination)
    record.content = raw
    uow.session.add(record)
    uow.session.flush()
    uow.record(
        ROLL_STAGED,
        f"roll/{record.id}",
        sha256=record.sha256,
        as_of=as_of.isoformat(),
        errors=examination.roll.count("error"),
        warnings=examination.roll.count("warning"),
    )
    return record, examination


def staged(uow: UnitOfWork, import_id: str) -> tuple[RollImport, Examination]:
    """A staged roll, examined again against the registry as it is now."""
    record = uow.session.get(RollImport, import_id)
    if record is None or (record.content is None and record.imported_at is None):
        raise NotFound("There is no such upload; it may have been withdrawn.")
    if record.content is None:
        raise Conflict("This roll was imported already.")
    if record.expires_at <= uow.now:
        raise NotFound("The upload is too old. Upload the roll again.")
    return record, examine(uow, record.content, record.as_of)


def confirm(
    uow: UnitOfWork, import_id: str, *, leave_out_errors: bool, progress: Progress | None = None
) -> RollImport:
    """Import exactly what was shown: the same bytes, and the same plan."""
    uow.lock(RollImport, import_id)
    record, examination = staged(uow, import_id)
    if examination.plan.hash() != record.plan_hash:
        raise Conflict("The registry has changed since the dry run. Upload the roll again.")
    _carry_out(uow, record, examination, leave_out_errors, progress)
    return record


def import_now(
    uow: UnitOfWork,
    filename: str,
    raw: bytes,
    as_of: date,
    *,
    leave_out_errors: bool = False,
    progress: Progress | None = None,
) -> tuple[RollImport, Examination]:
    """Dry run and import in one transaction."""
    examination = examine(uow, raw, as_of, progress)
    record = carry_out(
        uow, filename, raw, examination, leave_out_errors=leave_out_errors, progress=progress
    )
    return record, examination


def carry_out(
    uow: UnitOfWork,
    filename: str,
    raw: bytes,
    examination: Examination,
    *,
    leave_out_errors: bool = False,
    progress: Progress | None = None,
) -> RollImport:
    """Import what was examined in this same transaction."""
    record = _record(uow, filename, raw, examination)
    _carry_out(uow, record, examination, leave_out_errors, progress)
    return record


def withdraw(uow: UnitOfWork, import_id: str) -> None:
    """Forget a staged roll. The log keeps that there was one."""
    record = uow.lock(RollImport, import_id)
    if record.imported_at is not None:
        raise Conflict("This roll was imported already.")
    record.content = None
    uow.session.flush()
    uow.record(ROLL_WITHDRAWN, f"roll/{record.id}", sha256=record.sha256)


def history(uow: UnitOfWork, limit: int = 20) -> list[RollImport]:
    return list(
        uow.session.scalars(select(RollImport).order_by(RollImport.staged_at.desc()).limit(limit))
    )


def _record(uow: UnitOfWork, filename: str, raw: bytes, examination: Examination) -> RollImport:
    return RollImport(
        id=new_id(),
        filename=filename[-200:],
        sha256=hashlib.sha256(raw).hexdigest(),
        as_of=examination.plan.as_of,
        staged_by=uow.actor.id or uow.actor.role,
        staged_at=uow.now,
        expires_at=uow.now + STAGED_FOR,
        plan_hash=examination.plan.hash(),
        summary=rfc8785.dumps(examination.summary()).decode(),
        salt=new_id(),
    )


def _carry_out(
    uow: UnitOfWork,
    record: RollImport,
    examination: Examination,
    leave_out_errors: bool,
    progress: Progress | None,
) -> None:
    if examination.roll.rows_with_errors and not leave_out_errors:
        raise RollRefused(
            "%(count)s rows have errors; nothing was imported. Correct them, or leave them out.",
            count=examination.roll.rows_with_errors,
        )
    if not examination.roll.members:
        raise RollRefused("The roll has no member that could be imported.")
    apply(uow, examination.plan, examination.roll.members, record, progress)


def _forget_expired(uow: UnitOfWork) -> None:
    uow.session.execute(
        update(RollImport).where(RollImport.expires_at <= uow.now).values(content=None)
    )


__all__ = [
    "Examination",
    "carry_out",
    "confirm",
    "examine",
    "history",
    "import_now",
    "stage",
    "staged",
    "withdraw",
]
