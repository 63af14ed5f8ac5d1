"""The life of an election. Each step locks it, checks its state, acts and logs."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Table, delete, func, insert, select

from audit.announcing import announced
from audit.database import SYSTEM, Actor, Database, UnitOfWork
from voting import (
    certifying,
    contest_archive,
    description,
    exclusions,
    integrity,
    mandates,
    papers,
    readiness,
    results,
    rolls,
    states,
    two_people,
    vacancies,
)
from voting.course import notice, reason_of
from voting.entries import (
    BindingsDestroyed,
    ContestClosed,
    ElectionCancelled,
    ElectionClosed,
    ElectionDeclared,
    ElectionFrozen,
    ElectionOpened,
    ElectionSealed,
)
from voting.errors import Conflict, DomainError, TooLate
from voting.models import (
    CANCELLED,
    CERTIFIED,
    CLOSED,
    CLOSED_EARLY,
    DECLARED,
    DRAFT,
    FROZEN,
    OPEN,
    OPENED_EARLY,
    SEALED,
    SUSPENDED,
    TALLIED,
    VOID,
    CastBallot,
    CheckIn,
    Contest,
    CredentialBinding,
    Election,
    Exclusion,
)
from voting.nominations import standing

# the acts that need two people; the schedule does the first two at their time
OPEN_NOW, CLOSE_NOW, CANCEL = "open", "close", "cancel"


def freeze(uow: UnitOfWork, election_id: str) -> Election:
    """Fix candidates, rules and rolls. Nothing of them changes after this."""
    election = states.lock(uow, election_id, DRAFT)
    vacancies.lock(uow, election)
    readiness.require_freezable(uow, election)
    voters = candidates = 0
    for contest in election.contests:
        contest.uuid = papers.new_uuid()
        uow.session.flush()
        voters += rolls.freeze(uow, election, contest)
        papers.fix_candidates(contest)
        candidates += len(standing(contest))
        mandates.claim_subjects(uow, election, [c.person for c in standing(contest)])
    described = description.fix(uow, election, uow.today)
    states.move(uow, election, FROZEN)
    uow.record(
        ElectionFrozen(
            election=election.id,
            contests=len(election.contests),
            voters=voters,
            candidates=candidates,
            profile=papers.profile_of(election).hash,
            zone=uow.zone.key,
            rolls_of=uow.today,
            description=described,
        )
    )
    return election


def seal(uow: UnitOfWork, election_id: str) -> Election:
    """Join key, questions and credentials into the ballot papers."""
    election = states.lock(uow, election_id, FROZEN)
    if election.trustees_json is None:
        raise Conflict("Not every trustee has made a key.")
    for contest in election.contests:
        if len(standing(contest)) < readiness.least_standing(election, contest):
            raise Conflict(
                "Contest %(code)s has too few candidates left. Cancel this election and draft it "
                "anew.",
                code=contest.code,
            )
    if missing := rolls.missing_credentials(uow, election):
        raise Conflict("The credentials of %(count)s contests are missing.", count=missing)
    for contest in election.contests:
        papers.seal(uow, election, contest)
    described = description.fix_again(uow, election)
    states.move(uow, election, SEALED)
    uow.record(
        ElectionSealed(
            election=election.id,
            contests=len(election.contests),
            public_key=results.public_key_of(election),
            description=described,
        )
    )
    return election


def open_voting(uow: UnitOfWork, election_id: str, reason: str = "") -> Election:
    """Begin voting: at its time; earlier, or where no time is set, two people stand for it."""
    election = states.lock(uow, election_id, SEALED)
    if uow.now >= election.closes_at:
        raise TooLate("The time at which voting ends has passed. Set new times.")
    early = uow.now < election.opens_at
    if early or not election.scheduled:
        two_people.require(uow, OPEN_NOW, f"election/{election.id}")
    waiting = [trustee.name for trustee in election.trustees if not trustee.rehearsed]
    if waiting:
        raise Conflict("The rehearsal of %(names)s is missing.", names=", ".join(waiting))
    if not announced(uow):
        raise Conflict("The key of receipts is not in the log: start the server once.")
    for contest in election.contests:
        integrity.require(uow, contest)
    election.opens_at = min(election.opens_at, uow.now)
    states.move(uow, election, OPEN)
    uow.record(
        ElectionOpened(
            election=election.id,
            contests=len(election.contests),
            opens_at=election.opens_at,
            closes_at=election.closes_at,
        )
    )
    if early:
        notice(uow, election, OPENED_EARLY, reason_of(reason), times=True)
    return election


def close_voting(uow: UnitOfWork, election_id: str, reason: str = "") -> Election:
    """End voting: at its time, or earlier with a reason for which two people stand.

    The state is changed first; a ballot that holds the lock of its contest is still taken,
    and its contest is ended after it.
    """
    election = states.lock(uow, election_id, OPEN, SUSPENDED)
    early = uow.now < election.closes_at or election.state == SUSPENDED
    if early:
        two_people.require(uow, CLOSE_NOW, f"election/{election.id}")
        reason = reason_of(reason)
    election.closed_at = uow.now
    states.move(uow, election, CLOSED)
    ballots = issued = 0
    for contest_id in [contest.id for contest in election.contests]:
        contest = uow.lock(Contest, contest_id)
        contest.issued = _count(uow, CheckIn, contest_id)
        excluded = exclusions.settle(uow, contest)
        contest_archive.append(uow, contest, "EndBallots")
        cast = _count(uow, CastBallot, contest_id)
        uow.record(
            ContestClosed(
                uuid=contest.frozen_uuid, ballots=cast, issued=contest.issued, excluded=excluded
            )
        )
        ballots, issued = ballots + cast, issued + contest.issued
        _forget_order(uow, contest_id)
    uow.record(
        ElectionClosed(
            election=election.id,
            contests=len(election.contests),
            ballots=ballots,
            issued=issued,
            reason=reason if early else "schedule",
        )
    )
    if early:
        notice(uow, election, CLOSED_EARLY, reason)
    return election


def _count(uow: UnitOfWork, model: type[CheckIn] | type[CastBallot], contest_id: str) -> int:
    return (
        uow.session.scalar(
            select(func.count()).select_from(model).where(model.contest_id == contest_id)
        )
        or 0
    )


def _forget_order(uow: UnitOfWork, contest_id: str) -> None:
    """Write the rows that name voters anew in the order of their random keys: in a dump the order
    of rows would otherwise be the order in which people came, beside a chain in the same order."""
    for model in (CheckIn, CredentialBinding):
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - tells mypy what a mapped class has
        rows = [
            dict(row)
            for row in uow.session.execute(
                select(table).where(table.c.contest_id == contest_id).order_by(table.c.person_id)
            ).mappings()
        ]
        uow.session.execute(delete(table).where(table.c.contest_id == contest_id))
        if rows:
            uow.session.execute(insert(table), rows)


def declare(uow: UnitOfWork, election_id: str) -> Election:
    """Declare the outcome by the adopted profile; nothing is left to anybody's judgement."""
    election = states.lock(uow, election_id, TALLIED)
    for contest in election.contests:
        results.declare_contest(uow, election, contest)
        if contest.outcome == VOID:
            mandates.release_subjects(uow, election)
    election.declared_at = uow.now
    states.move(uow, election, DECLARED)
    uow.record(ElectionDeclared(election=election.id, contests=len(election.contests)))
    return election


