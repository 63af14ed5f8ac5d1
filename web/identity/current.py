"""Who is asking: the account behind the session cookie, with its roles of this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from fastapi import Request
from sqlalchemy import ColumnElement, bindparam, select

from audit.database import Actor, Database, UnitOfWork
from audit.statements import Statement
from voting.registry.models import REPRESENTATIVE, Office
from web.identity.cookies import session_cookie
from web.identity.keys import sha256
from web.identity.models import ACTIVE
from web.identity.roles import OFFICIALS, Role, conflict


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
        named = "" if acting is Role.MEMBER else self.account_id
        return Actor(acting.value, named, self.person_id or "")


def current(request: Request) -> Identity | None:
    """Looked up once a request, so that who loses an office or a session loses it at once."""
    if not hasattr(request.state, "identity"):
        cookie = request.cookies.get(session_cookie(request.app.state.settings.https))
        request.state.identity = None
        if cookie:
            request.state.identity = find(request.app.state.database, cookie)
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


# asked at every request; a row for each granted role, or one without a role
_BY_TOKEN = Statement("""
    SELECT web_session.id, account.id, account.login, account.name, person.name,
           account.person_id, account.language,
           EXISTS (SELECT 1 FROM office
                    WHERE office.person_id = account.person_id AND office.kind = :seat
                      AND office.starts_on <= :today AND office.ends_on > :today),
           account_role.role, account_role.scope
      FROM web_session
      JOIN account ON account.id = web_session.account_id
      LEFT JOIN person ON person.id = account.person_id
      LEFT JOIN account_role ON account_role.account_id = account.id
     WHERE web_session.token_hash = :token AND web_session.expires_on >= :today
       AND account.state = :active
""")
_SEATED = select(_seat_of(bindparam("person_id")))


def find(database: Database, token: str) -> Identity | None:
    today = database.today()
    values = {
        "token": sha256(token),
        "today": today.isoformat(),
        "active": ACTIVE,
        "seat": REPRESENTATIVE,
    }
    rows = database.ask(_BY_TOKEN, values)
    if not rows:
        return None
    session, account, login, own_name, person_name, person, language, seat, _role, _scope = rows[0]
    derived = _derived(person, seat)
    scopes = _scopes([row[-2:] for row in rows], derived)
    return Identity(
        account_id=account,
        session_id=session,
        login=login,
        name=person_name or own_name,
        person_id=person,
        language=language,
        roles=frozenset(scopes) | derived,
        scopes=scopes,
    )


def _scopes(
    granted: Iterable[tuple[str | None, str]], derived: frozenset[Role]
) -> dict[Role, frozenset[str]]:
    """The granted roles that are in force. A clerk who is elected rests as a clerk: the roll can
    change without anyone granting a role."""
    scopes: dict[Role, frozenset[str]] = {}
    for name, scope in granted:
        if name is not None and not conflict(derived, role := Role(name)):
            scopes[role] = scopes.get(role, frozenset()) | {scope}
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
