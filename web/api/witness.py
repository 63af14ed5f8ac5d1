"""A witness over HTTP, on a port of its own: submission and what monitors may read."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from audit.witness import MAX_REQUEST, Witness
from web.http.gate import Gate

BODY_TIMEOUT = 30.0  # seconds
AT_ONCE = 24  # requests
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


def create_witness_app(witness: Witness) -> Starlette:
    """POST /add-checkpoint (tlog-witness); GET /vkey, /<hash>/checkpoint and /<hash>/evidence.

    <hash> is the SHA-256 of a log's origin, in hexadecimal. A body has its size and its time, as on
    the site, before a thread works on it.
    """

    async def add_checkpoint(request: Request) -> Response:
        body = await request.body()
        answer = await run_in_threadpool(witness.add_checkpoint, body)
        # a header of our own: the framework would add a charset, and clients compare the whole
        return Response(answer.body, answer.status, headers={"content-type": answer.content_type})

    async def vkey(_request: Request) -> Response:
        return PlainTextResponse("".join(f"{signer.verifier}\n" for signer in witness.signers))

    async def latest(request: Request) -> Response:
        origin = _origin(request)
        raw = await run_in_threadpool(witness.latest, origin) if origin else None
        return PlainTextResponse(raw) if raw else PlainTextResponse("unknown log\n", 404)

    async def evidence(request: Request) -> Response:
        origin = _origin(request)
        found = await run_in_threadpool(witness.evidence, origin) if origin else []
        return PlainTextResponse(b"\n".join(found))

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/vkey", vkey),
            Route("/{origin}/checkpoint", latest),
            Route("/{origin}/evidence", evidence),
        ],
        middleware=[
            Middleware(Gate, limit=MAX_REQUEST, uploads={}, timeout=BODY_TIMEOUT, places=AT_ONCE)
        ],
    )


def _origin(request: Request) -> str:
    origin = str(request.path_params["origin"])
    return origin if _HASH.fullmatch(origin) else ""
