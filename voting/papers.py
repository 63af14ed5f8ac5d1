"""Ballot papers: what a contest asks, sealed as the election of the ballot protocol."""

from __future__ import annotations

import json
import secrets
from collections import Counter

from sqlalchemy import delete

from audit.database import UnitOfWork
from ballots import election as ballot_election
from ballots import trustees as keys
from ballots.election import Election as BallotPaper
from ballots.encoding import dumps, sha256_hex
from voting import contest_archive, rules
from voting.ballot_questions import in_both_languages, paper_description, protocol_questions
from voting.entries import ContestSealed
from voting.errors import Conflict, Invalid
from voting.models import ArchiveRecord, Contest, Election
from voting.nominations import standing
from voting.registry import people
from voting.rules import counting

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_uuid() -> str:
    """An identifier of the ballot protocol: Base58, here of 17 characters (99 random bits)."""
    return "".join(secrets.choice(BASE58) for _ in range(17))


def profile_of(election: Election) -> rules.Profile:
    """The rules as they were adopted, not as the file of that name is today."""
    if election.profile_json is None:
        raise Conflict("No rule profile is adopted.")
    return rules.parse(election.profile_json.encode())


def candidates_of(contest: Contest) -> list[rules.Candidate]:
    """The candidates in the order of the paper. The key is the commitment that stands for the
    person in the log, so an elected candidate is the same in declaration, office and next roll."""
    listed = standing(contest)
    names = Counter(candidacy.person.name for candidacy in listed)
    by_years = sorted(listed, key=lambda c: (str(c.person.joined_on or "9999"), c.position))
    return [
        rules.Candidate(
            key=people.commitment(candidacy.person),
            label=candidacy.label
            or (
                candidacy.person.name
                if names[candidacy.person.name] == 1
                else f"{candidacy.person.name} ({candidacy.person.member_no})"
            ),
            seniority=candidacy.seniority or 1 + by_years.index(candidacy),
            gone=candidacy.votes_void,
        )
        for candidacy in listed
    ]


def fix_candidates(contest: Contest) -> None:
    """From now on they are called what they are called now."""
    for candidacy, candidate in zip(standing(contest), candidates_of(contest), strict=True):
        candidacy.label, candidacy.seniority = candidate.label, candidate.seniority


def title_of(contest: Contest) -> str:
    return in_both_languages(contest.title_zh, contest.title_en)


def questions(election: Election, contest: Contest) -> list[counting.QuestionSpec]:
    specs = counting.questions_for(
        election.kind,
        profile_of(election),
        title_of(contest),
        candidates_of(contest),
        seats(contest),
    )
    most = election.ballot_group.embedding_limit
    if any(spec.kind == "mixed" and len(spec.answers) > most for spec in specs):
        raise Invalid(
            "Contest %(code)s has %(count)s candidates; a ballot that ranks them holds at most "
            "%(most)s.",
            code=contest.code,
            count=len(specs[0].answers),
            most=most,
        )
    return specs


def mixed(election: Election) -> bool:
    """Do the trustees shuffle the ballots before they decrypt?"""
    return counting.mixed(profile_of(election))


def paper_of(contest: Contest) -> BallotPaper:
    """The sealed paper, as the ballot protocol reads it."""
    return BallotPaper.parse((contest.election_json or "").encode())


def seats(contest: Contest) -> int:
    """A ballot on people in office fills no seat; the rules count it as one decision."""
    return contest.seats or 1


def description(election: Election) -> str:
    return paper_description(
        election.profile_id, election.profile_hash or "", json.loads(election.dossiers_json)
    )


def seal(uow: UnitOfWork, election: Election, contest: Contest) -> None:
    """Write the Setup event: paper, trustees and credentials. Again before opening, when a
    credential was reissued; the paper stays the same and so does its fingerprint."""
    if contest.credentials_json is None or election.trustees_json is None or contest.uuid is None:
        raise Conflict(
            "The keys or the credentials of contest %(code)s are missing.", code=contest.code
        )
    group = election.ballot_group
    structure = keys.parse_trustees(election.trustees_json.encode(), group)
    paper = ballot_election.build(
        uuid=contest.uuid,
        name=f"{election.title_zh} / {election.title_en}",
        description=description(election),
        group=group,
        public_key=keys.election_key(group, structure),
        questions=protocol_questions(questions(election, contest)),
    )
    uow.session.execute(delete(ArchiveRecord).where(ArchiveRecord.contest_id == contest.id))
    contest.election_json = paper.raw.decode()
    contest.fingerprint = paper.fingerprint
    contest.timestamp = int(uow.now.timestamp())
    contest.height, contest.tail_hash = -1, None
    uow.session.flush()
    documents = [
        paper.raw,
        election.trustees_json.encode(),
        contest.credentials_json.encode(),
    ]
    setup = dumps(
        dict(zip(("election", "trustees", "credentials"), map(sha256_hex, documents), strict=True))
    )
    uow.record(
        ContestSealed(
            uuid=contest.uuid,
            fingerprint=paper.fingerprint,
            trustees=sha256_hex(documents[1]),
            credentials=sha256_hex(documents[2]),
        )
    )
    contest_archive.append(uow, contest, "Setup", [*documents, setup])
