"""Lists by pages, and answers that need not be sent twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi.routing import APIRoute

MOST = 500
ItemT = TypeVar("ItemT")


@dataclass(frozen=True)
class Page:
    """A page of a list in a fixed order: what comes after a key, which a client takes from the
    link to the next page (RFC 8288) and never makes itself."""

    request: Request
    response: Response
    after: str
    limit: int

    def take(self, items: Sequence[ItemT], key: Callable[[ItemT], str]) -> Sequence[ItemT]:
        """The items of this page, of items in the order of their keys. One more than the limit is
        enough to know that there is a next page."""
        following = [item for item in items if key(item) > self.after] if self.after else items
        shown = following[: self.limit]
        if len(following) > len(shown):
            self.link(key(shown[-1]))
        return shown

    def link(self, after: str) -> None:
        """Name the next page."""
        query = urlencode({"after": after, "limit": self.limit})
        self.response.headers["link"] = f'<{self.request.url.path}?{query}>; rel="next"'


def _page(
    request: Request,
    response: Response,
    after: Annotated[str, Query(max_length=200, description="from the link to this page")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Page:
    return Page(request, response, after, limit)


Paged = Annotated[Page, Depends(_page)]


class Tagged(APIRoute):
    """Answers to GET have an entity tag, and one that a client has is not sent again (RFC 9110)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            response = await handle(request)
            body = getattr(response, "body", None)
            if (
                request.method != "GET"
                or response.status_code != 200
                or not isinstance(body, bytes)
            ):
                return response
            tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            response.headers["etag"] = tag
            response.headers.setdefault("cache-control", "no-cache")
            known = request.headers.get("if-none-match", "")
            if known == "*" or tag in (one.strip().removeprefix("W/") for one in known.split(",")):
                kept = {
                    name: value
                    for name, value in response.headers.items()
                    if name in ("etag", "cache-control", "link", "vary")
                }
                return Response(status_code=304, headers=kept)
            return response

        return tagged
