"""The draft of an election: what it is, its window, its rules, its contests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

import rfc8785
from sqlalchemy import delete, select

from audit.database import UnitOfWork
from voting import adoption, states
from voting.entries import (
    ContestAdded,
    ContestRemoved,
    ContestsAdded,
    DossiersBound,
    ElectionChanged,
    ElectionCreated,
    ProfileAdopted,
)
from voting.errors import Conflict, Invalid
from voting.models import DIRECT, DRAFT, FROZEN, KINDS, SUBJECT_KINDS, Candidacy, Contest, Election
from voting.registry import people
from voting.registry.models import Constituency, Term
from voting.rules import Profile, parse, profiles

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,38}")
WHOLE = "ALL"  # the code of the only contest of an election that is not by constituency


def subject(election: Election) -> str:
    return f"election/{election.id}"


def check_code(code: str) -> str:
    if not CODE.fullmatch(code):
        raise Invalid(
            "A code has 1 to 39 letters, digits, dots, dashes or underscores.", field="code"
        )
    return code


def create(
    uow: UnitOfWork,
    *,
    code: str,
    kind: str,
    title_zh: str,
    title_en: str,
    term: Term,
    opens_at: datetime,
    closes_at: datetime,
    previous: Election | None = None,
    purpose: str = "",
    scheduled: bool = True,
    window_reason: str = "",
) -> Election:
    """A draft. `window_reason` says why it lies outside the window that its term gives it."""
    check_code(code)
    if kind not in KINDS:
        raise Invalid("There is no kind of election %(kind)s.", field="kind", kind=kind)
    _check_titles(title_zh, title_en)
    check_times(opens_at, closes_at)
    if uow.session.scalar(select(Election.id).where(Election.code == code)):
        raise Conflict("There is an election %(code)s already.", field="code", code=code)
    election = Election(
        code=code,
        kind=kind,
        title_zh=title_zh.strip(),
        title_en=title_en.strip(),
        term=term,
        opens_at=opens_at,
        closes_at=closes_at,
        previous_election_id=previous.id if previous else None,
        purpose=purpose,
        scheduled=scheduled,
        window_reason=window_reason.strip(),
        created_at=uow.now,
        state=DRAFT,
    )
    uow.session.add(election)
    uow.session.flush()
    uow.record(
        ElectionCreated(
            election=election.id,
            code=code,
            kind=kind,
            term=term.code,
            previous=previous.code if previous else None,
            opens_at=opens_at,
            closes_at=closes_at,
            purpose=purpose,
        )
    )
    return election


EDITABLE = frozenset(
    {
        "title_zh",
        "title_en",
        "opens_at",
        "closes_at",
        "scheduled",
        "window_reason",
        "aggregate_small",
        "threshold",
    }
)


def change(uow: UnitOfWork, election_id: str, **fields: object) -> Election:
    """Change a draft; the log says which fields."""
    if unknown := fields.keys() - EDITABLE:
        raise Invalid("The field %(name)s cannot be changed.", name=", ".join(sorted(unknown)))
    election = states.lock(uow, election_id, DRAFT)
    changed = sorted(name for name, value in fields.items() if getattr(election, name) != value)
    for name in changed:
        setattr(election, name, fields[name])
    _check_titles(election.title_zh, election.title_en)
    check_times(election.opens_at, election.closes_at)
    if changed:
        uow.session.flush()
        uow.record(
            ElectionChanged(
                election=election.id,
                code=election.code,
                fields=changed,
                opens_at=election.opens_at,
                closes_at=election.closes_at,
                reason=election.window_reason,
            )
        )
    return election


def adopt_profile(uow: UnitOfWork, election_id: str, profile_id: str) -> Election:
    """The rules of the election, as data; from here on their hash is on record."""
    election = states.lock(uow, election_id, DRAFT)
    profile = profiles.load(profile_id)
    nominated = any(contest.candidacies for contest in election.contests)
    if nominated and election.kind not in SUBJECT_KINDS:
        raise Conflict(
            "The rules are adopted before the first nomination. Remove the contests with their "
            "candidates, or cancel this draft and begin another one."
        )
    return _adopt(uow, election, profile)


def adopt_same(uow: UnitOfWork, election_id: str, other: Election) -> Election:
    """The rules of another election, as they were adopted there."""
    election = states.lock(uow, election_id, DRAFT)
    return _adopt(uow, election, parse((other.profile_json or "").encode()))


def _adopt(uow: UnitOfWork, election: Election, profile: Profile) -> Election:
    for problem in adoption.problems(election, profile):
        raise problem
    election.profile_id = profile.id
    election.profile_json = profile.raw.decode()
    election.profile_hash = profile.hash
    uow.session.flush()
    uow.record(ProfileAdopted(election=election.id, profile=profile.id, sha256=profile.hash))
    return election


def bind_dossiers(uow: UnitOfWork, election_id: str, hashes: Mapping[str, bytes]) -> Election:
    """SHA-256 of the dossier of each subject, by person id: sealed with the ballot papers."""
    election = states.lock(uow, election_id, DRAFT, FROZEN)
    subjects = {c.person_id: c.person for contest in election.contests for c in contest.candidacies}
    if unknown := hashes.keys() - subjects.keys():
        raise Invalid("%(count)s dossiers are of nobody on this ballot.", count=len(unknown))
    listed = {people.commitment(subjects[key]): digest.hex() for key, digest in hashes.items()}
    election.dossiers_json = rfc8785.dumps(listed).decode()
    uow.session.flush()
    uow.record(
        DossiersBound(
            election=election.id,
            dossiers=len(listed),
            sha256=hashlib.sha256(election.dossiers_json.encode()).hexdigest(),
        )
    )
    return election


def add_contest(
    uow: UnitOfWork,
    election_id: str,
    *,
    code: str = WHOLE,
    title_zh: str,
    title_en: str,
    seats: int = 0,
    constituency: Constituency | None = None,
    completes: Contest | None = None,
) -> Contest:
    election = states.lock(uow, election_id, DRAFT)
    _check_contest(election, code, seats, constituency)
    if any(contest.code == code for contest in election.contests):
        raise Conflict("There is a contest %(code)s already.", field="code", code=code)
    contest = _new_contest(election, code, title_zh, title_en, seats, constituency)
    contest.completes = completes
    uow.session.add(contest)
    uow.session.flush()
    uow.record(
        ContestAdded(
            election=election.id,
            code=code,
            constituency=constituency.code if constituency else None,
            seats=seats,
            completes=completes.uuid if completes else None,
        )
    )
    return contest


def add_constituencies(
    uow: UnitOfWork, election_id: str, constituencies: Iterable[Constituency]
) -> list[Contest]:
    """A contest for each constituency, with its seats."""
    election = states.lock(uow, election_id, DRAFT)
    taken = {contest.code for contest in election.contests}
    added = []
    for constituency in constituencies:
        if constituency.code in taken:
            continue
        _check_contest(election, constituency.code, constituency.seats, constituency)
        added.append(
            _new_contest(
                election,
                constituency.code,
                constituency.name,
                constituency.name_en or constituency.name,
                constituency.seats,
                constituency,
            )
        )
    uow.session.add_all(added)
    uow.session.flush()
    if added:
        uow.record(
            ContestsAdded(
                election=election.id,
                seats={contest.code: contest.seats for contest in added},
            )
        )
    return added


def remove_contest(uow: UnitOfWork, contest_id: str) -> None:
    election, contest = states.lock_contest(uow, contest_id, DRAFT)
    uow.session.execute(delete(Candidacy).where(Candidacy.contest_id == contest.id))
    uow.session.delete(contest)
    uow.session.flush()
    uow.session.expire(election, ["contests"])
    uow.record(ContestRemoved(election=election.id, code=contest.code))


def _new_contest(
    election: Election,
    code: str,
    title_zh: str,
    title_en: str,
    seats: int,
    constituency: Constituency | None,
) -> Contest:
    return Contest(
        election=election,
        code=code,
        title_zh=title_zh.strip() or election.title_zh,
        title_en=title_en.strip() or election.title_en,
        seats=seats,
        constituency=constituency,
    )


def _check_contest(
    election: Election, code: str, seats: int, constituency: Constituency | None
) -> None:
    check_code(code)
    if (constituency is not None) != (election.kind == DIRECT):
        raise Invalid(
            "A direct election has contests by constituency, and no other election has.",
            field="constituency",
        )
    if election.kind in SUBJECT_KINDS and (seats != 0 or election.contests):
        raise Invalid("A ballot on people in office has one contest and no seats.", field="seats")
    if election.kind not in SUBJECT_KINDS and not 1 <= seats <= 1000:
        raise Invalid("The number of seats must be between 1 and 1000.", field="seats")


def _check_titles(title_zh: str, title_en: str) -> None:
    for field, title in (("title_zh", title_zh), ("title_en", title_en)):
        if not title.strip() or len(title) > 200:
            raise Invalid(
                "A title of 1 to 200 characters is needed in both languages.", field=field
            )


def check_times(opens_at: datetime, closes_at: datetime) -> None:
    if closes_at <= opens_at:
        raise Invalid("Voting must end after it begins.", field="closes_at")
