"""What mail programs, editors and unpackers do to a signed text, undone before anybody is accused.

Pure. A signature decides: what is put in order here counts only when it verifies afterwards, so
nothing that was never signed can come out of it. What cannot be put in order is damaged, and that
is said apart from what is forged.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator

from audit.errors import LogError

RECEIPT = "mandate-receipt"
MAX_TEXT = 1 << 20  # bytes of a mail around a receipt
_SIGNATURE = 92  # characters of base64: the id of a key and an Ed25519 signature, 68 bytes
_APART = 8  # words at most between the parts of a receipt that belong together
_QUOTE = re.compile(r"^(?:\s*[A-Za-z]{0,3}[>|\uff1e\u00bb])+", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
_EVENT = re.compile(r"[0-9a-f]{64}", re.ASCII)


class DamagedError(LogError):
    """Not whole, as it arrived; that says nothing about who signed it."""


def receipt_in(raw: bytes) -> bytes:
    """The one receipt in a text, as it was signed. Raises DamagedError: none, or several."""
    found = receipts_in(raw)
    if not found:
        raise DamagedError(
            "there is no whole receipt here: it was cut or changed on the way. It has the line "
            "'mandate-receipt v1', four lines more and a signature; take it again from where it "
            "was saved"
        )
    if len(found) > 1:
        raise DamagedError(f"there are {len(found)} different receipts here: check each by itself")
    return found[0]


def receipts_in(raw: bytes) -> list[bytes]:
    """The different receipts in a text with anything around them, each in its one spelling."""
    if len(raw) > MAX_TEXT:
        raise DamagedError(f"a receipt is a short text, this has more than {MAX_TEXT} bytes")
    found: dict[bytes, None] = {}
    for text in _readings(raw):
        words = _words(text)
        for place, word in enumerate(words):
            if word.endswith(RECEIPT) and words[place + 1 : place + 2] == ["v1"]:
                receipt = _receipt(words[place + 2 :])
                if receipt is not None:
                    found[receipt] = None
        if found:
            break
    return list(found)


def _readings(raw: bytes) -> Iterator[str]:
    """As text, and as the source of a mail (quoted-printable, RFC 2045 section 6.7)."""
    text = raw.replace(b"\0", b"").decode("utf-8", "replace")  # UTF-16 of ASCII has zeros
    yield text
    joined = re.sub(r"=[ \t]*\r?\n(?:> ?)*", "", text)
    yield re.sub(r"=([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), joined)


def _words(text: str) -> list[str]:
    # twice: a mail program escapes what was escaped before
    text = _TAG.sub(" ", html.unescape(html.unescape(text)))
    # line ends of all kinds are one before quote marks are taken from the beginnings of lines
    text = _QUOTE.sub("", re.sub(r"\r\n?|[\u2028\u2029\x85\v\f]", "\n", text))
    kept = []
    for character in text:
        kind = unicodedata.category(character)
        if kind in ("Pd", "Sm") and character not in "+<>=|~":
            character = "-"  # hyphens and dashes that an editor made finer
        if kind != "Cf":  # marks that are not seen: of order, of byte order, soft hyphens
            kept.append(" " if kind in ("Cc", "Zs", "Zl", "Zp") else character)
    return "".join(kept).split()


def _receipt(words: list[str]) -> bytes | None:
    """Origin, contest, tracker, event; then signatures, each after the name of the key."""
    if len(words) < 6 or not _EVENT.fullmatch(words[3]):
        return None
    origin, contest, tracker, event = words[:4]
    name = f"{origin}/receipt"
    signatures: list[str] = []
    last = 3
    for place, word in enumerate(words[4:], 4):
        if place > last + _APART or word.endswith(RECEIPT):
            break
        # the dash before the name may be lost, doubled or stuck to it
        if word.endswith(name) and (signature := _signature(words[place + 1 :])):
            signatures.append(signature)
            last = place
    if not signatures:
        return None
    lines = [f"{RECEIPT} v1", origin, contest, tracker, event, ""]
    lines += [f"\u2014 {name} {signature}" for signature in signatures]
    return "".join(f"{line}\n" for line in lines).encode()


def _signature(words: list[str]) -> str:
    """Base64 that may have been broken over lines; empty when it is cut."""
    text = ""
    for word in words:
        if len(text) >= _SIGNATURE or text.endswith("=") or not _BASE64.fullmatch(word):
            break
        text += word
    return text if len(text) >= _SIGNATURE else ""


def damage_of(raw: bytes, check: Callable[[bytes], object]) -> str:
    """What happened on the way to a file that `check` refuses (by LogError), in words; or empty.

    Empty: the file is fine, or no known damage explains it. The words finish the sentence "this
    file was changed on the way: ...".
    """
    if _fine(raw, check):
        return ""
    done: list[str] = []
    for what, mend in _MENDS:
        mended = mend(raw)
        if mended != raw:
            raw = mended
            done.append(what)
            if _fine(raw, check):
                return ", ".join(done)
    return ""


def _fine(raw: bytes, check: Callable[[bytes], object]) -> bool:
    try:
        check(raw)
    except LogError:
        return False
    return True


def _from_utf16(raw: bytes) -> bytes:
    if raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return raw
    return raw.decode("utf-16", "replace").encode()


def _trim_lines(raw: bytes) -> bytes:
    return b"\n".join(line.rstrip(b" \t\xa0") for line in raw.split(b"\n"))


_MENDS: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("its encoding", _from_utf16),
    ("a byte order mark at its beginning", lambda raw: raw.removeprefix(b"\xef\xbb\xbf")),
    ("its line ends", lambda raw: raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")),
    ("spaces at the ends of its lines", _trim_lines),
    ("its last line end", lambda raw: raw.rstrip(b"\n") + b"\n"),
    ("its last line end", lambda raw: raw.rstrip(b"\n")),
)
