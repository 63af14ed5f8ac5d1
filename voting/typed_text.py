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

# what Unicode calls a dash (category Pd), the minus signs, and what is drawn or typed as one
# what Unicode calls a dash (category Pd), the minus signs, and what is drawn or typed as one
_DASHES = dict.fromkeys(
    [0x02D7, 0x058A, 0x05BE, 0x1400, 0x1806, *range(0x2010, 0x2016), 0x2043, 0x207B, 0x208B, 0x2212,
     0x2500, 0x2501, 0x2796, 0x2E17, 0x2E1A, 0x2E3A, 0x2E3B, 0x2E40, 0x2E5D, 0x301C, 0x3030, 0x30A0,
     0x30FC, 0xFE31, 0xFE32, 0xFE58, 0xFE63, 0xFF0D, 0x10EAD],
    "-",
)  # fmt: skip
_STOPS = {0x3002: ".", 0xFF61: "."}
_AROUND = (
    "\"'`´‘’‚‛“”„‟‹›«»〝〞〟()[]{}<>〈〉《》「」『』【】〔〕〖〗、。，．；：,.;:!?！？|·• \t\r\n"
)

# as it is, as in an address, and in groups
_TRACKERS = (
    re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/])"),
    re.compile(r"(?<![A-Za-z0-9_\-])[A-Za-z0-9_\-]{43}(?![A-Za-z0-9_\-])"),
    re.compile(r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]\s{0,2}){42}[A-Za-z0-9+/](?![A-Za-z0-9+/])"),
)
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


def bare(text: str) -> str:
    """Without quotes, brackets and full stops around it, nor marks of emphasis on both sides."""
    before, shown = "", plain(text)
    while shown != before:
        before, shown = shown, shown.strip(_AROUND).strip()
        if len(shown) > 2 and shown[0] == shown[-1] and shown[0] in "*_~":
            shown = shown[1:-1]
    return shown


def sign_in_name(text: str) -> str:
    """A name for signing in, a member number or an address, as it is stored and compared; whoever
    counts tries counts by this form."""
    name = plain_signs(bare(text)).translate(_STOPS).casefold()
    return unicodedata.normalize("NFKC", name)


def one_time_code(text: str) -> str:
    """Six digits, or a recovery code: without what stands between, and without words around."""
    shown = plain_signs(plain(text)).upper()
    found = set(_CODE.findall(shown))
    code = found.pop() if len(found) == 1 else shown
    return "".join(character for character in code if character.isalnum())


def plain_signs(text: str) -> str:
    """One kind of dash, and digits of other scripts as digits: a keyboard in Arabic or Devanagari
    writes these."""
    return text if text.isascii() else "".join(map(_digit, text.translate(_DASHES)))


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def tracker(text: str) -> str:
    """The one tracker in a text, as it was printed in groups, quoted, or with the letters that
    stand for + and / in an address; else the text, tidied, which no ballot has."""
    shown = plain(text)
    letters = "".join(bare(shown).split()).rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9+/_\-]{43}", letters):
        every = ({"".join(one.split()) for one in form.findall(shown)} for form in _TRACKERS)
        found = next(filter(None, every), set())
        if len(found) != 1:
            return letters[:64]
        letters = found.pop()
    return letters.replace("-", "+").replace("_", "/")


def email(text: str) -> str:
    """An e-mail address; the host in small letters, since hosts are the same in both."""
    shown = plain(text).translate(_STOPS)
    found = {bare(each) for each in _ADDRESS.findall(shown)}
    address = found.pop() if len(found) == 1 else shown
    local, at, host = address.rpartition("@")
    return f"{local}{at}{host.lower()}" if at else address


def telephone(text: str) -> str:
    """Digits with a plus in front where there was one; what is no digit stays, to be refused."""
    shown = plain_signs(bare(text))
    shown = re.sub(r"^[^\d+]*:\s*", "", shown)  # a word in front, and tel:
    shown = re.sub(r"^(\+[\d\s]+)\(0\)", r"\1", shown)  # dialled only without what is before it
    shown = re.sub(r"(?<=\d)\.0$", "", shown)  # a program took it for a number
    return re.sub(r"[\s().\-·]", "", shown)
