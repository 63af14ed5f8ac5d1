"""What every request passes before any route sees it: host, size, time, number at once, headers.

Plain ASGI, because it has to hold for static files and error pages too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from web.http.gate import App, Message, Receive, Scope, Send
from web.settings import Settings

log = structlog.get_logger("web")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # not "no-referrer": with it a browser sends "Origin: null", and the origin check could not hold
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class SecurityHeaders:
    """Outermost: also errors and refusals of the layers below carry the headers."""

    def __init__(self, app: App, settings: Settings) -> None:
        self.app = app
        self.fixed = dict(HEADERS)
        if settings.https:
            self.fixed["strict-transport-security"] = "max-age=63072000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.fixed.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, with_headers)


class HostCheck:
    """A request for another host is refused, so no answer is ever made for it."""

    def __init__(self, app: App, settings: Settings) -> None:
        self.app = app
        self.hosts = settings.hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            values = Headers(scope=scope).getlist("host")
            if len(values) != 1 or values[0].lower() not in self.hosts:
                await PlainTextResponse("This site has another name.\n", 421)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class OriginCheck:
    """State-changing requests of a browser must come from our own pages.

    The token in the form is the second lock (web.http.csrf); this one covers also what has no form.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        self.app = app
        scheme = "https" if settings.https else "http"
        self.origins = {f"{scheme}://{host}" for host in settings.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in UNSAFE:
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            foreign = origin is not None and origin.lower() not in self.origins
            if foreign or headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                await PlainTextResponse("This request came from another site.\n", 403)(
                    scope, receive, send
                )
                return
        await self.app(scope, receive, send)


class CatchAll:
    """An error nobody expected: logged with its trace, answered without it."""

    def __init__(self, app: App, page: Callable[[Request], Awaitable[Response]]) -> None:
        self.app = app
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            log.exception("unexpected_error", method=scope["method"], route=route_name(scope))
            if started:
                raise
            response = await self.page(Request(scope))
            await response(scope, receive, send)


def route_name(scope: Scope) -> str:
    """The pattern of the route, never the path: a path may hold a secret of a person."""
    return str(getattr(scope.get("route"), "path", "?"))
