"""Where a log is read from: a folder, or a server that may be hostile."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

from audit.errors import LogError
from audit.exchange import exchange
from audit.folder import LogFolder, Reader

DEADLINE = 60.0  # seconds for one file


class HttpSource:
    """A log under a URL; answers are bounded in bytes and in time, redirects are refused."""

    def __init__(self, url: str, *, seconds: float = DEADLINE) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise LogError(f"not an http or https address: {url[:200]}")
        self.url = url.rstrip("/")
        self.seconds = seconds

    def read(self, relative: str, limit: int) -> bytes | None:
        url = f"{self.url}/{relative}"
        answer = exchange(url, limit=limit, seconds=self.seconds)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise LogError(f"{url}: the server answers {answer.status}")
        return answer.body


class Patient:
    """A source that is read until its time is up, so that many slow files are no endless wait."""

    def __init__(self, source: Reader, seconds: float) -> None:
        self.source = source
        self.end = time.monotonic() + seconds

    def read(self, relative: str, limit: int) -> bytes | None:
        if time.monotonic() > self.end:
            raise LogError(f"{relative}: the log answers so slowly that no look at it ends")
        return self.source.read(relative, limit)

    def allow(self, seconds: float) -> None:
        """More time, for files that a signed head has announced."""
        self.end += seconds


def open_source(place: str) -> Reader:
    """A folder or a URL, as people write it. Raises LogError when there is nothing."""
    if place.startswith(("http://", "https://")):
        return HttpSource(place)
    if not Path(place).is_dir():
        raise LogError(f"there is no folder {place}")
    return LogFolder(Path(place))
