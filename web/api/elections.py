"""Elections as the public sees them, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from fastapi import APIRouter
from sqlalchemy import select

from audit.entries import format_time
from voting import results, states
from voting.errors import NotFound
from voting.models import CANCELLED, DRAFT, Contest, Election
from web.api import answers
from web.api.lists import Paged, Tagged
from web.http.dependencies import PUBLIC, Read

router = APIRouter(prefix="/api/v1/elections", dependencies=[PUBLIC], route_class=Tagged)


@router.get("", response_model=list[answers.Election])
def list_elections(uow: Read, page: Paged) -> list[dict[str, Any]]:
    """All elections that are more than a draft, by their codes."""
    found = uow.session.scalars(
        select(Election)
        .where(Election.state.not_in((DRAFT, CANCELLED)), Election.code > page.after)
        .order_by(Election.code)
        .limit(page.limit + 1)
    ).all()
    return [summary(election) for election in page.take(found, lambda election: election.code)]


def summary(election: Election) -> dict[str, Any]:
    return {
        "code": election.code,
        "kind": election.kind,
        "title_zh": election.title_zh,
        "title_en": election.title_en,
        "term": election.term.code,
        "state": election.state,
        "opens_at": format_time(election.opens_at),
        "closes_at": format_time(election.closes_at),
        "profile": election.profile_id,
        "profile_sha256": election.profile_hash,
    }


@router.get("/{code}", response_model=answers.ElectionWithContests)
def one_election(code: str, uow: Read) -> dict[str, Any]:
    election = _public(uow, code)
    return summary(election) | {
        "contests": [_contest(uow, election, contest) for contest in election.contests]
    }


def _public(uow: Read, code: str) -> Election:
    election = states.by_code(uow, code)
    if election.state == DRAFT:
        raise NotFound("There is no election %(code)s.", code=code)
    return election


def _contest(uow: Read, election: Election, contest: Contest) -> dict[str, Any]:
    declared = results.declaration_of(uow, contest)
    return {
        "uuid": contest.uuid,
        "code": contest.code,
        "title_zh": contest.title_zh,
        "title_en": contest.title_en,
        "seats": contest.seats,
        "voters": contest.roll_count,
        "fingerprint": contest.fingerprint,
        "declaration": json.loads(results.shown(election, contest, declared)) if declared else None,
    }


@router.get("/{code}/contests/{contest}/trackers", response_model=list[str])
def trackers(code: str, contest: str, uow: Read, page: Paged) -> Sequence[str]:
    """The ballots that count. While voting is open too: everyone may look for their own."""
    _public(uow, code)
    found = results.trackers(uow, states.contest_of(uow, code, contest), after=page.after)
    return page.take(list(islice(found, page.limit + 1)), str)
