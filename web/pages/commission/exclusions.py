"""Who is not counted among those expected: one of the commission enters it, another approves."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from audit.database import UnitOfWork
from audit.errors import DomainError, NotFound
from voting import exclusions, states
from voting.models import Election, Exclusion
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.rendering import flash, refuse, render, see_other
from web.identity import granting
from web.identity.roles import Role
from web.pages.commission.checklist import Text
from web.texts.elections import GROUNDS
from web.texts.i18n import N_, _

router = APIRouter(
    prefix="/commission/{code}/exclusions",
    dependencies=[require(Role.COMMISSION)],
)


@router.get("")
def listed(request: Request, uow: Read, account: CurrentAccount, code: str) -> Response:
    return render(request, "commission/exclusions.html", **_shown(uow, account.account_id, code))


def _shown(uow: UnitOfWork, account_id: str, code: str) -> dict[str, Any]:
    election = states.by_code(uow, code)
    codes = {contest.id: contest.code for contest in election.contests}
    known = exclusions.grounds(election) if election.profile_json else []
    return {
        "election": election,
        "found": [(codes[item.contest_id], item) for item in exclusions.of_election(uow, election)],
        "possible": election.state in exclusions.BEFORE,
        "known": [(ground, _(GROUNDS.get(ground, ground))) for ground in known],
        "grounds": GROUNDS,
        "me": account_id,
    }


@router.post("")
def enter(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    contest: Text,
    member_no: Text,
    ground: Text,
) -> Response:
    found = states.contest_of(uow, code, contest)
    try:
        exclusions.enter(uow, found.id, member_no, ground)
    except DomainError as error:
        typed = {"member_no": member_no, "contest": contest, "ground": ground}
        shown = _shown(uow, account.account_id, code)
        return refuse(request, uow, "commission/exclusions.html", error, typed=typed, **shown)
    flash(request, _("Entered. Somebody else of the commission has to approve it."))
    return see_other(f"/commission/{code}/exclusions")


def _require_of(uow: UnitOfWork, election: Election, exclusion: str) -> None:
    if exclusion not in {item.id for item in exclusions.of_election(uow, election)}:
        raise NotFound(N_("There is no such exclusion."))


@router.post("/{exclusion}/approve")
def approve(
    request: Request, uow: Uow, account: CurrentAccount, code: str, exclusion: str
) -> Response:
    _require_of(uow, states.by_code(uow, code), exclusion)
    entered_by = uow.session.get_one(Exclusion, exclusion).entered_by
    granting.require_apart(uow, entered_by, account.account_id)
    exclusions.approve(uow, exclusion)
    flash(request, _("Approved."))
    return see_other(f"/commission/{code}/exclusions")


@router.post("/{exclusion}/withdraw")
def withdraw(request: Request, uow: Uow, code: str, exclusion: str) -> Response:
    _require_of(uow, states.by_code(uow, code), exclusion)
    exclusions.withdraw(uow, exclusion)
    flash(request, _("Withdrawn."), "note")
    return see_other(f"/commission/{code}/exclusions")
