"""Forms of pages that show accountability: done, refused, or shown again as typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from audit.database import UnitOfWork
from audit.errors import DomainError, Forbidden, NotFound
from web.http.rendering import flash, refuse, render, see_other, undo
from web.texts.accountability import options, word
from web.texts.i18n import error_text


def page(request: Request, template: str, **context: Any) -> HTMLResponse:
    return render(request, template, word=word, options=options, **context)


def attempt(
    request: Request, uow: UnitOfWork, url: str, act: Callable[[], object], done: str
) -> Response:
    """A short form: do it, go back, and say how it went. No permission: an error page."""
    try:
        act()
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        undo(uow)
        flash(request, error_text(error), "bad")
        return see_other(url)
    flash(request, done)
    return see_other(url)


def again(
    request: Request, uow: UnitOfWork, template: str, error: DomainError, **context: Any
) -> HTMLResponse:
    """A long form: the page again, with what was typed and what is wrong."""
    return refuse(request, uow, template, error, word=word, options=options, **context)
