"""Who may vote: the roll of each contest, frozen, and the public credentials of its voters."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from audit.database import UnitOfWork
from ballots import BallotError
from ballots import credentials as ballot_credentials
from ballots.encoding import dumps, loads_strict, sha256_hex
from voting import mandates, papers, roll_tree, states
from voting.entries import CredentialsPublished, RollFrozen
from voting.errors import Conflict, Invalid
from voting.models import (
    CANCELLED,
    CERTIFIED,
    DIRECT,
    FROZEN,
    SEALED,
    Candidacy,
    Contest,
    Election,
    PublicCredential,
    RollEntry,
)
from voting.nominations import standing
from voting.registry import people
from voting.registry.models import Person

CHUNK = 1000  # rows of one INSERT


def electors(uow: UnitOfWork, election: Election, contest: Contest) -> list[Person]:
    """Who would be on the roll if it were frozen now."""
    on = uow.today
    if election.kind == DIRECT:
        if contest.constituency is None:
            raise Invalid("Contest %(code)s has no constituency.", code=contest.code)
        return people.electorate(uow, contest.constituency, on)
    return mandates.electorate(uow, election)


def freeze(uow: UnitOfWork, election: Election, contest: Contest) -> int:
    """Fix the roll of a contest; whoever moves afterwards votes where the roll has them."""
    voters = electors(uow, election, contest)
    if not voters:
        raise Invalid("Nobody may vote in contest %(code)s.", code=contest.code)
    _insert(
        uow.session,
        RollEntry,
        [{"contest_id": contest.id, "person_id": p.id} for p in sorted(voters, key=lambda p: p.id)],
    )
    contest.roll_count = len(voters)
    contest.roll_root = roll_tree.root(people.commitment(person) for person in voters)
    uow.session.flush()
    uow.record(
        RollFrozen(
            election=election.id,
            contest=contest.code,
            uuid=contest.frozen_uuid,
            roll=contest.roll_root,
            voters=contest.roll_count,
            candidates=len(standing(contest)),
            seats=contest.seats,
            of_seats=seats_of(contest),
        )
    )
    return contest.roll_count


def seats_of(contest: Contest) -> int:
    """The seats that its body has, of which those of the contest may be what is open."""
    return contest.constituency.seats if contest.constituency else contest.seats


def voters_of(session: Session, contest: Contest) -> Sequence[Person]:
    return session.scalars(
        select(Person)
        .join(RollEntry, RollEntry.person_id == Person.id)
        .where(RollEntry.contest_id == contest.id)
        .order_by(Person.member_no)
    ).all()


def require_erasable(uow: UnitOfWork, person_id: str) -> None:
    """The commitments of those who vote or stand stay until the record is made and kept."""
    for model in (RollEntry, Candidacy):
        running = (
            select(model.person_id)
            .join(Contest, Contest.id == model.contest_id)
            .join(Election, Election.id == Contest.election_id)
            .where(model.person_id == person_id, Election.state.not_in((CANCELLED, CERTIFIED)))
        )
        if uow.session.scalar(running.limit(1)):
            raise Conflict(
                "A member who votes or stands in an election that is not certified cannot be "
                "erased."
            )


def current_root(session: Session, contest: Contest) -> str:
    """Of the tree of the roll as its rows are now; another than the logged one is a fault."""
    return roll_tree.root(people.commitment(person) for person in voters_of(session, contest))


def publish_credentials(
    uow: UnitOfWork, contest_id: str, public: Sequence[str], *, replaces: str = ""
) -> None:
    """Take the registrar's list of public credentials: one for each voter, sorted, distinct.

    While the election is frozen a list may replace another, whose SHA-256 is then `replaces`: of
    two registrars who publish at once the second one is told, for voters may hold letters already.
    The same list once more changes nothing.
    """
    election, contest = states.lock_contest(uow, contest_id, FROZEN)
    if len(public) != contest.roll_count:
        raise Invalid(
            "The roll of contest %(code)s has %(voters)s voters, and the list has %(count)s "
            "credentials.",
            field="credentials",
            code=contest.code,
            voters=contest.roll_count,
            count=len(public),
        )
    ordered = _sorted(election, public)
    if len(set(ordered)) != len(ordered):
        raise Invalid("A credential is in the list twice.", field="credentials")
    if ordered != list(public):
        # any other order might tell which voter got which credential
        raise Invalid("The list of credentials is not sorted.", field="credentials")
    if contest.credentials_json == dumps(ordered).decode():
        return
    if replaces != list_hash(contest):
        raise Conflict(
            "Another list of credentials is published for contest %(code)s. Letters may be out "
            "with it. Who wants to replace it names its SHA-256: %(sha256)s",
            field="credentials",
            code=contest.code,
            sha256=list_hash(contest) or "-",
        )
    _store(uow, contest, ordered)


def list_hash(contest: Contest) -> str:
    """Of the published list as the log has it; empty while there is none."""
    listed = contest.credentials_json
    return sha256_hex(listed.encode()) if listed is not None else ""


def reissue(uow: UnitOfWork, contest_id: str, revoked: str, added: str) -> None:
    """Replace one lost credential before voting opens; the number of reissues is public."""
    election, contest = states.lock_contest(uow, contest_id, FROZEN, SEALED)
    listed = credentials_of(contest)
    if revoked not in listed:
        raise Invalid("The revoked credential is not in the list.", field="revoked")
    if added in listed:
        raise Conflict("The new credential is in the list already.", field="added")
    contest.reissued += 1
    kept = [credential for credential in listed if credential != revoked]
    ordered = _sorted(election, [*kept, added])
    _store(uow, contest, ordered)
    if election.state == SEALED:
        papers.seal(uow, election, contest)


def _sorted(election: Election, public: Sequence[str]) -> list[str]:
    """In the order in which lists are published. One voter has one vote: no weights."""
    if any("," in credential for credential in public):
        raise Invalid("A credential of this service has no weight.", field="credentials")
    try:
        return ballot_credentials.sort_public(election.ballot_group, list(public))
    except BallotError as error:
        raise Invalid(
            "The list of credentials is refused: %(reason)s",
            field="credentials",
            reason=str(error),
        ) from error


def credentials_of(contest: Contest) -> list[str]:
    if contest.credentials_json is None:
        return []
    listed: list[str] = loads_strict(contest.credentials_json.encode(), "credentials")
    return listed


def _store(uow: UnitOfWork, contest: Contest, ordered: list[str]) -> None:
    uow.session.execute(delete(PublicCredential).where(PublicCredential.contest_id == contest.id))
    _insert(
        uow.session,
        PublicCredential,
        [{"contest_id": contest.id, "credential": credential} for credential in ordered],
    )
    contest.credentials_json = dumps(ordered).decode()
    uow.session.flush()
    uow.record(
        CredentialsPublished(
            uuid=contest.frozen_uuid,
            sha256=sha256_hex(contest.credentials_json.encode()),
            credentials=len(ordered),
            reissued=contest.reissued,
        )
    )


def missing_credentials(uow: UnitOfWork, election: Election) -> int:
    """How many contests wait for the registrar."""
    return (
        uow.session.scalar(
            select(func.count()).where(
                Contest.election_id == election.id, Contest.credentials_json.is_(None)
            )
        )
        or 0
    )


def _insert(session: Session, model: type, rows: list[dict[str, str]]) -> None:
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(model), rows[start : start + CHUNK])
