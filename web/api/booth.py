"""The ballot box: papers, casting, second look, trackers. Ballots come and go as raw bytes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from audit import queue
from audit.database import Actor
from audit.entries import PUBLIC as PUBLIC_LOG
from audit.errors import LogError
from audit.proving import prove
from audit.receipts import make_receipt
from ballots.encoding import loads_strict, take_object, take_text
from voting import casting, contest_archive, papers, results, states
from voting.errors import Forbidden, NotFound
from web.api import answers
from web.api.lists import Tagged
from web.http.dependencies import PUBLIC, AppDatabase, CurrentAccount, Direct, Read, Uow, require
from web.identity.current import Identity, current
from web.identity.roles import Role
from web.texts.i18n import N_

router = APIRouter(prefix="/api/v1/contests", route_class=Tagged)
VOTER = Actor("voter")  # the log never names who votes, and the database is not told either
MAX_BODY = 4 << 20
# bodies are read as bytes, since their one form is part of the protocol: the description says so
JSON_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}
}
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {}}}, "description": "byte for byte"}
}


async def raw_body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(raw_body)]


async def person_of(account: CurrentAccount) -> str:
    return member(account)


def member(account: Identity | None) -> str:
    if account is None or account.person_id is None:
        raise Forbidden(N_("Only members vote."))
    return account.person_id


Voter = Annotated[str, Depends(person_of)]


def from_url(tracker: str) -> str:
    """Trackers are base64; in a path `+` and `/` have other meanings."""
    return tracker.replace("-", "+").replace("_", "/")


def cast(request: Request, raw: bytes) -> Response:
    """Proofs are checked before the transaction, which then is short."""
    uuid, state = request.path_params["uuid"], request.app.state
    person = member(current(request))
    checked = casting.check(casting.paper_in(state.database, uuid), raw)
    with state.database.transaction(VOTER) as uow:
        accepted = casting.accept(uow, person, uuid, checked, state.log.keys.receipt)
    return JSONResponse(vars(accepted))


# before the others, because routes are tried in their order
router.add_api_route(
    "/{uuid}/ballots",
    cast,
    methods=["POST"],
    dependencies=[require(Role.MEMBER)],
    route_class_override=Direct,
    response_model=answers.Cast,
    openapi_extra=JSON_BODY,
)


@router.get("/{uuid}/election", dependencies=[PUBLIC], responses=DOCUMENT)
def paper(uuid: str, uow: Read) -> Response:
    """The ballot paper, byte for byte as its fingerprint has it; for pages of others as well."""
    answer = _document(states.contest_by_uuid(uow, uuid).election_json)
    answer.headers["access-control-allow-origin"] = "*"
    return answer


@router.get("/{uuid}/trustees", dependencies=[PUBLIC], responses=DOCUMENT)
def trustees(uuid: str, uow: Read) -> Response:
    return _document(states.contest_by_uuid(uow, uuid).election.trustees_json)


@router.get("/{uuid}/credentials", dependencies=[PUBLIC], responses=DOCUMENT)
def credentials(uuid: str, uow: Read) -> Response:
    """The public credentials, sorted: they tell nobody's name."""
    return _document(states.contest_by_uuid(uow, uuid).credentials_json)


def _document(text: str | None) -> Response:
    if text is None:
        raise NotFound("The ballot paper is not sealed yet.")
    return Response(text, media_type="application/json")


@router.get(
    "/{uuid}/archive",
    dependencies=[PUBLIC],
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-tar": {}}, "description": "a .bel file"}},
)
def archive(uuid: str, database: AppDatabase) -> Response:
    """The `.bel` file as it is now; it grows until the result is in it."""
    with database.read() as uow:
        contest = states.contest_by_uuid(uow, uuid)
        if contest.election_json is None:
            raise NotFound("The ballot paper is not sealed yet.")
        withheld = results.withheld(contest.election, contest) is not None
        mixed = papers.mixed(contest.election)
        until = contest_archive.published_until(contest, withheld=withheld, mixed=mixed)
        frame = contest_archive.frame_of(uow.session, contest, until=until)
    headers = {"content-disposition": f'attachment; filename="{uuid}.bel"'}
    return StreamingResponse(
        contest_archive.in_parts(database, frame), media_type="application/x-tar", headers=headers
    )


@router.post("/{uuid}/issue", dependencies=[require(Role.MEMBER)], response_model=answers.Issued)
def issue(uuid: str, person: Voter, uow: Uow) -> dict[str, str]:
    """The ballot page was opened: one more ballot issued."""
    casting.check_in(uow, person, uuid)
    return {"status": "issued"}


@router.post(
    "/{uuid}/spoilt",
    dependencies=[require(Role.MEMBER)],
    response_model=answers.Spoilt,
    openapi_extra=JSON_BODY,
)
def spoil(uuid: str, raw: Body, person: Voter, database: AppDatabase) -> dict[str, str]:
    """The voter opens this ballot to check it. How it opens is nobody's business but theirs, so
    a request that brings more than the ballot is refused."""
    fields = take_object(loads_strict(raw, "request", max_bytes=MAX_BODY), "request", "ballot")
    text = take_text(fields["ballot"], "ballot")
    checked = casting.check(casting.paper_in(database, uuid), text.encode())
    with database.transaction(VOTER) as uow:
        return {"tracker": casting.spoil(uow, person, uuid, checked)}


@router.get("/{uuid}/ballots/{tracker}", dependencies=[PUBLIC], response_model=answers.BallotStatus)
def status(uuid: str, tracker: str, request: Request, database: AppDatabase) -> dict[str, Any]:
    """Whether a ballot is on the board, with the receipt and, once the log has it, the proof. To
    its own voter, signed in, also whether it counts or was replaced."""
    tracker, account = from_url(tracker), current(request)
    with database.read() as uow:
        person = account.person_id if account is not None else None
        found = casting.find_tracker(uow, uuid, tracker, person)
    answer: dict[str, Any] = {"status": found.status, "receipt": None, "proof": None}
    if found.event is not None:
        service = request.app.state.log
        answer["receipt"] = make_receipt(
            service.keys.receipt, contest=uuid, tracker=tracker, event=found.event
        )
        answer["proof"] = _proof(service, database, uuid, tracker)
    return answer


def _proof(service: Any, database: AppDatabase, uuid: str, tracker: str) -> str | None:
    index = queue.find(database, PUBLIC_LOG, f"contest/{uuid}", tracker=tracker)
    if index is None:
        return None
    try:
        return prove(service.folder / PUBLIC_LOG, index)
    except LogError:
        return None  # numbered, and not yet under a checkpoint: in a second it is
