"""The registrar's tool: who is on a roll, and the public credentials of a contest.

Secret credentials are made on the registrar's own machine and never come here.
"""

from __future__ import annotations

from fastapi import APIRouter

from ballots.encoding import Json, loads_strict
from voting import rolls, states
from voting.errors import Invalid
from voting.models import DRAFT, Contest
from web.api import answers
from web.api.booth import JSON_BODY, Body
from web.api.lists import Paged, Tagged
from web.http.dependencies import Read, Uow, require
from web.identity.roles import Role

router = APIRouter(prefix="/api/v1", dependencies=[require(Role.REGISTRAR)], route_class=Tagged)
MAX_LIST = 16 << 20


@router.get("/elections/{code}/rolls", response_model=list[answers.RollSummary])
def list_rolls(code: str, uow: Read, page: Paged) -> list[dict[str, Json]]:
    """The contests of a frozen election and what each of them still needs."""
    election = states.by_code(uow, code)
    frozen = sorted((c for c in election.contests if c.uuid), key=lambda contest: contest.code)
    return [_summary(contest) for contest in page.take(frozen, lambda contest: contest.code)]


def _summary(contest: Contest) -> dict[str, Json]:
    return {
        "uuid": contest.uuid,
        "code": contest.code,
        "title_zh": contest.title_zh,
        "title_en": contest.title_en,
        "group": contest.election.group,
        "voters": contest.roll_count,
        "credentials": contest.credentials_json is not None,
        "reissued": contest.reissued,
    }


@router.get("/contests/{uuid}/roll", response_model=answers.Roll)
def roll(uuid: str, uow: Read) -> dict[str, Json]:
    """The voters of a contest, for letters and mail."""
    contest = states.contest_by_uuid(uow, uuid)
    if contest.election.state == DRAFT:
        raise Invalid("The roll of this contest is not frozen.")
    voters = [
        {
            "member_no": person.member_no,
            "name": person.name,
            "email": person.email,
            "language": person.language,
        }
        for person in rolls.voters_of(uow.session, contest)
    ]
    return _summary(contest) | {"roll": voters}


@router.post(
    "/contests/{uuid}/credentials", response_model=answers.RollSummary, openapi_extra=JSON_BODY
)
def publish(uuid: str, raw: Body, uow: Uow, replaces: str = "") -> dict[str, Json]:
    """The sorted list of public credentials, as many as there are voters. `replaces` is the
    SHA-256 of the list that it takes the place of; without it only the first one is taken."""
    contest = states.contest_by_uuid(uow, uuid)
    listed = loads_strict(raw, "credentials", max_bytes=MAX_LIST)
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise Invalid("The list of credentials must be a list of texts.", field="credentials")
    rolls.publish_credentials(uow, contest.id, listed, replaces=replaces)
    return _summary(contest)


@router.post(
    "/contests/{uuid}/credentials/reissue",
    response_model=answers.RollSummary,
    openapi_extra=JSON_BODY,
)
def reissue(uuid: str, raw: Body, uow: Uow) -> dict[str, Json]:
    """Before voting opens: `{"revoked": public credential, "added": public credential}`."""
    contest = states.contest_by_uuid(uow, uuid)
    fields = loads_strict(raw, "request", max_bytes=10_000)
    if not isinstance(fields, dict) or set(fields) != {"revoked", "added"}:
        raise Invalid("The revoked and the added credential are needed.", field="credentials")
    rolls.reissue(uow, contest.id, str(fields["revoked"]), str(fields["added"]))
    return _summary(contest)
