"""Names of the cookies: the session's, and the one that forms need before it."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response


def session_cookie(https: bool) -> str:
    """With the prefix a browser takes it only over HTTPS, for the whole host, from this host."""
    return "__Host-mandate" if https else "mandate"


def seed_cookie(https: bool) -> str:
    return "__Host-mandate-form" if https else "mandate-form"


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, max_age: int | None = None
) -> None:
    https = request.app.state.settings.https
    response.set_cookie(
        name, value, max_age=max_age, path="/", httponly=True, secure=https, samesite="lax"
    )
