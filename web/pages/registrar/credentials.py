"""The registrar's page: credentials are made in the browser, only the public ones are sent."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import select

from voting import states
from voting.models import FROZEN, SEALED, Election
from web.http.dependencies import AppSettings, Read, require
from web.http.rendering import page_json, render
from web.identity.roles import Role
from web.texts.i18n import local
from web.texts.scripts import credentials_texts

router = APIRouter(prefix="/credentials", dependencies=[require(Role.REGISTRAR)])


@router.get("")
def elections(request: Request, uow: Read) -> Response:
    waiting = select(Election).where(Election.state.in_((FROZEN, SEALED)))
    found = list(uow.session.scalars(waiting.order_by(Election.opens_at)))
    return render(request, "credentials/list.html", elections=found, FROZEN=FROZEN)


@router.get("/{code}")
def issue(request: Request, uow: Read, settings: AppSettings, code: str) -> Response:
    election = states.by_code(uow, code)
    data = {
        "election": election.code,
        "title": local(election, "title"),
        "organisation": local(settings, "organisation"),
        "rolls": f"/api/v1/elections/{election.code}/rolls",
        "contests": "/api/v1/contests/",
        "site": settings.base_url,
        "group": election.group,
        "texts": credentials_texts(),
    }
    contests = [contest for contest in election.contests if contest.uuid]
    return render(
        request,
        "credentials/issue.html",
        election=election,
        contests=contests,
        missing=sum(contest.credentials_json is None for contest in contests),
        open=election.state == FROZEN,
        sealed=election.state == SEALED,
        data=page_json(data),
    )
