"""Charts as SVG, beside the table with the same figures. The stylesheet has colours and fonts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

ROW, LABEL_Y, BAR_Y, BAR_HEIGHT = 52, 16, 24, 14
WIDTH = 320
LEFT = 1  # so that the frame of a bar at 0 is not cut


@dataclass(frozen=True)
class Bar:
    """A share with its limits, all in thousandths, and the words of its value."""

    label: str
    share: int
    low: int
    high: int
    value: str


def bars(title: str, summary: str, rows: Sequence[Bar]) -> Markup:
    """Horizontal bars from 0 to 100 %, each with its interval as a line with two ends."""
    height = ROW * len(rows) + 20
    parts = [
        Markup(
            '<svg class="chart" viewBox="0 0 {w} {h}" role="img"'
            ' aria-labelledby="chart-title chart-summary">'
            '<title id="chart-title">{t}</title><desc id="chart-summary">{s}</desc>'
        ).format(w=WIDTH + 2, h=height, t=title, s=summary)
    ]
    parts += [_bar(row, number * ROW) for number, row in enumerate(rows)]
    parts.append(_axis(height - 6))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def _x(thousandths: int) -> int:
    return LEFT + thousandths * WIDTH // 1000


def _bar(row: Bar, top: int) -> Markup:
    middle = top + BAR_Y + BAR_HEIGHT // 2
    low, high = _x(row.low), _x(row.high)
    return Markup(
        '<text class="label" x="{left}" y="{label_y}">{label}</text>'
        '<text class="value" x="{right}" y="{label_y}" text-anchor="end">{value}</text>'
        '<rect class="ground" x="{left}" y="{y}" width="{w}" height="{h}" rx="3"/>'
        '<rect class="bar" x="{left}" y="{y}" width="{share}" height="{h}" rx="3"/>'
        '<path class="interval" d="M{low} {m}H{high}M{low} {a}V{b}M{high} {a}V{b}"/>'
    ).format(
        left=LEFT,
        right=LEFT + WIDTH,
        label_y=top + LABEL_Y,
        label=escape(row.label),
        value=escape(row.value),
        y=top + BAR_Y,
        w=WIDTH,
        h=BAR_HEIGHT,
        share=row.share * WIDTH // 1000,
        low=low,
        high=high,
        m=middle,
        a=middle - 5,
        b=middle + 5,
    )


def _axis(y: int) -> Markup:
    marks = ((0, "start", "0 %"), (500, "middle", "50 %"), (1000, "end", "100 %"))
    return Markup("").join(
        Markup('<text class="axis" x="{}" y="{}" text-anchor="{}">{}</text>').format(
            _x(at), y, anchor, text
        )
        for at, anchor, text in marks
    )
