"""Forms carry a token that only our own pages can know.

It is a MAC over a random value in a cookie of the browser: the session's when signed in, else
one of its own. So it changes when a person signs in, and needs no row in the database.
"""

from __future__ import annotations

import secrets

from fastapi import Request

from audit.errors import Forbidden
from web.http.security import UNSAFE
from web.identity.cookies import seed_cookie, session_cookie
from web.texts.i18n import N_

FIELD = "csrf_token"
HEADER = "x-csrf-token"


def _seed(request: Request) -> str | None:
    https = request.app.state.settings.https
    return request.cookies.get(session_cookie(https)) or request.cookies.get(seed_cookie(https))


def browser(request: Request) -> str:
    """What only this browser has, and loses when it signs in or out; empty without a cookie."""
    return _seed(request) or ""


def token(request: Request) -> str:
    """For the page that is being rendered; a browser without any cookie is given a seed."""
    seed = _seed(request)
    if seed is None:
        seed = getattr(request.state, "new_seed", None) or secrets.token_urlsafe(32)
        request.state.new_seed = seed
    return str(request.app.state.keys.mac("csrf", seed))


async def check(request: Request) -> None:
    """A dependency of the whole application."""
    if request.method not in UNSAFE:
        return
    given = request.headers.get(HEADER)
    if given is None and _is_form(request):
        value = (await request.form()).get(FIELD)
        given = value if isinstance(value, str) else None
    seed = _seed(request)
    if not given or not seed or not request.app.state.keys.check_mac("csrf", seed, given):
        raise Forbidden(N_("This page is too old. Go back, load it anew and try again."))


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return kind in ("application/x-www-form-urlencoded", "multipart/form-data")
