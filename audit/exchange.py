"""One request to a server that may be hostile, with a deadline over the whole exchange.

A timeout of a socket starts anew with each byte, so a server that drips holds its client for ever.
Here the connection, the request, the head of the answer and its body share one deadline. Proxies of
the environment work as everywhere; redirects are refused.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any

from audit.errors import LogError

ADDRESSES = 4  # of one name that are tried
PIECE = 1 << 14  # bytes sent at a time, each within what is left of the deadline


@dataclass(frozen=True)
class Answer:
    """What a server answered, whatever its status."""

    status: int
    content_type: str
    body: bytes


def exchange(
    url: str,
    *,
    limit: int,
    seconds: float,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """GET, or POST of `body`; at most `limit` bytes come back, at most `seconds` after the start.

    Raises LogError: no http(s), no connection, too slow, too long, or no HTTP. Only the look-up of
    the name has the deadline of the machine's resolver, which the other side cannot stretch.
    """
    if not url.startswith(("http://", "https://")):
        raise LogError(f"not an http or https address: {url[:200]}")
    try:
        request = urllib.request.Request(url, data=body, headers=dict(headers or {}))  # noqa: S310 - checked above
        try:
            answer = _OPENER.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            content = answer.read(limit + 1)
            if len(content) > limit:
                raise LogError(f"{url}: the server sends more than {limit} bytes")
            return Answer(answer.status, answer.headers.get("content-type", ""), content)
    except TimeoutError as error:
        raise LogError(f"{url}: no answer within {seconds:g} seconds") from error
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            raise LogError(f"{url}: no answer within {seconds:g} seconds") from error
        raise LogError(f"{url}: {error}") from error


class _Bounded(io.RawIOBase):
    """Reads of a socket, each of which waits for no longer than is left."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._end = end
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._end))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, end: float, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self.fp = io.BufferedReader(_Bounded(sock, end))


class _Connection(HTTPConnection):
    """An `HTTPConnection` whose `timeout` is the deadline of all that it does."""

    def __init__(self, host: str, *, timeout: float, **named: Any) -> None:
        super().__init__(host, timeout=timeout, **named)
        self._end = time.monotonic() + timeout
        self.response_class = partial(_Response, end=self._end)  # type: ignore[assignment]
        self._create_connection = self._dial

    def _dial(self, address: tuple[str, int], *_arguments: object) -> socket.socket:
        last: OSError = OSError(f"{address[0]} has no address")
        for *_, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[:ADDRESSES]:
            try:
                return socket.create_connection((str(place[0]), int(place[1])), _left(self._end))
            except OSError as error:
                last = error
        raise last

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), PIECE):
            self.sock.settimeout(_left(self._end))
            super().send(data[start : start + PIECE])


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS; the handshake is one step, bounded by the socket's own deadline."""


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_Connection, req)  # type: ignore[arg-type]


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        context = ssl.create_default_context()
        return self.do_open(_TlsConnection, req, context=context)  # type: ignore[arg-type]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        return None


_OPENER = urllib.request.build_opener(_Http(), _Https(), _NoRedirect())


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left
