"""The cookie of a session, given and taken back, and what a browser tells of itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from web.http.dependencies import (
    AppDatabase,
    AppKeys,
    CurrentAccount,
)
from web.http.rendering import (
    LANGUAGE_COOKIE,
    keep_language,
)
from web.identity import throttle
from web.identity.cookies import seed_cookie, session_cookie, set_cookie
from web.identity.devices import remember
from web.identity.keys import sha256
from web.identity.sign_in import SignedIn
from web.identity.throttle import NETWORK, PROOF, Limit, Taken


def address(request: Request) -> str:
    return request.client.host if request.client else ""


def with_session(request: Request, response: Response, done: SignedIn) -> Response:
    https = request.app.state.settings.https
    set_cookie(request, response, session_cookie(https), done.token)
    response.delete_cookie(seed_cookie(https), path="/", secure=https, httponly=True)
    remember(request, response, request.app.state.keys, done.account.id)
    if LANGUAGE_COOKIE not in request.cookies:
        keep_language(request, response, done.account.language)
    return response


def without_session(request: Request, response: RedirectResponse) -> RedirectResponse:
    https = request.app.state.settings.https
    response.delete_cookie(session_cookie(https), path="/", secure=https, httponly=True)
    # what the back button would show goes with the session
    response.headers["clear-site-data"] = '"cache"'
    return response


def describe_device(user_agent: str) -> str:
    """Enough to know one's own devices apart, too little to know anyone by it."""
    browsers = ("Edg", "MicroMessenger", "Firefox", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    browser = next((name for name in browsers if name in user_agent), "")
    system = next((name for name in systems if name in user_agent), "")
    names = {"Edg": "Edge", "MicroMessenger": "WeChat", "Mac OS": "macOS"}
    return " · ".join(names.get(name, name) for name in (browser, system) if name)


def count_proof(
    request: Request, database: AppDatabase, keys: AppKeys, account: CurrentAccount
) -> Taken:
    """Before somebody signed in is asked for password or code again; strangers do not count."""
    return throttle.count(database, keys, [Limit(PROOF, account.account_id)])


def count_link(request: Request, database: AppDatabase, keys: AppKeys, token: str) -> Taken:
    network = throttle.network(address(request))
    limits = [Limit(PROOF, f"link {sha256(token)}"), Limit(NETWORK, f"link {network}")]
    return throttle.count(database, keys, limits)


# before the transaction of the route, which is undone where the proof is wrong
Tried = Annotated[Taken, Depends(count_proof)]


LinkTried = Annotated[Taken, Depends(count_link)]
