"""Two languages. Catalogues are the .po files of locales/zh, one an area, read at start.

The sentences of the checks are in locales/checks.json, in both languages by the name of the check:
the room of ballots explains its checks to engineers, in English and without a catalogue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Literal

import polib

from audit.errors import DomainError
from ballots import BallotError
from web.texts import i18n

Language = Literal["zh", "en"]
LANGUAGES: dict[Language, str] = {"zh": "中文", "en": "English"}
LOCALES = Path(__file__).parent.parent / "locales"

_language: ContextVar[Language] = ContextVar("language", default="zh")


def language() -> Language:
    return _language.get()


@contextmanager
def speaking(wanted: Language) -> Iterator[None]:
    """Everything inside is said in this language; mail to a person is, whoever caused it."""
    token = _language.set(wanted)
    try:
        yield
    finally:
        _language.reset(token)


def N_(text: str) -> str:  # noqa: N802 - the gettext convention for "translate later"
    return text


@cache
def catalogue() -> dict[str, str]:
    """English message to Chinese message, of all areas; the later of two equal ids must agree."""
    messages: dict[str, str] = {}
    for path in sorted((LOCALES / "zh").glob("*.po")):
        for entry in polib.pofile(str(path)):
            if not entry.obsolete:
                messages[entry.msgid] = entry.msgstr_plural.get(0, entry.msgstr)
    return messages


def gettext(message: str) -> str:
    if language() == "en":
        return message
    return catalogue().get(message) or message


def ngettext(one: str, many: str, count: int) -> str:
    """Chinese has one form, found under the English singular."""
    if language() == "en":
        return one if count == 1 else many
    return catalogue().get(one) or many


def _(message: str, **values: object) -> str:
    text = gettext(message)
    return text % values if values else text


@cache
def checks() -> dict[str, dict[Language, str]]:
    """Of each check what is wrong and what to do; `archive` is what cannot be read at all."""
    found: dict[str, dict[Language, str]] = json.loads((LOCALES / "checks.json").read_bytes())
    return found


def check_sentence(check: str | None) -> str:
    """Empty for a refusal that is no check."""
    return checks().get(check or "", {}).get(language(), "")


def refusal_text(error: BallotError) -> str:
    """The sentence of the check, and behind it place and technical reason, which are English."""
    sentence = check_sentence(error.check)
    if not sentence:
        return str(error)
    return _("%(sentence)s (Detail: %(detail)s)", sentence=sentence, detail=str(error))


def error_text(error: DomainError) -> str:
    """What a domain error says, in the language of the request; its values may be message ids.

    Where a check of the ballot protocol stands behind it, that is the reason.
    """
    values = {k: gettext(v) if isinstance(v, str) else v for k, v in error.params.items()}
    if isinstance(error.__cause__, BallotError) and "reason" in values:
        values["reason"] = refusal_text(error.__cause__)
    return _(error.message, **values)


def negotiate(header: str, default: Language) -> Language:
    """The first language we speak in the order of Accept-Language (RFC 9110, 12.5.4)."""
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate(header[:500].split(",")):
        match = re.fullmatch(
            r"\s*([A-Za-z]{2,3})(?:-[\w-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", part
        )
        if match and (found := match[1].lower()) in LANGUAGES:
            ranked.append((-float(match[2] or 1), place, found))
    return min(ranked)[2] if ranked else default


def local(thing: Any, field: str = "name") -> str:
    """The text of this field in the language of the page: `title_zh` and `title_en`, or `name`
    (Chinese) and `name_en`; where one is missing, the other."""

    def get(key: str) -> Any:
        return thing.get(key) if isinstance(thing, dict) else getattr(thing, key, None)

    chinese, english = get(f"{field}_zh") or get(field), get(f"{field}_en")
    first, second = (chinese, english) if i18n.language() == "zh" else (english, chinese)
    return str(first or second or "")
