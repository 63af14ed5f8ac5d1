"""The encrypted tally: what remains of the ballots when it is decrypted (specification 4.18).

Ciphertexts of a question are kept in one flat list; the shape of the question, from
``questions``, says how the list is nested in JSON. A tally is the same for everyone who has the
ballots, so a trustee makes it anew instead of believing the one in the archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from ballots import checks, elgamal
from ballots.ballot import Ballot
from ballots.election import Election
from ballots.elgamal import Ciphertext
from ballots.encoding import (
    Json,
    dumps,
    loads_strict,
    sha256_hex,
    take_decimal,
    take_int,
    take_list,
    take_object,
    take_text,
)
from ballots.group import Group
from ballots.tally.shapes import Shape, flatten, nest, shape_of

MAX_NUMBER = (1 << 30) - 1
"""Larger weights and counts are written as strings."""
MAX_DIGITS = 1000
"""Longest number written as a string."""


# Numbers that may be large


def number_json(number: int) -> Json:
    """A weight or count in its one form."""
    return number if number <= MAX_NUMBER else str(number)


def take_number(value: Json, place: str) -> int:
    """A weight or count: a number up to 1073741823, a string in decimal above."""
    if not isinstance(value, str):
        return take_int(value, place, high=MAX_NUMBER)
    number = take_decimal(value, place, MAX_DIGITS)
    checks.require(number > MAX_NUMBER, "encoding.number", place, "must be written as a number")
    return number


# The encrypted tally


def shapes(election: Election) -> tuple[Shape, ...]:
    """The shape of each question."""
    return tuple(shape_of(question) for question in election.questions)


@dataclass(frozen=True, slots=True)
class Tally:
    """An encrypted tally: for each question its shape and its ciphertexts."""

    shapes: tuple[Shape, ...]
    questions: tuple[tuple[Ciphertext, ...], ...]

    @property
    def raw(self) -> bytes:
        """The canonical text, ``encrypted_tally`` of the specification."""
        return dumps(
            [
                nest(shape, [c.to_json() for c in ciphertexts])
                for shape, ciphertexts in zip(self.shapes, self.questions, strict=True)
            ]
        )

    @property
    def mixed(self) -> list[list[Ciphertext]]:
        """``nh_ciphertexts``: what is to be shuffled."""
        return [
            list(ciphertexts)
            for shape, ciphertexts in zip(self.shapes, self.questions, strict=True)
            if shape.mixed
        ]

    def shuffled(self, outputs: Sequence[Sequence[Ciphertext]]) -> Tally:
        """The tally with the output of a shuffle in place of ``mixed``."""
        remaining = iter(outputs)
        questions = tuple(
            tuple(next(remaining)) if shape.mixed else ciphertexts
            for shape, ciphertexts in zip(self.shapes, self.questions, strict=True)
        )
        return Tally(self.shapes, questions)

    def sorted(self) -> Tally:
        """With the ciphertexts to be shuffled in their canonical order."""
        return self.shuffled([sorted(c, key=lambda c: c.sort_key) for c in self.mixed])


def parse_tally(election: Election, raw: bytes, place: str = "encrypted tally") -> Tally:
    """An encrypted tally as published; neutral elements are possible, as when nobody voted."""
    all_shapes = shapes(election)
    values = take_list(loads_strict(raw, place), place, len(all_shapes), "tally.shape")
    questions = tuple(
        tuple(
            elgamal.parse_ciphertext(election.group, item, f"{place}[{i}]", identity=True)
            for item in flatten(shape, value, f"{place}[{i}]", "tally.shape")
        )
        for i, (shape, value) in enumerate(zip(all_shapes, values, strict=True))
    )
    return Tally(all_shapes, questions)


class Accumulator:
    """The tally in the making: ballots come in, the last ballot of a voter replaces the others.

    Parts made by several processes from disjoint sets of ballots are merged. Memory does not grow
    with ballots, except for non-homomorphic questions, whose tally is the list of the ballots.
    """

    def __init__(self, election: Election) -> None:
        self.group: Group = election.group
        self.shapes = shapes(election)
        zero = Ciphertext(self.group.identity, self.group.identity)
        self.sums: list[list[Ciphertext]] = [
            [] if shape.mixed else [zero] * shape.size for shape in self.shapes
        ]
        self.count = 0
        self.weight = 0

    def add(self, ballot: Ballot, weight: int = 1) -> None:
        """Count a ballot; ``weight`` is 1 where there is a non-homomorphic question."""
        for sums, shape, answer in self._answers(ballot):
            if shape.mixed:
                sums.extend(answer)
            else:
                sums[:] = [a + b for a, b in zip(sums, self._weighted(answer, weight), strict=True)]
        self.count += 1
        self.weight += weight

    def merge(self, other: Accumulator) -> None:
        """Add all that ``other`` has counted."""
        for sums, shape, others in zip(self.sums, self.shapes, other.sums, strict=True):
            if shape.mixed:
                sums.extend(others)
            else:
                sums[:] = [a + b for a, b in zip(sums, others, strict=True)]
        self.count += other.count
        self.weight += other.weight

    def to_json(self) -> Json:
        """The state, to be merged by another process."""
        sums = [[c.to_json() for c in question] for question in self.sums]
        return {"count": self.count, "weight": str(self.weight), "sums": sums}

    @classmethod
    def from_json(cls, election: Election, value: Json, place: str) -> Self:
        """A state made by ``to_json`` for the same election. Raises BallotError."""
        accumulator = cls(election)
        fields = take_object(value, place, "count", "weight", "sums")
        accumulator.count = take_int(fields["count"], f"{place}.count")
        accumulator.weight = take_decimal(fields["weight"], f"{place}.weight", MAX_DIGITS)
        questions = take_list(fields["sums"], place, len(accumulator.shapes), "tally.shape")
        for i, (shape, values) in enumerate(zip(accumulator.shapes, questions, strict=True)):
            size = None if shape.mixed else shape.size
            accumulator.sums[i] = [
                elgamal.parse_ciphertext(election.group, item, f"{place}[{i}]", identity=True)
                for item in take_list(values, f"{place}[{i}]", size, "tally.shape")
            ]
        return accumulator

    def tally(self) -> Tally:
        """What has been counted, in canonical order."""
        return Tally(self.shapes, tuple(tuple(sums) for sums in self.sums)).sorted()

    def encrypted_tally(self) -> bytes:
        """Canonical bytes of the encrypted tally."""
        return self.tally().raw

    def _answers(
        self, ballot: Ballot
    ) -> Iterable[tuple[list[Ciphertext], Shape, Sequence[Ciphertext]]]:
        answers = (answer.ciphertexts() for answer in ballot.answers)
        return zip(self.sums, self.shapes, answers, strict=True)

    def _weighted(self, answer: Sequence[Ciphertext], weight: int) -> Sequence[Ciphertext]:
        if weight == 1:
            return answer
        factor = self.group.scalar(weight)
        return [elgamal.multiply(self.group, factor, ciphertext) for ciphertext in answer]


@dataclass(frozen=True, slots=True)
class SizedTally:
    """Number of ballots counted, their total weight, hash of the encrypted tally (hex)."""

    count: int
    weight: int
    encrypted_tally: str

    @property
    def raw(self) -> bytes:
        """The canonical text, ``sized_encrypted_tally``."""
        return dumps(
            {
                "num_tallied": self.count,
                "total_weight": number_json(self.weight),
                "encrypted_tally": self.encrypted_tally,
            }
        )


def sized(accumulator: Accumulator) -> SizedTally:
    """The payload of the EncryptedTally event."""
    digest = sha256_hex(accumulator.encrypted_tally())
    return SizedTally(accumulator.count, accumulator.weight, digest)


def parse_sized(raw: bytes, place: str = "sized tally") -> SizedTally:
    """A ``sized_encrypted_tally``."""
    fields = take_object(
        loads_strict(raw, place), place, "num_tallied", "total_weight", "encrypted_tally"
    )
    return SizedTally(
        take_int(fields["num_tallied"], f"{place}.num_tallied"),
        take_number(fields["total_weight"], f"{place}.total_weight"),
        take_text(fields["encrypted_tally"], f"{place}.encrypted_tally"),
    )


@dataclass(frozen=True, slots=True)
class Owned:
    """Which trustee made the payload: ``owned_shuffle``, ``owned_partial_decryption``."""

    owner: int
    payload: str

    @property
    def raw(self) -> bytes:
        """The canonical text."""
        return dumps({"owner": self.owner, "payload": self.payload})


def parse_owned(raw: bytes, place: str) -> Owned:
    """The owner, a trustee's number from 1, and the hash of what it made."""
    fields = take_object(loads_strict(raw, place), place, "owner", "payload")
    owner = take_int(fields["owner"], f"{place}.owner")
    return Owned(owner, take_text(fields["payload"], f"{place}.payload"))
