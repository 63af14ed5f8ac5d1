"""Who is not counted among those expected: on a ground that the rules know, with two approvals.

All of it before voting opens, when nobody can know how many will be missing. Whoever comes all the
same is expected again. The log has the ground and a salted commitment; the rows are erased with
the bindings, and the numbers stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import delete, func, select

from audit.database import UnitOfWork
from voting import papers, states
from voting.entries import ExclusionApproved, ExclusionEntered, ExclusionWithdrawn
from voting.errors import Conflict, Forbidden, Invalid, NotFound
from voting.models import FROZEN, SEALED, CheckIn, Contest, Election, Exclusion, RollEntry
from voting.registry import people

BEFORE = (FROZEN, SEALED)


def grounds(election: Election) -> list[str]:
    """The classes of the adopted rules."""
    return papers.profile_of(election).electorate.exclusions


def enter(uow: UnitOfWork, contest_id: str, member_no: str, ground: str) -> Exclusion:
    """Entering it is the first approval."""
    election, contest = states.lock_contest(uow, contest_id, *BEFORE)
    if ground not in grounds(election):
        raise Invalid("The rules know no such ground.", field="ground")
    person = people.find_by_member_no_or_email(uow, member_no)
    if person is None or uow.session.get(RollEntry, (contest.id, person.id)) is None:
        raise NotFound(
            "%(number)s is not on the roll of this contest.", field="member_no", number=member_no
        )
    held = Exclusion.contest_id == contest.id, Exclusion.person_id == person.id
    if uow.session.scalar(select(Exclusion.id).where(*held)):
        raise Conflict("%(name)s is entered already.", field="member_no", name=person.name)
    exclusion = Exclusion(
        contest_id=contest.id, person=person, ground=ground, entered_by=uow.actor.id
    )
    uow.session.add(exclusion)
    uow.session.flush()
    uow.record(
        ExclusionEntered(uuid=contest.frozen_uuid, ground=ground, member=_commitment(exclusion))
    )
    return exclusion


def _commitment(exclusion: Exclusion) -> str:
    """The id is random and goes with the row: after that nothing leads from the log to a person."""
    text = f"mandate/exclusion\n{exclusion.id}\n{exclusion.person.member_no}"
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(uow: UnitOfWork, exclusion_id: str) -> tuple[Exclusion, Contest]:
    found = uow.session.get(Exclusion, exclusion_id)
    if found is None:
        raise NotFound("There is no such exclusion.")
    _, contest = states.lock_contest(uow, found.contest_id, *BEFORE)
    return uow.lock(Exclusion, exclusion_id), contest


def approve(uow: UnitOfWork, exclusion_id: str) -> None:
    """The second approval, by another person of the commission."""
    exclusion, contest = _locked(uow, exclusion_id)
    if exclusion.approved_by is not None:
        raise Conflict("This exclusion is approved already.")
    if exclusion.entered_by == uow.actor.id:
        raise Forbidden("You entered this exclusion: somebody else of the commission approves it.")
    exclusion.approved_by = uow.actor.id
    uow.session.flush()
    uow.record(
        ExclusionApproved(
            uuid=contest.frozen_uuid, ground=exclusion.ground, member=_commitment(exclusion)
        )
    )


def withdraw(uow: UnitOfWork, exclusion_id: str) -> None:
    exclusion, contest = _locked(uow, exclusion_id)
    uow.session.delete(exclusion)
    uow.session.flush()
    uow.record(
        ExclusionWithdrawn(
            uuid=contest.frozen_uuid, ground=exclusion.ground, member=_commitment(exclusion)
        )
    )


def of_election(uow: UnitOfWork, election: Election) -> Sequence[Exclusion]:
    return uow.session.scalars(
        select(Exclusion)
        .join(Contest, Contest.id == Exclusion.contest_id)
        .where(Contest.election_id == election.id)
        .order_by(Contest.code, Exclusion.id)
    ).all()


def settle(uow: UnitOfWork, contest: Contest) -> dict[str, int]:
    """When voting ends: how many are excluded on which ground. -> what the balance has"""
    came = select(CheckIn.person_id).where(CheckIn.contest_id == contest.id)
    rows = uow.session.execute(
        select(Exclusion.ground, func.count())
        .where(
            Exclusion.contest_id == contest.id,
            Exclusion.approved_by.is_not(None),
            Exclusion.person_id.not_in(came),
        )
        .group_by(Exclusion.ground)
    )
    found = {row[0]: row[1] for row in rows}
    contest.excluded_json = json.dumps(found, sort_keys=True)
    return found


def counted(contest: Contest) -> dict[str, int]:
    found: dict[str, int] = json.loads(contest.excluded_json)
    return found


def erase(uow: UnitOfWork, election: Election) -> None:
    contests = select(Contest.id).where(Contest.election_id == election.id)
    uow.session.execute(delete(Exclusion).where(Exclusion.contest_id.in_(contests)))
