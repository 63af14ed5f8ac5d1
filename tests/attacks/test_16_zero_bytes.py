"""ATTACKS 16, zero bytes: PostgreSQL holds no text with one; whoever sends it is told so, on both
databases, and nothing of ours falls over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit.database import Database
from tests.attacks.test_18_routes import ask, walks
from tests.web.site import BASE, Browser, quick_passwords, running
from web.identity.roles import Role
from web.settings import Settings

QUERIES = ("/ballots/check?uuid=a%00&tracker=b%00", "/log/proof?contest=a%00&tracker=b")


def test_a_zero_byte_anywhere_in_an_address(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_passwords(monkeypatch)
    address = database.engine.url.render_as_string(hide_password=False)
    settings = Settings(
        data_dir=tmp_path, base_url=BASE, log_level="error", tick_seconds=3600, database_url=address
    )
    with running(settings) as site:
        browsers: dict[Role, tuple[Browser, str]] = {}
        for walk in walks(site.app):
            role = min(walk.roles) if walk.roles else Role.CLERK
            if "{" not in walk.path or walk.path.startswith("/account"):  # which ends the session
                continue
            if role not in browsers:
                browser = site.sign_in(role)
                browsers[role] = browser, browser.token()
            browser, token = browsers[role]
            answer = ask(browser, walk, token, url=re.sub(r"\{.*?\}", "a%00b", walk.path))
            assert answer.status_code < 500, f"{walk.method} {walk.path}"
        for query in QUERIES:
            assert site.browser().get(query).status_code < 500
