"""What a trustee's page or command asks and sends. No private key ever comes here."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import select

from audit.database import UnitOfWork
from ballots import BallotError
from ballots.encoding import Json, loads_strict
from voting import mixing, papers, results, states, trustees
from voting.errors import Invalid
from voting.models import (
    CLOSED,
    FROZEN,
    MIXED,
    PEDERSEN,
    SEALED,
    Contest,
    Election,
    PartialDecryption,
    Trustee,
)
from web.api import answers
from web.api.booth import JSON_BODY, Body
from web.api.lists import Tagged
from web.http.dependencies import AppDatabase, CurrentAccount, Read, Uow, require
from web.identity.roles import Role

router = APIRouter(
    prefix="/api/v1/elections/{code}/trustee",
    dependencies=[require(Role.TRUSTEE)],
    route_class=Tagged,
)


@router.get("", response_model=answers.Task, response_model_exclude_unset=True)
def task(code: str, account: CurrentAccount, uow: Read) -> dict[str, Json]:
    """What to do next. `step` is null when there is nothing to do now."""
    election = states.by_code(uow, code)
    trustee = trustees.of_account(uow, election, account.account_id)
    done = set(
        uow.session.scalars(
            select(PartialDecryption.contest_id).where(PartialDecryption.trustee_id == trustee.id)
        )
    )
    answer: dict[str, Json] = {
        "election": {
            "code": election.code,
            "title_zh": election.title_zh,
            "title_en": election.title_en,
            "state": election.state,
            "group": election.group,
            "mixed": papers.mixed(election) if election.profile_json else False,
        },
        "trustee": {
            "number": trustees.number_of(election, trustee),
            "name": trustee.name,
            "kind": trustee.kind,
            "public_key": _json(trustee.public_json),
            "commitment": trustee.commitment,
        },
        "step": None,
        "waiting_for": [],
        "data": {},
        "contests": [_contest(contest, contest.id in done) for contest in election.contests],
    }
    if election.state == FROZEN:
        found = trustees.key_task(election, trustee)
        answer |= {"step": found.step, "waiting_for": found.waiting_for, "data": found.data}
    elif election.state == SEALED and not trustee.rehearsed:
        answer["step"] = trustees.REHEARSE
    elif election.state == CLOSED and papers.mixed(election):
        answer |= _shuffles(uow, election, trustee)
    elif election.state in (CLOSED, MIXED):
        answer["step"] = trustees.DECRYPT
    if trustee.kind == PEDERSEN and (share := trustees.done(trustee, trustees.SHARE)):
        # the trustee's own key, in a letter that only their seed opens
        answer["data"]["private_key"] = loads_strict(share.encode(), "share")["private_key"]
    return answer


def _json(text: str | None) -> Json:
    return None if text is None else loads_strict(text.encode(), "key")


def _contest(contest: Contest, done: bool) -> dict[str, Json]:
    return {
        "uuid": contest.uuid,
        "code": contest.code,
        "title_zh": contest.title_zh,
        "title_en": contest.title_en,
        "fingerprint": contest.fingerprint,
        "tallied": contest.tally_json is not None,
        "decrypted": done or contest.result_json is not None or contest.uncounted,
    }


def _shuffles(uow: UnitOfWork, election: Election, trustee: Trustee) -> dict[str, Json]:
    """`shuffles` says of each contest, in their order: how many were made, whose turn it is, and
    whether it is this trustee's now."""
    stages = mixing.stages(uow, election)
    mine = [stage.turn is trustee and stage.contest.tally_json is not None for stage in stages]
    others = {stage.turn.name for stage in stages if stage.turn not in (None, trustee)}
    return {
        "step": trustees.SHUFFLE,
        "waiting_for": [] if any(mine) else sorted(others),
        "shuffles": [
            {
                "uuid": stage.contest.uuid,
                "made": stage.made,
                "turn": stage.turn.name if stage.turn else None,
                "mine": now,
            }
            for stage, now in zip(stages, mine, strict=True)
        ],
    }


@router.get("/rehearsal", response_model=answers.Rehearsal)
def rehearsal(code: str, account: CurrentAccount, uow: Read) -> dict[str, Json]:
    """The test tally. The tool makes it itself from the fingerprint and compares: it must not
    decrypt what somebody hands it (docs/commission.md has the recipe)."""
    election = states.by_code(uow, code)
    states.require(election, SEALED)
    trustees.of_account(uow, election, account.account_id)
    contest = election.contests[0]
    paper = papers.paper_of(contest)
    return {
        "uuid": contest.uuid,
        "encrypted_tally": loads_strict(results.rehearsal_tally(paper), "tally"),
    }


@router.post("/steps/{step}", response_model=answers.NextStep, openapi_extra=JSON_BODY)
def submit(
    code: str, step: str, raw: Body, account: CurrentAccount, uow: Uow
) -> dict[str, str | None]:
    """A step of the key generation: commit (64 digits as JSON text), key, certificate,
    polynomial, share; or `rehearse`, the share of the test tally."""
    election = states.by_code(uow, code)
    if step == trustees.REHEARSE:
        results.rehearse(uow, election.id, account.account_id, raw)
        return {"step": None}
    content = _commitment(raw) if step == trustees.COMMIT else raw
    trustees.submit(uow, election.id, account.account_id, step, content)
    return {"step": _next(uow, election, account.account_id)}


def _next(uow: Any, election: Election, account_id: str) -> str | None:
    return trustees.next_step(trustees.of_account(uow, election, account_id))


def _commitment(raw: bytes) -> bytes:
    """`"<64 digits>"`, or an object with it in the field `commitment`."""
    try:
        value = loads_strict(raw, "commitment", max_bytes=1000)
    except BallotError:
        value = None
    text = value.get("commitment") if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise Invalid("A commitment is a SHA-256 hash of 64 digits.", field="commitment")
    return text.encode()


@router.post("/shuffles/{uuid}", response_model=answers.ElectionState, openapi_extra=JSON_BODY)
def shuffle(
    code: str, uuid: str, raw: Body, account: CurrentAccount, database: AppDatabase
) -> dict[str, str]:
    """The trustee's shuffle of a contest. Its proof is checked before the transaction."""
    with database.read() as uow:
        election_id = states.by_code(uow, code).id
        before = mixing.look(uow, election_id, account.account_id, uuid)
    checked = mixing.check(before, raw)
    with database.transaction(account.actor(Role.TRUSTEE)) as uow:
        election = mixing.take(uow, election_id, account.account_id, checked)
        return {"state": election.state}


@router.post("/decryptions/{uuid}", response_model=answers.ElectionState, openapi_extra=JSON_BODY)
def decrypt(code: str, uuid: str, raw: Body, account: CurrentAccount, uow: Uow) -> dict[str, str]:
    """The share of a contest's tally, which the tool recomputed from the closed archive."""
    election = states.by_code(uow, code)
    results.decrypt(uow, election.id, account.account_id, uuid, raw)
    return {"state": election.state}
