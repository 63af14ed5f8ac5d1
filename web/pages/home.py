"""The front page: what is open for this person now; for the public, what can be looked at."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import PlainTextResponse, Response

from web import readiness, rendering
from web.dependencies import PUBLIC
from web.rendering import render, see_other

router = APIRouter()


@router.get("/", dependencies=[PUBLIC])
def home(request: Request) -> Response:
    return render(request, "home/home.html")


@router.post("/language", dependencies=[PUBLIC])
def choose_language(
    request: Request,
    language: Annotated[Literal["zh", "en"], Form()],
    back: Annotated[str, Form()] = "/",
) -> Response:
    response = see_other(back)
    rendering.keep_language(request, response, language)
    return response


@router.get("/healthz", dependencies=[PUBLIC])
def healthz() -> dict[str, str]:
    """The process answers; it says nothing of the database."""
    return {"status": "ok"}


@router.get("/readyz", dependencies=[PUBLIC])
def readyz(request: Request) -> Response:
    """Whether it can serve, and if not, the command that mends it."""
    found = readiness.problems(request.app.state.database, request.app.state.log)
    text = "\n".join(found) or "ready"
    return PlainTextResponse(text + "\n", 503 if found else 200)
