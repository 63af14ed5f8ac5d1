"""The trustees' room: key and decryption are made in the browser (frontend/src/trustees)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import select

from audit.database import UnitOfWork
from voting import states, trustees
from voting.models import CANCELLED, SINGLE, Election, Trustee
from web.http.dependencies import CurrentAccount, Read, require
from web.http.rendering import page_json, render, static_url
from web.identity.roles import Role
from web.term.todo import trustee_action
from web.texts.comparison import comparison_texts
from web.texts.i18n import _
from web.texts.scripts import trustee_texts
from web.texts.shuffle import shuffle_texts

router = APIRouter(prefix="/trustees", dependencies=[require(Role.TRUSTEE)])


@router.get("")
def my_elections(request: Request, account: CurrentAccount, uow: Read) -> Response:
    elections = [
        (election, _action(uow, election, account.account_id))
        for election in _elections_of(uow, account.account_id)
    ]
    return render(request, "trustees/list.html", elections=elections)


def _action(uow: UnitOfWork, election: Election, account_id: str) -> str:
    action = trustee_action(uow, trustees.of_account(uow, election, account_id), election)
    return _(action) if action else ""


def _elections_of(uow: UnitOfWork, account_id: str) -> list[Election]:
    found = select(Election).join(Trustee, Trustee.election_id == Election.id)
    mine = found.where(Trustee.account_id == account_id, Election.state != CANCELLED)
    return list(uow.session.scalars(mine.order_by(Election.opens_at.desc())))


@router.get("/{code}")
def room(request: Request, account: CurrentAccount, uow: Read, code: str) -> Response:
    election = states.by_code(uow, code)
    trustee = trustees.of_account(uow, election, account.account_id)
    data = {
        "election": election.code,
        "api": f"/api/v1/elections/{election.code}/trustee",
        "contests": "/api/v1/contests/",
        "worker": static_url("bundle/trustees-worker.js"),
        "shuffleWorker": static_url("bundle/trustees-shuffleworker.js"),
        "log": "/log/",
        "logWorker": static_url("bundle/trustees-logworker.js"),
        "texts": trustee_texts() | comparison_texts() | shuffle_texts(),
    }
    return render(
        request,
        "trustees/room.html",
        election=election,
        trustee=trustee,
        single=trustee.kind == SINGLE,
        number=trustees.number_of(election, trustee),
        needed=trustees.needed(election),
        data=page_json(data),
    )
