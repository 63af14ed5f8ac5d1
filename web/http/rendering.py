"""Pages: one Jinja environment, what every template may use, and the answers of a route."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import jinja2
from babel import dates, numbers
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audit.clock import offset_name
from audit.database import UnitOfWork
from audit.errors import DomainError
from web.http import csrf
from web.http.navigation import links_for
from web.identity.cookies import seed_cookie, set_cookie
from web.identity.current import current
from web.identity.roles import LABELS, Role
from web.settings import Settings
from web.texts import i18n
from web.texts.i18n import local

HERE = Path(__file__).parent.parent
FLASH_COOKIE = "mandate-flash"
LANGUAGE_COOKIE = "mandate-language"
BABEL = {"zh": "zh_Hans_CN", "en": "en_GB"}


def make_environment(settings: Settings) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True
    )
    zone = settings.zone
    environment.filters.update(
        local=local,
        day=day,
        moment=lambda value: moment(value, zone),
        when=lambda value: moment(value, zone) if isinstance(value, datetime) else day(value),
        number=lambda value: numbers.format_decimal(value, locale=_locale()),
        role=lambda value: i18n.gettext(LABELS[Role(value)]),
    )
    environment.globals.update(
        checker_url=settings.checker_url,
        static=static_url,
        language=i18n.language,
        languages=i18n.LANGUAGES,
        settings=settings,
        Role=Role,
        csrf_field=csrf_field,
        csrf_token=csrf_token,
        links=nav_links,
    )
    return environment


def _locale() -> str:
    return BABEL[i18n.language()]


def day(value: date | None) -> str:
    return dates.format_date(value, "long", locale=_locale()) if value else "—"


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """A time with its zone. Where the reader's clocks show the same, ui/zone.ts hides the zone."""
    if value is None:
        return "—"
    offset = offset_name(value, zone)
    return Markup('<time datetime="{}">{} <span class="zone">({})</span></time>').format(
        value.astimezone(zone).isoformat(timespec="seconds"), moment_text(value, zone), offset
    )


def moment_text(value: datetime, zone: ZoneInfo) -> str:
    value = value.astimezone(zone)
    clock = dates.format_time(value, "HH:mm", locale=_locale())
    return f"{dates.format_date(value, 'long', locale=_locale())} {clock}"


@cache
def static_url(name: str) -> str:
    """With the hash of the content, so that browsers may keep it for ever."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@jinja2.pass_context
def csrf_token(context: jinja2.runtime.Context) -> str:
    return csrf.token(context["request"])


@jinja2.pass_context
def csrf_field(context: jinja2.runtime.Context) -> Markup:
    value = csrf.token(context["request"])
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, value)


@jinja2.pass_context
def nav_links(context: jinja2.runtime.Context) -> list[Any]:
    return links_for(context["account"])


def render(
    request: Request, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """A page. Templates also have `request`, `account` (or None), `path` and `flashes`,
    and when a form comes back, `error`, `error_field` and `typed`."""
    page: jinja2.Template = request.app.state.jinja.get_template(template)
    shown = take_flashes(request)
    html = page.render(
        request=request,
        account=current(request),
        path=request.url.path,
        flashes=shown,
        **{"error": None, "error_field": None, "typed": {}, **context},
    )
    response = HTMLResponse(html, status_code)
    response.headers["content-language"] = "zh-Hans" if i18n.language() == "zh" else "en"
    response.headers["vary"] = "Accept-Language, Cookie"
    _seed_cookie(request, response)
    if shown:
        response.delete_cookie(FLASH_COOKIE, path="/")
    return response


def refuse(
    request: Request, uow: UnitOfWork, template: str, error: DomainError, **context: Any
) -> HTMLResponse:
    """The form again, with what was typed and what is wrong; nothing of the transaction stays."""
    undo(uow)
    return render(
        request,
        template,
        status_code=422,
        error=i18n.error_text(error),
        error_field=error.field,
        **context,
    )


def undo(uow: UnitOfWork) -> None:
    """Back to the start of the route; what is read from here on is as it was, and stays so."""
    savepoint = uow.session.get_nested_transaction()
    if savepoint is not None:
        savepoint.rollback()


def see_other(url: str) -> RedirectResponse:
    """After a POST, to a path of this site: what came with the request may not lead away."""
    return RedirectResponse(safe_path(url), 303)


def safe_path(url: str) -> str:
    parts = urlsplit(url)
    plain = url.startswith("/") and not url.startswith(("//", "/\\")) and url.isprintable()
    return url if plain and not parts.scheme and not parts.netloc and "\\" not in url else "/"


def flash(request: Request, message: str, kind: str = "good") -> None:
    """Shown once, on the next page; `kind` is good, note or bad."""
    request.state.flashes = [*getattr(request.state, "flashes", []), [kind, message]]


def take_flashes(request: Request) -> list[list[str]]:
    fresh: list[list[str]] = getattr(request.state, "flashes", [])
    request.state.flashes = []
    return [*_read_flashes(request), *fresh]


def _read_flashes(request: Request) -> list[list[str]]:
    """Signed: nobody but this site puts words on its pages."""
    mac, _dot, payload = request.cookies.get(FLASH_COOKIE, "").partition(".")
    if not payload or not request.app.state.keys.check_mac("flash", payload, mac):
        return []
    found: list[list[str]] = json.loads(base64.urlsafe_b64decode(payload))
    return found


class Speak:
    """The language of the request: as chosen here, else as the browser asks.

    A sign-in chooses the language of the account. What was flashed is carried to the next page.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.default = settings.language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def with_flashes(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_flash_cookie(request, message)
            await send(message)

        with i18n.speaking(self._wanted(request)):
            await self.app(scope, receive, with_flashes)

    def _wanted(self, request: Request) -> i18n.Language:
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        if chosen in i18n.LANGUAGES:
            return chosen
        return i18n.negotiate(request.headers.get("accept-language", ""), self.default)


def _add_flash_cookie(request: Request, message: Message) -> None:
    waiting: list[list[str]] = getattr(request.state, "flashes", [])
    if waiting:
        payload = base64.urlsafe_b64encode(json.dumps(waiting).encode()).decode()
        value = f"{request.app.state.keys.mac('flash', payload)}.{payload}"
        response = Response()
        set_cookie(request, response, FLASH_COOKIE, value)
        MutableHeaders(scope=message).append("set-cookie", response.headers["set-cookie"])


def _seed_cookie(request: Request, response: Response) -> None:
    seed = getattr(request.state, "new_seed", None)
    if seed is not None:
        https = request.app.state.settings.https
        set_cookie(request, response, seed_cookie(https), seed)


def keep_language(request: Request, response: Response, language: str) -> None:
    https = request.app.state.settings.https
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=400 * 86400, httponly=True, secure=https, samesite="lax"
    )


def page_json(data: dict[str, Any]) -> str:
    """For a JSON block in HTML, which no `<` can end early; with the language of the page."""
    text = json.dumps({**data, "language": i18n.language()}, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
