"""The auditors' room: both logs in words, their heads, the witnesses, and a copy of it all."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response, StreamingResponse

from audit.database import Database
from audit.entries import PUBLIC as PUBLIC_LOG
from audit.entries import SECURITY as SECURITY_LOG
from audit.entries import TYPES, LogName, decode, parse_time
from audit.errors import Invalid
from audit.queue import read_rows
from audit.service import LogService, head_of
from web.http.dependencies import AppDatabase, CurrentAccount, Uow, require
from web.http.rendering import flash, render, see_other
from web.identity.entries import AuditNote, LogExported
from web.identity.roles import Role
from web.texts.i18n import N_, _

router = APIRouter(prefix="/auditors", dependencies=[require(Role.AUDITOR)])

PAGE = 50


@dataclass(frozen=True)
class Line:
    """An entry as a person reads it."""

    index: int
    type: str
    text: str
    time: datetime
    who: str
    subject: str
    data: dict[str, Any]


@router.get("")
def index(
    request: Request,
    database: AppDatabase,
    log: LogName = PUBLIC_LOG,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    service: LogService = request.app.state.log
    heads = [head_of(service, name) for name in (PUBLIC_LOG, SECURITY_LOG)]
    chosen = next(head for head in heads if head.log == log)
    end = min(before or chosen.size, chosen.size)
    start = max(0, end - PAGE)
    return render(
        request,
        "auditors/index.html",
        heads=heads,
        log=log,
        lines=list(reversed(list(_lines(database, log, start, end)))),
        older=start or None,
        newer=min(end + PAGE, chosen.size) if end < chosen.size else None,
        witnesses=_witnesses(service),
        failure=service.failure,
    )


def _lines(database: Database, log: LogName, start: int, end: int) -> Iterator[Line]:
    for number, raw in enumerate(read_rows(database, log, start, end), start):
        entry = decode(raw)
        known = TYPES.get(entry["type"])
        yield Line(
            index=number,
            type=entry["type"],
            text=_(known.TEXT) if known else _("An entry of another version of the program."),
            time=parse_time(entry["time"]),
            who=entry["actor_role"],
            subject=entry["subject"],
            data=entry["data"],
        )


def _witnesses(service: LogService) -> list[tuple[str, str]]:
    """Each witness of the policy and what is wrong with it, if anything."""
    problems = service.cosigner.problems()
    return [(name, problems.get(name, "")) for name in sorted(service.policy.witnesses)]


@router.post("/notes")
def note(
    request: Request, uow: Uow, account: CurrentAccount, text: Annotated[str, Form(max_length=500)]
) -> Response:
    """The one thing an auditor writes: a note, in the log that nobody can change."""
    if not text.strip():
        raise Invalid(N_("The note is empty."), field="text")
    uow.record(AuditNote(text=text.strip()))
    flash(request, _("The note is in the log."))
    return see_other("/auditors?log=security")


@router.post("/export")
def export(request: Request, uow: Uow, log: Annotated[LogName, Form()]) -> Response:
    """The whole log as a file, for verification elsewhere. That it was taken is itself logged."""
    service: LogService = request.app.state.log
    uow.record(LogExported(log=log))
    file = _zip(service.folder / log, log)
    return StreamingResponse(
        _chunks(file),
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{log}-log.zip"'},
    )


def _zip(folder: Path, name: str) -> IO[bytes]:
    """Checkpoint first: tiles that come later only extend what it speaks of."""
    file = tempfile.SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115 - closed by _chunks
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        paths = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
        for path in sorted(paths, key=lambda p: p.name != "checkpoint"):
            archive.write(path, f"{name}-log/{path.relative_to(folder)}")
    file.seek(0)
    return file


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(64 * 1024):
            yield chunk
