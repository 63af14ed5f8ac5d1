"""Challenges of passkeys: for one purpose and one browser, for some minutes, once.

Nothing is stored when one is given out, so asking for many fills no table; that one was used is
kept until it would have expired, in the table of used one-time codes.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import IntegrityError

from audit.database import UnitOfWork
from web.identity.keys import Keys
from web.identity.models import UsedCode

ADD, USE = "add", "use"
LIFE = timedelta(minutes=5)
_NONCE, _TIME, _MAC = 16, 8, 32  # bytes


def make_challenge(keys: Keys, purpose: str, browser: str, account_id: str, now: datetime) -> bytes:
    """`browser`: what only this browser has (csrf.browser). A nonce, the end, and a MAC."""
    end = int((now + LIFE).timestamp())
    start = secrets.token_bytes(_NONCE) + end.to_bytes(_TIME, "big")
    return start + _mac(keys, start, purpose, browser, account_id)


def _mac(keys: Keys, start: bytes, purpose: str, browser: str, account_id: str) -> bytes:
    # the cookie comes last, for it may hold anything; the other parts have no colon
    said = f"{purpose}:{account_id}:{start.hex()}:{browser}"
    return bytes.fromhex(keys.mac("passkey-challenge", said))


def take_challenge(
    uow: UnitOfWork, keys: Keys, challenge: bytes, purpose: str, browser: str, account_id: str
) -> bool:
    """Use up a challenge; False unless it was made for just this and not taken before.

    Two requests with one challenge: the primary key lets one through, whatever their order.
    """
    start, mac = challenge[: _NONCE + _TIME], challenge[_NONCE + _TIME :]
    ours = _mac(keys, start, purpose, browser, account_id)
    if len(mac) != _MAC or not browser or not hmac.compare_digest(mac, ours):
        return False
    end = datetime.fromtimestamp(int.from_bytes(start[_NONCE:], "big"), UTC)
    if end <= uow.now:
        return False
    digest = keys.mac("used-challenge", challenge.hex())
    try:
        with uow.session.begin_nested():
            uow.session.add(UsedCode(digest=digest, purge_at=end))
    except IntegrityError:
        return False
    return True
