"""Bodies and places: what a request passes before it takes a thread, on the site and a witness."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from web.http.problems import phrase, problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Gate:
    """The body is read whole, within a size and a time, before the request takes a place inside.

    So a slow client holds no place, and no more requests are inside than there are threads:
    a transaction that waits for a lock can never keep the holder of that lock from a thread.
    """

    def __init__(
        self, app: App, *, limit: int, uploads: Mapping[str, int], timeout: float, places: int
    ) -> None:
        """Bytes of a body, or of one to a path that a pattern of `uploads` describes whole; seconds
        that it has; requests at once."""
        self.app = app
        self.limit = limit
        self.uploads = [(re.compile(pattern), most) for pattern, most in uploads.items()]
        self.timeout = timeout
        self.places = asyncio.Semaphore(places)

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
    response: Response = PlainTextResponse(text + "\n", status)
    if wants_json(Request(scope)):
        response = problem(status, phrase(status), text)
    response.headers["connection"] = "close"
    await response(scope, receive, send)


def wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api/")
