"""Who stands: nominations, their order on the ballot, their statements; import from a file."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from audit.database import UnitOfWork
from voting import mandates, states
from voting.entries import CandidateChanged, CandidateNominated, CandidatesImported
from voting.errors import Conflict, DomainError, Invalid, NotFound
from voting.models import (
    ACCEPTED,
    CANDIDACY_STATES,
    DIRECT,
    DRAFT,
    SUBJECT_KINDS,
    WITHDRAWN,
    Candidacy,
    Contest,
    Election,
    Trustee,
)
from voting.record.schema import statements_hash
from voting.registry import people
from voting.registry.models import VOTING_STATUS, Person

MAX_STATEMENT = 2000
_PLACE = re.compile(r"0{0,9}[1-9][0-9]{0,3}", re.ASCII)
COLUMNS = ("constituency", "member_no", "position", "statement_zh", "statement_en")


def nominate(
    uow: UnitOfWork,
    contest_id: str,
    person: Person,
    *,
    position: int | None = None,
    statement_zh: str = "",
    statement_en: str = "",
    state: str = ACCEPTED,
) -> Candidacy:
    election, contest = states.lock_contest(uow, contest_id, DRAFT)
    return _add(uow, election, contest, person, position, (statement_zh, statement_en), state)


def add_subjects(uow: UnitOfWork, election_id: str) -> int:
    """On confidence and satisfaction: every member of the committee is a subject. -> how many"""
    election = states.lock(uow, election_id, DRAFT)
    if election.kind not in SUBJECT_KINDS or len(election.contests) != 1:
        raise Invalid("Only a ballot on people in office has subjects.")
    contest = election.contests[0]
    listed = {candidacy.person_id for candidacy in contest.candidacies}
    added = [p for p in mandates.subjects(uow, election) if p.id not in listed]
    for person in added:
        nominate(uow, contest.id, person)
    return len(added)


def _add(
    uow: UnitOfWork,
    election: Election,
    contest: Contest,
    person: Person,
    position: int | None,
    statements: tuple[str, str],
    state: str,
) -> Candidacy:
    _check_may_stand(uow, election, contest, person)
    _check_statements(*statements)
    if position is None:
        position = 1 + (
            uow.session.scalar(
                select(func.max(Candidacy.position)).where(Candidacy.contest_id == contest.id)
            )
            or 0
        )
    else:
        _check_free(uow, contest, position)
    candidacy = Candidacy(
        contest_id=contest.id,
        person=person,
        position=position,
        statement_zh=statements[0].strip(),
        statement_en=statements[1].strip(),
        state=state,
    )
    uow.session.add(candidacy)
    uow.session.flush()
    uow.record(
        CandidateNominated(
            election=election.id,
            contest=contest.code,
            candidate=people.commitment(person),
            position=candidacy.position,
            statements=_hash_of(candidacy),
            state=candidacy.state,
        )
    )
    return candidacy


def _check_free(uow: UnitOfWork, contest: Contest, position: int) -> None:
    if uow.session.scalar(
        select(Candidacy.id).where(
            Candidacy.contest_id == contest.id, Candidacy.position == position
        )
    ):
        raise Conflict(
            "Place %(position)s on the ballot is taken.", field="position", position=position
        )


def _check_may_stand(uow: UnitOfWork, election: Election, contest: Contest, person: Person) -> None:
    standing = uow.session.scalar(
        select(Contest.code)
        .join(Candidacy, Candidacy.contest_id == Contest.id)
        .where(Contest.election_id == election.id, Candidacy.person_id == person.id)
    )
    if standing:
        raise Conflict(
            "%(name)s stands in contest %(code)s already.",
            field="member_no",
            name=person.name,
            code=standing,
        )
    for problem in unfit(uow, election, [(contest, person)]):
        raise problem


def unfit(
    uow: UnitOfWork, election: Election, people_of: Sequence[tuple[Contest, Person]]
) -> Iterator[DomainError]:
    """Why these people may not stand in these contests: asked at the nomination, and once more at
    the freeze, for people move, leave and take on the keys of others."""
    on = uow.today
    ids = [person.id for _, person in people_of]
    homes = people.constituencies_of(uow, ids, on) if election.kind == DIRECT else {}
    of_committee = (
        {person.id for person in mandates.subjects(uow, election)}
        if election.kind in SUBJECT_KINDS
        else set()
    )
    seated = mandates.seated(uow, election)
    holders = set(
        uow.session.scalars(select(Trustee.person_id).where(Trustee.election_id == election.id))
    )
    judged = election.kind in SUBJECT_KINDS  # whoever holds the office, suspended or not
    for contest, person in people_of:
        if person.status != VOTING_STATUS and not judged:
            yield Invalid("%(name)s is not a full member.", field="member_no", name=person.name)
        if election.kind == DIRECT and homes.get(person.id) != contest.constituency_id:
            yield Invalid(
                "%(name)s does not belong to constituency %(code)s.",
                field="member_no",
                name=person.name,
                code=contest.code,
            )
        if judged and person.id not in of_committee:
            yield Invalid(
                "%(name)s is not a member of the committee.", field="member_no", name=person.name
            )
        if person.id in seated:
            yield Conflict(
                "%(name)s holds this office in the term already and cannot stand for it.",
                field="member_no",
                name=person.name,
            )
        if person.id in holders:
            yield Conflict(
                "%(name)s is a trustee of this election and cannot stand in it.",
                field="member_no",
                name=person.name,
            )


def _check_statements(*statements: str) -> None:
    if any(len(statement) > MAX_STATEMENT for statement in statements):
        raise Invalid(
            "A statement has at most %(limit)s characters.", field="statement", limit=MAX_STATEMENT
        )


def change(
    uow: UnitOfWork,
    candidacy_id: str,
    *,
    statement_zh: str | None = None,
    statement_en: str | None = None,
    position: int | None = None,
    state: str | None = None,
) -> Candidacy:
    """Change a candidacy while the election is a draft; a withdrawn one keeps its record."""
    candidacy = uow.session.get(Candidacy, candidacy_id)
    if candidacy is None:
        raise NotFound("There is no such candidacy.")
    election, contest = states.lock_contest(uow, candidacy.contest_id, DRAFT)
    if state is not None and state not in CANDIDACY_STATES:
        raise Invalid("There is no state %(state)s.", field="state", state=state)
    _check_statements(statement_zh or "", statement_en or "")
    if position is not None and position != candidacy.position:
        _check_free(uow, contest, position)
    if state == ACCEPTED:
        for problem in unfit(uow, election, [(contest, candidacy.person)]):
            raise problem
    wanted = {
        "statement_zh": statement_zh,
        "statement_en": statement_en,
        "position": position,
        "state": state,
    }
    for name, value in wanted.items():
        if value is not None:
            setattr(candidacy, name, value)
    uow.session.flush()
    uow.record(
        CandidateChanged(
            election=election.id,
            contest=candidacy.contest.code,
            candidate=people.commitment(candidacy.person),
            position=candidacy.position,
            statements=_hash_of(candidacy),
            state=candidacy.state,
        )
    )
    return candidacy


def withdraw(uow: UnitOfWork, candidacy_id: str) -> Candidacy:
    return change(uow, candidacy_id, state=WITHDRAWN)


def standing(contest: Contest) -> list[Candidacy]:
    """The candidates on the ballot paper, in its order."""
    found = [candidacy for candidacy in contest.candidacies if candidacy.state == ACCEPTED]
    return sorted(found, key=lambda candidacy: candidacy.position)


def stands(uow: UnitOfWork, election: Election, person_id: str) -> bool:
    """Is this person a candidate or a subject of the election?"""
    found = select(Candidacy.id).join(Contest, Contest.id == Candidacy.contest_id)
    mine = found.where(
        Contest.election_id == election.id,
        Candidacy.person_id == person_id,
        Candidacy.state != WITHDRAWN,
    )
    return uow.session.scalar(mine.limit(1)) is not None


@dataclass(frozen=True)
class Problem:
    """A row of a file that cannot be taken, and why."""

    row: int
    error: DomainError


class ImportRefused(Invalid):
    """Nothing was imported; `problems` lists every row that must be put right."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            "%(count)s rows of the file must be put right; nothing was imported.",
            count=len(problems),
        )
        self.problems = problems


