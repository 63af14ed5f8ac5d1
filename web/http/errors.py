"""The one place where an error of the domain becomes a status and a page."""

from __future__ import annotations

from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DataError, DBAPIError, DisconnectionError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from audit.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooLate
from ballots import BallotError
from web.http.gate import wants_json
from web.http.problems import problem
from web.http.rendering import render
from web.identity.throttle import TooMany
from web.texts.i18n import N_, _, error_text, refusal_text

log = structlog.get_logger("web")


class SignInRequired(DomainError):  # noqa: N818 - named like its siblings in audit.errors
    """There is no session."""


STATUS: dict[type[DomainError], int] = {
    SignInRequired: 401,
    Forbidden: 403,
    NotFound: 404,
    TooLate: 409,
    Conflict: 409,
    Invalid: 422,
    TooMany: 429,
}

TITLES = {
    400: N_("This request cannot be understood"),
    401: N_("Please sign in"),
    403: N_("This is not open to you"),
    404: N_("There is no such page"),
    405: N_("This request cannot be understood"),
    409: N_("This is not possible now"),
    422: N_("Something in the form is not right"),
    429: N_("Too many tries"),
    500: N_("Something went wrong on our side"),
    503: N_("The service is not ready"),
}


def status_of(error: DomainError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def answer(request: Request, status: int, message: str, field: str | None = None) -> Response:
    title = _(TITLES.get(status, TITLES[400]))
    if wants_json(request):
        return problem(status, title, message, field)
    return render(request, "errors/error.html", status_code=status, title=title, message=message)


def domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this class only
    if isinstance(error, SignInRequired) and not wants_json(request):
        return to_sign_in(request)
    status = status_of(error)
    echoes = wants_json(request) and _echoes(request, error)
    text = _(TITLES[status]) if echoes else error_text(error)
    response = answer(request, status, text, error.field)
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(error.params.get("seconds", 60))
    return response


def _echoes(request: Request, error: DomainError) -> bool:
    """Does the sentence repeat a part of the address? On a page that helps; in an API it lets
    whoever made the address put words into the answer."""
    sent = {*request.path_params.values(), *request.query_params.values()}
    return any(str(value) in sent for value in error.params.values())


def to_sign_in(request: Request) -> Response:
    """Back to the page that was asked for, after signing in; only a page can be gone back to."""
    target = request.url.path
    if request.url.query:
        target += f"?{request.url.query}"
    query = f"?{urlencode({'next': target})}" if request.method == "GET" and target != "/" else ""
    return RedirectResponse(f"/sign-in{query}", 303)


def ballot_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, BallotError)  # noqa: S101 - registered for this class only
    return answer(request, 422, refusal_text(error), str(error.place))


def http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    title = TITLES.get(error.status_code, TITLES[400])
    response = answer(request, error.status_code, _(title))
    if error.headers:
        response.headers.update(error.headers)
    return response


def bad_request(request: Request, error: Exception) -> Response:
    """A field is missing or of the wrong kind: our own forms cannot send this, so plainly."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    first = error.errors()[0] if error.errors() else {"loc": ("?",)}
    field = str(first["loc"][-1])
    message = _("The field “%(field)s” is missing or has a value of another kind.", field=field)
    return answer(request, 422, message, field)


def data_error(request: Request, error: Exception) -> Response:
    """A value that the database cannot hold, as a text with a zero byte: nobody's form sends it."""
    return answer(request, 400, _(TITLES[400]))


# SQLSTATE classes and codes (PostgreSQL, appendix A): no connection, out of resources, an operator
# who restarts the server, a transaction that lost against another one
_PASSING = ("08", "53", "57P0", "40")
_SQLITE_PASSING = ("locked", "busy", "unable to open", "disk i/o")
RETRY_AFTER = 5  # seconds


def is_passing(error: Exception) -> bool:
    """Is the database away, or too busy, rather than asked for something that it does not have?"""
    if not isinstance(error, DBAPIError):
        return True  # of the pool: nobody answered in time
    if error.connection_invalidated:
        return True
    if (state := getattr(error.orig, "sqlstate", None)) is not None:
        return str(state).startswith(_PASSING)
    said = str(error.orig).lower()
    if type(error.orig).__module__.startswith("sqlite3"):
        return any(word in said for word in _SQLITE_PASSING)
    return type(error.orig).__name__ == "OperationalError"  # a connection that could not be made


def database_away(request: Request, error: Exception) -> Response:
    """503: the same request may be sent again. A ballot that was taken in is answered with the
    same receipt, so the voter's page sends it again by itself."""
    if not is_passing(error):
        raise error
    log.error("database_away", error=type(error).__name__)
    if not hasattr(request.state, "identity"):
        request.state.identity = None
    message = _(
        "The database does not answer at the moment. Please try again in %(seconds)s seconds.",
        seconds=RETRY_AFTER,
    )
    response = answer(request, 503, message)
    response.headers["retry-after"] = str(RETRY_AFTER)
    return response


def unexpected(request: Request) -> Response:
    message = _("It has been noted. Nothing of what you sent was kept; please try again later.")
    return answer(request, 500, message)


def install(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, domain_error)
    app.add_exception_handler(BallotError, ballot_error)
    app.add_exception_handler(DataError, data_error)
    for away in (DBAPIError, DisconnectionError, PendingRollbackError, PoolTimeout):
        app.add_exception_handler(away, database_away)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, bad_request)
