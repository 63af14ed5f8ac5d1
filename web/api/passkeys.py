"""Passkeys, as the browser's script adds them and signs in with them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from web.api import answers
from web.http import csrf
from web.http.dependencies import (
    PUBLIC,
    AppKeys,
    AppSettings,
    CurrentAccount,
    Read,
    Uow,
    require,
)
from web.http.errors import answer, domain_error
from web.http.rendering import flash, safe_path
from web.http.sessions import Tried, address, describe_device, with_session
from web.identity import passkeys, throttle
from web.identity.throttle import NETWORK, Limit, TooMany, give_back
from web.texts.i18n import _

router = APIRouter(prefix="/api/v1/passkeys")


async def _offered(settings: AppSettings) -> None:
    passkeys.require_offered(settings)


OPTIONS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "options of Web Authentication, for the browser as they are",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
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


@router.post("/adding", dependencies=[require(), OFFERED], responses=OPTIONS)
def begin_adding(
    request: Request,
    tried: Tried,
    uow: Uow,
    keys: AppKeys,
    settings: AppSettings,
    account: CurrentAccount,
    proof: Annotated[Proof, Body()],
) -> Response:
    """Password and code once more; the answer is what `navigator.credentials.create` takes."""
    options = passkeys.begin_adding(
        uow,
        keys,
        settings,
        account.account_id,
        csrf.browser(request),
        password=proof.password,
        code=proof.code,
    )
    give_back(uow, tried)
    return _json(options)


@router.post("", dependencies=[require(), OFFERED], status_code=201, response_model=answers.Next)
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


@router.post("/asking", dependencies=[PUBLIC, OFFERED], responses=OPTIONS)
def begin_signing_in(request: Request, uow: Read, keys: AppKeys, settings: AppSettings) -> Response:
    """What `navigator.credentials.get` takes; the same for everyone."""
    return _json(passkeys.begin_signing_in(uow, keys, settings, csrf.browser(request)))


@router.post("/sign-in", dependencies=[PUBLIC, OFFERED], response_model=answers.Next)
def sign_in(
    request: Request,
    uow: Uow,
    keys: AppKeys,
    settings: AppSettings,
    shown: Annotated[Shown, Body()],
) -> Response:
    """Nobody guesses a signature, so no try of a stranger makes a passkey wait: an answer that is
    right is taken always. Wrong ones are counted by the network alone, afterwards."""
    device = describe_device(request.headers.get("user-agent", ""))
    browser, credential = csrf.browser(request), shown.credential
    done = passkeys.sign_in(uow, keys, settings, browser, credential=credential, device=device)
    if done is None:
        network = throttle.network(address(request))
        try:
            with uow.session.begin_nested():
                throttle.take(uow, keys, [Limit(NETWORK, f"passkey {network}")])
        except TooMany as error:
            return domain_error(request, error)
        # not raised: that the challenge is used up is to stay
        return answer(
            request, 422, _("This passkey is not right here. Sign in with your password.")
        )
    return with_session(request, JSONResponse({"next": safe_path(shown.next)}), done)
