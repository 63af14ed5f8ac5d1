"""Bars beside the table of a result: SVG made on the server, named for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, LABEL, VALUE, ROW, BAR = 640, 180, 110, 34, 20

_OPEN = Markup('<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">')
_NAME = Markup('<text class="name" x="{}" y="{}">{}</text>')
_RECT = Markup('<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="2"/>')
_TEXT = Markup('<text class="value" x="{:.1f}" y="{}">{}</text>')


@dataclass(frozen=True)
class ResultBar:
    """`parts` are (CSS class, number) from left to right; `text` stands behind the bar."""

    label: str
    parts: tuple[tuple[str, int], ...]
    text: str


def result_bars(title: str, rows: Sequence[ResultBar], whole: int) -> Markup:
    """`whole` is the number that fills the width: shares are seen as what they are."""
    scale = (WIDTH - LABEL - VALUE) / max(whole, 1)
    pieces = [_OPEN.format(WIDTH, ROW * len(rows) + 4, title)]
    for number, row in enumerate(rows):
        middle = 2 + number * ROW + ROW // 2
        pieces.append(_NAME.format(LABEL - 10, middle + 5, row.label))
        x = float(LABEL)
        for kind, value in row.parts:
            pieces.append(_RECT.format(kind, x, middle - BAR // 2, value * scale, BAR))
            x += value * scale
        pieces.append(_TEXT.format(x + 8, middle + 5, row.text))
    return Markup("").join([*pieces, Markup("</svg>")])
