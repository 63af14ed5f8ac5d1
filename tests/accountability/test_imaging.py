"""What comes out is a JPEG of pixels alone; what is no picture, or too much of one, is refused."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest
from PIL import Image

from accountability import imaging
from accountability.errors import Invalid
from tests.accountability.images import (
    SECRET,
    jpeg,
    picture,
    png,
    promising_png,
    telling_jpeg,
    telling_png,
)

HTML = b"<html><script>alert(document.domain)</script></html>"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("raw", [telling_jpeg(), telling_png()], ids=["jpeg", "png"])
def test_place_time_and_comments_are_gone(raw: bytes) -> None:
    assert SECRET in raw or SECRET.decode("latin-1").encode("utf-16-le") in raw
    content = imaging.clean(raw).content
    assert SECRET not in content
    image = opened(content)
    assert image.format == "JPEG"
    assert not dict(image.getexif())
    assert not {"exif", "xmp", "comment", "icc_profile"} & set(image.info)


def test_a_picture_stands_upright_although_its_exif_is_gone() -> None:
    cleaned = imaging.clean(telling_jpeg(orientation=6))
    assert (cleaned.width, cleaned.height) == (30, 40)


def test_what_hides_behind_or_inside_a_picture_is_gone() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("a.html", HTML)
    for tail in (HTML, archive.getvalue(), SVG):
        for raw in (png() + tail, jpeg() + tail, jpeg(comment=tail[:60_000])):
            content = imaging.clean(raw).content
            assert b"script" not in content
            assert b"PK\x03\x04" not in content


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"x",
        HTML,
        SVG,
        b"GIF89a" + HTML,
        b"%PDF-1.7\n" + HTML,
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + HTML,
        jpeg()[:300],
        png()[:60],
        b"BM" + b"\0" * 100,
        b"RIFF\x10\0\0\0WEBPVP8L",
    ],
)
def test_what_is_no_picture_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        imaging.clean(raw)
    assert caught.value.field == "picture"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM"])
def test_other_kinds_of_picture_are_refused(kind: str) -> None:
    out = io.BytesIO()
    picture().save(out, kind)
    with pytest.raises(Invalid):
        imaging.clean(out.getvalue())


@pytest.mark.parametrize("size", [(50_000, 50_000), (6000, 6000), (2**31 - 1, 1), (1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_goes_off(size: tuple[int, int]) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(Invalid):
        imaging.clean(promising_png(*size))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert time.perf_counter() - began < 1


def test_a_jpeg_of_endless_passes_is_refused() -> None:
    raw = jpeg((64, 64), progressive=True)
    scan = raw.index(b"\xff\xda")
    bomb = raw[:scan] + raw[scan : scan + 40] * 500 + raw[scan:]
    began = time.perf_counter()
    with pytest.raises(Invalid, match="too large"):
        imaging.clean(bomb)
    assert time.perf_counter() - began < 1
    assert imaging.clean(raw).width == 64, "a common progressive JPEG passes"


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(Invalid, match="at most"):
        imaging.clean(png() + b"\0" * imaging.MAX_BYTES)


def test_a_large_picture_is_made_smaller() -> None:
    cleaned = imaging.clean(jpeg((4000, 3000)))
    assert (cleaned.width, cleaned.height) == (1600, 1200)
    assert opened(cleaned.content).size == (1600, 1200)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_becomes_plain_colour(mode: str) -> None:
    out = io.BytesIO()
    picture(mode=mode, color=None).save(out, "PNG")
    assert opened(imaging.clean(out.getvalue()).content).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    picture(mode="RGBA", color=(0, 0, 0, 0)).save(out, "PNG")
    assert opened(imaging.clean(out.getvalue()).content).getpixel((5, 5)) == (255, 255, 255)


def test_print_colours_are_read() -> None:
    out = io.BytesIO()
    picture(mode="CMYK", color=(0, 0, 0, 0)).save(out, "JPEG")
    assert opened(imaging.clean(out.getvalue()).content).mode == "RGB"
