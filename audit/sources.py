"""Where a log is read from: a folder, or a server that may be hostile."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from audit.errors import LogError
from audit.folder import LogFolder, Reader

TIMEOUT = 20.0  # seconds without a byte
DEADLINE = 60.0  # seconds for one file


class HttpSource:
    """A log under a URL; bodies are bounded in bytes and in time, redirects are refused."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise LogError(f"not an http or https address: {url[:200]}")
        self.url = url.rstrip("/")

    def read(self, relative: str, limit: int) -> bytes | None:
        url = f"{self.url}/{relative}"
        try:
            with open_url(urllib.request.Request(url)) as answer:  # noqa: S310 - http(s) only
                return read_body(answer, limit)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
            raise LogError(f"{url}: the server answers {error.code}") from error
        except (OSError, HTTPException) as error:
            raise LogError(f"{url}: {error}") from error


def open_source(place: str) -> Reader:
    """A folder or a URL, as people write it. Raises LogError when there is nothing."""
    if place.startswith(("http://", "https://")):
        return HttpSource(place)
    if not Path(place).is_dir():
        raise LogError(f"there is no folder {place}")
    return LogFolder(Path(place))


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


_OPENER = urllib.request.build_opener(_NoRedirect())


def open_url(request: urllib.request.Request) -> IO[bytes]:
    """Open without following redirects. Raises OSError, of which HTTPError has a status."""
    answer: IO[bytes] = _OPENER.open(request, timeout=TIMEOUT)
    return answer


def read_body(answer: IO[bytes], limit: int) -> bytes:
    """At most `limit` bytes, in bounded time. Raises LogError."""
    end = time.monotonic() + DEADLINE
    parts: list[bytes] = []
    total = 0
    while part := answer.read(min(65536, limit + 1 - total)):
        parts.append(part)
        total += len(part)
        if total > limit:
            raise LogError(f"the server sends more than {limit} bytes")
        if time.monotonic() > end:
            raise LogError("the server is too slow")
    return b"".join(parts)
