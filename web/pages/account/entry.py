"""Signing in and out, enrolment, a forgotten password."""

from __future__ import annotations

import re
from email.message import EmailMessage
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from audit.database import SYSTEM
from audit.errors import DomainError, Invalid, NotFound
from voting.typed_text import sign_in_name
from web.http import csrf
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
from web.http.errors import TooMany
from web.http.rendering import (
    LANGUAGE_COOKIE,
    flash,
    keep_language,
    local,
    refuse,
    render,
    safe_path,
    see_other,
    set_cookie,
    undo,
)
from web.identity import accounts, codes, links
from web.identity.current import current
from web.identity.models import ACTIVE, ENROL, RESET, Account, WebSession
from web.identity.sign_in import Guard, SignedIn, sign_in
from web.identity.throttle import ADDRESS, MAIL
from web.mail import letters
from web.texts.i18n import N_, _

router = APIRouter()

Text = Annotated[str, Form(max_length=400)]


def address(request: Request) -> str:
    return request.client.host if request.client else ""


def guard_of(request: Request) -> Guard:
    return request.app.state.guard  # type: ignore[no-any-return]


@router.get("/sign-in", dependencies=[PUBLIC])
def sign_in_page(request: Request, next: str = "/") -> Response:
    if current(request) is not None:
        return see_other(next)
    return render(request, "account/sign_in.html", next=safe_path(next))


@router.post("/sign-in", dependencies=[PUBLIC])
def sign_in_now(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    settings: AppSettings,
    login: Text,
    password: Text,
    code: Text,
    next: Text = "/",
) -> Response:
    guard, from_ = guard_of(request), address(request)
    try:
        guard.check(login, from_)
    except TooMany as error:
        return _sign_in_again(request, uow, error, login, next, 429)
    device = describe_device(request.headers.get("user-agent", ""))
    done = sign_in(uow, keys, settings, login=login, password=password, code=code, device=device)
    if done is None:
        guard.failed(login, from_)
        wrong = DomainError(N_("The name, the password or the code is not right."))
        return _sign_in_again(request, uow, wrong, login, next, 422)
    guard.succeeded(login, from_)
    return with_session(request, see_other(next), done)


def _sign_in_again(
    request: Request, uow: Uow, error: DomainError, login: str, next: str, status: int
) -> Response:
    response = refuse(
        request,
        uow,
        "account/sign_in.html",
        error,
        typed={"login": login},
        next=safe_path(next),
    )
    response.status_code = status
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(error.params["seconds"])
    return response


def with_session(request: Request, response: Response, done: SignedIn) -> Response:
    https = request.app.state.settings.https
    set_cookie(request, response, csrf.session_cookie(https), done.token)
    response.delete_cookie(csrf.seed_cookie(https), path="/", secure=https, httponly=True)
    if LANGUAGE_COOKIE not in request.cookies:
        keep_language(request, response, done.account.language)
    return response


@router.post("/sign-out", dependencies=[require()])
def sign_out(request: Request, uow: Uow, account: CurrentAccount) -> Response:
    session = uow.session.get(WebSession, account.session_id)
    if session is not None:
        uow.session.delete(session)
    flash(request, _("You have signed out."))
    return without_session(request, see_other("/"))


def without_session(request: Request, response: RedirectResponse) -> RedirectResponse:
    https = request.app.state.settings.https
    response.delete_cookie(csrf.session_cookie(https), path="/", secure=https, httponly=True)
    # what the back button would show goes with the session
    response.headers["clear-site-data"] = '"cache"'
    return response


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


def require_same(password: str, again: str) -> None:
    if password != again:
        raise Invalid(N_("The two passwords are not the same."), field="again")


@router.get("/forgotten", dependencies=[PUBLIC])
def forgotten_page(request: Request) -> Response:
    return render(request, "account/forgotten.html")


@router.post("/forgotten", dependencies=[PUBLIC])
def forgotten(
    request: Request,
    database: AppDatabase,
    settings: AppSettings,
    mailer: AppMailer,
    login: Text,
) -> Response:
    """The same answer, after the same work, for everyone: the looking up is done elsewhere."""
    throttle, from_ = guard_of(request).throttle, address(request)
    name = sign_in_name(login)
    waits = throttle.wait(MAIL, "mail", name), throttle.wait(ADDRESS, "mail-from", from_)
    if not max(waits):
        throttle.fail(MAIL, "mail", name)
        throttle.fail(ADDRESS, "mail-from", from_)

        def job() -> EmailMessage | None:
            with database.transaction(SYSTEM) as uow:
                account = accounts.find_by_login(uow, login)
                if account is None or account.state != ACTIVE:
                    return None
                token = links.make(uow, account, RESET, links.RESET_HOURS)
                return letters.new_password(uow, settings, account, token, links.RESET_HOURS)

        mailer.later(job)
    return render(request, "account/forgotten.html", sent=True)


@router.get("/reset/{token}", dependencies=[PUBLIC])
def reset_page(request: Request, uow: Read, token: str) -> Response:
    links.account_behind(uow, token, RESET)
    return render(request, "account/reset.html", token=token)


@router.post("/reset/{token}", dependencies=[PUBLIC])
def reset_now(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    token: str,
    password: Text,
    again: Text,
    code: Text,
) -> Response:
    guard, from_ = guard_of(request), address(request)
    account = links.account_behind(uow, token, RESET)
    guard.check(account.login, from_)
    try:
        require_same(password, again)
        links.reset(uow, keys, token, password, code)
    except NotFound:
        raise
    except DomainError as error:
        if error.field == "code":
            guard.failed(account.login, from_)
        return refuse(request, uow, "account/reset.html", error, token=token)
    flash(request, _("Your password is changed. Please sign in with it."))
    return see_other("/sign-in")


def describe_device(user_agent: str) -> str:
    """Enough to know one's own devices apart, too little to know anyone by it."""
    browsers = ("Edg", "MicroMessenger", "Firefox", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    browser = next((name for name in browsers if name in user_agent), "")
    system = next((name for name in systems if name in user_agent), "")
    names = {"Edg": "Edge", "MicroMessenger": "WeChat", "Mac OS": "macOS"}
    return " · ".join(names.get(name, name) for name in (browser, system) if name)
