"""Between the dry run and the confirmation: the bytes and the report wait in the database,
so that what is confirmed is exactly what was seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import select, update

from audit.database import UnitOfWork
from voting.registry.entries import RollStaged, RollWithdrawn
from voting.registry.errors import Conflict, NotFound, RollRefused
from voting.registry.importing import places, rolls
from voting.registry.importing.checks import Progress
from voting.registry.importing.places import Places
from voting.registry.importing.problems import Problem
from voting.registry.importing.rolls import Examination
from voting.registry.models import RollImport

PREVIEW = 50

_EXAMINE: dict[str, Callable[[UnitOfWork, bytes, date], Examination | Places]] = {
    "roll": rolls.examine,
    "units": places.examine_units,
    "constituencies": places.examine_constituencies,
}
_APPLY: dict[str, Callable[[UnitOfWork, Places, date], None]] = {
    "units": places.apply_units,
    "constituencies": places.apply_constituencies,
}


def stage(
    uow: UnitOfWork, filename: str, raw: bytes, as_of: date, kind: str = "roll"
) -> tuple[RollImport, Examination | Places]:
    """Examine a file and keep its bytes until it is confirmed, withdrawn or too old."""
    _forget_expired(uow)
    found = _EXAMINE[kind](uow, raw, as_of)
    summary = found.summary()
    record = rolls.record_of(uow, kind, filename, raw, as_of, found)
    record.content = raw
    problems = [vars(problem) for problem in found.problems]
    report = {"problems": problems, "preview": found.preview(PREVIEW)}
    record.report = json.dumps(report, ensure_ascii=False)
    uow.session.add(record)
    uow.session.flush()
    uow.record(
        RollStaged(
            roll=record.id,
            kind=kind,
            sha256=record.sha256,
            as_of=as_of,
            errors=summary["errors"],
            warnings=summary["warnings"],
        )
    )
    return record, found


def get(uow: UnitOfWork, import_id: str) -> RollImport:
    """The record of an upload that is waiting or was imported."""
    record = uow.session.get(RollImport, import_id)
    if record is None or (record.content is None and record.imported_at is None):
        raise NotFound("There is no such upload; it may have been withdrawn.")
    if record.imported_at is None and record.expires_at <= uow.now:
        raise NotFound("The upload is too old. Upload the file again.")
    return record


def report_of(record: RollImport) -> tuple[list[Problem], dict[str, list[list[str]]]]:
    """What the dry run found: the problems, and the first of each change."""
    if record.report is None:
        return [], {"add": [], "change": [], "end": []}
    document: dict[str, Any] = json.loads(record.report)
    return [Problem(**problem) for problem in document["problems"]], document["preview"]


def staged(uow: UnitOfWork, import_id: str) -> tuple[RollImport, Examination | Places]:
    """A staged file, examined again against the registry as it is now."""
    record = get(uow, import_id)
    if record.content is None:
        raise Conflict("This file was imported already.")
    return record, _EXAMINE[record.kind](uow, record.content, record.as_of)


def confirm(
    uow: UnitOfWork,
    import_id: str,
    *,
    leave_out_errors: bool = False,
    progress: Progress | None = None,
) -> RollImport:
    """Import exactly what was shown: the same bytes, and the same plan."""
    uow.lock(RollImport, import_id)
    record, found = staged(uow, import_id)
    if found.hash() != record.plan_hash:
        raise Conflict("The registry has changed since the dry run. Upload the file again.")
    if isinstance(found, Examination):
        rolls.carry_out(uow, record, found, leave_out_errors=leave_out_errors, progress=progress)
    elif found.has_errors:
        raise RollRefused("The file has errors; nothing was imported. Correct them first.")
    else:
        record.imported_at = uow.now
        record.content = record.report = None
        _APPLY[record.kind](uow, found, record.as_of)
    return record


def withdraw(uow: UnitOfWork, import_id: str) -> None:
    """Forget a staged file. The log keeps that there was one."""
    record = uow.lock(RollImport, import_id)
    if record.imported_at is not None:
        raise Conflict("This file was imported already.")
    record.content = record.report = None
    uow.session.flush()
    uow.record(RollWithdrawn(roll=record.id, sha256=record.sha256))


def history(uow: UnitOfWork, limit: int = 20) -> list[RollImport]:
    """What was imported, and what waits, newest first."""
    waiting = RollImport.content.is_not(None) & (RollImport.expires_at > uow.now)
    return list(
        uow.session.scalars(
            select(RollImport)
            .where(RollImport.imported_at.is_not(None) | waiting)
            .order_by(RollImport.staged_at.desc())
            .limit(limit)
        )
    )


def _forget_expired(uow: UnitOfWork) -> None:
    uow.session.execute(
        update(RollImport).where(RollImport.expires_at <= uow.now).values(content=None, report=None)
    )
