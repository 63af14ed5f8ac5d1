"""The ballots that come after a ballot: among the tied, for open seats, again, for a vacancy.

Drafted from what the rules offer and from nothing else; the draft is then prepared as any other. It
has its own roll, archive and record, and names the contest that it completes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from audit.database import UnitOfWork
from voting import (
    drafts,
    mandates,
    nominations,
    papers,
    results,
    states,
    trustees,
    two_people,
    vacancies,
)
from voting.course import notice
from voting.entries import SeatsWaived
from voting.errors import Conflict, Invalid, NotFound
from voting.models import (
    ANNULLED,
    BY_ELECTION,
    CANCELLED,
    CERTIFIED,
    COMMITTEE,
    DECLARED,
    DIRECT,
    REPEAT,
    SUBJECT_KINDS,
    VOID,
    Contest,
    Election,
)
from voting.registry import people
from voting.registry.models import Constituency, Person, Term
from voting.rules import after
from voting.rules.after import Offer

NOTICE = timedelta(days=7)  # from the draft to the opening that it proposes
FEWER_SEATS = "fewer_seats"


@dataclass(frozen=True)
class Offered:
    """An offer, and the contest that it is for."""

    contest: Contest
    offer: Offer


def follower(uow: UnitOfWork, contest: Contest) -> Contest | None:
    """The contest that completes or repeats this one, whatever became of it."""
    return uow.session.scalar(
        select(Contest)
        .join(Election, Election.id == Contest.election_id)
        .where(Contest.completes_id == contest.id, Election.state != CANCELLED)
    )


def offers(uow: UnitOfWork, contest: Contest) -> list[Offered]:
    """What the rules allow now for this contest; nothing once a follow-up exists."""
    election = contest.election
    if election.state not in (DECLARED, CERTIFIED) or follower(uow, contest) is not None:
        return []
    declared = results.declaration_of(uow, contest)
    if declared is None:
        return []
    found = after.offers(
        papers.profile_of(election),
        json.loads(declared.content),
        annulled=contest.outcome == ANNULLED,
        waived=contest.waived_seats,
        gone=frozenset(
            people.commitment(c.person) for c in nominations.standing(contest) if c.gone
        ),
        earlier=_earlier(contest),
    )
    return [Offered(contest, offer) for offer in found]


def of_election(uow: UnitOfWork, election: Election) -> list[Offered]:
    return [offered for contest in election.contests for offered in offers(uow, contest)]


def _earlier(contest: Contest) -> int:
    """How many void ballots this one repeats already."""
    number, before = 0, contest.completes
    while before is not None and before.outcome == VOID:
        number, before = number + 1, before.completes
    return number


def begin(
    uow: UnitOfWork, election_id: str, what: str, contest_ids: Iterable[str] = ()
) -> Election:
    """Draft the follow-up that the rules offer: one election for these contests, or for all for
    which it is offered."""
    before = states.lock(uow, election_id, DECLARED, CERTIFIED)
    wanted = set(contest_ids)
    chosen = [
        offered
        for offered in of_election(uow, before)
        if offered.offer.what == what and (not wanted or offered.contest.id in wanted)
    ]
    if not chosen or what == FEWER_SEATS or (wanted and len(chosen) != len(wanted)):
        raise Conflict("The rules do not offer this now.")
    election = _draft(uow, before, what)
    for offered in chosen:
        _contest(uow, election, offered)
    return election


def _draft(uow: UnitOfWork, before: Election, purpose: str) -> Election:
    """As the election before it: rules, trustees, length of the vote."""
    zh, en = _TITLES[purpose]
    opens_at = uow.now.replace(minute=0, second=0, microsecond=0) + NOTICE
    election = drafts.create(
        uow,
        code=_free_code(uow, before.code),
        kind=before.kind,
        title_zh=_titled(before.title_zh, zh, "（", "）"),
        title_en=_titled(before.title_en, en, " (", ")"),
        term=before.term,
        opens_at=opens_at,
        closes_at=opens_at + (before.closes_at - before.opens_at),
        previous=before,
        purpose=purpose,
    )
    election.window_reason = (
        "" if mandates.in_window(uow, election) else f"{zh} / {en}: {before.code}"
    )
    drafts.adopt_same(uow, election.id, before)
    drafts.change(
        uow, election.id, aggregate_small=before.aggregate_small, threshold=before.threshold
    )
    for trustee in before.trustees:
        trustees.invite(
            uow,
            election.id,
            account_id=trustee.account_id,
            name=trustee.name,
            person_id=trustee.person_id,
            kind=trustee.kind,
        )
    return election


_TITLES = {
    "re_ballot": ("得票相等者再投票", "ballot among the tied"),
    "another_ballot": ("缺额另行选举", "ballot for the open seats"),
    REPEAT: ("重新投票", "repeated"),
    BY_ELECTION: ("补选", "by-election"),
}


def _titled(title: str, what: str, opening: str, closing: str) -> str:
    """The title of the first ballot with the purpose of this one; a third does not grow longer."""
    first = title.partition(opening)[0]
    return f"{first[: 200 - len(what) - 4]}{opening}{what}{closing}"


def _free_code(uow: UnitOfWork, code: str) -> str:
    root, _, number = code.rpartition("-b")
    base = (root if root and number.isdigit() else code)[:34]
    taken = set(uow.session.scalars(select(Election.code).where(Election.code.like(f"{base}-b%"))))
    return next(f"{base}-b{n}" for n in range(2, 1000) if f"{base}-b{n}" not in taken)


def _contest(uow: UnitOfWork, election: Election, offered: Offered) -> None:
    before, offer = offered.contest, offered.offer
    contest = drafts.add_contest(
        uow,
        election.id,
        code=before.code,
        title_zh=before.title_zh,
        title_en=before.title_en,
        seats=0 if election.kind in SUBJECT_KINDS else offer.seats,
        constituency=before.constituency,
        completes=before,
    )
    statements = {c.person_id: c for c in before.candidacies}
    for person in _people(before, offer.candidates):
        if any(nominations.unfit(uow, election, [(contest, person)])):
            continue  # who may stand no more is left out; the checklist says what is missing
        earlier = statements[person.id]
        nominations.nominate(
            uow,
            contest.id,
            person,
            statement_zh=earlier.statement_zh,
            statement_en=earlier.statement_en,
        )


def _people(contest: Contest, keys: Sequence[str]) -> list[Person]:
    """In the order of the paper of the ballot before."""
    listed = [candidacy.person for candidacy in nominations.standing(contest)]
    return [person for person in listed if people.commitment(person) in keys]


# A vacancy


def by_election(uow: UnitOfWork, term: Term, constituency: Constituency | None) -> Election:
    """A ballot for the seats of a body that are open in the term; None is the committee.

    Who stands is nominated anew.
    """
    uow.lock(Term, term.id)
    open_now = {c.code if c else "": number for c, number in vacancies.vacant(uow, term)}
    code = constituency.code if constituency else ""
    if code not in open_now:
        raise Conflict("No seat of this body is open in this term.")
    before = _last_of(uow, term, constituency)
    if before is None:
        raise NotFound("There is no such contest.")
    election = _draft(uow, before.election, BY_ELECTION)
    if _drafted(uow, term, before, election):
        raise Conflict("A by-election for this body is being prepared already.")
    drafts.add_contest(
        uow,
        election.id,
        code=before.code,
        title_zh=before.title_zh,
        title_en=before.title_en,
        seats=open_now[code],
        constituency=constituency,
    )
    return election


def _of_body(term: Term, constituency: Constituency | None) -> list[object]:
    kind = DIRECT if constituency else COMMITTEE
    where: list[object] = [Election.term_id == term.id, Election.kind == kind]
    if constituency:
        where.append(Contest.constituency_id == constituency.id)
    return where


def _last_of(uow: UnitOfWork, term: Term, constituency: Constituency | None) -> Contest | None:
    """The newest contest of the body that has an outcome."""
    return uow.session.scalars(
        select(Contest)
        .join(Election, Election.id == Contest.election_id)
        .where(*_of_body(term, constituency), Contest.outcome.is_not(None))  # type: ignore[arg-type]
        .order_by(Election.created_at.desc())
        .limit(1)
    ).first()


def _drafted(uow: UnitOfWork, term: Term, before: Contest, new: Election) -> bool:
    found = (
        select(Election.id)
        .join(Contest, Contest.election_id == Election.id)
        .where(
            *_of_body(term, before.constituency),  # type: ignore[arg-type]
            Election.purpose == BY_ELECTION,
            Election.state == "draft",
            Election.id != new.id,
        )
    )
    return uow.session.scalar(found.limit(1)) is not None


# Fewer seats


def waive(uow: UnitOfWork, contest_id: str, reason: str) -> Contest:
    """Fewer seats by consent of the body: those that are open are given up for this term."""
    election, contest = states.lock_contest(uow, contest_id, DECLARED, CERTIFIED)
    two_people.require(uow, FEWER_SEATS, f"contest/{contest.id}")
    if not reason.strip():
        raise Invalid("A reason is needed; it is published.", field="reason")
    given = next((o.offer for o in offers(uow, contest) if o.offer.what == FEWER_SEATS), None)
    if given is None:
        raise Conflict("The rules do not offer this now.")
    contest.waived_seats += given.seats
    notice(uow, election, FEWER_SEATS, reason, contest=contest)
    uow.record(SeatsWaived(uuid=contest.frozen_uuid, seats=given.seats, reason=reason.strip()))
    return contest
