"""The site on a real port, and Chromium in front of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from audit.clock import Clock
from audit.database import Base
from tests.web.site import Site
from web.app import create_app
from web.identity.cookies import session_cookie
from web.settings import Settings

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 375, "height": 812}
DESKTOP = {"width": 1280, "height": 900}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, host: str = "127.0.0.1", clock: Clock | None = None) -> Iterator[Site]:
    """A new site on a port of its own, in a thread; `host` is what the browser calls it."""
    port = free_port()
    settings = Settings(
        data_dir=folder, base_url=f"http://{host}:{port}", log_level="error", tick_seconds=1
    )
    app = create_app(settings)
    Base.metadata.create_all(app.state.database.engine)
    if clock is not None:
        app.state.database.clock = clock  # for a history of another time
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline and thread.is_alive(), "the site does not start"
        time.sleep(0.05)
    try:
        yield Site(app)
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def context_for(
    browser: Browser,
    site: Site,
    token: str,
    *,
    language: str = "en",
    viewport: dict[str, int] | None = None,
) -> BrowserContext:
    """A browser that is signed in with this session."""
    context = browser.new_context(
        base_url=site.settings.base_url,
        locale="zh-CN" if language == "zh" else "en-GB",
        viewport=viewport or PHONE,  # type: ignore[arg-type]
        accept_downloads=True,
    )
    cookie = {"name": session_cookie(False), "value": token, "url": site.settings.base_url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    return context


def fits(page: Page) -> None:
    """Nothing is wider than the screen."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} scrolls sideways by {wide} pixels"
