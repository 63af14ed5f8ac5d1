"""Only in the demonstration: who one can be, with the codes that a phone would show."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from audit.errors import NotFound
from web.http.dependencies import PUBLIC, AppSettings, Read
from web.http.rendering import render
from web.identity.roles import LABELS, Role
from web.pages.site.signins import PASSWORD, load
from web.texts.i18n import N_

router = APIRouter()
STEP = 30  # seconds that a code lives


@router.get("/demo", dependencies=[PUBLIC])
def sign_ins(request: Request, settings: AppSettings, uow: Read) -> Response:
    if not settings.demo:
        raise NotFound(N_("There is no such page."))
    people = [
        {"role": LABELS[Role(sign.role)], "login": sign.login, "code": sign.code(uow.now)}
        for sign in load(settings.data_dir)
    ]
    left = STEP - int(uow.now.timestamp()) % STEP
    return render(request, "demo/sign_ins.html", people=people, password=PASSWORD, left=left)
