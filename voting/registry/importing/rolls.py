"""A roll from its bytes to the registry, in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import rfc8785

from audit.database import UnitOfWork, new_id
from voting.registry import structure
from voting.registry.errors import RollRefused
from voting.registry.importing import checks, plan, reading
from voting.registry.importing.apply import apply
from voting.registry.importing.checks import Progress, Roll
from voting.registry.importing.places import Places
from voting.registry.importing.plan import Plan
from voting.registry.importing.problems import Problem
from voting.registry.models import RollImport

KEPT_FOR = timedelta(hours=12)


@dataclass
class Examination:
    """What a dry run shows: every problem, and what the rows without errors would do."""

    roll: Roll
    plan: Plan

    @property
    def problems(self) -> list[Problem]:
        return self.roll.problems

    def summary(self) -> dict[str, Any]:
        return {
            "rows": self.roll.rows,
            "rows_with_errors": self.roll.rows_with_errors,
            "errors": self.roll.count("error"),
            "warnings": self.roll.count("warning"),
            "guesses": self.roll.count("guess"),
            "normalised": self.roll.count("normalised"),
            **self.plan.counts(),
            "office_holders_ended": self.plan.office_holders,
        }

    def preview(self, most: int) -> dict[str, list[list[str]]]:
        return self.plan.preview(most)

    def hash(self) -> str:
        return self.plan.hash()


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
    record = record_of(uow, "roll", filename, raw, as_of, examination)
    carry_out(uow, record, examination, leave_out_errors=leave_out_errors, progress=progress)
    return record, examination


def carry_out(
    uow: UnitOfWork,
    record: RollImport,
    examination: Examination,
    *,
    leave_out_errors: bool = False,
    progress: Progress | None = None,
) -> None:
    """Import what was examined in this same transaction."""
    if examination.roll.rows_with_errors and not leave_out_errors:
        raise RollRefused(
            "%(count)s rows have errors; nothing was imported. Correct them, or leave them out.",
            count=examination.roll.rows_with_errors,
        )
    if not examination.roll.members:
        raise RollRefused("The roll has no member that could be imported.")
    apply(uow, examination.plan, examination.roll.members, record, progress)


def record_of(
    uow: UnitOfWork,
    kind: str,
    filename: str,
    raw: bytes,
    as_of: date,
    found: Examination | Places,
) -> RollImport:
    """The record of an import, not yet in the session."""
    return RollImport(
        id=new_id(),
        kind=kind,
        filename=filename[-200:],
        sha256=hashlib.sha256(raw).hexdigest(),
        as_of=as_of,
        staged_by=uow.actor.id or uow.actor.role,
        staged_at=uow.now,
        expires_at=uow.now + KEPT_FOR,
        plan_hash=found.hash(),
        summary=rfc8785.dumps(found.summary()).decode(),
        salt=new_id(),
    )
