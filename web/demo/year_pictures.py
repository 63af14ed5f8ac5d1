"""Drawings that stand for photographs in the demo: drawn here, so nobody's picture is used."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

from accountability import imaging
from accountability.imaging import Pixels

SIZE = (800, 600)
SKY, WATER, GROUND, STONE, WOOD, LIGHT = (
    "#cfe3ee",
    "#7fa8b8",
    "#9aa77b",
    "#a7a29a",
    "#8b6b4a",
    "#f2d27a",
)


@cache
def drawing(name: str) -> Pixels:
    """`broken`, `mended` (a bridge without and with its rail), `river` or `hall`."""
    image = Image.new("RGB", SIZE, SKY)
    pen = ImageDraw.Draw(image)
    if name == "hall":
        _hall(pen)
    else:
        pen.rectangle((0, 330, 800, 600), fill=WATER)
        pen.polygon([(0, 600), (0, 380), (260, 600)], fill=GROUND)
        if name != "river":
            _bridge(pen, whole=name == "mended")
    out = BytesIO()
    image.save(out, "PNG")
    return imaging.clean(out.getvalue())


def _bridge(pen: ImageDraw.ImageDraw, *, whole: bool) -> None:
    pen.pieslice((150, 300, 650, 700), 180, 360, fill=STONE)
    pen.pieslice((240, 380, 560, 700), 180, 360, fill=WATER)
    pen.rectangle((100, 300, 700, 345), fill=STONE)
    for number, x in enumerate(range(110, 700, 58)):
        if whole or number not in (3, 4, 5, 8):
            pen.rectangle((x, 220, x + 12, 300), fill=WOOD)
            pen.rectangle((x, 235, min(x + 58, 700), 246), fill=WOOD)


def _hall(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 440, 800, 600), fill=GROUND)
    pen.rectangle((180, 240, 620, 460), fill=STONE)
    pen.polygon([(150, 240), (400, 120), (650, 240)], fill=WOOD)
    for x in (230, 340, 450, 550):
        pen.rectangle((x, 290, x + 50, 350), fill=LIGHT)
    pen.rectangle((375, 370, 430, 460), fill=WOOD)