def cancel(uow: UnitOfWork, election_id: str, reason: str) -> Election:
    """End an election without a result, with a reason that is published. There is nothing left
    to challenge: which voter used which credential is erased at once."""
    reason = reason_of(reason)
    election = states.lock(uow, election_id)
    came_from = election.state
    if any(contest.certified_at for contest in election.contests):
        raise Conflict("A contest of this election is certified: it cannot be cancelled any more.")
    if came_from != DRAFT:  # which nobody but the commission has seen
        two_people.require(uow, CANCEL, f"election/{election.id}")
    states.move(uow, election, CANCELLED)
    mandates.release_subjects(uow, election)
    uow.record(ElectionCancelled(election=election.id, reason=reason, state=came_from))
    notice(uow, election, CANCELLED, reason)
    for contest_id in [contest.id for contest in election.contests]:
        uow.lock(Contest, contest_id)  # a ballot on its way is in before, or refused after
        _forget_order(uow, contest_id)
    _erase_bindings(uow, election)
    return election


def destroy_bindings(uow: UnitOfWork, election_id: str) -> int:
    """After the time for challenge: erase which voter used which credential, and who came."""
    election = states.lock(uow, election_id, DECLARED, CERTIFIED)
    if election.bindings_destroyed:
        return 0
    due = _binding_until(election)
    if due is None:
        raise Conflict("The outcome of this election is not certified.")
    if uow.now < due:
        raise Conflict("The time for challenge ends on %(date)s.", date=uow.day_of(due).isoformat())
    return _erase_bindings(uow, election)


