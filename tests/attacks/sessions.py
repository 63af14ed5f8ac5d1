"""Sessions of accounts whose ids the test chooses, as the scenario's trustees have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fastapi import FastAPI

from audit.database import Actor, Database
from tests.web.site import BASE, Browser
from web.identity.cookies import session_cookie
from web.identity.entries import AccountsCreated
from web.identity.keys import sha256
from web.identity.models import ACTIVE, Account, AccountRole, WebSession
from web.identity.roles import Role


def sign_in(
    database: Database, account_id: str, roles: Sequence[Role], person_id: str | None = None
) -> str:
    """-> the token of the session"""
    token = f"token-of-{account_id}"
    with database.transaction(Actor("test")) as uow:
        account = Account(
            id=account_id, login=account_id, person_id=person_id, state=ACTIVE, language="en"
        )
        account.roles = [AccountRole(role=role.value, scope="") for role in roles]
        uow.session.add(account)
        uow.session.flush()
        expires = uow.today + timedelta(days=20)
        uow.session.add(
            WebSession(token_hash=sha256(token), account_id=account.id, expires_on=expires)
        )
        uow.record(AccountsCreated(count=1))
    return token


def browser_of(app: FastAPI, token: str) -> Browser:
    """Signed in, and with the token that the forms of its pages have."""
    headers = {"x-csrf-token": app.state.keys.mac("csrf", token), "accept-language": "en"}
    browser = Browser(app, base_url=BASE, headers=headers, follow_redirects=False)
    browser.cookies.set(session_cookie(app.state.settings.https), token)
    return browser
