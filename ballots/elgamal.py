"""ElGamal ciphertexts (specification 4.3, 4.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ballots.encoding import Json, take_object
from ballots.group import Element, Group, Scalar


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """``(alpha, beta) = (r*G, r*Y + M)``: the element ``M`` under the key ``Y``."""

    alpha: Element
    beta: Element

    @property
    def text(self) -> str:
        """As in hashed strings: alpha, a comma, beta."""
        return f"{self.alpha.text},{self.beta.text}"

    @property
    def sort_key(self) -> tuple[bytes, bytes]:
        """The order of the ciphertexts of a non-homomorphic question in the tally."""
        return self.alpha.sort_key, self.beta.sort_key

    def __add__(self, other: Ciphertext) -> Ciphertext:
        return Ciphertext(self.alpha + other.alpha, self.beta + other.beta)

    def __sub__(self, other: Ciphertext) -> Ciphertext:
        return Ciphertext(self.alpha - other.alpha, self.beta - other.beta)

    def to_json(self) -> Json:
        """Fields in the order of the specification."""
        return {"alpha": self.alpha.text, "beta": self.beta.text}


def encrypt(group: Group, key: Element, message: Element, r: Scalar) -> Ciphertext:
    """``message`` under ``key`` with the randomness ``r``."""
    return Ciphertext(group.base_mul(r), group.mul(r, key) + message)


def encrypt_number(group: Group, key: Element, m: int, r: Scalar) -> Ciphertext:
    """The number ``m``, as ``m*G``."""
    masked = group.mul(r, key)
    return Ciphertext(group.base_mul(r), masked + group.small_multiple(m) if m else masked)


def add(group: Group, ciphertexts: Sequence[Ciphertext]) -> Ciphertext:
    """The sum, an encryption of the sum of the messages."""
    return Ciphertext(
        group.sum(c.alpha for c in ciphertexts), group.sum(c.beta for c in ciphertexts)
    )


def multiply(group: Group, factor: Scalar, ciphertext: Ciphertext) -> Ciphertext:
    """``factor`` times the ciphertext: a weight."""
    return Ciphertext(group.mul(factor, ciphertext.alpha), group.mul(factor, ciphertext.beta))


def parse_ciphertext(
    group: Group, value: Json, place: str, *, identity: bool = False
) -> Ciphertext:
    """A ciphertext from JSON; ``identity`` allows neutral elements, as in an empty tally."""
    fields = take_object(value, place, "alpha", "beta")
    alpha = group.parse_element(fields["alpha"], f"{place}.alpha", identity=identity)
    beta = group.parse_element(fields["beta"], f"{place}.beta", identity=identity)
    return Ciphertext(alpha, beta)
