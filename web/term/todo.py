"""What there is to do now, for one person: each source asks the database for one role.

Only what the person can do at this moment, most urgent first; the front page shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from audit.database import UnitOfWork
from voting import mixing, papers
from voting.models import (
    CANCELLED,
    CERTIFIED,
    CLOSED,
    DECLARED,
    DRAFT,
    FROZEN,
    MIXED,
    OPEN,
    SEALED,
    TALLIED,
    Contest,
    Election,
    PartialDecryption,
    RollEntry,
    Trustee,
)
from web.identity.current import Identity
from web.identity.roles import Role
from web.texts.i18n import N_, _, local


@dataclass(frozen=True)
class Todo:
    title: str
    text: str
    href: str
    action: str
    until: date | None = None  # or an instant: a datetime is a date


Source = Callable[[UnitOfWork, Identity], Iterable[Todo]]


def ballots(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    rows = uow.session.execute(
        select(Contest, Election)
        .join(RollEntry, RollEntry.contest_id == Contest.id)
        .join(Election, Election.id == Contest.election_id)
        .where(RollEntry.person_id == account.person_id, Election.state == OPEN)
        .order_by(Election.closes_at)
    )
    for contest, election in rows:
        yield Todo(
            title=local(election, "title"),
            text=local(contest, "title"),
            href=f"/ballots/{contest.uuid}",
            action=_("Vote"),
            until=election.closes_at,
        )


def keys(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    """A trustee makes a key, rehearses, and decrypts what was added up."""
    rows = uow.session.execute(
        select(Trustee, Election)
        .join(Election, Election.id == Trustee.election_id)
        .where(
            Trustee.account_id == account.account_id,
            Election.state.in_((DRAFT, FROZEN, SEALED, CLOSED, MIXED)),
        )
        .order_by(Election.opens_at)
    )
    for trustee, election in rows:
        action = trustee_action(uow, trustee, election)
        if action:
            yield Todo(
                title=local(election, "title"),
                text=_("You hold a key of this election."),
                href=f"/trustees/{election.code}",
                action=_(action),
                until=None if election.state in (CLOSED, MIXED) else election.opens_at,
            )


def trustee_action(uow: UnitOfWork, trustee: Trustee, election: Election) -> str | None:
    """The message id of what the trustee has to do now, if anything."""
    if election.state in (DRAFT, FROZEN):
        return None if trustee.public_json else N_("Make your key")
    if election.state == SEALED:
        return None if trustee.rehearsed else N_("Rehearse the decryption")
    if election.state == CLOSED and papers.mixed(election):
        turns = [s.turn for s in mixing.stages(uow, election) if s.contest.tally_json]
        return N_("Shuffle the ballots") if trustee in turns else None
    if election.state not in (CLOSED, MIXED):
        return None
    tallies = [contest for contest in election.contests if contest.tally_json]
    done = uow.session.scalar(
        select(func.count()).where(PartialDecryption.trustee_id == trustee.id)
    )
    return N_("Decrypt the result") if tallies and (done or 0) < len(tallies) else None


COMMISSION_STEPS = {
    DRAFT: N_("Set it up and freeze the roll"),
    FROZEN: N_("Wait for keys and credentials, then seal"),
    SEALED: N_("Open the vote"),
    OPEN: N_("Watch over the vote, then close it"),
    CLOSED: N_("Wait for the trustees"),
    MIXED: N_("Wait for the trustees"),
    TALLIED: N_("Declare the result"),
    DECLARED: N_("Certify the result"),
}


def commission(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    elections = uow.session.scalars(
        select(Election)
        .where(Election.state.not_in((CERTIFIED, CANCELLED)))
        .order_by(Election.opens_at)
        .limit(10)
    )
    for election in elections:
        yield Todo(
            title=local(election, "title"),
            text=_(COMMISSION_STEPS[election.state]),
            href=f"/commission/{election.code}",
            action=_("Continue"),
            until=election.opens_at if election.state in (DRAFT, FROZEN, SEALED) else None,
        )


def credentials(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    elections = uow.session.scalars(
        select(Election)
        .where(
            Election.state == FROZEN,
            Election.contests.any(Contest.credentials_json.is_(None)),
        )
        .order_by(Election.opens_at)
    )
    for election in elections:
        yield Todo(
            title=local(election, "title"),
            text=_("The roll is frozen: each voter on it needs a credential."),
            href=f"/credentials/{election.code}",
            action=_("Make the credentials"),
            until=election.opens_at,
        )


SOURCES: list[tuple[Role, Source]] = [
    (Role.MEMBER, ballots),
    (Role.TRUSTEE, keys),
    (Role.REGISTRAR, credentials),
    (Role.COMMISSION, commission),
]


def todos(uow: UnitOfWork, account: Identity, sources: Sequence[tuple[Role, Source]]) -> list[Todo]:
    found: list[Todo] = []
    for role, source in sources:
        if account.has(role):
            found.extend(source(uow, account))
    return found
