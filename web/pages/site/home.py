"""The front page: open tasks of this person; for the public, an overview."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import select

from audit.database import UnitOfWork
from audit.entries import PUBLIC as PUBLIC_LOG
from audit.service import head_of
from voting.models import CERTIFIED, DECLARED, OPEN, SEALED, Election
from web.http import readiness
from web.http.dependencies import PUBLIC, Read
from web.http.rendering import keep_language, render, see_other
from web.identity.current import current
from web.term import todo, todo_work
from web.term.todo import todos

SOURCES = [*todo.SOURCES, *todo_work.SOURCES]

router = APIRouter(dependencies=[PUBLIC])


@router.get("/")
def home(request: Request, uow: Read) -> Response:
    account = current(request)
    return render(
        request,
        "home/home.html",
        todos=todos(uow, account, SOURCES) if account else [],
        open_now=_elections(uow, OPEN),
        coming=_elections(uow, SEALED),
        results=_elections(uow, DECLARED, CERTIFIED),
        head=head_of(request.app.state.log, PUBLIC_LOG),
    )


def _elections(uow: UnitOfWork, *states: str) -> list[Election]:
    return list(
        uow.session.scalars(
            select(Election)
            .where(Election.state.in_(states))
            .order_by(Election.closes_at.desc())
            .limit(6)
        )
    )


@router.get("/about")
def about(request: Request) -> Response:
    """How to check everything oneself, and what the system cannot promise."""
    head = head_of(request.app.state.log, PUBLIC_LOG)
    return render(request, "home/about.html", head=head)


@router.post("/language")
def choose_language(
    request: Request,
    language: Annotated[Literal["zh", "en"], Form()],
    back: Annotated[str, Form()] = "/",
) -> Response:
    response = see_other(back)
    keep_language(request, response, language)
    return response


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers; it says nothing of the database."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """Whether it can serve, and if not, the command that mends it."""
    found = readiness.problems(request.app.state.database, request.app.state.log)
    text = "\n".join(found) or "ready"
    return PlainTextResponse(text + "\n", 503 if found else 200)
