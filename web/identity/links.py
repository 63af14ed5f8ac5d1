"""Links by mail: to enrol, and to choose a new password. Each works once, for a while."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete

from audit.database import UnitOfWork
from audit.errors import Invalid, NotFound
from voting.typed_text import one_time_code
from web.identity import accounts, codes, entries, passwords
from web.identity.keys import Keys, sha256
from web.identity.models import ACTIVE, CLOSED, ENROL, INVITED, RESET, Account, OneTimeLink
from web.texts.i18n import N_

RESET_HOURS = 2


def make(uow: UnitOfWork, account: Account, purpose: str, hours: int) -> str:
    """A new token; an earlier link of the same purpose ends."""
    uow.session.execute(
        delete(OneTimeLink).where(
            OneTimeLink.account_id == account.id, OneTimeLink.purpose == purpose
        )
    )
    token = secrets.token_urlsafe(24)
    uow.session.add(
        OneTimeLink(
            token_hash=sha256(token),
            account_id=account.id,
            purpose=purpose,
            expires_at=_full_hour(uow.now + timedelta(hours=hours)),
        )
    )
    uow.session.flush()
    return token


def _full_hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def account_behind(uow: UnitOfWork, token: str, purpose: str) -> Account:
    """The account that a link is for. One message for never existed, expired and used."""
    link = uow.session.get(OneTimeLink, sha256(token))
    if link is None or link.purpose != purpose or link.expires_at <= uow.now:
        raise NotFound(N_("This link is no longer valid. Please ask for a new one."))
    account = accounts.get(uow, link.account_id)
    if account.state == CLOSED or (purpose == RESET and account.state != ACTIVE):
        raise NotFound(N_("This link is no longer valid. Please ask for a new one."))
    return account


def _use_up(uow: UnitOfWork, token: str) -> None:
    """The deletion decides between two requests with one link: the second deletes nothing."""
    gone = uow.session.execute(delete(OneTimeLink).where(OneTimeLink.token_hash == sha256(token)))
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise NotFound(N_("This link is no longer valid. Please ask for a new one."))


def invite_again(uow: UnitOfWork, keys: Keys, account_id: str, hours: int) -> tuple[Account, str]:
    """For who lost the phone and the recovery codes, after being identified in person.

    The old password, codes and passkeys end now, not when the link is used.
    """
    account = uow.lock(Account, account_id)
    if account.state == CLOSED:
        raise NotFound(N_("There is no such account."))
    account.state = INVITED
    account.password_hash = account.totp_secret = ""
    accounts.end_sessions(uow, account.id)
    accounts.drop_passkeys(uow, account.id)
    uow.record(entries.AccountInvited(account=accounts.subject_of(keys, account)))
    return account, make(uow, account, ENROL, hours)


def enrol(uow: UnitOfWork, keys: Keys, token: str, password: str, code: str) -> list[str]:
    """Sets the password and the one-time codes; returns the recovery codes, to be shown once."""
    account = uow.lock(Account, account_behind(uow, token, ENROL).id)
    name, _email = accounts.address_of(uow, account)
    passwords.check_strength(password, account.login, name)
    secret = codes.secret_for(keys, token)
    typed = one_time_code(code)
    if not typed.isdecimal() or codes.step_of(secret, typed, uow.now) is None:
        raise Invalid(N_("The code does not match. Is the clock of the phone right?"), field="code")
    _use_up(uow, token)
    account.password_hash = passwords.hash_password(password)
    account.totp_secret = keys.encrypt("totp", secret, account.id)
    account.state = ACTIVE
    codes.take(uow, keys, account, typed)  # the code that was just shown is used up
    uow.record(entries.AccountEnrolled(account=accounts.subject_of(keys, account)))
    return codes.new_recovery_codes(uow, account)


def reset(uow: UnitOfWork, keys: Keys, token: str, password: str, code: str) -> Account:
    """Set a new password; needs the mailbox and the phone. Every session ends."""
    account = uow.lock(Account, account_behind(uow, token, RESET).id)
    name, _email = accounts.address_of(uow, account)
    passwords.check_strength(password, account.login, name)
    if not codes.take(uow, keys, account, code):
        raise Invalid(N_("The code does not match. Is the clock of the phone right?"), field="code")
    _use_up(uow, token)
    account.password_hash = passwords.hash_password(password)
    accounts.end_sessions(uow, account.id)
    uow.record(entries.AccountChanged(account=accounts.subject_of(keys, account), what="password"))
    return account


def change_password(
    uow: UnitOfWork, keys: Keys, account_id: str, *, old: str, new: str, code: str, session_id: str
) -> None:
    """The other sessions of the account end: they may be the reason for the change."""
    account = uow.lock(Account, account_id)
    name, _email = accounts.address_of(uow, account)
    passwords.check_strength(new, account.login, name)
    prove(uow, keys, account, old, code)
    account.password_hash = passwords.hash_password(new)
    accounts.end_sessions(uow, account.id, but=session_id)
    uow.record(entries.AccountChanged(account=accounts.subject_of(keys, account), what="password"))


def renew_recovery_codes(
    uow: UnitOfWork, keys: Keys, account_id: str, *, password: str, code: str
) -> list[str]:
    account = uow.lock(Account, account_id)
    prove(uow, keys, account, password, code)
    uow.record(
        entries.AccountChanged(account=accounts.subject_of(keys, account), what="recovery codes")
    )
    return codes.new_recovery_codes(uow, account)


def prove(uow: UnitOfWork, keys: Keys, account: Account, password: str, code: str) -> None:
    """Ask the signed-in person again. Raises Invalid of the field `code`, whatever was wrong."""
    right = passwords.matches(account.password_hash, password)
    if not codes.take(uow, keys, account, code) or not right:
        raise Invalid(N_("The password or the code is not right."), field="code")
