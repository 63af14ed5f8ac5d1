"""What waits for a second person: for everyone who may sign something, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.database import UnitOfWork
from audit.errors import DomainError, Forbidden, NotFound
from voting import acts, two_people
from voting.models import Candidacy, Contest, Election, Trustee
from voting.two_people import PendingAct
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.rendering import flash, refuse, render, see_other
from web.identity.current import Identity
from web.identity.roles import Role
from web.texts.elections import ACTS
from web.texts.i18n import N_, _, local

SIGNERS = (Role.COMMISSION, Role.CERTIFIER, Role.REGISTRAR, Role.ADMIN)
router = APIRouter(prefix="/signatures", dependencies=[require(*SIGNERS)])


@dataclass(frozen=True)
class Waiting:
    """An act on the desk of one person: `mine` was asked for by this person, `may_sign` not."""

    pending: PendingAct
    name: str
    about: str
    election: Election | None
    mine: bool
    may_sign: bool
    closes_at: datetime | None


def waiting_for(
    uow: UnitOfWork, account: Identity, election: Election | None = None
) -> list[Waiting]:
    """What this person has asked for or may sign; of one election, or of everything."""
    me = account.actor()
    roles = {role.value for role in account.roles}
    found = []
    for pending in two_people.waiting(uow):
        known = two_people.ACTS.get(pending.act)
        about = acts.election_of(uow, pending.subject)
        if known is None or (election is not None and about is not election):
            continue
        if roles.isdisjoint(known.asks | known.signs):
            continue
        mine = pending.asked_person == me.who
        may_sign = not mine and two_people.may_sign(pending, me, roles)
        name = _(ACTS.get(pending.act, pending.act))
        text = pending.params.get("closes_at")
        end = datetime.fromisoformat(text) if text else None
        what = _about(uow, pending.subject)
        found.append(Waiting(pending, name, what, about, mine, may_sign, end))
    return found


def _about(uow: UnitOfWork, subject: str) -> str:
    """Which contest, candidate or trustee it is; the election itself stands in the heading."""
    kind, _slash, key = subject.partition("/")
    if kind == "contest" and (contest := uow.session.get(Contest, key)):
        return local(contest, "title")
    if kind == "candidacy" and (candidacy := uow.session.get(Candidacy, key)):
        return candidacy.label or candidacy.person.name
    if kind == "trustee" and (trustee := uow.session.get(Trustee, key)):
        return trustee.name
    return ""


@router.get("")
def index(request: Request, uow: Read, account: CurrentAccount) -> Response:
    return render(request, "commission/signatures.html", waiting=waiting_for(uow, account))


def _act_as(uow: UnitOfWork, account: Identity, roles: frozenset[str]) -> None:
    """In the role that this act asks for, not in the first that the person has."""
    acting = next((role for role in Role if role in account.roles and role.value in roles), None)
    if acting is None:
        raise Forbidden(N_("Your account does not have the role that this needs."))
    uow.actor = account.actor(acting)


Back = Annotated[str, Form(max_length=100, pattern="^(/signatures|/commission/[A-Za-z0-9._-]+)$")]


@router.post("/{pending}/sign")
def sign(
    request: Request, uow: Uow, account: CurrentAccount, pending: str, back: Back = "/signatures"
) -> Response:
    try:
        _act_as(uow, account, _of(uow, pending).signs)
        two_people.sign(uow, pending)
    except DomainError as error:
        return refuse(
            request,
            uow,
            "commission/signatures.html",
            error,
            waiting=waiting_for(uow, account),
        )
    flash(request, _("Done, with two people for it. Both are in the public log."))
    return see_other(back)


@router.post("/{pending}/withdraw")
def withdraw(
    request: Request, uow: Uow, account: CurrentAccount, pending: str, back: Back = "/signatures"
) -> Response:
    known = _of(uow, pending)
    _act_as(uow, account, known.asks | known.signs)
    two_people.withdraw(uow, pending)
    flash(request, _("It does not wait any more; nothing was done."), "note")
    return see_other(back)


def _of(uow: UnitOfWork, pending_id: str) -> two_people.Act:
    pending = uow.session.get(PendingAct, pending_id)
    if pending is None or pending.act not in two_people.ACTS:
        raise NotFound(N_("There is no such act."))
    return two_people.ACTS[pending.act]
