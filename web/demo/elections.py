"""One election from the draft to the certificate. The commission uses the services behind its
pages; trustees, the registrar and every voter come in through HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from audit.database import Actor, Database, UnitOfWork
from ballots.election import Election as BallotPaper
from voting import challenges, drafts, lifecycle, nominations, results, trustees
from voting.models import (
    COMMITTEE,
    CONFIDENCE,
    DIRECT,
    SATISFACTION,
    SUBJECT_KINDS,
    Election,
)
from voting.registry import people, structure
from web.demo.clock import DemoClock
from web.demo.organisation import FOLDER, Cast, days, morning, rows
from web.demo.visitors import Chooser, Voter
from web.demo.year import freeze_dossiers
from web.identity.models import Account

COMMISSION = Actor("commission")
PROFILES = {
    DIRECT: "party-basic-2020",
    COMMITTEE: "party-basic-2020",
    CONFIDENCE: "confidence-default",
    SATISFACTION: "satisfaction-default",
}
TITLES = {
    DIRECT: ("代表选举", "Election of representatives"),
    COMMITTEE: ("委员会选举", "Election of the committee"),
    CONFIDENCE: ("中期信任投票", "Confidence ballot in mid-term"),
    SATISFACTION: ("届末满意度投票", "Satisfaction ballot at the end of the term"),
}
COMMITTEE_SEATS = 5
Letters = Callable[[str, dict[str, str]], None]  # contest uuid, credentials by member number


@dataclass
class Stage:
    """Where elections are held."""

    database: Database
    clock: DemoClock
    cast: Cast
    term: str
    zone: ZoneInfo
    say: Callable[[str], None]
    letters: Letters | None = None


def hold(stage: Stage, kind: str, opens_on: date) -> str:
    """A whole election, to the certificate. -> its code"""
    code = prepare(stage, kind, opens_on)
    stage.say(f"{code}: everyone votes")
    for voter, uuid, number in ballots_to_cast(stage, code):
        voter.vote(uuid, chooser_of(kind), number)
    finish(stage, code)
    return code


def prepare(stage: Stage, kind: str, opens_on: date) -> str:
    """From nothing to an election that is open. -> its code"""
    opens = morning(opens_on, stage.zone)
    stage.clock.move_to(opens - days(14))
    code = f"{kind}-{opens_on.year}"
    stage.say(f"{code}: draft, candidates, rolls")
    election_id = _draft(stage, kind, code, opens)
    if kind in SUBJECT_KINDS:
        _bind_dossiers(stage, election_id, kind)
    _commission(stage, lambda uow: lifecycle.freeze(uow, election_id))
    stage.say(f"{code}: trustees make keys, the registrar issues credentials")
    _trustees_work(stage, code)
    _issue_credentials(stage, election_id)
    _commission(stage, lambda uow: lifecycle.seal(uow, election_id))
    _trustees_work(stage, code)  # the rehearsal
    stage.clock.move_to(opens)
    _commission(stage, lambda uow: lifecycle.open_voting(uow, election_id))
    return code


def finish(stage: Stage, code: str) -> None:
    """Close at its time, count, declare, certify."""
    with stage.database.read() as uow:
        election = _by_code(uow, code)
        election_id, closes = election.id, election.closes_at
    stage.clock.move_to(closes)
    stage.say(f"{code}: closed; trustees decrypt")
    _commission(stage, lambda uow: lifecycle.close_voting(uow, election_id))
    results.encrypt_tallies(stage.database, election_id)
    _trustees_work(stage, code)
    _commission(stage, lambda uow: lifecycle.declare(uow, election_id))
    certify(stage, code)


def certify(stage: Stage, code: str) -> None:
    """When the time for challenge is over: the commission asks, the body above it signs."""
    with stage.database.read() as uow:
        over = challenges.until(_by_code(uow, code))
    if over is not None:
        stage.clock.move_to(over)
    stage.cast.both(f"/commission/{code}/acts/certify", {}, "certifier")


def _commission(stage: Stage, act: Callable[[UnitOfWork], object]) -> None:
    with stage.database.transaction(COMMISSION) as uow:
        act(uow)


def _by_code(uow: UnitOfWork, code: str) -> Election:
    return uow.session.query(Election).filter_by(code=code).one()


def _draft(stage: Stage, kind: str, code: str, opens: datetime) -> str:
    with stage.database.transaction(COMMISSION) as uow:
        election = drafts.create(
            uow,
            code=code,
            kind=kind,
            title_zh=TITLES[kind][0],
            title_en=TITLES[kind][1],
            term=structure.get_term(uow, stage.term),
            opens_at=opens,
            closes_at=opens + days(5),
        )
        drafts.adopt_profile(uow, election.id, PROFILES[kind])
        _CONTESTS[kind](uow, election)
        for visitor in stage.cast.trustees:
            account = uow.session.query(Account).filter_by(login=visitor.login).one()
            trustees.invite(uow, election.id, account_id=account.id, name=account.name)
        return election.id


def _direct(uow: UnitOfWork, election: Election) -> None:
    drafts.add_constituencies(uow, election.id, structure.constituencies(uow))
    nominations.import_csv(uow, election.id, (FOLDER / "candidates.csv").read_bytes())


def _committee(uow: UnitOfWork, election: Election) -> None:
    contest = drafts.add_contest(
        uow, election.id, title_zh="委员", title_en="Committee members", seats=COMMITTEE_SEATS
    )
    for row in rows("committee.csv"):
        person = people.find_by_member_no_or_email(uow, row["member_no"])
        if row["status"] == "candidate" and person is not None:
            nominations.nominate(uow, contest.id, person)


def _subjects(uow: UnitOfWork, election: Election) -> None:
    drafts.add_contest(
        uow, election.id, title_zh="委员会成员", title_en="Members of the committee", seats=0
    )
    nominations.add_subjects(uow, election.id)


_CONTESTS = {
    DIRECT: _direct,
    COMMITTEE: _committee,
    CONFIDENCE: _subjects,
    SATISFACTION: _subjects,
}


def _bind_dossiers(stage: Stage, election_id: str, kind: str) -> None:
    """What is known of each subject, frozen, hashed and bound into the ballot paper."""
    with stage.database.read() as uow:
        term = structure.get_term(uow, stage.term)
        contests = {
            candidacy.person_id: contest.id
            for contest in uow.session.get_one(Election, election_id).contests
            for candidacy in contest.candidacies
        }
    hashes = freeze_dossiers(stage.database, term, kind, contests)
    digests = {person_id: bytes.fromhex(text) for person_id, text in hashes.items()}
    _commission(stage, lambda uow: drafts.bind_dossiers(uow, election_id, digests))


def _trustees_work(stage: Stage, code: str) -> None:
    """In turns until nobody can do more: a commitment waits for those of the others."""
    for _round in range(2):
        for trustee in stage.cast.trustees:
            trustee.work(code)


def _issue_credentials(stage: Stage, election_id: str) -> None:
    stage.cast.registrar.sign_in()
    for uuid in _uuids(stage, election_id):
        made = stage.cast.registrar.issue(uuid)
        for member_no, secret in made.items():
            stage.cast.voters[member_no.lower()].secrets[uuid] = secret
        if stage.letters is not None:
            stage.letters(uuid, made)
    stage.cast.registrar.sign_out()


def _uuids(stage: Stage, election_id: str) -> list[str]:
    with stage.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        return [contest.uuid or "" for contest in election.contests]


def ballots_to_cast(stage: Stage, code: str) -> list[tuple[Voter, str, int]]:
    """Who votes where, numbered in each contest."""
    with stage.database.read() as uow:
        uuids = [contest.uuid or "" for contest in _by_code(uow, code).contests]
    return [
        (voter, uuid, number)
        for uuid in uuids
        for number, voter in enumerate(v for v in stage.cast.voters.values() if uuid in v.secrets)
    ]


def chooser_of(kind: str) -> Chooser:
    return _approve if kind in (DIRECT, COMMITTEE) else _judge


def _approve(paper: BallotPaper, number: int) -> list[list[int]]:
    """The first candidates mostly; every fifth voter takes the last instead of one of them."""
    choices = []
    for question in paper.questions:
        start = int(bool(getattr(question, "blank", False)))
        most = getattr(question, "max", 1)
        chosen = [0] * question.size
        for place in range(most):
            chosen[start + place] = 1
        if number % 5 == 4:
            chosen[start + number % most] = 0
            chosen[-1] = 1
        choices.append(chosen)
    return choices


def _judge(paper: BallotPaper, number: int) -> list[list[int]]:
    """Mostly the first answer; some doubt, more of it further down the list."""
    choices = []
    for place, question in enumerate(paper.questions):
        answer = 1 if (number + place) % 5 == 0 else 2 if (number + 2 * place) % 7 == 0 else 0
        choices.append(_only(question.size, min(answer, question.size - 1)))
    return choices


def _only(size: int, chosen: int) -> list[int]:
    return [int(place == chosen) for place in range(size)]
