"""Bars beside the table of a result: SVG made on the server, named for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

# the name stands above its bar, so that both are readable on a phone
WIDTH, ROW, NAME, BAR = 360, 52, 18, 18

_OPEN = Markup('<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">')
_NAME = Markup('<text class="name" x="0" y="{}">{}</text>')
_RECT = Markup('<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="2"/>')
_TEXT = Markup('<text class="value" text-anchor="end" x="{}" y="{}">{}</text>')


@dataclass(frozen=True)
class ResultBar:
    """`parts` are (CSS class, number) from left to right; `text` stands at its end."""

    label: str
    parts: tuple[tuple[str, int], ...]
    text: str


def result_bars(title: str, rows: Sequence[ResultBar], whole: int) -> Markup:
    """`whole` is the number that fills the width: shares are seen as what they are."""
    scale = WIDTH / max(whole, 1)
    pieces = [_OPEN.format(WIDTH, ROW * len(rows), title)]
    for number, row in enumerate(rows):
        top = number * ROW
        pieces.append(_NAME.format(top + NAME - 3, row.label))
        x = 0.0
        for kind, value in row.parts:
            pieces.append(_RECT.format(kind, x, top + NAME + 4, value * scale, BAR))
            x += value * scale
        pieces.append(_TEXT.format(WIDTH, top + NAME - 3, row.text))
    return Markup("").join([*pieces, Markup("</svg>")])
