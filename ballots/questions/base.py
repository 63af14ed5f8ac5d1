"""What the three kinds of question have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from ballots import checks
from ballots.elgamal import Ciphertext
from ballots.encoding import Json
from ballots.group import Element, Group, Pick, Scalar

Choices: TypeAlias = Json
"""Per kind of question: bits, small integers, or lists of bits. Checked by ``check_choices``."""

Step: TypeAlias = Callable[[], None]
"""One check of one proof, which raises BallotError; separate, so that every fault is reported."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every answer of one ballot is bound to (specification 4.11)."""

    group: Group
    key: Element
    """The election key ``Y``."""
    text: str
    """``S0``: the fingerprint of the election, a bar, the public credential."""

    def with_ciphertexts(self, ciphertexts: Sequence[Ciphertext]) -> str:
        """``S``: ``S0``, a bar, the ciphertexts of the answer."""
        return f"{self.text}|{','.join(ciphertext.text for ciphertext in ciphertexts)}"


class Answer(ABC):
    """An encrypted answer with its proofs."""

    @abstractmethod
    def ciphertexts(self) -> Sequence[Ciphertext]:
        """All ciphertexts, in the order of the JSON text."""

    @abstractmethod
    def to_json(self) -> Json:
        """Fields in the order of the specification."""


A = TypeVar("A", bound=Answer)


class Question(ABC, Generic[A]):
    """One question of an election."""

    text: str

    @property
    @abstractmethod
    def size(self) -> int:
        """How many ciphertexts an answer has."""

    @abstractmethod
    def to_json(self) -> Json:
        """Fields in the order of the specification."""

    @abstractmethod
    def check(self, group: Group, place: str) -> None:
        """Refuse a question that nobody can answer in this group."""

    @abstractmethod
    def check_choices(self, choices: Choices, place: str) -> None:
        """Refuse choices that cannot be proved, in words for the voter."""

    @abstractmethod
    def encrypt(
        self, context: Context, choices: Choices, randomness: Sequence[Scalar], pick: Pick
    ) -> A:
        """The answer, with one random scalar a ciphertext; proofs draw theirs from ``pick``."""

    @abstractmethod
    def parse_answer(self, group: Group, value: Json, place: str) -> A:
        """The answer from JSON: shape, scalars and elements checked, proofs not yet."""

    @abstractmethod
    def steps(self, context: Context, answer: A, place: str) -> Iterator[Step]:
        """The checks of the proofs, in order."""

    @abstractmethod
    def opened(
        self, context: Context, answer: A, randomness: Sequence[Scalar], place: str
    ) -> Choices:
        """What the ciphertexts contain, given the randomness they were made with."""


def check_bits(bits: Choices, length: int, place: str) -> list[int]:
    """``length`` zeros and ones."""
    valid = (
        isinstance(bits, list)
        and len(bits) == length
        and all(type(bit) is int and bit in (0, 1) for bit in bits)
    )
    checks.require(valid, "ballot.choices", place, f"must be {length} values, each 0 or 1")
    return list(bits)


def opened_element(context: Context, ciphertext: Ciphertext, r: Scalar, place: str) -> Element:
    """The encrypted element, after checking that ``r`` is the randomness of ``alpha``."""
    matches = context.group.base_mul(r) == ciphertext.alpha
    reason = "was not made with the randomness of this opening"
    checks.require(matches, "opening.ciphertext", place, reason)
    return ciphertext.beta - context.group.mul(r, context.key)


def opened_bit(context: Context, ciphertext: Ciphertext, r: Scalar, place: str) -> int:
    """The encrypted 0 or 1."""
    element = opened_element(context, ciphertext, r, place)
    if element == context.group.identity:
        return 0
    reason = "encrypts neither 0 nor 1"
    one = element == context.group.generator
    checks.require(one, "opening.ciphertext", place, reason)
    return 1
