"""A route that runs its checks itself runs all that are declared for it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import iter_route_contexts

from tests.web.site import Site
from web.http import csrf
from web.http.dependencies import Access, Direct


def _direct(site: Site) -> list[Any]:
    contexts = iter_route_contexts(site.app.routes)
    return [c for c in contexts if isinstance(getattr(c, "original_route", None), Direct)]


def test_nothing_is_declared_that_a_direct_route_does_not_run(site: Site) -> None:
    """The token, by name, and the route's own access: a dependency of a router would be lost."""
    assert [context.path for context in _direct(site)] == ["/api/v1/contests/{uuid}/ballots"]
    for context in _direct(site):
        first, *rest = [dependency.call for dependency in context.dependant.dependencies]
        own = [dependency.call for dependency in context.original_route.dependant.dependencies]
        assert first is csrf.check
        assert rest == own and all(isinstance(call, Access) for call in own)


def test_a_direct_route_with_another_dependency_is_refused() -> None:
    def endpoint(request: Request, raw: bytes) -> Response:
        return Response(raw)

    router = APIRouter()
    with pytest.raises(RuntimeError, match="direct"):
        router.add_api_route(
            "/x",
            endpoint,
            dependencies=[Depends(lambda: None)],
            route_class_override=Direct,
        )
