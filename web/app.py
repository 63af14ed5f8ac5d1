"""create_app: the composition root. What exists is listed here, and nothing is found by magic."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from accountability import imaging
from audit.database import Database
from audit.keyfiles import load_or_create_keys
from audit.service import LogService
from audit.startup import StartupError
from voting import integrity, lifecycle
from web import __version__
from web.api import accountability as accountability_api
from web.api import booth as booth_api
from web.api import credentials as credentials_api
from web.api import description, log
from web.api import elections as elections_api
from web.api import passkeys as passkeys_api
from web.api import trustees as trustees_api
from web.database.opening import open_database
from web.http import csrf, errors, logs, parents, rendering, security
from web.http.dependencies import Access
from web.http.gate import Gate
from web.identity import sign_in
from web.identity.keys import Keys
from web.identity.passkeys import offered as passkeys_offered
from web.jobs.stamping import stamp_when_due
from web.jobs.ticker import Job, Ticker
from web.mail import bounces, outgoing
from web.mail.mailer import make_transport
from web.mail.outgoing import Mailer
from web.pages.account import admin, entry, overview, passkeys
from web.pages.auditors import calls, logbook
from web.pages.commission import checklist, course, exclusions, preparation, signatures
from web.pages.elections import booth, published, trustees
from web.pages.matters import desk, member
from web.pages.registrar import credentials, imports, letters, offices, roll
from web.pages.representatives import dossiers, keeper, links, pictures, profile, seat, work
from web.pages.site import demo, home, outbox
from web.settings import Settings
from web.term import years

ROUTERS: list[APIRouter] = [
    booth_api.router,  # first, because routes are tried in this order and everyone votes at once
    home.router,
    published.router,
    preparation.router,
    checklist.router,
    course.router,
    course.terms,
    signatures.router,
    exclusions.router,
    booth.router,
    trustees.router,
    credentials.router,
    roll.router,
    letters.router,
    offices.router,
    imports.router,
    overview.router,
    passkeys.router,
    passkeys_api.router,
    entry.router,
    admin.router,
    logbook.router,
    outbox.router,
    demo.router,
    profile.router,
    seat.router,
    pictures.router,
    work.router,
    keeper.router,
    links.router,
    calls.router,
    member.router,
    desk.router,
    dossiers.router,
    accountability_api.router,
    log.router,
    trustees_api.router,
    credentials_api.router,
    elections_api.router,
    description.router,
]

ROOM_FOR_FORM = 64 * 1024


def uploads(settings: Settings) -> dict[str, int]:
    """The only places that take more than a form: patterns of whole paths, and bytes."""
    return {
        r"/registrar/imports": settings.max_upload_mib * 1024 * 1024,
        r"/api/v1/elections/[^/]+/trustee/(?:shuffles|decryptions)/\w+": settings.max_upload_mib
        * 1024
        * 1024,
        r"/(?:matters|work|desk/\w+/matters)/\w+/pictures": imaging.MAX_BYTES + ROOM_FOR_FORM,
    }


def from_environment() -> FastAPI:
    """For the server's worker processes."""
    os.umask(0o077)  # as the command does, for a server that is started without it
    return create_app(Settings())


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    logs.configure(settings)
    app = FastAPI(
        title="Mandate",
        openapi_url=None,  # no /docs: its page would load scripts from elsewhere
        lifespan=_lifespan,
        dependencies=[Depends(csrf.check)],
        redirect_slashes=False,
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.settings = settings
    app.state.keys = Keys.load(settings.secret_file)
    app.state.database = database or open_database(settings)
    keys = load_or_create_keys(settings.keys_dir, settings.log_origin)
    app.state.log = LogService(
        app.state.database, settings.log_dir, keys, witness_per_day=settings.witness_per_day
    )
    app.state.ticker = Ticker(_jobs(app), pause=settings.tick_seconds)
    app.state.mailer = Mailer(
        app.state.database, app.state.keys, settings, make_transport(settings)
    )
    app.state.jinja = rendering.make_environment(settings)
    app.state.jinja.globals["passkeys_offered"] = passkeys_offered(settings)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Static(directory=rendering.HERE / "static"), name="static")
    errors.install(app)
    _add_layers(app, settings)
    _require_declared_access(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """With a database that was rolled back or edited the site does not start: the rows of elections
    against the log's, then the log's rows against its files."""
    state = app.state
    settings_hash = state.settings.public_hash()
    await run_in_threadpool(_check_elections, state.database)
    checker = state.settings.checker_url
    await run_in_threadpool(state.log.start, __version__, settings_hash, checker_url=checker)
    state.mailer.start()
    state.ticker.start()
    try:
        yield
    finally:
        for part in (state.ticker, state.mailer, state.log):
            await run_in_threadpool(part.stop)


def _check_elections(database: Database) -> None:
    with database.read() as uow:
        found = integrity.check_contests(uow)
    if found:
        raise StartupError("; ".join(found))


def _jobs(app: FastAPI) -> list[Job]:
    state = app.state

    def purge() -> None:
        with state.database.transaction() as uow:
            sign_in.purge(uow)
            outgoing.purge(uow)

    jobs = [
        Job("elections", 0, lambda: lifecycle.tick(state.database)),
        Job("failures", 60, lambda: sign_in.report_failures(state.database, state.keys)),
        Job("purge", 60, purge),
        Job("accountability", 3600, lambda: years.end_of_day(state.database)),
    ]
    if folder := state.settings.bounces_dir:
        jobs.append(Job("bounces", 60, lambda: bounces.read(state.database, Path(folder))))
    if state.settings.tsa_url:
        jobs.append(Job("stamps", 5, lambda: stamp_when_due(state.log, state.settings.tsa_url)))
    return jobs


def _add_layers(app: FastAPI, settings: Settings) -> None:
    """The last one added is the outermost."""

    async def unexpected(request: Request) -> Response:
        if not hasattr(request.state, "identity"):
            request.state.identity = None  # the database may be what failed
        return await run_in_threadpool(errors.unexpected, request)

    app.add_middleware(rendering.Speak, settings=settings)
    app.add_middleware(security.CatchAll, page=unexpected)
    app.add_middleware(
        Gate,
        limit=settings.max_body_kib * 1024,
        uploads=uploads(settings),
        timeout=settings.body_timeout,
        places=settings.max_requests,
    )
    app.add_middleware(security.OriginCheck, settings=settings)
    app.add_middleware(security.HostCheck, settings=settings)
    app.add_middleware(security.SecurityHeaders, settings=settings)


class Static(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        response.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if versioned else "public, max-age=300"
        )
        return response


def _require_declared_access(app: FastAPI) -> None:
    """Closed by default: a route that does not say who may use it stops the start."""
    for route in iter_route_contexts(app.routes):
        if not getattr(route, "dependant", None):
            continue
        if not access_of(route):
            raise RuntimeError(f"{route.path} declares no access: add PUBLIC or require(Role...)")
        if unknown := parents.undeclared(route.path or ""):
            raise RuntimeError(
                f"{route.path}: how {unknown} belong together is not in web/http/parents.py"
            )


def access_of(route: Any) -> list[Access]:
    """What the route and its routers declare, outermost first."""
    return [d.call for d in route.dependant.dependencies if isinstance(d.call, Access)]
