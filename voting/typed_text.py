"""Text that people type or paste, in the one form that is compared and kept.

Phones, mail programs and word processors add to a text what nobody sees: zero-width and direction
characters, full-width letters, curved quotes, other dashes. Each field is tidied by its function
here and nowhere else; a sign-in that is refused for a character that nobody sees is our fault.
`web/frontend/src/ui/typed.ts` is the same for the browser, the only place where a credential is
typed; a test compares the two.
"""

from __future__ import annotations

import re
import unicodedata

# Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt): what a font need not show
_IGNORABLE = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
INVISIBLE = {code for first, last in _IGNORABLE for code in range(first, last + 1)}
# control characters too, but for the white space among them, which separates words
_CONTROLS = {*range(0x09), *range(0x0E, 0x1C), *range(0x7F, 0x85), *range(0x86, 0xA0)}
_DROP = dict.fromkeys(INVISIBLE | _CONTROLS)

_DASHES = dict.fromkeys(
    [*range(0x2010, 0x2016), 0x2043, 0x207B, 0x208B, 0x2212, 0x30FC, 0xFE58, 0xFE63, 0xFF0D], "-"
)
_STOPS = {0x3002: ".", 0xFF61: "."}
_AROUND = (
    "\"'`´‘’‚‛“”„‟‹›«»〝〞〟()[]{}<>〈〉《》「」『』【】〔〕〖〗、。，．；：,.;:!?！？|·• \t\r\n"
)

_TRACKER = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/])")
_CODE = re.compile(
    r"(?<![A-Z0-9])(?:[0-9]{3}[ \-]?[0-9]{3}|[A-Z0-9]{5}-[A-Z0-9]{5})(?![A-Z0-9])", re.ASCII
)
_ADDRESS = re.compile(r"[^\s<>\"(),:;\[\\\]]+@[^\s<>\"(),:;\[\\\]]+")


def without_invisible(text: str) -> str:
    """What is left when everything is gone that nobody sees; white space stays."""
    return text if text.isascii() and text.isprintable() else text.translate(_DROP)


def plain(text: str) -> str:
    """One form for what keyboards write in several ways (NFKC), without what nobody sees, without
    space around it."""
    if text.isascii() and text.isprintable():
        return text.strip()
    # some characters are made invisible ones by NFKC, as the Hangul fillers are
    return without_invisible(unicodedata.normalize("NFKC", without_invisible(text))).strip()


def _bare(text: str) -> str:
    """Without quotes, brackets and full stops around it, nor marks of emphasis on both sides."""
    shown = plain(text).strip(_AROUND)
    while len(shown) > 2 and shown[0] == shown[-1] and shown[0] in "*_~":
        shown = shown[1:-1].strip(_AROUND)
    return shown


def sign_in_name(text: str) -> str:
    """A name for signing in, a member number or an address, as it is stored and compared; whoever
    counts tries counts by this form."""
    name = _bare(text).translate(_DASHES).translate(_STOPS).casefold()
    return unicodedata.normalize("NFKC", name)


def one_time_code(text: str) -> str:
    """Six digits, or a recovery code: without what stands between, and without words around."""
    shown = "".join(map(_digit, plain(text).translate(_DASHES).upper()))
    found = set(_CODE.findall(shown))
    code = found.pop() if len(found) == 1 else shown
    return "".join(character for character in code if character.isalnum())


def _digit(character: str) -> str:
    """Digits of other scripts are digits: a keyboard in Arabic or Devanagari writes these."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def tracker(text: str) -> str:
    """The one tracker in a text, as it was printed in groups, quoted, or with the letters that
    stand for + and / in an address; else the text, tidied, which no ballot has."""
    shown = plain(text)
    letters = "".join(_bare(shown).split()).rstrip("=")
    if re.fullmatch(r"[A-Za-z0-9+/_\-]{43}", letters):
        return letters.replace("-", "+").replace("_", "/")
    found = set(_TRACKER.findall(shown))
    return found.pop() if len(found) == 1 else letters[:64]


def email(text: str) -> str:
    """An e-mail address; the host in small letters, since hosts are the same in both."""
    shown = plain(text).translate(_STOPS)
    found = {_bare(each) for each in _ADDRESS.findall(shown)}
    address = found.pop() if len(found) == 1 else shown
    local, at, host = address.rpartition("@")
    return f"{local}{at}{host.lower()}" if at else address


def telephone(text: str) -> str:
    """Digits with a plus in front where there was one; what is no digit stays, to be refused."""
    shown = plain(text)
    if not shown.isascii():
        shown = "".join(map(_digit, shown.translate(_DASHES)))
    return re.sub(r"[\s().\-·]", "", shown.removeprefix("tel:"))
