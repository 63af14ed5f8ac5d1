"""An object in a path belongs to the one before it, or the path names nothing.

`/matters/A/.../ROUTING` with a routing of matter B is not found, for everybody and before any act,
so no body answers one matter under the number of another. A route whose path names two objects of
which this table does not know how they belong together stops the start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sqlalchemy import Select, select

from accountability.models import (
    Activity,
    BreakGlass,
    Commitment,
    Duty,
    Finding,
    Picture,
    Report,
    Routing,
    Swap,
)
from audit.database import UnitOfWork
from audit.errors import NotFound
from voting.models import Candidacy, Challenge, Contest, Election, Exclusion, Trustee
from voting.registry.models import Office
from voting.two_people import PendingAct
from web.identity.models import AccountRole
from web.texts.i18n import N_

Query = Callable[[str, str], Select[str]]


def _column(model: type, parent: str) -> Query:
    def query(parent_id: str, child_id: str) -> Select[str]:
        return select(model.id).where(  # type: ignore[attr-defined]
            model.id == child_id,  # type: ignore[attr-defined]
            getattr(model, parent) == parent_id,
        )

    return query


def _in_election(model: type, child: str) -> Query:
    """Of an election by its code: what belongs to it or to one of its contests."""

    def query(code: str, value: str) -> Select[str]:
        found = select(model.id).where(getattr(model, child) == value)  # type: ignore[attr-defined]
        if not hasattr(model, "election_id"):
            found = found.join(Contest, Contest.id == model.contest_id)  # type: ignore[attr-defined]
        owner = getattr(model, "election_id", Contest.election_id)
        return found.join(Election, Election.id == owner).where(Election.code == code)

    return query


def _picture_of_office(office_id: str, picture_id: str) -> Select[str]:
    activities = select(Activity.id).where(Activity.office_id == office_id)
    reports = select(Report.id).where(Report.office_id == office_id)
    mine = Picture.activity_id.in_(activities) | Picture.report_id.in_(reports)
    return select(Picture.id).where(Picture.id == picture_id, mine)


def _swap_of_office(office_id: str, swap_id: str) -> Select[str]:
    duties = select(Duty.id).where(Duty.office_id == office_id)
    mine = Swap.first_id.in_(duties) | Swap.second_id.in_(duties)
    return select(Swap.id).where(Swap.id == swap_id, mine)


def _any_finding(_office_id: str, finding_id: str) -> Select[str]:
    """The office is the verifier's; the finding belongs to another office: see activities."""
    return select(Finding.id).where(Finding.id == finding_id)


def _candidacy(contest: str, candidacy_id: str) -> Select[str]:
    found = select(Candidacy.id).join(Contest, Contest.id == Candidacy.contest_id)
    return found.where(Candidacy.id == candidacy_id, Contest.code == contest)


def _pending(account_id: str, pending_id: str) -> Select[str]:
    return select(PendingAct.id).where(
        PendingAct.id == pending_id, PendingAct.subject == f"account/{account_id}"
    )


BELONGS: dict[tuple[str, str], Query] = {
    ("matter_id", "routing_id"): _column(Routing, "matter_id"),
    ("matter_id", "picture_id"): _column(Picture, "matter_id"),
    ("matter_id", "glass_id"): _column(BreakGlass, "matter_id"),
    ("office_id", "picture_id"): _picture_of_office,
    ("office_id", "commitment_id"): _column(Commitment, "office_id"),
    ("office_id", "duty_id"): _column(Duty, "office_id"),
    ("office_id", "swap_id"): _swap_of_office,
    ("office_id", "finding_id"): _any_finding,
    ("person_id", "office_id"): _column(Office, "person_id"),
    ("account_id", "pending_id"): _pending,
    ("account_id", "grant_id"): _column(AccountRole, "account_id"),
    ("code", "contest"): _in_election(Contest, "code"),
    ("code", "uuid"): _in_election(Contest, "uuid"),
    ("code", "candidacy"): _in_election(Candidacy, "id"),
    ("contest", "candidacy"): _candidacy,
    ("code", "exclusion"): _in_election(Exclusion, "id"),
    ("code", "trustee"): _in_election(Trustee, "id"),
    ("code", "challenge"): _in_election(Challenge, "id"),
}
# words of a path, not objects
PLAIN = frozenset({"desk", "what", "step", "act", "state", "name", "token", "path", "tracker"})


def objects(path: str) -> list[str]:
    """The names in a path that stand for objects, outermost first."""
    return [n for n in re.findall(r"\{(\w+)(?::\w+)?\}", path) if n not in PLAIN]


def pairs(names: list[str]) -> Iterable[tuple[str, str]]:
    return ((a, b) for i, a in enumerate(names) for b in names[i + 1 :])


def undeclared(path: str) -> list[tuple[str, str]]:
    return [pair for pair in pairs(objects(path)) if pair not in BELONGS]


def require_belonging(uow: UnitOfWork, names: list[str], values: dict[str, str]) -> None:
    for parent, child in pairs(names):
        query = BELONGS[parent, child](values[parent], values[child])
        if uow.session.scalar(query.limit(1)) is None:
            raise NotFound(N_("There is no such record."))
