"""The ballot box under load: the site with a stopwatch around the proofs, and voters who send.

The site is the product's own, `web.app:from_environment`; only here are `ballots.ballot.parse` and
`verify` wrapped in a clock, and the whole in another. Each worker writes what it saw when it ends.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ballots import ballot
from web.app import from_environment
from web.http import server
from web.settings import Settings

TOTALS = "BENCH_TOTALS"  # the folder for what the workers saw
PHASE = b"x-bench-phase"

# of the request at hand: seconds of proof checking, by the clock and of the processor
_proofs: ContextVar[list[float] | None] = ContextVar("proofs", default=None)


def measured() -> ASGIApp:
    """The site of a worker, with stopwatches."""
    for name in ("parse", "verify"):
        setattr(ballot, name, _timed(getattr(ballot, name)))
    return Stopwatch(from_environment(), Path(os.environ[TOTALS]))


def _timed(act: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        clock, processor = time.perf_counter(), time.thread_time()
        try:
            return act(*arguments)
        finally:
            if (spent := _proofs.get()) is not None:
                spent[0] += time.perf_counter() - clock
                spent[1] += time.thread_time() - processor

    return timed


def main() -> None:
    """The server process: as `mandate serve` runs it, with stopwatches."""
    port, workers = map(int, sys.argv[1:])
    uvicorn.run("bench.box:measured", port=port, workers=workers, **server.options(Settings()))


class Stopwatch:
    """Outside of every layer of the site."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self.app = app
        self.folder = folder
        self.casts: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            (self.folder / f"{os.getpid()}.json").write_text(json.dumps(self.casts))
        elif phase := dict(scope["headers"]).get(PHASE):
            await self._cast(phase.decode(), scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _cast(self, phase: str, scope: Scope, receive: Receive, send: Send) -> None:
        spent = [0.0, 0.0]
        _proofs.set(spent)
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        before, start = time.process_time(), time.perf_counter()
        await self.app(scope, receive, watched)
        self.casts.append(
            {
                "phase": phase,
                "status": status,
                "clock": time.perf_counter() - start,
                "from": before,
                "until": time.process_time(),
                "proofs": spent,
            }
        )


class Site:
    """`with Site(folder, url, workers) as site`: answers at `site.url`."""

    def __init__(self, data_dir: Path, database_url: str, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.totals = data_dir / "totals"
        self.totals.mkdir(exist_ok=True)
        self.workers = workers
        self.environment = settings_of(data_dir, database_url, self.port) | {
            TOTALS: str(self.totals)
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Site:
        command = [sys.executable, "-c", "from bench.box import main; main()"]
        command += [str(self.port), str(self.workers)]
        self._process = subprocess.Popen(command, env={**os.environ, **self.environment})
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError("the site did not start; its reason stands above")
            time.sleep(0.1)
        return self

    def _answers(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            connection.request("GET", "/log/checkpoint")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=120)

    def seen(self) -> list[list[dict[str, Any]]]:
        """The casts of each worker, after the end."""
        found = [json.loads(path.read_text()) for path in sorted(self.totals.iterdir())]
        return [casts for casts in found if casts]


def settings_of(data_dir: Path, database_url: str, port: int) -> dict[str, str]:
    """The schedule stays out of the way: the bench closes and counts by hand."""
    return {
        "MANDATE_DATA_DIR": str(data_dir),
        "MANDATE_DATABASE_URL": database_url,
        "MANDATE_BASE_URL": f"http://127.0.0.1:{port}",
        "MANDATE_TICK_SECONDS": "86400",
        "MANDATE_LOG_LEVEL": "warning",
    }


@dataclass(frozen=True)
class Envelope:
    """A ballot ready to be sent, by a voter with a session."""

    uuid: str
    session: str
    csrf: str
    raw: bytes


def send_all(url: str, envelopes: Sequence[Envelope], connections: int, phase: str) -> float:
    """Seconds until all are accepted; each connection stays open. Meant for its own process."""
    waiting = iter(envelopes)
    lock = threading.Lock()

    def voter() -> None:
        line = Line(url, phase=phase)
        while True:
            with lock:
                envelope = next(waiting, None)
            if envelope is None:
                return
            line.become(envelope.session, envelope.csrf)
            line.post(f"/api/v1/contests/{envelope.uuid}/ballots", envelope.raw)

    start = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        for done in [pool.submit(voter) for _ in range(connections)]:
            done.result()
    return time.perf_counter() - start


class Line:
    """A connection of somebody with a session: raises unless the answer is good."""

    def __init__(self, url: str, session: str = "", csrf: str = "", phase: str = "") -> None:
        parts = urlsplit(url)
        self._line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=600)
        self._headers = {"Content-Type": "application/json"}
        # who computes for a while between two requests finds a connection kept open closed
        self._headers |= {PHASE.decode(): phase} if phase else {"Connection": "close"}
        self.become(session, csrf)

    def become(self, session: str, csrf: str) -> None:
        self._headers |= {"Cookie": f"mandate={session}", "X-CSRF-Token": csrf}

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, None)

    def get_json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def post(self, path: str, raw: bytes) -> bytes:
        return self._ask("POST", path, raw)

    def _ask(self, method: str, path: str, raw: bytes | None) -> bytes:
        self._line.request(method, path, raw, self._headers)
        answer = self._line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {body[:300]!r}")
        return body


@dataclass(frozen=True)
class Shares:
    """Of one phase: how many, milliseconds of a cast, and how much of it is proof checking."""

    casts: int
    clock: float  # median
    slow: float  # the 99th percentile
    proofs: float  # median, by the clock
    clock_share: float
    processor: float  # mean of the whole process, with its log and everything else it does
    processor_share: float


def shares(workers: list[list[dict[str, Any]]], phase: str) -> Shares:
    casts, processor = [], 0.0
    for seen in workers:
        of_phase = [cast for cast in seen if cast["phase"] == phase]
        if of_phase:
            processor += max(c["until"] for c in of_phase) - min(c["from"] for c in of_phase)
            casts += of_phase
    clock = sum(cast["clock"] for cast in casts)
    return Shares(
        casts=len(casts),
        clock=1e3 * median(cast["clock"] for cast in casts),
        slow=1e3 * sorted(cast["clock"] for cast in casts)[-1 - len(casts) // 100],
        proofs=1e3 * median(cast["proofs"][0] for cast in casts),
        clock_share=sum(cast["proofs"][0] for cast in casts) / clock,
        processor=1e3 * processor / len(casts),
        processor_share=sum(cast["proofs"][1] for cast in casts) / processor,
    )
