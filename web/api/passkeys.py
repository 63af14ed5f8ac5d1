"""Passkeys, as the browser's script adds them and signs in with them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from audit.errors import Invalid
from web.http import csrf
from web.http.dependencies import PUBLIC, AppKeys, AppSettings, CurrentAccount, Read, Uow, require
from web.http.errors import answer
from web.http.rendering import flash, safe_path
from web.identity import passkeys
from web.pages.account.entry import address, describe_device, guard_of, with_session
from web.texts.i18n import _

router = APIRouter(prefix="/api/v1/passkeys")


async def _offered(settings: AppSettings) -> None:
    passkeys.require_offered(settings)


OFFERED = Depends(_offered)  # after the permission: who may not ask learns nothing

Text = Annotated[str, Field(max_length=400)]


class Proof(BaseModel):
    password: Text
    code: Text


class Made(BaseModel):
    name: Text
    credential: dict[str, Any]


class Shown(BaseModel):
    credential: dict[str, Any]
    next: Annotated[str, Field(max_length=2000)] = "/"


def _json(text: str) -> Response:
    return Response(text, media_type="application/json", headers={"cache-control": "no-store"})


@router.post("/adding", dependencies=[require(), OFFERED])
def begin_adding(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    settings: AppSettings,
    account: CurrentAccount,
    proof: Annotated[Proof, Body()],
) -> Response:
    """Password and code once more; the answer is what `navigator.credentials.create` takes."""
    guard, from_, browser = guard_of(request), address(request), csrf.browser(request)
    guard.check(account.login, from_)
    try:
        options = passkeys.begin_adding(
            uow,
            keys,
            settings,
            account.account_id,
            browser,
            password=proof.password,
            code=proof.code,
        )
    except Invalid:
        guard.failed(account.login, from_)
        raise
    return _json(options)


@router.post("", dependencies=[require(), OFFERED])
def add(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    settings: AppSettings,
    account: CurrentAccount,
    made: Annotated[Made, Body()],
) -> Response:
    passkeys.add(
        uow,
        keys,
        settings,
        account.account_id,
        csrf.browser(request),
        name=made.name,
        credential=made.credential,
    )
    flash(request, _("The passkey is added. From now on you can sign in with it."))
    return JSONResponse({"next": "/account"}, 201)


@router.post("/asking", dependencies=[PUBLIC, OFFERED])
def begin_signing_in(request: Request, uow: Read, keys: AppKeys, settings: AppSettings) -> Response:
    """What `navigator.credentials.get` takes; the same for everyone."""
    return _json(passkeys.begin_signing_in(uow, keys, settings, csrf.browser(request)))


@router.post("/sign-in", dependencies=[PUBLIC, OFFERED])
def sign_in(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    settings: AppSettings,
    shown: Annotated[Shown, Body()],
) -> Response:
    guard, from_ = guard_of(request), address(request)
    login = passkeys.login_behind(uow, shown.credential)
    guard.check(login, from_)
    device = describe_device(request.headers.get("user-agent", ""))
    browser, credential = csrf.browser(request), shown.credential
    done = passkeys.sign_in(uow, keys, settings, browser, credential=credential, device=device)
    if done is None:
        guard.failed(login, from_)
        # not raised: that the challenge is used up is to stay
        return answer(
            request, 422, _("This passkey is not right here. Sign in with your password.")
        )
    guard.succeeded(login, from_)
    return with_session(request, JSONResponse({"next": safe_path(shown.next)}), done)
