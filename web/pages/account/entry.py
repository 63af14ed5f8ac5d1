"""Signing in and out, enrolment, a forgotten password."""

from __future__ import annotations

import contextlib
import re
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.database import SYSTEM
from audit.errors import DomainError, NotFound
from voting.typed_text import sign_in_name
from web.http.dependencies import (
    PUBLIC,
    AppDatabase,
    AppKeys,
    AppMailer,
    AppSettings,
    CurrentAccount,
    Read,
    Uow,
    require,
)
from web.http.rendering import (
    flash,
    refuse,
    render,
    safe_path,
    see_other,
    undo,
)
from web.http.sessions import LinkTried, address, describe_device, with_session, without_session
from web.identity import accounts, codes, links, throttle
from web.identity.current import current
from web.identity.devices import known, remember
from web.identity.models import ENROL, RESET, Account, WebSession
from web.identity.passwords import require_same
from web.identity.sign_in import begin, sign_in
from web.identity.throttle import MAIL, NETWORK, Limit, TooMany, give_back
from web.mail import outgoing
from web.texts.i18n import N_, _, error_text, local

router = APIRouter()

Text = Annotated[str, Form(max_length=400)]


@router.get("/sign-in", dependencies=[PUBLIC])
def sign_in_page(request: Request, next: str = "/") -> Response:
    if current(request) is not None:
        return see_other(next)
    return render(request, "account/sign_in.html", next=safe_path(next))


@router.post("/sign-in", dependencies=[PUBLIC])
def sign_in_now(
    request: Request,
    database: AppDatabase,
    keys: AppKeys,
    settings: AppSettings,
    login: Text,
    password: Text,
    code: Text,
    next: Text = "/",
) -> Response:
    try:
        attempt = begin(database, keys, login, address(request), partial(known, request, keys))
    except TooMany as error:
        return _sign_in_again(request, error, login, next, 429)
    device = describe_device(request.headers.get("user-agent", ""))
    done = sign_in(database, keys, settings, attempt, password=password, code=code, device=device)
    if done is None:
        wrong = DomainError(N_("The name, the password or the code is not right."))
        return _sign_in_again(request, wrong, login, next, 422)
    return with_session(request, see_other(next), done)


def _sign_in_again(
    request: Request, error: DomainError, login: str, next: str, status: int
) -> Response:
    response = render(
        request,
        "account/sign_in.html",
        status_code=status,
        error=error_text(error),
        typed={"login": login},
        slowed=status == 429,
        next=safe_path(next),
    )
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(error.params["seconds"])
    return response


@router.post("/sign-out", dependencies=[require()])
def sign_out(request: Request, uow: Uow, account: CurrentAccount) -> Response:
    session = uow.session.get(WebSession, account.session_id)
    if session is not None:
        uow.session.delete(session)
    flash(request, _("You have signed out."))
    return without_session(request, see_other("/"))


@router.get("/enrol/{token}", dependencies=[PUBLIC])
def enrol_page(
    request: Request, uow: Read, keys: AppKeys, settings: AppSettings, token: str
) -> Response:
    account = links.account_behind(uow, token, ENROL)
    return render(request, "account/enrol.html", **_enrolment(uow, keys, settings, account, token))


def _enrolment(
    uow: Read, keys: AppKeys, settings: AppSettings, account: Account, token: str
) -> dict[str, Any]:
    secret = codes.secret_for(keys, token)
    return {
        "login": account.login,
        "name": accounts.address_of(uow, account)[0],
        "token": token,
        "secret": " ".join(re.findall("....", secret)),
        "otpauth": codes.otpauth(secret, account.login, local(settings, "organisation")),
        "qr": codes.qr_svg(secret, account.login, local(settings, "organisation")),
    }


@router.post("/enrol/{token}", dependencies=[PUBLIC])
def enrol_now(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    settings: AppSettings,
    token: str,
    password: Text,
    again: Text,
    code: Text,
) -> Response:
    try:
        require_same(password, again)
        recovery = links.enrol(uow, keys, token, password, code)
    except NotFound:
        raise
    except DomainError as error:
        undo(uow)
        account = links.account_behind(uow, token, ENROL)
        shown = _enrolment(uow, keys, settings, account, token)
        return refuse(request, uow, "account/enrol.html", error, **shown)
    return render(request, "account/recovery.html", codes=recovery, enrolled=True)


@router.get("/forgotten", dependencies=[PUBLIC])
def forgotten_page(request: Request) -> Response:
    return render(request, "account/forgotten.html")


@router.post("/forgotten", dependencies=[PUBLIC])
def forgotten(
    request: Request,
    database: AppDatabase,
    keys: AppKeys,
    mailer: AppMailer,
    login: Text,
) -> Response:
    """The same answer, after the same work, for everyone: who it is about is found out, and
    counted, by the job that sends."""
    network = throttle.network(address(request))
    limits = [Limit(MAIL, f"name {sign_in_name(login)}"), Limit(NETWORK, f"mail {network}")]
    with contextlib.suppress(TooMany), database.transaction(SYSTEM) as uow:
        throttle.take(uow, keys, limits)
        outgoing.ask_for_password(uow, keys, login)
    mailer.wake()
    return render(request, "account/forgotten.html", sent=True)


@router.get("/reset/{token}", dependencies=[PUBLIC])
def reset_page(request: Request, uow: Read, token: str) -> Response:
    links.account_behind(uow, token, RESET)
    return render(request, "account/reset.html", token=token)


@router.post("/reset/{token}", dependencies=[PUBLIC])
def reset_now(
    request: Request,
    tried: LinkTried,
    uow: Uow,
    keys: AppKeys,
    token: str,
    password: Text,
    again: Text,
    code: Text,
) -> Response:
    """Who comes with a link from the mailbox is counted by the link: this way stays open while
    strangers keep an account waiting, and afterwards this device is known."""
    try:
        require_same(password, again)
        account = links.reset(uow, keys, token, password, code)
        give_back(uow, tried)
    except NotFound:
        raise
    except DomainError as error:
        return refuse(request, uow, "account/reset.html", error, token=token)
    flash(request, _("Your password is changed. Please sign in with it."))
    response = see_other("/sign-in")
    remember(request, response, keys, account.id)
    return response
