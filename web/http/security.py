"""What every request passes before any route sees it: host, size, time, number at once, headers.

Plain ASGI, because it has to hold for static files and error pages too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from web.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

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


class Gate:
    """The body is read whole, within a size and a time, before the request takes a place inside.

    So a slow client holds no place, and no more requests are inside than there are threads:
    a transaction that waits for a lock can never keep the holder of that lock from a thread.
    """

    def __init__(self, app: App, settings: Settings, uploads: Mapping[str, int]) -> None:
        """`uploads`: pattern of a whole path -> bytes that it takes."""
        self.app = app
        self.limit = settings.max_body_kib * 1024
        self.uploads = [(re.compile(pattern), most) for pattern, most in uploads.items()]
        self.timeout = settings.body_timeout
        self.places = asyncio.Semaphore(settings.max_requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        try:
            body = await asyncio.wait_for(_read(scope, receive, limit), self.timeout)
        except TimeoutError:
            await _refuse(scope, receive, send, 408, "The request took too long to arrive.")
            return
        except _TooLargeError:
            await _refuse(
                scope, receive, send, 413, f"A request may have at most {limit} bytes here."
            )
            return
        except _GoneError:
            return
        await self._enter(scope, _replay(body, receive), send)

    def _limit(self, path: str) -> int:
        return next((most for found, most in self.uploads if found.fullmatch(path)), self.limit)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.places.acquire()
        inside = True

        def leave() -> None:
            nonlocal inside
            if inside:
                inside = False
                self.places.release()

        async def leaving(message: Message) -> None:
            # the transaction has ended when the answer starts: a slow reader holds no place either
            leave()
            await send(message)

        try:
            await self.app(scope, receive, leaving)
        finally:
            leave()


class _TooLargeError(Exception):
    pass


class _GoneError(Exception):
    pass


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes:
    announced = Headers(scope=scope).get("content-length", "0")
    if announced.isdecimal() and int(announced[:19]) > limit:
        raise _TooLargeError
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _TooLargeError
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    response = PlainTextResponse(text + "\n", status, headers={"connection": "close"})
    if wants_json(Request(scope)):
        content = json.dumps({"error": {"status": status, "message": text}})
        response = PlainTextResponse(content, status, headers={"connection": "close"})
        response.headers["content-type"] = "application/json"
    await response(scope, receive, send)


def wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api/")


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
