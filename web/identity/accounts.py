"""Accounts: made by invitation, with roles that must not meet in one person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from audit.database import UnitOfWork
from audit.errors import Conflict, Forbidden, Invalid, NotFound
from voting import two_people
from voting.registry import people
from voting.registry.models import Person
from voting.typed_text import email as tidy_address
from voting.typed_text import sign_in_name
from web.identity import entries
from web.identity.current import derived_roles
from web.identity.keys import Keys
from web.identity.models import (
    ACTIVE,
    CLOSED,
    INVITED,
    Account,
    AccountRole,
    OneTimeLink,
    Passkey,
    RecoveryCode,
    WebSession,
)
from web.identity.roles import DERIVED, GRANTED, LABELS, OFFICIALS, Role, conflict
from web.texts.i18n import N_


def get(uow: UnitOfWork, account_id: str) -> Account:
    account = uow.session.get(Account, account_id)
    if account is None:
        raise NotFound(N_("There is no such account."))
    return account


def create(
    uow: UnitOfWork,
    login: str,
    *,
    name: str = "",
    email: str = "",
    language: str = "zh",
    person: Person | None = None,
) -> Account:
    """An account that waits for its owner to enrol; see web.identity.links for the link."""
    login = sign_in_name(login)
    if not 2 <= len(login) <= 100 or not login.isprintable() or " " in login:
        raise Invalid(N_("A sign-in name has 2 to 100 characters and no spaces."), field="login")
    if uow.session.scalar(select(Account.id).where(Account.login == login)):
        raise Conflict(N_("This sign-in name is taken."), field="login")
    made_by = uow.actor.id if uow.actor.role == Role.ADMIN else ""
    account = Account(
        login=login, made_by=made_by, name=name, email=tidy_address(email), language=language
    )
    if person is not None:
        account.person_id = person.id
        account.language = person.language or language
    uow.session.add(account)
    uow.session.flush()
    uow.record(entries.AccountsCreated(count=1))
    return account


def create_for_members(uow: UnitOfWork, members: Iterable[Person]) -> list[Account]:
    """Accounts, with the member number as sign-in name, for those who have none yet."""
    have = set(uow.session.scalars(select(Account.person_id).where(Account.person_id.is_not(None))))
    made = [
        Account(login=sign_in_name(p.member_no), person_id=p.id, language=p.language or "zh")
        for p in members
        if p.id not in have
    ]
    uow.session.add_all(made)
    uow.session.flush()
    if made:
        uow.record(entries.AccountsCreated(count=len(made)))
    return made


def find_by_login(uow: UnitOfWork, text: str) -> Account | None:
    """By sign-in name, member number or the e-mail address of one person only."""
    login = sign_in_name(text)
    account = uow.session.scalar(select(Account).where(Account.login == login))
    if account is not None:
        return account
    person = people.find_by_member_no_or_email(uow, text)
    if person is not None:
        return uow.session.scalar(select(Account).where(Account.person_id == person.id))
    if "@" not in login:
        return None
    found = uow.session.scalars(
        select(Account).where(func.lower(Account.email) == login).limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def address_of(uow: UnitOfWork, account: Account) -> tuple[str, str]:
    """Name and e-mail address: a member's come from the roll, so there is one place to change."""
    if account.person_id is None:
        return account.name, account.email
    person = people.get_person(uow, account.person_id)
    return person.name, person.email


