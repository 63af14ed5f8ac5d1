"""One-time codes (RFC 6238) that cannot be used twice, and recovery codes."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime, timedelta

import pyotp
import segno
import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from audit.database import UnitOfWork
from voting.typed_text import one_time_code
from web.identity.keys import Keys, sha256
from web.identity.models import Account, RecoveryCode, UsedCode

log = structlog.get_logger("web")

STEP = 30  # seconds
KEEP = timedelta(minutes=2)  # longer than any step that is still taken
RECOVERY_CODES = 8
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is mistaken for another


def secret_for(keys: Keys, link_token: str) -> str:
    """The secret that an enrolment page shows: the same on each view, and stored nowhere before
    the person has shown that the phone has it."""
    return base64.b32encode(bytes.fromhex(keys.mac("totp-enrolment", link_token))[:20]).decode()


def otpauth(secret: str, login: str, issuer: str) -> str:
    """For who enrols on the phone itself, where no camera sees the screen."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def qr_svg(secret: str, login: str, issuer: str) -> str:
    """An inline SVG, so the secret is in no file and no other request."""
    uri = otpauth(secret, login, issuer)
    return str(segno.make(uri, error="m").svg_inline(scale=5, border=3, dark="#111", light="#fff"))


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Which time step the code is of: the present one or a neighbour (RFC 6238, 5.2)."""
    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP
    found = None
    for step in (present - 1, present, present + 1):
        # each is compared, so the time does not tell which
        if hmac.compare_digest(totp.generate_otp(step), code):
            found = step
    return found


def take(uow: UnitOfWork, keys: Keys, account: Account, code: str) -> bool:
    """Use up a one-time code or a recovery code of the account; False when it is neither.

    Two requests with one code: the primary key lets one through, whatever their order.
    """
    typed = one_time_code(code)
    if not account.totp_secret:
        return False
    if typed.isdecimal() and len(typed) == 6:
        secret = _unseal(keys, account)
        if secret is None:
            return False
        step = step_of(secret, typed, uow.now)
        return step is not None and _first_use(uow, keys, account, step)
    gone = uow.session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.digest == sha256(f"{account.id}:{typed}"),
            RecoveryCode.account_id == account.id,
        )
    )
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def _unseal(keys: Keys, account: Account) -> str | None:
    try:
        return keys.decrypt("totp", account.totp_secret, account.id)
    except ValueError:
        log.error("totp_secret_unreadable")  # another secret.key: the operator has to know
        return None


def _first_use(uow: UnitOfWork, keys: Keys, account: Account, step: int) -> bool:
    purge(uow)
    digest = keys.mac("used-code", f"{account.id}:{step}")
    try:
        with uow.session.begin_nested():
            uow.session.add(UsedCode(digest=digest, purge_at=uow.now + KEEP))
    except IntegrityError:
        return False
    return True


def purge(uow: UnitOfWork) -> None:
    uow.session.execute(delete(UsedCode).where(UsedCode.purge_at < uow.now))


def new_recovery_codes(uow: UnitOfWork, account: Account) -> list[str]:
    """Shown once; what was there before ends. 50 random bits each, so a plain hash is enough
    against guessing through the site; the account id in it keeps one table from serving all."""
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    made = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    uow.session.add_all(
        RecoveryCode(digest=sha256(f"{account.id}:{code}"), account_id=account.id) for code in made
    )
    uow.session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in made]


def recovery_codes_left(uow: UnitOfWork, account: Account) -> int:
    query = select(func.count()).where(RecoveryCode.account_id == account.id)
    return uow.session.scalar(query) or 0
