"""ATTACKS 18: every route, with no session, with each wrong role, with another person's object.

Driven by the routes of the application: a new route is walked without anybody thinking of it, and
one that declares no access, or names a person's object that tests/attacks/objects.py does not know,
fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.accountability.images import png
from tests.attacks.objects import OWNED, SHARED, TRACED, World
from tests.web.site import BASE, Browser, Site, quick_passwords, running
from web.app import _require_declared_access, access_of
from web.identity.roles import LABELS, Role
from web.settings import Settings

# objects of these are of one person or one office; the others' are the whole organisation's
PERSONAL = {Role.MEMBER, Role.REPRESENTATIVE, Role.BODY, Role.SITE_KEEPER}
# what a route may answer to who may use it, when nothing that it names exists
ALLOWED = {200, 303, 304, 400, 404, 409, 413, 422, 429, 503}


@dataclass(frozen=True)
class Walk:
    method: str
    path: str
    public: bool
    roles: frozenset[Role]  # empty and not public: everyone signed in

    @property
    def api(self) -> bool:
        return self.path.startswith("/api/")

    def url(self, values: dict[str, str] | None = None) -> str:
        def fill(match: re.Match[str]) -> str:
            return (values or {}).get(match[1], "0" * 32)

        return re.sub(r"\{(\w+)(?::path)?\}", fill, self.path)

    def admits(self, role: Role) -> bool:
        return self.public or not self.roles or role in self.roles


def walks(app: FastAPI) -> list[Walk]:
    found = []
    for route in iter_route_contexts(app.routes):
        if not getattr(route, "dependant", None):
            continue
        declared = access_of(route)
        closed = [access for access in declared if not access.public]
        # all of them have to be passed: of a router and of a route in it, the roles in both
        narrowed = [access.roles for access in closed if access.roles]
        roles = frozenset.intersection(*narrowed) if narrowed else frozenset()
        for method in sorted(route.methods or ()):
            found.append(Walk(method, route.path, not closed, roles))
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("routes")
    settings = Settings(data_dir=folder, base_url=BASE, log_level="error", demo=True)
    with pytest.MonkeyPatch.context() as patch, running(settings) as made:
        quick_passwords(patch)
        yield made


@pytest.fixture(scope="module")
def browsers(site: Site) -> dict[Role, Browser]:
    return {role: site.sign_in(role) for role in LABELS}


@pytest.fixture(scope="module")
def tokens(browsers: dict[Role, Browser]) -> dict[Role, str]:
    return {role: browser.token() for role, browser in browsers.items()}


def ask(
    browser: Browser,
    walk: Walk,
    token: str,
    url: str = "",
    form: dict[str, str] | None = None,
    file: str = "",
) -> Any:
    headers = {"x-csrf-token": token}
    more: dict[str, Any] = {}
    if walk.method != "GET":
        more = {"json": {}} if walk.api else {"data": form or {"nothing": "x"}}
        if file:
            more["files"] = {file: ("x.png", png(), "image/png")}
    return browser.request(
        walk.method, url or walk.url(), headers=headers, follow_redirects=False, **more
    )


def test_there_are_routes(site: Site) -> None:
    assert len(walks(site.app)) > 40


def test_without_a_session_only_public_routes_answer(site: Site) -> None:
    browser = site.browser()
    token = browser.token()
    for walk in walks(site.app):
        answer = ask(browser, walk, token)
        place = f"{walk.method} {walk.path}: {answer.status_code}"
        if walk.public:
            assert answer.status_code in ALLOWED, place
            assert not answer.headers.get("location", "").startswith("/sign-in"), place
        elif walk.api:
            assert answer.status_code == 401, place
        else:
            assert answer.status_code == 303, place
            assert answer.headers["location"].startswith("/sign-in"), place


def test_no_role_gets_in_where_another_is_needed(
    site: Site, browsers: dict[Role, Browser], tokens: dict[Role, str]
) -> None:
    for walk in walks(site.app):
        for role in LABELS:
            # a representative is a member too
            held = {role, Role.MEMBER} if role is Role.REPRESENTATIVE else {role}
            if any(walk.admits(r) for r in held):
                continue
            answer = ask(browsers[role], walk, tokens[role])
            assert answer.status_code == 403, f"{walk.method} {walk.path} as {role}"


def test_the_right_role_gets_in(site: Site) -> None:
    """With fresh sessions: some of the routes end the one they are asked with."""
    browsers: dict[Role, tuple[Browser, str]] = {}
    for walk in walks(site.app):
        if walk.public:
            continue
        role = sorted(walk.roles)[0] if walk.roles else Role.CLERK
        if role not in browsers:
            browser = site.sign_in(role)
            browsers[role] = browser, browser.token()
        answer = ask(browsers[role][0], walk, browsers[role][1])
        place = f"{walk.method} {walk.path} as {role}: {answer.status_code} {answer.text[:200]}"
        assert answer.status_code in ALLOWED, place
        assert not answer.headers.get("location", "").startswith("/sign-in"), place
        if walk.method == "POST" and not walk.roles:
            del browsers[role]


def test_every_personal_object_is_known(site: Site) -> None:
    named = {
        walk.path
        for walk in walks(site.app)
        if not walk.public
        and "{" in walk.path
        and (not walk.roles or not PERSONAL.isdisjoint(walk.roles))
    }
    assert named == OWNED.keys() | SHARED.keys()


def test_another_persons_object_is_refused_and_the_own_is_not(site: Site) -> None:
    world = World(site)
    wrong = []
    for walk in walks(site.app):
        if walk.path not in OWNED:
            continue
        asked = OWNED[walk.path]
        owner, stranger = world.owners[asked.by], world.strangers[asked.by]
        ids = {**world.ids, **(asked.path or {}), "session_id": world.session_of(owner)}
        url = walk.url({name: text.format(**ids) for name, text in ids.items()})
        form = {name: text.format(**ids) for name, text in (asked.form or {}).items()}
        theirs = ask(stranger, walk, stranger.token(), url, form, asked.file)
        if theirs.status_code not in (403, 404):
            wrong.append(f"{walk.method} {walk.path}: another gets {theirs.status_code}")
        own = ask(owner, walk, owner.token(), url, form, asked.file)
        if own.status_code in (403, 404):
            wrong.append(f"{walk.method} {walk.path}: the owner gets {own.status_code}")
        if walk.path == "/account/sessions/{session_id}/end":
            world = World(site)  # the owner has just signed out
    assert not wrong, "\n".join(wrong)


def test_a_route_without_access_stops_the_start(site: Site) -> None:
    app = FastAPI()

    @app.get("/open-to-all-by-mistake")
    def forgotten() -> str:
        return "secret"

    with pytest.raises(RuntimeError, match="declares no access"):
        _require_declared_access(app)


def test_there_is_no_generated_documentation(site: Site) -> None:
    """The framework's own pages would load scripts from elsewhere."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert site.browser().get(path).status_code == 404


def test_get_changes_nothing(site: Site, browsers: dict[Role, Browser]) -> None:
    """No route that shows takes the writing transaction."""
    from web.http.dependencies import write_transaction

    for route in iter_route_contexts(site.app.routes):
        if getattr(route, "dependant", None) and "GET" in route.methods:
            calls = {dependency.call for dependency in route.dependant.dependencies}
            assert (write_transaction in calls) == (route.path in TRACED), route.path
