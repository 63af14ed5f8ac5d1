"""Signing in: one form, one answer for every kind of wrong.

Name, password and code are checked together, so nobody learns that a password was right from a
request that lacked the code; and with the same work, so nobody learns that an account exists.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from audit.database import SYSTEM, Actor, Database, UnitOfWork
from audit.statements import Statement
from voting.typed_text import sign_in_name
from web.identity import accounts, codes, entries, passwords, throttle
from web.identity.keys import Keys, sha256
from web.identity.models import ACTIVE, Account, FailedSignIn, OneTimeLink, WebSession
from web.identity.roles import OFFICIALS, Role
from web.identity.throttle import ACCOUNT, DEVICE, NETWORK, PAIR, Limit, Taken
from web.settings import Settings


@dataclass(frozen=True)
class SignedIn:
    token: str
    account: Account


@dataclass(frozen=True)
class Attempt:
    """What is known before the password is looked at, with the tries that were counted for it."""

    account_id: str  # of nobody: empty
    stored: str
    taken: Taken


def begin(
    database: Database, keys: Keys, login: str, address: str, known: Callable[[str], str]
) -> Attempt:
    """Find the account and count the try. Raises TooMany, for everybody alike.

    `known(account_id)` names the device if the account has been used on it. Strangers are counted
    by account and network, a known device by itself: nobody else can make it wait.
    """
    with database.transaction(SYSTEM) as uow:
        account = accounts.find_by_login(uow, login)
        device = known(account.id) if account is not None else ""
        who = account.id if account is not None else f"nobody {sign_in_name(login)}"
        limits = [Limit(DEVICE, device)] if device else strangers(who, address)
        taken = throttle.take(uow, keys, limits)
        stored = account.password_hash if account is not None and account.state == ACTIVE else ""
        return Attempt(account.id if account is not None else "", stored, taken)


def strangers(who: str, address: str) -> list[Limit]:
    network = throttle.network(address)
    return [Limit(PAIR, f"{who}\0{network}"), Limit(ACCOUNT, who), Limit(NETWORK, network)]


def sign_in(
    database: Database,
    keys: Keys,
    settings: Settings,
    attempt: Attempt,
    *,
    password: str,
    code: str,
    device: str,
) -> SignedIn | None:
    """A new session, or None; nothing here depends on what was wrong. The password is compared
    outside of any transaction: it takes long, and SQLite has one writer."""
    right = passwords.matches(attempt.stored, password)
    with database.transaction(SYSTEM) as uow:
        account = uow.lock(Account, attempt.account_id) if attempt.account_id and right else None
        unchanged = account is not None and account.password_hash == attempt.stored
        if account is None or not unchanged or not codes.take(uow, keys, account, code):
            note_failure(uow, attempt.account_id, attempt.taken.seconds)
            return None
        throttle.give_back(uow, attempt.taken)
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
    throttle.purge(uow)
    uow.session.execute(delete(WebSession).where(WebSession.expires_on < uow.today))
    uow.session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < uow.now))


_NOTE = Statement("""
INSERT INTO failed_sign_in (account_id, failures, seconds) VALUES (:account, 1, :seconds)
ON CONFLICT (account_id) DO UPDATE SET failures = failed_sign_in.failures + 1,
  seconds = CASE WHEN failed_sign_in.seconds < :seconds THEN :seconds ELSE failed_sign_in.seconds
  END
""")
NOBODY = "nobody"


def note_failure(uow: UnitOfWork, account_id: str, seconds: int) -> None:
    """For the security log, which is told by the clock and not by the request: an answer about an
    official takes no longer than one about nobody."""
    _NOTE.run(uow.connection, {"account": account_id or NOBODY, "seconds": seconds})


def report_failures(database: Database, keys: Keys) -> None:
    """Failures of officials, and lockouts of anyone, go to the security log."""
    with database.transaction(SYSTEM) as uow:
        gone = delete(FailedSignIn).returning(
            FailedSignIn.account_id, FailedSignIn.failures, FailedSignIn.seconds
        )
        for account_id, failures, seconds in sorted(uow.session.execute(gone).all()):
            account = uow.session.get(Account, account_id)
            if account is None:
                continue
            subject = accounts.subject_of(keys, account)
            if is_official(account):
                uow.record(entries.SignInFailures(account=subject, count=failures))
            if seconds:
                uow.record(entries.Lockout(account=subject, seconds=seconds))
