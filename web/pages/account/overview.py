"""The own account: the password, the recovery codes, the devices."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.errors import DomainError, NotFound
from web.http.dependencies import (
    AppKeys,
    CurrentAccount,
    Read,
    Uow,
    require,
)
from web.http.rendering import (
    flash,
    refuse,
    render,
    see_other,
    undo,
)
from web.http.sessions import Tried, without_session
from web.identity import accounts, codes, links, passkeys
from web.identity.models import WebSession
from web.identity.passwords import require_same
from web.identity.throttle import give_back
from web.texts.i18n import N_, _

router = APIRouter(prefix="/account", dependencies=[require()])

Text = Annotated[str, Form(max_length=400)]


@router.get("")
def account_page(request: Request, uow: Read, account: CurrentAccount) -> Response:
    return render(request, "account/account.html", **_own(uow, account))


def _own(uow: Read, account: CurrentAccount) -> dict[str, Any]:
    row = accounts.get(uow, account.account_id)
    return {
        "sessions": accounts.sessions(uow, account.account_id),
        "email": accounts.address_of(uow, row)[1],
        "codes_left": codes.recovery_codes_left(uow, row),
        "passkeys": passkeys.own(uow, account.account_id),
    }


@router.post("/password")
def change_password(
    request: Request,
    tried: Tried,
    uow: Uow,
    keys: AppKeys,
    account: CurrentAccount,
    old: Text,
    password: Text,
    again: Text,
    code: Text,
) -> Response:
    try:
        require_same(password, again)
        links.change_password(
            uow,
            keys,
            account.account_id,
            old=old,
            new=password,
            code=code,
            session_id=account.session_id,
        )
        give_back(uow, tried)
    except DomainError as error:
        return _own_again(request, uow, account, error)
    flash(request, _("Your password is changed. Your other devices are signed out."))
    return see_other("/account")


def _own_again(request: Request, uow: Uow, account: CurrentAccount, error: DomainError) -> Response:
    undo(uow)
    return refuse(request, uow, "account/account.html", error, **_own(uow, account))


@router.post("/recovery")
def renew_recovery(
    request: Request,
    tried: Tried,
    uow: Uow,
    keys: AppKeys,
    account: CurrentAccount,
    current_password: Text,
    current_code: Text,
) -> Response:
    try:
        made = links.renew_recovery_codes(
            uow, keys, account.account_id, password=current_password, code=current_code
        )
        give_back(uow, tried)
    except DomainError as error:
        return _own_again(request, uow, account, error)
    return render(request, "account/recovery.html", codes=made, enrolled=False)


@router.post("/sessions/{session_id}/end")
def end_session(request: Request, uow: Uow, account: CurrentAccount, session_id: str) -> Response:
    session = uow.session.get(WebSession, session_id)
    if session is None or session.account_id != account.account_id:
        raise NotFound(N_("There is no such session."))
    uow.session.delete(session)
    if session_id == account.session_id:
        return without_session(request, see_other("/"))
    flash(request, _("That device is signed out."))
    return see_other("/account")


@router.post("/sessions/end")
def end_all(request: Request, uow: Uow, account: CurrentAccount) -> Response:
    accounts.end_sessions(uow, account.account_id)
    flash(request, _("You are signed out everywhere."))
    return without_session(request, see_other("/"))
