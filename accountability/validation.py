"""What a service asks of its input: a row that exists, a value of a list, a text, a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from accountability.errors import Invalid, NotFound
from audit.database import ModelT, UnitOfWork

WordT = TypeVar("WordT", bound=StrEnum)
LATE_AFTER = timedelta(days=7)


def get(uow: UnitOfWork, model: type[ModelT], key: str) -> ModelT:
    row = uow.session.get(model, key)
    if row is None:
        raise NotFound("There is no such record.")
    return row


def is_late(uow: UnitOfWork, happened_on: date) -> bool:
    return uow.today - happened_on > LATE_AFTER


def some_text(value: str, field: str, most: int) -> str:
    text = value.strip()
    if not text:
        raise Invalid("Please write something here.", field=field)
    if len(text) > most:
        raise Invalid("Please keep to %(most)d characters.", field=field, most=most)
    return text


def word(words: type[WordT], value: str, field: str, among: Iterable[WordT] = ()) -> WordT:
    """The word that was chosen, `among` these when only some are offered. Raises Invalid."""
    if value not in (tuple(among) or tuple(words)):
        raise Invalid("Please choose one of the values offered.", field=field)
    return words(value)
