"""Guessing is slow: waiting times that double, in a table that all processes share.

A try is counted before it is made, in one statement and a transaction of its own, so that of a
hundred at once no more get through than the rule allows; what turns out right gives its own count
back. Nobody's name and no address is kept: the keys are MACs, and a row is gone when it is
forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sqlalchemy import delete

from audit.database import SYSTEM, Database, UnitOfWork
from audit.errors import DomainError
from audit.statements import Statement
from web.identity.keys import Keys
from web.identity.models import ThrottleCount
from web.texts.i18n import N_


@dataclass(frozen=True)
class Rule:
    name: str
    free: int  # tries that cost no wait; the next one begins the first
    first: int  # seconds of the first wait
    longest: int
    forget: int  # seconds without a try after which all is forgotten


# A device that has signed in before is counted alone: what strangers try never makes it wait.
DEVICE = Rule("device", free=5, first=30, longest=3600, forget=6 * 3600)
# Strangers to an account: from one network few tries, from everywhere some.
PAIR = Rule("pair", free=5, first=30, longest=3600, forget=6 * 3600)
ACCOUNT = Rule("account", free=20, first=15, longest=300, forget=3600)
# Many members share the network of an office, so it is allowed many failures.
NETWORK = Rule("network", free=100, first=10, longest=300, forget=3600)
# Who is signed in, or has a link from the mailbox, and is asked for password or code.
PROOF = Rule("proof", free=5, first=30, longest=3600, forget=6 * 3600)
MAIL = Rule("mail", free=3, first=60, longest=3600, forget=6 * 3600)


@dataclass(frozen=True)
class Limit:
    rule: Rule
    who: str


@dataclass(frozen=True)
class Taken:
    """Tries that were counted; `seconds` is the longest wait that begins with them."""

    counts: tuple[tuple[str, int], ...] = ()  # key, number
    seconds: int = 0


_TAKE = Statement("""
INSERT INTO throttle (key, failures, until, forget_at) VALUES (:key, 1, 0, :forget)
ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN throttle.forget_at <= :now THEN 1 ELSE throttle.failures + 1 END,
  until = CASE
    WHEN throttle.forget_at <= :now OR throttle.failures < :free THEN 0
    WHEN throttle.failures - :free > 20 THEN CAST(:now AS BIGINT) + :longest
    WHEN :first * (1 << (throttle.failures - :free)) > :longest
      THEN CAST(:now AS BIGINT) + :longest
    ELSE CAST(:now AS BIGINT) + :first * (1 << (throttle.failures - :free)) END,
  forget_at = :forget
-- a clock that was set back does not lock for longer than the rule says
WHERE throttle.until <= :now OR throttle.until > CAST(:now AS BIGINT) + :longest
RETURNING failures, until
""")
_UNTIL = Statement("SELECT until FROM throttle WHERE key = :key")
_GIVE_BACK = Statement("""
UPDATE throttle SET failures = failures - 1, until = CASE WHEN failures = :number THEN 0 ELSE until
  END WHERE key = :key AND failures > 0
""")


def key_of(keys: Keys, limit: Limit) -> str:
    return keys.mac("throttle", f"{limit.rule.name}\0{limit.who}")


def take(uow: UnitOfWork, keys: Keys, limits: Iterable[Limit]) -> Taken:
    """Count one try against each. Raises TooMany when one of them has to wait: then the caller's
    transaction is undone and nothing is counted, so a wait is not made longer by asking."""
    now, taken, longest = int(uow.now.timestamp()), [], 0
    limits = list(limits)
    for limit in limits:
        key, rule = key_of(keys, limit), limit.rule
        values = {
            "key": key,
            "now": now,
            "forget": now + rule.forget,
            "free": rule.free,
            "first": rule.first,
            "longest": rule.longest,
        }
        row = _TAKE.run(uow.connection, values).fetchone()
        if row is None:
            raise too_many(max(_wait(uow, key_of(keys, one), now) for one in limits))
        taken.append((key, int(row[0])))
        longest = max(longest, int(row[1]) - now)
    return Taken(tuple(taken), max(0, longest))


def _wait(uow: UnitOfWork, key: str, now: int) -> int:
    row = _UNTIL.run(uow.connection, {"key": key}).fetchone()
    return max(1, int(row[0]) - now) if row else 1


def too_many(seconds: int) -> TooMany:
    return TooMany(
        N_("Too many tries. Please wait %(seconds)s seconds and try again."), seconds=seconds
    )


def count(database: Database, keys: Keys, limits: Sequence[Limit]) -> Taken:
    """`take` in a transaction of its own: what the caller then undoes stays counted."""
    with database.transaction(SYSTEM) as uow:
        return take(uow, keys, limits)


def give_back(uow: UnitOfWork, taken: Taken) -> None:
    """It was right: this try does not count. What others tried before stays."""
    for key, number in taken.counts:
        _GIVE_BACK.run(uow.connection, {"key": key, "number": number})


def forgive(uow: UnitOfWork, keys: Keys, *limits: Limit) -> None:
    """All tries are forgotten, also those before."""
    found = [key_of(keys, limit) for limit in limits]
    uow.session.execute(delete(ThrottleCount).where(ThrottleCount.key.in_(found)))


def purge(uow: UnitOfWork) -> None:
    now = int(uow.now.timestamp())
    uow.session.execute(delete(ThrottleCount).where(ThrottleCount.forget_at <= now))


def network(address: str) -> str:
    """What one subscriber has: a /64 of IPv6, a /24 of IPv4; an IPv4 address within IPv6 is one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    bits = 24 if isinstance(found, IPv4Address) else 64
    return str(ip_network((found, bits), strict=False))


class TooMany(DomainError):  # noqa: N818 - named like its siblings in audit.errors
    """Too many tries; `seconds` says how long to wait."""
