"""People and roles: who may sign in, and as what."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from audit.database import UnitOfWork
from audit.errors import DomainError, NotFound
from voting import two_people
from voting.registry import people
from web.http.dependencies import AppKeys, AppSettings, CurrentAccount, Read, Uow, require
from web.http.rendering import flash, refuse, render, see_other, undo
from web.identity import accounts, granting, links
from web.identity.models import ENROL, Account
from web.identity.roles import CONFLICTS, GRANTED, LABELS, Role
from web.mail import letters
from web.mail.outgoing import ENROLMENT, send
from web.settings import Settings
from web.texts.i18n import N_, _

router = APIRouter(prefix="/admin", dependencies=[require(Role.ADMIN)])

Text = Annotated[str, Form(max_length=254)]


@router.get("/accounts")
def index(
    request: Request,
    uow: Read,
    q: Annotated[str, Query(max_length=100)] = "",
    role: Role | None = None,
) -> Response:
    return render(request, "admin/accounts.html", **_index(uow, q, role))


def _index(uow: UnitOfWork, q: str = "", role: Role | None = None) -> dict[str, Any]:
    found = accounts.search(uow, q, role)
    return {
        "q": q,
        "role": role,
        "found": [(account, accounts.address_of(uow, account)[0]) for account in found],
        "counts": accounts.counts(uow),
        "granted": GRANTED,
        "conflicts": _conflicts(),
    }


def _conflicts() -> list[tuple[list[str], str]]:
    """Each forbidden pair with its reason, in the order of the roles; auditors' once."""
    order = list(Role)
    pairs = {tuple(sorted(pair, key=order.index)): reason for pair, reason in CONFLICTS.items()}
    shown = [
        ([LABELS[a], LABELS[b]], reason)
        for (a, b), reason in pairs.items()
        if Role.AUDITOR not in (a, b)
    ]
    return [*shown, ([LABELS[Role.AUDITOR]], CONFLICTS[frozenset({Role.AUDITOR, Role.ADMIN})])]


@router.post("/accounts")
def create(
    request: Request,
    uow: Uow,
    settings: AppSettings,
    account: CurrentAccount,
    login: Text = "",
    name: Text = "",
    email: Text = "",
    member_no: Text = "",
    role: Annotated[Role | None, Form()] = None,
) -> Response:
    """For an official who is not on the roll, or for a member, by number."""
    try:
        person = None
        if member_no.strip():
            person = people.find_by_member_no_or_email(uow, member_no)
            if person is None:
                raise NotFound(
                    N_("There is no member %(number)s."), field="member_no", number=member_no
                )
        made = accounts.create(
            uow,
            login or member_no,
            name=name,
            email=email,
            language=settings.language,
            person=person,
        )
        if role is not None:
            granting.ask(uow, made.id, role)
        _send_link(request, uow, settings, made, links.make(uow, made, ENROL, settings.link_hours))
    except DomainError as error:
        undo(uow)
        typed = {"login": login, "name": name, "email": email, "member_no": member_no}
        return refuse(request, uow, "admin/accounts.html", error, typed=typed, **_index(uow))
    return see_other(f"/admin/accounts/{made.id}")


def _send_link(
    request: Request, uow: UnitOfWork, settings: Settings, account: Account, token: str
) -> None:
    """By mail where there is an address; else shown once, to be handed over in person."""
    letter = letters.enrolment(uow, settings, account, token)
    if letter is not None:
        send(
            request,
            uow,
            letter,
            ENROLMENT,
            account_id=account.id,
            person_id=account.person_id,
            until=uow.now + timedelta(hours=settings.link_hours),
        )
        flash(request, _("The enrolment link is on its way by mail."))
    else:
        link = f"{settings.base_url}/enrol/{token}"
        flash(
            request,
            _("There is no e-mail address. Hand over this link in person: %(link)s", link=link),
            "note",
        )


@router.get("/accounts/{account_id}")
def show(request: Request, uow: Read, account: CurrentAccount, account_id: str) -> Response:
    return render(request, "admin/account.html", **_shown(uow, account, account_id))


def _shown(uow: UnitOfWork, me: CurrentAccount, account_id: str) -> dict[str, Any]:
    row = accounts.get(uow, account_id)
    name, email = accounts.address_of(uow, row)
    return {
        "row": row,
        "name": name,
        "email": email,
        "own": row.id == me.account_id,
        "granted": GRANTED,
        "asked": granting.waiting(uow, account_id),
        "derived": sorted(
            accounts.roles_of(uow, row) - {Role(r.role) for r in row.roles}, key=list(Role).index
        ),
    }


@router.post("/accounts/{account_id}/roles")
def grant(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    account_id: str,
    role: Annotated[Role, Form()],
    scope: Text = "",
) -> Response:
    try:
        granting.ask(uow, account_id, role, scope)
    except DomainError as error:
        undo(uow)
        return refuse(request, uow, "admin/account.html", error, **_shown(uow, account, account_id))
    flash(request, _("Asked for. Another administrator has a day to sign it."))
    return see_other(f"/admin/accounts/{account_id}")


@router.post("/accounts/{account_id}/asked/{pending_id}/sign")
def sign(
    request: Request, uow: Uow, account: CurrentAccount, account_id: str, pending_id: str
) -> Response:
    try:
        two_people.sign(uow, pending_id)
    except DomainError as error:
        undo(uow)
        return refuse(request, uow, "admin/account.html", error, **_shown(uow, account, account_id))
    flash(request, _("The role is granted."))
    return see_other(f"/admin/accounts/{account_id}")


@router.post("/accounts/{account_id}/asked/{pending_id}/withdraw")
def withdraw(request: Request, uow: Uow, account_id: str, pending_id: str) -> Response:
    two_people.withdraw(uow, pending_id)
    flash(request, _("Withdrawn."), "note")
    return see_other(f"/admin/accounts/{account_id}")


@router.post("/accounts/{account_id}/roles/{grant_id}/revoke")
def revoke(
    request: Request, uow: Uow, account: CurrentAccount, account_id: str, grant_id: str
) -> Response:
    accounts.revoke(uow, account_id, grant_id, by=account.account_id)
    flash(request, _("The role is taken back."))
    return see_other(f"/admin/accounts/{account_id}")


@router.post("/accounts/{account_id}/invite")
def invite(
    request: Request, uow: Uow, keys: AppKeys, settings: AppSettings, account_id: str
) -> Response:
    row, token = links.invite_again(uow, keys, account_id, settings.link_hours)
    _send_link(request, uow, settings, row, token)
    return see_other(f"/admin/accounts/{account_id}")


@router.post("/accounts/{account_id}/close")
def close(
    request: Request, uow: Uow, keys: AppKeys, account: CurrentAccount, account_id: str
) -> Response:
    accounts.close(uow, keys, account_id, by=account.account_id)
    flash(request, _("The account is closed."))
    return see_other("/admin/accounts")
