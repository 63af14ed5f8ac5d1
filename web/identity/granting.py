"""A role of office is given by two administrators, and both stand in the public log.

Bound to persons: not by two accounts of one, nor by somebody together with an account that they
made themself. The operator of the server gives the first ones, from the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.database import UnitOfWork
from audit.errors import Forbidden
from voting import two_people
from voting.two_people import PendingAct
from web.identity import accounts
from web.identity.models import Account
from web.identity.roles import Role
from web.texts.i18n import N_

GRANT = "role.grant"


def ask(uow: UnitOfWork, account_id: str, role: Role, scope: str = "") -> PendingAct:
    account = accounts.get(uow, account_id)
    if account.person_id is None and not account.name.strip():
        raise Forbidden(
            N_("A role of office needs a person of the roll, or the name of who is not on it.")
        )
    subject = f"account/{account_id}"
    return two_people.ask(
        uow, GRANT, subject, role=role.value, scope=scope.strip(), asked_by=uow.actor.id
    )


def waiting(uow: UnitOfWork, account_id: str) -> list[PendingAct]:
    found = two_people.waiting(uow, [f"account/{account_id}"])
    return [pending for pending in found if pending.act == GRANT]


def require_apart(uow: UnitOfWork, first: str, second: str) -> None:
    """Are these the accounts of two people who did not make one another? Raises Forbidden."""
    one, other = uow.session.get(Account, first), uow.session.get(Account, second)
    if one is None or other is None:
        return
    same = one.person_id is not None and one.person_id == other.person_id
    if same or one.made_by == other.id or other.made_by == one.id:
        raise Forbidden(
            N_(
                "The two accounts belong to one person, or one of them made the other. Somebody "
                "else has to do it."
            )
        )


def _run(uow: UnitOfWork, account_id: str, params: Mapping[str, Any]) -> None:
    if params["asked_by"] != uow.actor.id:  # asking tries it first, with one account alone
        require_apart(uow, params["asked_by"], uow.actor.id)
    accounts.grant(uow, account_id, Role(params["role"]), params["scope"], by=uow.actor.id)


def _not_own(uow: UnitOfWork, account_id: str) -> None:
    mine = accounts.get(uow, account_id)
    if mine.id == uow.actor.id or (mine.person_id and mine.person_id == uow.actor.who):
        raise Forbidden(N_("Nobody can change their own roles."))


two_people.declare(
    GRANT,
    asks={Role.ADMIN.value},
    signs={Role.ADMIN.value},
    run=_run,
    relation=_not_own,
    needs_reason=False,
)
