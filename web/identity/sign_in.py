"""Signing in: one form, one answer for every kind of wrong.

Name, password and code are checked together, so nobody learns that a password was right from a
request that lacked the code; and with the same work, so nobody learns that an account exists.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from audit.database import SYSTEM, Actor, Database, UnitOfWork
from voting.typed_text import sign_in_name
from web.http.errors import TooMany
from web.identity import accounts, codes, entries, passwords
from web.identity.keys import Keys, sha256
from web.identity.models import ACTIVE, Account, OneTimeLink, WebSession
from web.identity.roles import OFFICIALS, Role
from web.identity.throttle import ACCOUNT, ADDRESS, PAIR, Throttle
from web.settings import Settings
from web.texts.i18n import N_


@dataclass(frozen=True)
class SignedIn:
    token: str
    account: Account


def sign_in(
    uow: UnitOfWork,
    keys: Keys,
    settings: Settings,
    *,
    login: str,
    password: str,
    code: str,
    device: str,
) -> SignedIn | None:
    """A new session, or None. The caller throttles; nothing here depends on what was wrong."""
    account = accounts.find_by_login(uow, login)
    stored = account.password_hash if account is not None and account.state == ACTIVE else ""
    right = passwords.matches(stored, password)
    if account is None or not right or not codes.take(uow, keys, account, code):
        return None
    return admit(uow, settings, account, device)


def admit(uow: UnitOfWork, settings: Settings, account: Account, device: str) -> SignedIn:
    """Who has shown both factors gets a session; of officials the log is told."""
    if is_official(account):
        uow.actor = Actor(_official_role(account).value, account.id)
        uow.record(entries.OfficialSignedIn(account=account.id))
    return SignedIn(open_session(uow, settings, account, device), account)


def open_session(uow: UnitOfWork, settings: Settings, account: Account, device: str) -> str:
    """Always a new token: one that was in the browser before is worth nothing after."""
    token = secrets.token_urlsafe(32)
    uow.session.add(
        WebSession(
            token_hash=sha256(token),
            account_id=account.id,
            expires_on=uow.today + timedelta(days=settings.session_days),
            device=device,
        )
    )
    uow.session.flush()
    return token


def is_official(account: Account) -> bool:
    return any(Role(row.role) in OFFICIALS for row in account.roles)


def _official_role(account: Account) -> Role:
    return next(role for role in Role if role in {Role(row.role) for row in account.roles})


def purge(uow: UnitOfWork) -> None:
    """What has expired is deleted, not only ignored."""
    codes.purge(uow)
    uow.session.execute(delete(WebSession).where(WebSession.expires_on < uow.today))
    uow.session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < uow.now))


class Guard:
    """The throttle of sign-ins, and the failures that the security log will be told of.

    Failures are told in batches by the clock of the site, not by the request: an answer about an
    official takes no longer than one about nobody.
    """

    def __init__(self, throttle: Throttle | None = None) -> None:
        self.throttle = throttle or Throttle()
        self._failed: Counter[str] = Counter()
        self._lockouts: dict[str, int] = {}
        self._lock = threading.Lock()

    def check(self, login: str, address: str) -> None:
        name = sign_in_name(login)
        seconds = max(
            self.throttle.wait(PAIR, "pair", name, address),
            self.throttle.wait(ACCOUNT, "account", name),
            self.throttle.wait(ADDRESS, "address", address),
        )
        if seconds:
            raise TooMany(
                N_("Too many tries. Please wait %(seconds)s seconds and try again."),
                seconds=seconds,
            )

    def failed(self, login: str, address: str) -> None:
        name = sign_in_name(login)
        waits = (
            self.throttle.fail(PAIR, "pair", name, address),
            self.throttle.fail(ACCOUNT, "account", name),
            self.throttle.fail(ADDRESS, "address", address),
        )
        with self._lock:
            if len(self._failed) < 10_000:
                self._failed[name] += 1
                if max(waits[:2]):
                    self._lockouts[name] = max(waits[:2])

    def succeeded(self, login: str, address: str) -> None:
        self.throttle.forgive("pair", sign_in_name(login), address)

    def report(self, database: Database, keys: Keys) -> None:
        """Failures of officials, and lockouts of anyone, go to the security log."""
        with self._lock:
            failed, self._failed = self._failed, Counter()
            lockouts, self._lockouts = self._lockouts, {}
        if not failed:
            return
        with database.transaction(SYSTEM) as uow:
            for name, count in sorted(failed.items()):
                account = accounts.find_by_login(uow, name)
                if account is None:
                    continue
                subject = accounts.subject_of(keys, account)
                if is_official(account):
                    uow.record(entries.SignInFailures(account=subject, count=count))
                if name in lockouts:
                    uow.record(entries.Lockout(account=subject, seconds=lockouts[name]))
