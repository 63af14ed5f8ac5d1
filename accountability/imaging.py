"""Makes a picture anew from what was uploaded: out comes a JPEG that holds nothing but pixels.

What a file is, its content says, never its name. It is decoded, scaled and encoded again, so no
place, time or device stays in it (EXIF, XMP, comments, thumbnails), no second file hidden in the
first, and nothing that runs: SVG, HTML and documents are no pictures here.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from accountability.errors import Invalid

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 30_000_000  # before scaling; decoded, some 100 MB
MAX_SIDE = 1600
QUALITY = 82
# WebP is left out: its decoder takes the memory that the header asks for before anyone can look
FORMATS = ("JPEG", "PNG")
# A progressive JPEG may pass over all its pixels as often as it says; cameras do it ten times.
MAX_SCANS = 64
_SCAN = b"\xff\xda"

_one_at_a_time = threading.Lock()  # so that many at once need no more memory than one


@dataclass(frozen=True)
class Pixels:
    """A clean JPEG. `clean` is the only maker."""

    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def clean(raw: bytes) -> Pixels:
    """Raises Invalid when it is no JPEG or PNG, is damaged, or is larger than allowed."""
    if not raw:
        raise Invalid("Please choose a picture.", field="picture")
    if len(raw) > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise Invalid("A picture may have at most %(limit)s MB.", field="picture", limit=limit)
    with _one_at_a_time:
        try:
            return _anew(raw)
        except Invalid:
            raise
        except Exception as error:  # a decoder of foreign bytes may fail in any way
            raise Invalid(
                "This is not a picture that can be read. Please send a JPEG or PNG file.",
                field="picture",
            ) from error


def _anew(raw: bytes) -> Pixels:
    with Image.open(BytesIO(raw), formats=FORMATS) as image:
        # known from the header: nothing is decoded yet
        if image.width * image.height > MAX_PIXELS or raw.count(_SCAN) > MAX_SCANS:
            raise Invalid("This picture is too large. Please send a smaller one.", field="picture")
        image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a large JPEG is scaled while it is decoded
        upright = ImageOps.exif_transpose(image)
        seen = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    seen.thumbnail((MAX_SIDE, MAX_SIDE))
    # a new canvas: nothing of `image.info` can come along
    canvas = Image.new("RGB", seen.size, "white")
    canvas.paste(seen, mask=seen if seen.mode == "RGBA" else None)
    out = BytesIO()
    canvas.save(out, "JPEG", quality=QUALITY)
    return Pixels(out.getvalue(), canvas.width, canvas.height)
