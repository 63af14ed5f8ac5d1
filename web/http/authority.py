"""Who may act, beyond the role: nobody in what concerns themself, and only while they may.

Impartiality belongs to the permission: it is asked wherever a route wants one of the roles below,
whatever the route is. It is asked once more, with the role itself, under the lock on the account
at the end of the transaction: an act that has waited for a lock is not done by somebody whose
authority was taken back in the meantime.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select

from accountability.models import Dossier
from audit.database import UnitOfWork
from audit.errors import Forbidden
from voting.models import WITHDRAWN, Candidacy, Contest, Election, Trustee
from voting.words import State
from web.identity.current import Identity
from web.identity.models import ACTIVE, Account, AccountRole
from web.identity.roles import GRANTED, Role
from web.texts.i18n import N_

# those who act in an election for everybody
IMPARTIAL = frozenset({Role.COMMISSION, Role.REGISTRAR, Role.TRUSTEE})
RUNNING = (
    State.FROZEN,
    State.SEALED,
    State.OPEN,
    State.SUSPENDED,
    State.CLOSED,
    State.MIXED,
    State.TALLIED,
    State.DECLARED,
)


def _by_code(uow: UnitOfWork, code: str) -> str | None:
    return uow.session.scalar(select(Election.id).where(Election.code == code))


def _by_contest(uow: UnitOfWork, uuid: str) -> str | None:
    return uow.session.scalar(select(Contest.election_id).where(Contest.uuid == uuid))


def _by_dossier(uow: UnitOfWork, dossier_id: str) -> str | None:
    return uow.session.scalar(
        select(Contest.election_id)
        .join(Dossier, Dossier.ballot == Contest.id)
        .where(Dossier.id == dossier_id)
    )


# how a path names the election that an act is about; tests walk every route of these roles
NAMED_BY: dict[str, Callable[[UnitOfWork, str], str | None]] = {
    "code": _by_code,
    "uuid": _by_contest,
    "dossier_id": _by_dossier,
}


def election_of(uow: UnitOfWork, params: Mapping[str, str]) -> str | None:
    for name, find in NAMED_BY.items():
        if name in params:
            return find(uow, params[name])
    return None


def require_impartial(
    uow: UnitOfWork, identity: Identity, role: Role, params: Mapping[str, str]
) -> None:
    """Raises Forbidden for who stands in this election; for who stands in any that is running,
    for the whole of the commission's work; and for who holds a key of it, but as its trustee."""
    if role not in IMPARTIAL:
        return
    election = election_of(uow, params)
    if identity.person_id is not None:
        stands = (
            select(Candidacy.id)
            .join(Contest, Contest.id == Candidacy.contest_id)
            .join(Election, Election.id == Contest.election_id)
            .where(Candidacy.person_id == identity.person_id, Candidacy.state != WITHDRAWN)
        )
        here = Contest.election_id == election
        concerned = here | Election.state.in_(RUNNING) if role is Role.COMMISSION else here
        if uow.session.scalar(stands.where(concerned).limit(1)) is not None:
            raise Forbidden(
                N_("You stand in this election: somebody else of the commission has to act.")
            )
    if role is not Role.TRUSTEE and election is not None:
        holds = Trustee.account_id == identity.account_id
        if identity.person_id is not None:
            holds |= Trustee.person_id == identity.person_id
        if uow.session.scalar(select(Trustee.id).where(Trustee.election_id == election, holds)):
            raise Forbidden(N_("You hold a key of this election: somebody else has to act in it."))


def confirm(
    uow: UnitOfWork, identity: Identity | None, role: Role | None, params: Mapping[str, str]
) -> None:
    """At the end of a transaction, before its commit. Raises Forbidden."""
    if identity is None or role is None or role not in GRANTED:
        return
    # shared, so that two acts of one account do not wait for one another; taking a role back
    # locks the row for itself alone
    state = uow.session.scalar(
        select(Account.state)
        .where(Account.id == identity.account_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    held = select(AccountRole.id).where(
        AccountRole.account_id == identity.account_id, AccountRole.role == role.value
    )
    if state != ACTIVE or uow.session.scalar(held.limit(1)) is None:
        raise Forbidden(N_("Your account does not have the role that this needs."))
    require_impartial(uow, identity, role, params)
