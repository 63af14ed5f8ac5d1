"""WCAG AA by axe on every page that can be asked for without naming an object, and on forms.

Each page twice: Chinese on a phone in the dark, English on a desk by day; and at 375 pixels nothing
may stick out at the side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Browser, BrowserContext

from audit.database import Actor
from tests.frontend.live import DESKTOP, PHONE, chromium, serving
from tests.web.site import Site
from web.app import access_of
from web.identity import accounts, links
from web.identity.cookies import session_cookie
from web.identity.models import ENROL, RESET
from web.identity.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# answers that are no pages
NOT_PAGES = {"/healthz", "/readyz", "/log/proof"}
DOWNLOADS = (".csv", ".ics", ".json", ".vkey", ".zip")
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass(frozen=True)
class Look:
    language: str
    viewport: dict[str, int]
    scheme: str


LOOKS = [Look("zh", PHONE, "dark"), Look("en", DESKTOP, "light")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("accessibility")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def paths(site: Site) -> list[tuple[str, Role | None]]:
    return pages(site)


def pages(site: Site) -> list[tuple[str, Role | None]]:
    """Paths with who may see them: the first of the roles, or nobody in particular."""
    found: list[tuple[str, Role | None]] = []
    for route in iter_route_contexts(site.app.routes):
        path = route.path or ""
        if not getattr(route, "dependant", None) or "GET" not in route.methods or "{" in path:
            continue
        if path in NOT_PAGES or path.startswith("/api/") or path.endswith(DOWNLOADS):
            continue
        closed = [access for access in access_of(route) if not access.public]
        roles = sorted(closed[-1].roles) if closed else []
        found.append((path, Role(roles[0]) if roles else (Role.CLERK if closed else None)))
    return [*found, *links_of(site), ("/no-such-page", None)]


def links_of(site: Site) -> list[tuple[str, Role | None]]:
    with site.database.transaction(Actor("test")) as uow:
        new = accounts.create(uow, "new-person", name="赵敏", email="new@example.org")
        enrol = links.make(uow, new, ENROL, 2)
        old = accounts.create(uow, "old-person", name="钱多")
        old.state = "active"
        reset = links.make(uow, old, RESET, 2)
        admin = f"/admin/accounts/{old.id}"
    return [(f"/enrol/{enrol}", None), (f"/reset/{reset}", None), (admin, Role.ADMIN)]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.language)
def test_pages_are_accessible(
    site: Site, browser: Browser, paths: list[tuple[str, Role | None]], look: Look
) -> None:
    wrong: list[str] = []
    contexts: dict[Role | None, BrowserContext] = {}
    for path, role in paths:
        if role not in contexts:
            contexts[role] = signed_in(site, browser, look, role)
        page = contexts[role].new_page()
        page.goto(site.settings.base_url + path)
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > 0:
            wrong.append(f"{path}: {wide} pixels too wide")
        found = Axe().run(page, options=OPTIONS).response["violations"]
        wrong += [
            f"{path}: {rule['id']}: {rule['help']}: {node['html'][:160]}"
            for rule in found
            for node in rule["nodes"][:3]
        ]
        page.close()
    for context in contexts.values():
        context.close()
    assert not wrong, "\n".join(wrong)


def signed_in(site: Site, browser: Browser, look: Look, role: Role | None) -> BrowserContext:
    context = browser.new_context(
        viewport=look.viewport,  # type: ignore[arg-type]
        color_scheme=look.scheme,  # type: ignore[arg-type]
        locale="zh-CN" if look.language == "zh" else "en-GB",
    )
    if role is not None:
        token = site.sign_in(role).cookies[session_cookie(https=False)]
        context.add_cookies(
            [
                {
                    "name": session_cookie(https=False),
                    "value": token,
                    "url": site.settings.base_url,
                }
            ]
        )
    return context
