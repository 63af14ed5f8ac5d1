"""Pictures for tests, good and bad, made here: nothing is fetched."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, PngImagePlugin

SECRET = b"31.16N 120.64E belongs to nobody"


def picture(
    size: tuple[int, int] = (40, 30), color: Any = "teal", mode: str = "RGB"
) -> Image.Image:
    return Image.new(mode, size, color)


def png(size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    out = BytesIO()
    picture(size).save(out, "PNG", **more)
    return out.getvalue()


def jpeg(size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    out = BytesIO()
    picture(size).save(out, "JPEG", **more)
    return out.getvalue()


def telling_jpeg(orientation: int = 1) -> bytes:
    """With the place in EXIF, in XMP and in a comment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()  # ImageDescription
    exif.get_ifd(0x8825)[1] = SECRET.decode()  # GPS
    return jpeg(exif=exif, comment=SECRET, xmp=SECRET)


def telling_png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Location", SECRET.decode())
    return png(pnginfo=info)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def promising_png(width: int, height: int) -> bytes:
    """A few bytes that say to be a very large picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", body) + chunk(b"IEND", b"")
