"""Devices on which an account has signed in before ("device cookies", OWASP).

The cookie names nobody: only with the account that was found can be said whether it is one of
its devices. What strangers try at an account is then no reason to make its owner wait.
"""

from __future__ import annotations

import secrets

from fastapi import Request, Response

from web.identity.cookies import set_cookie
from web.identity.keys import Keys

MOST = 5  # accounts that one browser is remembered for
DAYS = 400  # the longest that browsers keep a cookie


def cookie_name(*, https: bool) -> str:
    return "__Host-mandate-device" if https else "mandate-device"


def _kept(request: Request) -> list[str]:
    https = request.app.state.settings.https
    raw = request.cookies.get(cookie_name(https=https), "")
    return [part for part in raw[:1000].split("~") if part][:MOST]


def _mac(keys: Keys, account_id: str, nonce: str) -> str:
    return keys.mac("device", f"{account_id}\0{nonce}")[:32]


def known(request: Request, keys: Keys, account_id: str) -> str:
    """The name of this browser for the account; empty where it has never signed in to it."""
    for part in _kept(request):
        nonce, _dot, mac = part.partition(".")
        if nonce and secrets.compare_digest(mac.encode(), _mac(keys, account_id, nonce).encode()):
            return nonce
    return ""


def remember(request: Request, response: Response, keys: Keys, account_id: str) -> None:
    if known(request, keys, account_id):
        return
    nonce = secrets.token_urlsafe(12)
    kept = [f"{nonce}.{_mac(keys, account_id, nonce)}", *_kept(request)][:MOST]
    https = request.app.state.settings.https
    name = cookie_name(https=https)
    set_cookie(request, response, name, "~".join(kept), max_age=DAYS * 86400)
