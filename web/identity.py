"""Who is asking: the account behind the session cookie, with its roles of this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from fastapi import Request
from sqlalchemy import select

from audit.database import Actor, UnitOfWork
from voting.registry.models import REPRESENTATIVE, Office, Person
from web.csrf import session_cookie
from web.keys import sha256
from web.models import ACTIVE, Account, WebSession
from web.roles import OFFICIALS, Role, conflict


@dataclass(frozen=True)
class Identity:
    account_id: str
    session_id: str
    login: str
    name: str
    person_id: str | None
    language: str
    roles: frozenset[Role]
    scopes: Mapping[Role, frozenset[str]] = field(default_factory=dict)

    def has(self, *wanted: Role) -> bool:
        return not self.roles.isdisjoint(wanted)

    @property
    def official(self) -> bool:
        return self.has(*OFFICIALS)

    def actor(self, role: Role | None = None) -> Actor:
        """As the log may name it: who acts as a member stays unnamed."""
        acting = role or next((r for r in Role if r in self.roles and r in OFFICIALS), Role.MEMBER)
        return Actor(acting.value, "" if acting is Role.MEMBER else self.account_id)


def current(request: Request) -> Identity | None:
    """Looked up once a request, in a short transaction of its own that only reads."""
    if not hasattr(request.state, "identity"):
        cookie = request.cookies.get(session_cookie(request.app.state.settings.https))
        request.state.identity = None
        if cookie:
            with request.app.state.database.read() as uow:
                request.state.identity = find(uow, cookie)
    return cast("Identity | None", request.state.identity)


def find(uow: UnitOfWork, token: str) -> Identity | None:
    row = uow.session.execute(
        select(WebSession, Account)
        .join(Account, Account.id == WebSession.account_id)
        .where(
            WebSession.token_hash == sha256(token),
            WebSession.expires_on >= uow.now.date(),
            Account.state == ACTIVE,
        )
    ).one_or_none()
    return of_account(uow, row.Account, row.WebSession.id) if row else None


def of_account(uow: UnitOfWork, account: Account, session_id: str = "") -> Identity:
    person = uow.session.get(Person, account.person_id) if account.person_id else None
    scopes: dict[Role, frozenset[str]] = {}
    for granted in account.roles:
        role = Role(granted.role)
        scopes[role] = scopes.get(role, frozenset()) | {granted.scope}
    derived = derived_roles(uow, account.person_id, uow.now.date())
    # a clerk who is elected rests as a clerk: the roll can change without anyone granting a role
    scopes = {role: places for role, places in scopes.items() if not conflict(derived, role)}
    return Identity(
        account_id=account.id,
        session_id=session_id,
        login=account.login,
        name=person.name if person else account.name,
        person_id=account.person_id,
        language=account.language,
        roles=frozenset(scopes) | derived,
        scopes=scopes,
    )


def derived_roles(uow: UnitOfWork, person_id: str | None, on: date) -> frozenset[Role]:
    """A person is a member, with a current seat a representative. Office ends, access ends."""
    if person_id is None:
        return frozenset()
    seat = select(Office.id).where(
        Office.person_id == person_id,
        Office.kind == REPRESENTATIVE,
        Office.starts_on <= on,
        Office.ends_on > on,
    )
    seated = uow.session.scalar(seat.limit(1)) is not None
    return frozenset({Role.MEMBER, Role.REPRESENTATIVE} if seated else {Role.MEMBER})
