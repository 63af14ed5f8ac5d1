"""The mail of the demonstration as a page; only in demo mode, for it shows everyone's mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from audit.errors import NotFound
from web.http.dependencies import PUBLIC, AppSettings
from web.http.rendering import render
from web.texts.i18n import N_

NEWEST = 200
_NAME = re.compile(r"(\d{20})-[0-9a-f]{8}")


def only_in_demo(settings: AppSettings) -> None:
    if not settings.demo or settings.mail != "outbox":
        raise NotFound(N_("There is no such page."))


router = APIRouter(prefix="/outbox", dependencies=[PUBLIC, Depends(only_in_demo)])


@dataclass(frozen=True)
class Letter:
    name: str
    sent: datetime
    to: str
    subject: str
    text: str


@router.get("")
def index(request: Request, settings: AppSettings) -> Response:
    paths = sorted(settings.outbox_dir.glob("*.eml"), reverse=True)[:NEWEST]
    return render(request, "outbox/index.html", letters=[_read(path) for path in paths])


@router.get("/{name}")
def show(request: Request, settings: AppSettings, name: str) -> Response:
    path = settings.outbox_dir / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound(N_("There is no such letter."))
    return render(request, "outbox/letter.html", letter=_read(path))


def _read(path: Path) -> Letter:
    message = message_from_bytes(path.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    return Letter(
        name=path.stem,
        sent=datetime.fromtimestamp(int(path.stem[:20]) / 1e9, UTC),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=str(body.get_content()) if body else "",
    )
