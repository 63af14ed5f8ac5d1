"""The group Ed25519 (specification 5.2.1), computed by libsodium through PyNaCl.

libsodium refuses the scalar 0, the identity and every point outside the prime-order subgroup with
one and the same error, takes the identity for invalid, ignores bit 255 of a scalar, and adds points
of any order. So: the identity and 0 are handled here, scalars are below ``q`` by type, and points
are checked once, in ``_decode``.
"""

from __future__ import annotations

import hashlib
import re

from ballots import checks
from ballots.group import Element, Group, Scalar
from ballots.sodium import add, base_mul, is_valid_point, mul, sub

ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19
PADDING_BITS = 14

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_IDENTITY = (1).to_bytes(32, "little")
_ONE = (1).to_bytes(32, "little")


class Point(Element):
    """A point of the prime-order subgroup, in the 32 bytes of RFC 8032."""

    __slots__ = ("_text", "raw")

    def __init__(self, raw: bytes, text: str | None = None) -> None:
        self.raw = raw
        self._text = text

    @property
    def text(self) -> str:
        """64 hexadecimal digits, most significant first: the reverse of the RFC 8032 bytes."""
        if self._text is None:
            self._text = self.raw[::-1].hex()
        return self._text

    @property
    def sort_key(self) -> bytes:
        return self.raw

    def __add__(self, other: Element) -> Point:
        return Point(add(self.raw, _raw(other)))

    def __sub__(self, other: Element) -> Point:
        return Point(sub(self.raw, _raw(other)))

    def __neg__(self) -> Point:
        return Point(sub(_IDENTITY, self.raw))


def _raw(element: Element) -> bytes:
    """The 32 bytes; libsodium would take those of another group for a point."""
    if type(element) is not Point:
        raise TypeError("an element of another group")
    return element.raw


class Ed25519(Group):
    """See the module."""

    name = "Ed25519"
    order = ORDER
    generator = Point(base_mul(_ONE))
    identity = Point(_IDENTITY)
    max_text = 64
    embedding_limit = 30

    def _decode(self, text: str, place: str) -> Element:
        digits = bool(_HEX.fullmatch(text))
        checks.require(digits, "group.encoding", place, "must be 64 lower-case hexadecimal digits")
        raw = bytes.fromhex(text)[::-1]
        reason = "is not a point of the prime-order group"
        checks.require(_is_member(raw), "group.membership", place, reason)
        return Point(raw, text)

    def mul(self, a: Scalar, p: Element) -> Element:
        raw = _raw(p)
        if a == 0 or raw == _IDENTITY:
            return self.identity
        return Point(mul(a.to_bytes(32, "little"), raw))

    def base_mul(self, a: Scalar) -> Element:
        if a == 0:
            return self.identity
        return Point(base_mul(a.to_bytes(32, "little")))

    def _embed(self, packed: int) -> Element:
        number = packed << PADDING_BITS
        while not _is_member(number.to_bytes(32, "little")):
            number += 1
        return Point(number.to_bytes(32, "little"))

    def _extract(self, p: Element) -> int:
        return int.from_bytes(p.sort_key, "little") >> PADDING_BITS

    def hash_to_element(self, text: str) -> Element:
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()) >> 2
        while True:
            try:
                raw = number.to_bytes(32, "little")
                for _ in range(3):  # times the cofactor, 8
                    raw = add(raw, raw)
                return Point(raw)
            except ArithmeticError:  # not on the curve
                number += 1


def _is_member(raw: bytes) -> bool:
    return raw == _IDENTITY or bool(is_valid_point(raw))


GROUP = Ed25519()