def import_csv(uow: UnitOfWork, election_id: str, content: bytes) -> int:
    """Nominations from a CSV file, all of them or none. -> number added"""
    election = states.lock(uow, election_id, DRAFT)
    rows = _read(content)
    contests = {contest.code: contest for contest in election.contests}
    problems: list[Problem] = []
    added: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        code = row["constituency"].strip()
        try:
            _import_row(uow, election, contests, code, row)
            added[code] = added.get(code, 0) + 1
        except (Invalid, Conflict) as error:
            problems.append(Problem(number, error))
    if problems:
        raise ImportRefused(problems)
    uow.record(
        CandidatesImported(
            election=election.id, added=added, sha256=hashlib.sha256(content).hexdigest()
        )
    )
    return sum(added.values())


def _read(content: bytes) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8 text. Save it as CSV UTF-8.", field="file") from None
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        rows = [] if missing else [{name: row[name] or "" for name in COLUMNS} for row in reader]
    except csv.Error:
        raise Invalid("The file is not well-formed CSV.", field="file") from None
    if missing:
        raise Invalid("The file lacks the column %(name)s.", field="file", name=", ".join(missing))
    return rows


def _position(text: str) -> int | None:
    """The place on the ballot; None where the file leaves it open."""
    text = text.strip()
    if text and not _PLACE.fullmatch(text):
        raise Invalid("The place on the ballot must be a number from 1.", field="position")
    return int(text) if text else None


def _import_row(
    uow: UnitOfWork,
    election: Election,
    contests: dict[str, Contest],
    code: str,
    row: dict[str, str],
) -> None:
    if code not in contests:
        raise Invalid("There is no contest %(code)s.", field="constituency", code=code)
    person = people.find_by_member_no_or_email(uow, row["member_no"])
    if person is None:
        raise Invalid("There is no member %(number)s.", field="member_no", number=row["member_no"])
    _add(
        uow,
        election,
        contests[code],
        person,
        _position(row["position"]),
        (row["statement_zh"], row["statement_en"]),
        ACCEPTED,
    )


def _hash_of(candidacy: Candidacy) -> str:
    return statements_hash(candidacy.statement_zh, candidacy.statement_en)
