"""`election.json`: what is fixed before voting opens, written once and then published as it stands.

Its hash is logged when the election is frozen and, with the dossiers, again when it is sealed. From
then on a member who is renamed or erased changes nothing in the record.
"""

from __future__ import annotations

import json
from datetime import date

from audit.database import UnitOfWork
from voting import mandates, papers, rolls, trustees
from voting.models import DIRECT, Contest, Election
from voting.nominations import standing
from voting.record import schema
from voting.registry import people


def fix(uow: UnitOfWork, election: Election, day: date) -> str:
    """When rolls and candidates are fixed; `day` is that of the rolls. -> the hash for the log"""
    sources = [source.code for source in mandates.sources(uow, election)]
    return _keep(election, _build(uow, election, day.isoformat(), sources))


def fix_again(uow: UnitOfWork, election: Election) -> str:
    """When the papers are sealed: the dossiers are bound; day and sources of the rolls stay."""
    before = described(election)
    return _keep(election, _build(uow, election, before.rolls_of, before.derives_from))


def described(election: Election) -> schema.Election:
    return schema.Election.of((election.description_json or "").encode())


def _keep(election: Election, found: schema.Election) -> str:
    election.description_json = found.to_bytes().decode()
    return found.digest()


def _build(uow: UnitOfWork, election: Election, day: str, sources: list[str]) -> schema.Election:
    previous = election.previous_election_id
    term = election.term
    return schema.Election(
        format="mandate-election/2",
        id=election.id,
        code=election.code,
        kind=election.kind,  # type: ignore[arg-type]
        title_zh=election.title_zh,
        title_en=election.title_en,
        term=schema.Period(
            code=term.code,
            starts_on=term.starts_on.isoformat(),
            ends_on=term.ends_on.isoformat(),
        ),
        window_reason=election.window_reason,
        previous=uow.session.get_one(Election, previous).code if previous else None,
        derives_from=sources,
        rolls_of=day,
        profile=schema.Adopted(id=election.profile_id, sha256=election.profile_hash or ""),
        aggregate_small=election.aggregate_small,
        dossiers=json.loads(election.dossiers_json),
        group=election.group,  # type: ignore[arg-type]
        threshold=election.threshold,
        trustees=[
            schema.Trustee(number=number, name=trustee.name, kind=trustee.kind)  # type: ignore[arg-type]
            for number, trustee in enumerate(trustees.in_order(election), 1)
        ],
        contests=[_contest(uow, election, contest) for contest in election.contests],
    )


def _contest(uow: UnitOfWork, election: Election, contest: Contest) -> schema.Contest:
    public_roll = election.kind != DIRECT
    listed = zip(papers.candidates_of(contest), standing(contest), strict=True)
    return schema.Contest(
        code=contest.code,
        uuid=contest.uuid or "",
        title_zh=contest.title_zh,
        title_en=contest.title_en,
        constituency=contest.constituency.code if contest.constituency else None,
        seats=contest.seats,
        of_seats=rolls.seats_of(contest),
        voters=contest.roll_count,
        roll_root=contest.roll_root or "",
        roll=sorted(people.commitment(p) for p in rolls.voters_of(uow.session, contest))
        if public_roll
        else None,
        candidates=[
            schema.Candidate(
                key=candidate.key,
                label=candidate.label,
                seniority=candidate.seniority,
                statement_zh=candidacy.statement_zh,
                statement_en=candidacy.statement_en,
            )
            for candidate, candidacy in listed
        ],
    )
