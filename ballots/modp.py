"""Subgroups of the integers modulo a 2048-bit prime (specification 5.1), computed by GMP.

They are here to read archives made elsewhere; new elections use Ed25519. GMP's time depends on the
numbers, so secrets should not be used with these groups where an attacker measures time.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import Any

import gmpy2

from ballots import checks
from ballots.group import Element, Group, Scalar

Mpz = Any
"""gmpy2 publishes no types."""

MODULUS_BYTES = 256
WINDOW_BITS = 4

_DECIMAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)


class Residue(Element):
    """A member of the subgroup: an integer modulo ``p``."""

    __slots__ = ("_text", "modulus", "value")

    def __init__(self, value: Mpz, modulus: Mpz, text: str | None = None) -> None:
        self.value = value
        self.modulus = modulus
        self._text = text

    @property
    def text(self) -> str:
        """Decimal digits."""
        if self._text is None:
            self._text = self.value.digits(10)
        return self._text

    @property
    def sort_key(self) -> bytes:
        return int(self.value).to_bytes(MODULUS_BYTES)

    def __add__(self, other: Element) -> Residue:
        return Residue(self.value * _value(other) % self.modulus, self.modulus)

    def __sub__(self, other: Element) -> Residue:
        return self + -other

    def __neg__(self) -> Residue:
        return Residue(gmpy2.invert(self.value, self.modulus), self.modulus)


def _value(element: Element) -> Mpz:
    if not isinstance(element, Residue):
        raise TypeError("elements of two groups do not mix")
    return element.value


class FiniteField(Group):
    """The subgroup of order ``q`` of the integers modulo ``p``."""

    def __init__(self, name: str, p: int, q: int, g: int, padding_bits: int | None) -> None:
        self.name = name
        self.order = q
        self.modulus = gmpy2.mpz(p)
        self.cofactor = (p - 1) // q
        self.padding_bits = padding_bits or 0
        # The largest packed number with its padding stays below the modulus.
        free_bits = 0 if padding_bits is None else p.bit_length() - 1 - padding_bits
        self.embedding_limit = free_bits // 8
        self.generator = self._element(gmpy2.mpz(g))
        self.identity = self._element(gmpy2.mpz(1))
        self.max_text = len(str(p))

    def _element(self, value: Mpz) -> Residue:
        return Residue(value, self.modulus)

    def _decode(self, text: str, place: str) -> Element:
        canonical = bool(_DECIMAL.fullmatch(text))
        reason = "must be a number without leading zeros"
        checks.require(canonical, "group.encoding", place, reason)
        value = gmpy2.mpz(text)
        reason = "is not in the prime-order group"
        checks.require(self._is_member(value), "group.membership", place, reason)
        return Residue(value, self.modulus, text)

    def _is_member(self, value: Mpz) -> bool:
        if not 0 < value < self.modulus:
            return False
        if self.cofactor == 2:  # the subgroup is that of the squares, as p is a safe prime
            return bool(gmpy2.jacobi(value, self.modulus) == 1)
        return bool(gmpy2.powmod(value, self.order, self.modulus) == 1)

    def mul(self, a: Scalar, p: Element) -> Element:
        return self._element(gmpy2.powmod(_value(p), a, self.modulus))

    def base_mul(self, a: Scalar) -> Element:
        """``a*G`` from a table of the multiples of the generator: one product a window."""
        product = gmpy2.mpz(1)
        mask = (1 << WINDOW_BITS) - 1
        number: int = a
        for row in self._base_table:
            if not number:
                break
            if number & mask:
                product = product * row[number & mask] % self.modulus
            number >>= WINDOW_BITS
        return self._element(product)

    @cached_property
    def _base_table(self) -> list[list[Mpz]]:
        """Row i holds ``d * 2**(WINDOW_BITS*i) * G`` for each digit d."""
        rows = []
        step = _value(self.generator)
        for _ in range(-(-self.order.bit_length() // WINDOW_BITS)):
            row = [gmpy2.mpz(1)]
            for _ in range(1 << WINDOW_BITS):
                row.append(row[-1] * step % self.modulus)
            step = row.pop()
            rows.append(row)
        return rows

    def _embed(self, packed: int) -> Element:
        value = gmpy2.mpz(packed) << self.padding_bits
        while not self._is_member(value):
            value += 1
        return self._element(value)

    def _extract(self, p: Element) -> int:
        return int(_value(p)) >> self.padding_bits

    def hash_to_element(self, text: str) -> Element:
        number = int.from_bytes(hashlib.sha256(text.encode()).digest())
        return self._element(gmpy2.powmod(number, self.cofactor, self.modulus))


_BELENIOS_P = int(
    "a3ef2d011fefb1b6e39e568fccdffb0fb7dc7ef3a791b6862791811d21fc35f2"
    "1e6d36856b428030421f514ed40bfd4c06e092a495af8d79a2f85e0fb11c0ede"
    "07dd973f9c53e50930c6e82ac36de1ae3fb8c3aabfff12ce27a5022ddd8912d1"
    "07435012768a2cdd0a4091d8fa447f6c7ebc15a349fa318a6b4fe17d8d47e843"
    "a3e14dfa9b2162f4d7229abe93a188b46b006517d6f6747ebbb29c9ec3099b60"
    "7f18fb1a8bc858279aa8599411d998d3e3fada9e010840d082d8c31911acdd4a"
    "0e7992d0f18cc759cb5de0acf66a3882555bc810941e021b6a4ccfa04ee4008f"
    "878affa2375e2999b44f6cef17d707301e59e0e6351e051ed9cec4157646e64f",
    16,
)
_BELENIOS_G = int(
    "1307c1ab5f295885d7caa3a78a42415e31fd1c5807b61fb1e781878a52230a51"
    "988b98c259597f9c5a9dfd001d26ba31d9d8976f01d95a1c8262ee68a0e92cea"
    "541e5219e0d0d094301b894236823fe1d4bc04e29f3748aefd4f10d5b1a356a8"
    "643e673fd9d215fc8fe5fb9cf9fdb8ea88fdb1a3381a697fdf9c2458570b06d2"
    "6aef1be365fdd90165f397c6b870df8c1b9e519edcee8bb0f74b7a1615a274ba"
    "60a7ea574a61f552d2dde0ce514e0927c4ff49b1964c4a913731ae4268d60d7f"
    "22127b6cbba44d453ac8b72fd04e0991b7aeff04867d8724ac638f5f34100d2d"
    "47aa680d43771902743d663f42d853c041e1c91fe3823f4bcf284308f1d7e653",
    16,
)
_BELENIOS_Q = int("adb6066a73522565f4daa0f2579db7f2f0fa90c2168bc709e20263387d55c491", 16)
_RFC_3526_P = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
    "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05"
    "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb"
    "9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718"
    "3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff",
    16,
)

BELENIOS_2048 = FiniteField(
    "BELENIOS-2048", _BELENIOS_P, _BELENIOS_Q, _BELENIOS_G, padding_bits=None
)
RFC_3526_2048 = FiniteField("RFC-3526-2048", _RFC_3526_P, (_RFC_3526_P - 1) // 2, 2, padding_bits=8)
