"""Which acts need two people, who may ask for them and who may do them: the whole list.

Importing this module declares them. The acts themselves are where they belong, and refuse to be
done by one (`two_people.require`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.database import UnitOfWork
from voting import (
    certifying,
    course,
    followups,
    lifecycle,
    mixing,
    nominations,
    two_people,
    withdrawals,
)
from voting.errors import Forbidden, NotFound
from voting.models import Candidacy, Contest, Election, Trustee

COMMISSION, CERTIFIER = "commission", "certifier"


def _impartial(uow: UnitOfWork, election: Election | None) -> None:
    if election is None:
        raise NotFound("There is no such election.")
    if uow.actor.person and nominations.stands(uow, election, uow.actor.person):
        raise Forbidden("You stand in this election: somebody else of the commission has to act.")


def election_of(uow: UnitOfWork, subject: str) -> Election | None:
    """The election that a waiting act is about."""
    kind, _, key = subject.partition("/")
    if kind == "election":
        return uow.session.get(Election, key)
    if kind == "trustee":
        trustee = uow.session.get(Trustee, key)
        return trustee.election if trustee else None
    contest = uow.session.get(Contest, key)
    if kind == "candidacy":
        candidacy = uow.session.get(Candidacy, key)
        contest = candidacy.contest if candidacy else None
    return contest.election if contest else None


def _relation(kind: str) -> two_people.Relation:
    return lambda uow, key: _impartial(uow, election_of(uow, f"{kind}/{key}"))


def _time(params: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(params[name])


def _certify(uow: UnitOfWork, key: str, _params: Mapping[str, Any]) -> object:
    return certifying.certify(uow, key)


def _absence(uow: UnitOfWork, key: str, params: Mapping[str, Any]) -> object:
    trustee = uow.session.get(Trustee, key)
    if trustee is None:
        raise NotFound("There is no such trustee.")
    return mixing.declare_absent(uow, trustee.election_id, key, params["reason"])


_BY_COMMISSION = frozenset({COMMISSION}), frozenset({COMMISSION})
# who certifies stands above the commission, which may only ask for it
_BY_SUPERIOR = frozenset({COMMISSION, CERTIFIER}), frozenset({CERTIFIER})

_ACTS: tuple[tuple[str, str, tuple[frozenset[str], frozenset[str]], two_people.Run], ...] = (
    (
        lifecycle.OPEN_NOW,
        "election",
        _BY_COMMISSION,
        lambda uow, key, p: lifecycle.open_voting(uow, key, p["reason"]),
    ),
    (
        lifecycle.CLOSE_NOW,
        "election",
        _BY_COMMISSION,
        lambda uow, key, p: lifecycle.close_voting(uow, key, p["reason"]),
    ),
    (
        lifecycle.CANCEL,
        "election",
        _BY_COMMISSION,
        lambda uow, key, p: lifecycle.cancel(uow, key, p["reason"]),
    ),
    (
        course.EXTEND,
        "election",
        _BY_COMMISSION,
        lambda uow, key, p: course.extend(uow, key, _time(p, "closes_at"), p["reason"]),
    ),
    (
        course.SUSPEND,
        "election",
        _BY_COMMISSION,
        lambda uow, key, p: course.suspend(uow, key, p["reason"]),
    ),
    (
        course.RESUME,
        "election",
        _BY_COMMISSION,
        lambda uow, key, p: course.resume(uow, key, _time(p, "closes_at"), p["reason"]),
    ),
    (mixing.ABSENCE, "trustee", _BY_COMMISSION, _absence),
    (
        withdrawals.ACT,
        "candidacy",
        _BY_COMMISSION,
        lambda uow, key, p: withdrawals.mark(uow, key, p["why"], p["reason"]),
    ),
    (
        followups.FEWER_SEATS,
        "contest",
        _BY_COMMISSION,
        lambda uow, key, p: followups.waive(uow, key, p["reason"]),
    ),
    (
        certifying.ANNUL,
        "contest",
        _BY_SUPERIOR,
        lambda uow, key, p: certifying.annul(uow, key, p["reason"]),
    ),
    (certifying.CERTIFY, "election", _BY_SUPERIOR, _certify),
    (
        certifying.CERTIFY_CONTEST,
        "contest",
        _BY_SUPERIOR,
        lambda uow, key, p: certifying.certify_contest(uow, key),
    ),
)
WITHOUT_REASON = frozenset({certifying.CERTIFY, certifying.CERTIFY_CONTEST})

for _name, _kind, (_asks, _signs), _run in _ACTS:
    two_people.declare(
        _name,
        asks=_asks,
        signs=_signs,
        run=_run,
        relation=_relation(_kind),
        needs_reason=_name not in WITHOUT_REASON,
    )
