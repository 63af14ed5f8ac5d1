"""The API described for programs: OpenAPI, from the routes themselves.

docs/openapi.json is the same document, and the browser's types are made from it.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts

from web import __version__
from web.api.answers import Problem
from web.http.dependencies import PUBLIC, Access
from web.http.problems import MEDIA

PREFIX = "/api/v1"
TEXT = """\
Elections, ballots, trustees and what representatives do, as JSON. Reading what is public needs
nothing. What needs a role needs the session of a browser that signed in, and for every request but
GET the token of that session in the header X-CSRF-Token (docs/browser.md).

Errors are problem details (RFC 9457). Lists come by pages: the header Link names the next one.
Answers to GET have an entity tag.
"""

router = APIRouter(prefix=PREFIX, dependencies=[PUBLIC])


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> Response:
    return JSONResponse(document(request.app))


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of all routes below /api/v1."""
    if (made := getattr(app.state, "openapi", None)) is None:
        made = app.state.openapi = _document(app)
    return made


def _document(app: FastAPI) -> dict[str, Any]:
    made: dict[str, Any] = get_openapi(
        title="Mandate",
        version=__version__,
        description=TEXT,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    made["paths"] = {
        path: operations
        for path, operations in made["paths"].items()
        if path.startswith(f"{PREFIX}/")
    }
    schemas = made["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema()
    roles = _roles(app)
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _describe(operation, roles[path, method])
    made["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    }
    made["components"]["schemas"] = _used(made["paths"], schemas)
    return made


def _describe(operation: dict[str, Any], roles: list[str] | None) -> None:
    refusal = {"schema": {"$ref": "#/components/schemas/Problem"}}
    operation["responses"].pop("422", None)
    operation["responses"] |= {
        "304": {"description": "Not modified since the entity tag that was sent"},
        "4XX": {"description": "Refused: says why", "content": {MEDIA: refusal}},
        "503": {"description": "Not ready; try again later", "content": {MEDIA: refusal}},
    }
    if roles is not None:
        operation["security"] = [{"session": []}]
        operation["x-roles"] = roles


def _roles(app: FastAPI) -> dict[tuple[str, str], list[str] | None]:
    """(path, method) -> the roles that may, none for everyone signed in; null for everybody."""
    found: dict[tuple[str, str], list[str] | None] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        declared = [
            d.call for d in getattr(dependant, "dependencies", ()) if isinstance(d.call, Access)
        ]
        if not declared:
            continue
        narrowest = declared[-1]
        roles = None if narrowest.public else sorted(str(role) for role in narrowest.roles)
        for method in route.methods or ():
            found[str(route.path), method.lower()] = roles
    return found


def _used(paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas that the paths name, and those that these name."""
    wanted, found = _named(paths), dict[str, Any]()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = schemas[name]
            wanted |= _named(schemas[name])
    return dict(sorted(found.items()))


def _named(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {str(part["$ref"]).rsplit("/", 1)[-1]} if "$ref" in part else set()
        return own.union(*(_named(value) for value in part.values()))
    return set().union(*map(_named, part)) if isinstance(part, list) else set()