def search(uow: UnitOfWork, text: str, role: Role | None = None) -> Sequence[Account]:
    """Officials first; members are found by number or name, never listed as a whole."""
    query = select(Account).where(Account.state != CLOSED)
    if role is not None:
        query = query.where(Account.roles.any(AccountRole.role == role.value))
    elif text.strip():
        members = [person.id for person in people.search(uow, text)]
        start = sign_in_name(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(
            Account.person_id.in_(members) | Account.login.like(f"{start}%", escape="\\")
        )
    else:
        query = query.where(Account.roles.any())
    return uow.session.scalars(query.order_by(Account.login).limit(200)).all()


def roles_of(uow: UnitOfWork, account: Account) -> frozenset[Role]:
    granted = frozenset(Role(row.role) for row in account.roles)
    return granted | derived_roles(uow, account.person_id, uow.today)


def require_trustee(uow: UnitOfWork, account: Account) -> None:
    """At each appointment, by page or command: the role went past the forbidden pairs."""
    if Role.TRUSTEE not in roles_of(uow, account) or account.state == CLOSED:
        raise Forbidden(N_("This account does not have the role of a trustee."))


def grant(uow: UnitOfWork, account_id: str, role: Role, scope: str = "", *, by: str = "") -> None:
    """Give a role. Nobody gives one to themselves, and `roles.CONFLICTS` are refused."""
    if role in DERIVED:
        raise Invalid(N_("This role follows from the roll; it cannot be granted."), field="role")
    if role not in GRANTED:
        raise Invalid(N_("No account can hold this role."), field="role")
    if by == account_id:
        raise Forbidden(N_("Nobody can change their own roles."))
    if uow.actor.role == Role.ADMIN:  # the operator of the server gives the first ones alone
        two_people.require(uow, "role.grant", f"account/{account_id}")
    account = uow.lock(Account, account_id)
    scope = scope.strip()
    if any(row.role == role.value and row.scope == scope for row in account.roles):
        return
    against = conflict(roles_of(uow, account), role)
    if against is not None:
        held, reason = against
        raise Conflict(
            N_("%(wanted)s and %(held)s cannot be one person. %(reason)s"),
            field="role",
            wanted=LABELS[role],
            held=LABELS[held],
            reason=reason,
        )
    account.roles.append(AccountRole(role=role.value, scope=scope))
    uow.session.flush()
    uow.record(entries.RoleGranted(account=account.id, role=role.value, scope=scope))


def revoke(uow: UnitOfWork, account_id: str, grant_id: str, *, by: str = "") -> None:
    if by == account_id:
        raise Forbidden(N_("Nobody can change their own roles."))
    account = uow.lock(Account, account_id)
    row = next((row for row in account.roles if row.id == grant_id), None)
    if row is None:
        raise NotFound(N_("This account does not have that role."))
    account.roles.remove(row)
    uow.session.flush()
    uow.record(entries.RoleRevoked(account=account.id, role=row.role, scope=row.scope))


def close(uow: UnitOfWork, keys: Keys, account_id: str, *, by: str = "") -> None:
    """For good: nobody can sign in with it any more, and what it knew is erased."""
    if by == account_id:
        raise Forbidden(N_("Nobody can close their own account."))
    account = uow.lock(Account, account_id)
    subject = subject_of(keys, account)
    account.state = CLOSED
    account.password_hash = account.totp_secret = ""
    account.roles.clear()
    end_sessions(uow, account.id)
    uow.session.execute(delete(OneTimeLink).where(OneTimeLink.account_id == account.id))
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    drop_passkeys(uow, account.id)
    uow.record(entries.AccountClosed(account=subject))


def forget(uow: UnitOfWork, keys: Keys, person_id: str, *, by: str = "") -> None:
    """With the record of a person goes the account: its name is the member number."""
    account = uow.session.scalar(select(Account).where(Account.person_id == person_id))
    if account is None:
        return
    close(uow, keys, account.id, by=by)
    account.login = f"erased-{account.id}"
    account.name = account.email = ""
    uow.session.flush()


def drop_passkeys(uow: UnitOfWork, account_id: str) -> None:
    uow.session.execute(delete(Passkey).where(Passkey.account_id == account_id))


def end_sessions(uow: UnitOfWork, account_id: str, *, but: str = "") -> None:
    uow.session.execute(
        delete(WebSession).where(WebSession.account_id == account_id, WebSession.id != but)
    )


def sessions(uow: UnitOfWork, account_id: str) -> Sequence[WebSession]:
    return uow.session.scalars(
        select(WebSession)
        .where(WebSession.account_id == account_id, WebSession.expires_on >= uow.today)
        .order_by(WebSession.expires_on.desc(), WebSession.id)
    ).all()


def subject_of(keys: Keys, account: Account) -> str:
    """As the security log may name an account: an official by id, a voter by a pseudonym."""
    if any(Role(row.role) in OFFICIALS for row in account.roles):
        return f"account/{account.id}"
    return f"voter/{keys.pseudonym(account.id)}"


@dataclass(frozen=True)
class Counts:
    invited: int
    active: int
    closed: int


def counts(uow: UnitOfWork) -> Counts:
    rows = uow.session.execute(select(Account.state, func.count()).group_by(Account.state)).all()
    number = {row[0]: row[1] for row in rows}
    return Counts(number.get(INVITED, 0), number.get(ACTIVE, 0), number.get(CLOSED, 0))
