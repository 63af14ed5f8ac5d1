"""Takes out of a text what could name someone. Pure, and careful rather than clever."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "▇▇▇"
_PATTERNS = (
    re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),  # an address
    re.compile(r"\+?\d[\d\s()-]{4,}\d"),  # a telephone or identity number
    re.compile(r"\d+\s*(?:幢|栋|号楼|号|室|单元|楼)"),  # a house or flat
    re.compile(r"(?i)\b(?:block|flat|house|room|unit|no\.?)\s*\d+\w*"),
    re.compile(r"(?<=[一-鿿])\s*(?:先生|女士|同志)"),
)


def redact(text: str, names: Iterable[str]) -> str:
    for name in names:
        for part in {name, *name.split()}:
            if len(part) > 1:
                text = re.sub(re.escape(part), MASK, text, flags=re.IGNORECASE)
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return text
