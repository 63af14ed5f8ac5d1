"""Errors of the API as problem details (RFC 9457): what is wrong and where, and never an echo of
what was sent."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

MEDIA = "application/problem+json"


def problem(status: int, title: str, detail: str, field: str | None = None) -> Response:
    """`type` is about:blank: the status says what kind it is. `field` is an extension member."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    body["detail"] = detail
    if field:
        body["field"] = field
    return Response(json.dumps(body, ensure_ascii=False), status, media_type=MEDIA)


def phrase(status: int) -> str:
    """The words of HTTP for a status, where no page has better ones."""
    return HTTPStatus(status).phrase
