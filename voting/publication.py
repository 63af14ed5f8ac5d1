"""From the database to the published record (voting.record): an election, a whole term."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from audit.database import UnitOfWork
from audit.entries import format_time
from voting import contest_archive, exclusions, mandates, papers, results, rolls, trustees
from voting.errors import Conflict
from voting.models import CANCELLED, DIRECT, DRAFT, FROZEN, Contest, Declared, Election
from voting.nominations import standing
from voting.record import ContestFiles, Source
from voting.registry import people
from voting.registry.models import Term


def source_of(uow: UnitOfWork, election: Election, log: Path | None) -> Source:
    """What the record of an election is made of; `log` is the folder of the public log.

    Read while the transaction of `uow` is open: archives are streamed from it.
    """
    if election.state in (DRAFT, FROZEN, CANCELLED):
        raise Conflict("The ballot papers are not sealed: there is nothing to publish.")
    return Source(
        election=describe(uow, election),
        profile=(election.profile_json or "").encode(),
        contests=_contests(uow, election),
        log=log,
    )


def term_of(
    uow: UnitOfWork, term: Term, log: Path | None
) -> tuple[dict[str, Any], list[tuple[str, Source]]]:
    """The chain of a term, and the records of its elections that have begun."""
    found = uow.session.scalars(
        select(Election)
        .where(Election.term_id == term.id, Election.state.not_in((DRAFT, FROZEN, CANCELLED)))
        .order_by(Election.opens_at, Election.code)
    )
    records = [(election.code, source_of(uow, election, log)) for election in found]
    return mandates.chain(uow, term), records


def describe(uow: UnitOfWork, election: Election) -> dict[str, Any]:
    """`election.json`."""
    previous = election.previous_election_id
    return {
        "format": "mandate-election/1",
        "id": election.id,
        "code": election.code,
        "kind": election.kind,
        "state": election.state,
        "title_zh": election.title_zh,
        "title_en": election.title_en,
        "term": {
            "code": election.term.code,
            "starts_on": election.term.starts_on.isoformat(),
            "ends_on": election.term.ends_on.isoformat(),
        },
        "opens_at": format_time(election.opens_at),
        "closes_at": format_time(election.closes_at),
        "window_reason": election.window_reason,
        "previous": uow.session.get_one(Election, previous).code if previous else None,
        "derives_from": [source.code for source in mandates.sources(uow, election)],
        "profile": {"id": election.profile_id, "sha256": election.profile_hash},
        "dossiers": json.loads(election.dossiers_json),
        "threshold": election.threshold,
        "trustees": [
            {"number": number, "name": trustee.name, "kind": trustee.kind}
            for number, trustee in enumerate(trustees.in_order(election), 1)
        ],
        "contests": [_describe_contest(uow, election, c) for c in election.contests],
    }


def _describe_contest(uow: UnitOfWork, election: Election, contest: Contest) -> dict[str, Any]:
    candidates = zip(papers.candidates_of(contest), standing(contest), strict=True)
    public_roll = election.kind != DIRECT
    return {
        "code": contest.code,
        "uuid": contest.uuid,
        "title_zh": contest.title_zh,
        "title_en": contest.title_en,
        "constituency": contest.constituency.code if contest.constituency else None,
        "seats": contest.seats,
        "voters": contest.roll_count,
        "roll_sha256": contest.roll_hash,
        "roll": sorted(people.commitment(p) for p in rolls.voters_of(uow.session, contest))
        if public_roll
        else None,
        "issued": contest.issued,
        "excluded": exclusions.counted(contest),
        "reissued": contest.reissued,
        "fingerprint": contest.fingerprint,
        "withheld": results.withheld(election, contest) is not None,
        "candidates": [
            {
                "key": candidate.key,
                "label": candidate.label,
                "seniority": candidate.seniority,
                "statement_zh": candidacy.statement_zh,
                "statement_en": candidacy.statement_en,
            }
            for candidate, candidacy in candidates
        ],
    }


def _drawn(declared: Declared) -> bool:
    """Did the rules need a lot?"""
    return json.loads(declared.content)["seed"] is not None


def _contests(uow: UnitOfWork, election: Election) -> Iterator[ContestFiles]:
    for contest in election.contests:
        declared = results.declaration_of(uow, contest)
        withheld = results.withheld(election, contest) is not None
        mixed = papers.mixed(election)
        until = contest_archive.published_until(contest, withheld=withheld, mixed=mixed)
        yield ContestFiles(
            code=contest.code,
            uuid=contest.uuid or "",
            archive=contest_archive.file_of(uow.session, contest, until=until),
            declaration=results.shown(election, contest, declared).encode() if declared else None,
            lot=results.lot_of(uow, contest) if declared and _drawn(declared) else None,
        )