def _binding_until(election: Election) -> datetime | None:
    """The time for challenge after the certificate; where nothing can be certified, after the
    declaration. Nothing while a contest waits for its certificate."""
    since = election.certified_at
    if since is None and not certifying.certifiable(election):
        since = election.declared_at
    if since is None:
        return None
    return since + timedelta(days=papers.profile_of(election).certification.challenge_days)


def _erase_bindings(uow: UnitOfWork, election: Election) -> int:
    contests = select(Contest.id).where(Contest.election_id == election.id)
    gone = uow.session.execute(
        delete(CredentialBinding).where(CredentialBinding.contest_id.in_(contests))
    ).rowcount  # type: ignore[attr-defined]
    uow.session.execute(delete(CheckIn).where(CheckIn.contest_id.in_(contests)))
    exclusions.erase(uow, election)
    election.bindings_destroyed = True
    uow.session.flush()
    if gone or election.state in (DECLARED, CERTIFIED):
        uow.record(BindingsDestroyed(election=election.id, bindings=gone))
    return int(gone)


def forget(database: Database) -> None:
    """Make the database's files forget what was erased: who used which credential, who came."""
    database.scrub(*(model.__tablename__ for model in (CredentialBinding, CheckIn, Exclusion)))


# The schedule


class ScheduleError(Exception):
    """Something that nobody expected failed; what else was due was done."""


TRY_AGAIN = timedelta(seconds=30)  # a tally that is refused reads every ballot at each try
_refused: dict[str, datetime] = {}  # election id -> when its tally was refused last


def tick(database: Database, actor: Actor = SYSTEM) -> list[str]:
    """Do what is due: open, close, add up, erase. Called every few seconds by the server and by
    `mandate election tick`; two callers at once do no harm. -> what was done, `open:CODE` etc.

    Raises ScheduleError at the end, so that one election in trouble keeps no other from its time.
    """
    with database.read() as uow:
        due = _due(uow)
    done, failed = [], []
    for act, election_id, code in due:
        try:
            _act(database, actor, act, election_id)
            done.append(f"{act}:{code}")
        except DomainError:  # not ready (the checklist says why), or the other caller was first
            if act == "tally":
                _refused[election_id] = database.clock()
        except Exception as error:
            failed.append(error)
            failed[-1].add_note(f"{act}:{code}")
    if failed:
        raise ScheduleError("; ".join(error.__notes__[-1] for error in failed)) from failed[0]
    return done


def _due(uow: UnitOfWork) -> list[tuple[str, str, str]]:
    found = []
    rows = uow.session.scalars(
        select(Election).where(Election.state.in_((SEALED, OPEN, CLOSED, DECLARED, CERTIFIED)))
    )
    for election in rows:
        act = _due_act(uow, election)
        if act:
            found.append((act, election.id, election.code))
            if act == "close":
                found.append(("tally", election.id, election.code))
    return found


def _due_act(uow: UnitOfWork, election: Election) -> str | None:
    if election.state == SEALED:
        begun = election.opens_at <= uow.now < election.closes_at
        return "open" if election.scheduled and begun else None
    if election.state == OPEN:
        return "close" if uow.now >= election.closes_at else None
    if election.state == CLOSED:
        added_up = all(contest.tally_json is not None for contest in election.contests)
        return None if added_up or _waits(election, uow.now) else "tally"
    due = None if election.bindings_destroyed else _binding_until(election)
    return "erase" if due is not None and uow.now >= due else None


def _waits(election: Election, now: datetime) -> bool:
    refused = _refused.get(election.id)
    return refused is not None and now < refused + TRY_AGAIN


def _act(database: Database, actor: Actor, act: str, election_id: str) -> None:
    if act == "tally":
        results.encrypt_tallies(database, election_id)
        return
    with database.transaction(actor) as uow:
        if act == "open":
            open_voting(uow, election_id)
        elif act == "close":
            close_voting(uow, election_id)
        elif act == "erase":
            destroy_bindings(uow, election_id)
    if act == "erase":
        forget(database)
