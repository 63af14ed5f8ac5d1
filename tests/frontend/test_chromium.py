"""The tests of the browser's modules, with the same vectors, in the engine that voters have."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.frontend.bridge import build
from tests.frontend.live import chromium

ROOT = Path(__file__).parents[2]
LEAST = 60  # tests; fewer means that a file was not found


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

    def log_message(self, *_: Any) -> None:
        """Nobody reads the log of a test's server."""


@pytest.mark.skip(reason="over its two minutes beside other work; the same vectors run in Node")
@pytest.mark.browser
@pytest.mark.slow
def test_the_vectors_in_chromium() -> None:
    build()
    handler = functools.partial(Quiet, directory=str(ROOT))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with chromium() as browser:
            page = browser.new_page()
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.goto(f"http://127.0.0.1:{server.server_port}/web/frontend/test/browser/index.html")
            page.wait_for_function("window.results !== undefined", timeout=120_000)
            results = page.evaluate("window.results")
    finally:
        server.shutdown()
    assert problems == []
    assert results["failed"] == []
    assert results["passed"] > LEAST
