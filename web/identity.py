"""Who is asking: the account behind the session cookie, with its roles of this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from fastapi import Request
from sqlalchemy import ColumnElement, bindparam, select

from audit.database import Actor, UnitOfWork
from voting.registry.models import REPRESENTATIVE, Office, Person
from web.csrf import session_cookie
from web.keys import sha256
from web.models import ACTIVE, Account, AccountRole, WebSession
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


def _seat_of(person: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Whether the person has a seat on `:today`."""
    return (
        select(Office.id)
        .where(
            Office.person_id == person,
            Office.kind == REPRESENTATIVE,
            Office.starts_on <= bindparam("today"),
            Office.ends_on > bindparam("today"),
        )
        .exists()
    )


# built once: these are asked at every request, and building them costs more than running them;
# a row for each granted role, or one without a role
_BY_TOKEN = (
    select(
        WebSession.id.label("session_id"),
        Account.id,
        Account.login,
        Account.name,
        Account.person_id,
        Account.language,
        Person.name.label("person_name"),
        _seat_of(Account.__table__.c.person_id).label("seat"),
        AccountRole.role,
        AccountRole.scope,
    )
    .join(Account, Account.id == WebSession.account_id)
    .outerjoin(Person, Person.id == Account.person_id)
    .outerjoin(AccountRole, AccountRole.account_id == Account.id)
    .where(
        WebSession.token_hash == bindparam("token_hash"),
        WebSession.expires_on >= bindparam("today"),
        Account.state == ACTIVE,
    )
)
_SEATED = select(_seat_of(bindparam("person_id")))


def find(uow: UnitOfWork, token: str) -> Identity | None:
    wanted = {"token_hash": sha256(token), "today": uow.now.date()}
    rows = uow.session.connection().execute(_BY_TOKEN, wanted).all()
    if not rows:
        return None
    row = rows[0]
    derived = _derived(row.person_id, row.seat)
    scopes = _scopes(rows, derived)
    return Identity(
        account_id=row.id,
        session_id=row.session_id,
        login=row.login,
        name=row.person_name or row.name,
        person_id=row.person_id,
        language=row.language,
        roles=frozenset(scopes) | derived,
        scopes=scopes,
    )


def _scopes(rows: Iterable[Any], derived: frozenset[Role]) -> dict[Role, frozenset[str]]:
    """The granted roles that are in force. A clerk who is elected rests as a clerk: the roll can
    change without anyone granting a role."""
    scopes: dict[Role, frozenset[str]] = {}
    for row in rows:
        if row.role is not None and not conflict(derived, role := Role(row.role)):
            scopes[role] = scopes.get(role, frozenset()) | {row.scope}
    return scopes


def derived_roles(uow: UnitOfWork, person_id: str | None, on: date) -> frozenset[Role]:
    """A person is a member, with a current seat a representative. Office ends, access ends."""
    if person_id is None:
        return frozenset()
    seat = uow.session.scalar(_SEATED, {"person_id": person_id, "today": on})
    return _derived(person_id, seat)


def _derived(person_id: str | None, seat: bool | None) -> frozenset[Role]:
    if person_id is None:
        return frozenset()
    return frozenset({Role.MEMBER, Role.REPRESENTATIVE} if seat else {Role.MEMBER})
