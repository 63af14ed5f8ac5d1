"""Uploads of the registrar: the dry run that lists every problem, and its confirmation."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from audit.database import UnitOfWork
from audit.errors import DomainError
from voting.registry import importing
from voting.registry.importing.problems import Problem
from web.http.dependencies import AppSettings, Read, Uow, require
from web.http.rendering import flash, refuse, render, see_other, undo
from web.identity.roles import Role
from web.pages.registrar.roll import csv_answer, date_of
from web.settings import Settings
from web.texts.i18n import N_, _, gettext

router = APIRouter(prefix="/registrar", dependencies=[require(Role.REGISTRAR)])

SHOWN = 300
Kind = Literal["roll", "units", "constituencies"]
Outcome = Literal["error", "warning", "guess", "normalised"]

KINDS: dict[str, str] = {
    "roll": N_("Members"),
    "units": N_("Units"),
    "constituencies": N_("Constituencies"),
}
OUTCOMES: dict[str, str] = {
    "error": N_("Errors"),
    "warning": N_("Warnings"),
    "guess": N_("Guessed"),
    "normalised": N_("Put right"),
}
FIELDS: dict[str, str] = {
    "member_no": N_("Member number"),
    "name": N_("Name"),
    "name_en": N_("English name"),
    "sex": N_("Sex"),
    "birth_date": N_("Birth date"),
    "joined_on": N_("Joined on"),
    "status": N_("Status"),
    "unit": N_("Unit"),
    "secondary_unit": N_("Second unit"),
    "email": N_("E-mail"),
    "phone": N_("Telephone"),
    "language": N_("Language"),
    "code": N_("Code"),
    "kind": N_("Kind"),
    "parent": N_("Unit above"),
    "seats": N_("Seats"),
    "units": N_("Units"),
}


@router.get("/imports")
def imports(request: Request, uow: Read, settings: AppSettings) -> Response:
    return render(request, "registrar/imports.html", **_imports(uow, settings))


def _imports(uow: UnitOfWork, settings: Settings) -> dict[str, Any]:
    found = [(record, json.loads(record.summary)) for record in importing.history(uow)]
    return {
        "found": found,
        "kinds": KINDS,
        "today": uow.today,
        "limit": settings.max_upload_mib,
    }


@router.post("/imports")
def upload(
    request: Request,
    uow: Uow,
    settings: AppSettings,
    file: Annotated[UploadFile, File()],
    as_of: Annotated[str, Form(max_length=10)],
    kind: Annotated[Kind, Form()] = "roll",
) -> Response:
    try:
        record, _found = importing.stage(
            uow, file.filename or "", file.file.read(), date_of(as_of), kind
        )
    except DomainError as error:
        typed = {"as_of": as_of, "kind": kind}
        undo(uow)
        return refuse(
            request, uow, "registrar/imports.html", error, typed=typed, **_imports(uow, settings)
        )
    return see_other(f"/registrar/imports/{record.id}")


@router.get("/imports/{import_id}")
def report(request: Request, uow: Read, import_id: str, show: Outcome | None = None) -> Response:
    return render(request, "registrar/report.html", **_report(uow, import_id, show))


def _report(uow: UnitOfWork, import_id: str, show: str | None = None) -> dict[str, Any]:
    record = importing.get(uow, import_id)
    problems, preview = importing.report_of(record)
    summary = {"rows_with_errors": 0, "office_holders_ended": 0, **json.loads(record.summary)}
    if show is None:
        there = {problem.outcome for problem in problems}
        show = next((outcome for outcome in OUTCOMES if outcome in there), "normalised")
    chosen = [problem for problem in problems if problem.outcome == show]
    return {
        "record": record,
        "summary": summary,
        "show": show,
        "problems": [(p, p.what(gettext), p.todo(gettext)) for p in chosen[:SHOWN]],
        "more": max(0, len(chosen) - SHOWN),
        "preview": preview,
        "counts": {o: sum(p.outcome == o for p in problems) for o in OUTCOMES},
        "kinds": KINDS,
        "outcomes": OUTCOMES,
        "fields": FIELDS | ({"name": N_("Person's name")} if record.kind == "roll" else {}),
    }


@router.get("/imports/{import_id}/problems.csv")
def problems_csv(uow: Read, import_id: str) -> Response:
    problems, _preview = importing.report_of(importing.get(uow, import_id))
    header = (
        _("Row"),
        _("Column"),
        _("Cell"),
        _("Taken as"),
        _("Found"),
        _("What it is"),
        _("What to do"),
    )
    return csv_answer("problems.csv", header, [_problem_cells(problem) for problem in problems])


def _problem_cells(problem: Problem) -> list[str]:
    return [
        str(problem.row or ""),
        problem.column or "",
        problem.value,
        (problem.normalised or "") if problem.is_taken else "",
        gettext(OUTCOMES[problem.outcome]),
        problem.what(gettext),
        problem.todo(gettext),
    ]


@router.post("/imports/{import_id}/confirm")
def confirm(
    request: Request,
    uow: Uow,
    import_id: str,
    leave_out: Annotated[bool, Form()] = False,
) -> Response:
    try:
        record = importing.confirm(uow, import_id, leave_out_errors=leave_out)
    except DomainError as error:
        undo(uow)
        return refuse(request, uow, "registrar/report.html", error, **_report(uow, import_id))
    flash(request, _("Imported: %(file)s.", file=record.filename))
    return see_other(f"/registrar/imports/{import_id}")


@router.post("/imports/{import_id}/withdraw")
def withdraw(request: Request, uow: Uow, import_id: str) -> Response:
    importing.withdraw(uow, import_id)
    flash(request, _("The upload is withdrawn and forgotten; nothing was imported."), "note")
    return see_other("/registrar/imports")
