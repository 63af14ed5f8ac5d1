"""What several services of this room need: offices, lateness, hashes, draws."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import rfc8785

from accountability.errors import Invalid, NotFound
from audit.database import ModelT, UnitOfWork
from voting.registry.models import Office

WordT = TypeVar("WordT", bound=StrEnum)

LATE_AFTER = timedelta(days=7)


def get(uow: UnitOfWork, model: type[ModelT], key: str) -> ModelT:
    row = uow.session.get(model, key)
    if row is None:
        raise NotFound("There is no such record.")
    return row


def held(office: Office, on: date) -> bool:
    return office.starts_on <= on < office.ends_on


def is_late(uow: UnitOfWork, happened_on: date) -> bool:
    return uow.today - happened_on > LATE_AFTER


def canonical(data: Any) -> bytes:
    """Canonical JSON (RFC 8785)."""
    return rfc8785.dumps(data)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def rank(seed: str, *parts: str) -> str:
    """A place in a draw that anyone can recompute from the public seed: smaller is earlier.

    Length-prefixed, so that no two lists of parts hash alike.
    """
    joined = "".join(f"{len(part)}:{part}" for part in ("mandate/draw", seed, *parts))
    return sha256(joined.encode())


def word(words: type[WordT], value: str, field: str, among: Iterable[WordT] = ()) -> WordT:
    """The word that was chosen, `among` these when only some are offered. Raises Invalid."""
    if value not in (tuple(among) or tuple(words)):
        raise Invalid("Please choose one of the values offered.", field=field)
    return words(value)


def some_text(value: str, field: str, most: int) -> str:
    text = value.strip()
    if not text:
        raise Invalid("Please write something here.", field=field)
    if len(text) > most:
        raise Invalid("Please keep to %(most)d characters.", field=field, most=most)
    return text
