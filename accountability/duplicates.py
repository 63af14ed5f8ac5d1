"""How alike two texts are: Jaccard similarity of their character bigrams, per language. Pure.

Bigrams serve Chinese and English alike and need no dictionary; a clerk decides, never the number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from fractions import Fraction

LIKELY = Fraction(3, 10)
_DROP = re.compile(r"[\W_]+")


def bigrams(text: str) -> frozenset[str]:
    """Of the letters and digits alone, full-width forms and case folded."""
    plain = _DROP.sub("", unicodedata.normalize("NFKC", text).casefold())
    if len(plain) == 1:
        return frozenset({plain})
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1))


def jaccard(one: frozenset[str], other: frozenset[str]) -> Fraction:
    union = len(one | other)
    return Fraction(len(one & other), union) if union else Fraction(0)


def similarity(one: str, other: str) -> Fraction:
    """The best over pairs of lines: a matter may carry one text in Chinese and one in English."""
    pairs = [(bigrams(a), bigrams(b)) for a in one.splitlines() for b in other.splitlines()]
    return max((jaccard(a, b) for a, b in pairs), default=Fraction(0))


def ranked(text: str, others: Iterable[tuple[str, str]]) -> list[tuple[str, Fraction]]:
    """(key, similarity) of the others, most alike first; equal ones in the order of their keys."""
    scored = [(key, similarity(text, other)) for key, other in others]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))
