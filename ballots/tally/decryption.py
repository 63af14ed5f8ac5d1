"""Shares of the decryption, their combination, and the result (specification 4.20, 4.21)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from ballots import BallotError, checks, proofs, threshold
from ballots.election import Election
from ballots.encoding import (
    Json,
    dumps,
    loads_strict,
    take_decimal,
    take_int,
    take_list,
    take_object,
)
from ballots.faults import Sink, collected, refuse
from ballots.group import Element, Group, Scalar
from ballots.keys import public_key
from ballots.questions import NonHomomorphicQuestion
from ballots.tally.encrypted import MAX_DIGITS, MAX_NUMBER, Tally, number_json, take_number
from ballots.tally.logarithm import Logarithms
from ballots.tally.shapes import flatten, nest
from ballots.trustees import Block, Trustee, Trustees

T = TypeVar("T")
PerQuestion: TypeAlias = tuple[tuple[T, ...], ...]
"""Flat entries for each question, as in ``Tally``."""
Factors: TypeAlias = PerQuestion[Element]


# Shares


def partial_decryption(election: Election, tally: Tally, private_key: str) -> bytes:
    """The share of the holder of ``private_key`` (decimal): factors with proofs.

    It decrypts what it is given; ``ceremony.decrypt_archive`` is what a trustee should use.
    """
    group, fingerprint = election.group, election.fingerprint
    public = public_key(group, private_key)
    x = group.parse_scalar(private_key, "private key")
    factors, made = [], []
    for shape, ciphertexts in zip(tally.shapes, tally.questions, strict=True):
        factors.append(nest(shape, [group.mul(x, c.alpha).text for c in ciphertexts]))
        shares = [
            proofs.prove_decryption(group, fingerprint, x, public, c.alpha, group.random_scalar)
            for c in ciphertexts
        ]
        made.append(nest(shape, [proof.to_json() for proof in shares]))
    return dumps({"decryption_factors": factors, "decryption_proofs": made})


def check_partial_decryption(
    election: Election, tally: Tally, trustee: Trustee, raw: bytes, place: str = ""
) -> Factors:
    """The factors in a share of ``trustee``. Raises BallotError, which names the trustee."""
    group = election.group
    place = f"{place}share of {trustee.place}"
    fields = take_object(loads_strict(raw, place), place, "decryption_factors", "decryption_proofs")
    factors = _parse(tally, fields["decryption_factors"], f"{place}: factors", group.parse_element)
    made = _parse(
        tally,
        fields["decryption_proofs"],
        f"{place}: proofs",
        lambda value, where, identity: proofs.parse_proof(group, value, where),
    )
    for i, columns in enumerate(zip(tally.questions, factors, made, strict=True)):
        for k, (ciphertext, factor, proof) in enumerate(zip(*columns, strict=True)):
            proofs.verify_decryption(
                group,
                election.fingerprint,
                trustee.key,
                ciphertext.alpha,
                factor,
                proof,
                "decryption.proof",
                f"{place}, question {i + 1}, entry {k + 1}",
            )
    return factors


def _parse(tally: Tally, value: Json, place: str, parse: Callable[..., T]) -> PerQuestion[T]:
    check = "decryption.shape"
    values = take_list(value, place, len(tally.shapes), check)
    return tuple(
        tuple(
            parse(item, f"{place}[{i}][{k}]", identity=True)
            for k, item in enumerate(
                flatten(shape, values[i], f"{place}[{i}]", check, len(tally.questions[i]))
            )
        )
        for i, shape in enumerate(tally.shapes)
    )


# Combination


def missing(trustees: Trustees, present: Iterable[int]) -> list[str]:
    """What is still needed, in words, when the shares of these trustees are there."""
    numbers = set(present)
    return [words for block in trustees.blocks if (words := _missing(block, numbers))]


def _missing(block: Block, present: set[int]) -> str:
    there = sum(member.number in present for member in block.members)
    if there >= block.threshold:
        return ""
    if block.kind == "Single":
        return f"a correct share of {block.members[0].place} is missing"
    first, last = block.members[0].number, block.members[-1].number
    needed = f"of the {block.threshold} correct shares needed of trustees {first} to {last}"
    return f"{needed} there are {there}"


def combine(
    group: Group,
    trustees: Trustees,
    shares: Mapping[int, Factors],
    check: str = "decryption.missing",
) -> Factors:
    """The factors of the election key, from checked shares by number of trustee (4.21).

    Of threshold trustees the first ones that are enough are used. Raises BallotError when some
    are missing.
    """
    lacking = missing(trustees, shares)
    checks.require(not lacking, check, "shares", "; ".join(lacking))
    weighted = [pair for block in trustees.blocks for pair in _weighted(group, block, shares)]
    weights = [weight for weight, _ in weighted]
    questions = zip(*(factors for _, factors in weighted), strict=True)
    return tuple(
        tuple(_weighted_sum(group, weights, entry) for entry in zip(*columns, strict=True))
        for columns in questions
    )


def _weighted(
    group: Group, block: Block, shares: Mapping[int, Factors]
) -> list[tuple[Scalar, Factors]]:
    """The shares of a block that are used, each with its Lagrange coefficient."""
    first = block.members[0].number
    used = [m.number for m in block.members if m.number in shares][: block.threshold]
    if block.kind == "Single":
        return [(Scalar(1), shares[first])]
    indices = [number - first + 1 for number in used]
    return [
        (threshold.lagrange(group, indices, index), shares[number])
        for index, number in zip(indices, used, strict=True)
    ]


def _weighted_sum(group: Group, weights: list[Scalar], entry: tuple[Element, ...]) -> Element:
    pairs = zip(weights, entry, strict=True)
    return group.sum(p if weight == 1 else group.mul(weight, p) for weight, p in pairs)


def decrypt(tally: Tally, factors: Factors) -> PerQuestion[Element]:
    """What the ciphertexts hide: ``beta - F``."""
    return tuple(
        tuple(c.beta - factor for c, factor in zip(*columns, strict=True))
        for columns in zip(tally.questions, factors, strict=True)
    )


# Results


@dataclass(frozen=True, slots=True)
class Result:
    """For each question a flat list: counts, or for a mixed question the answers of a ballot."""

    election: Election
    tally: Tally
    questions: tuple[tuple[int | list[int], ...], ...]

    def to_json(self) -> Json:
        """``result`` of the specification, without the field around it."""
        return [
            nest(shape, [_entry_json(entry) for entry in entries])
            for shape, entries in zip(self.tally.shapes, self.questions, strict=True)
        ]

    @property
    def raw(self) -> bytes:
        """The contents of the Result record."""
        return dumps({"result": self.to_json()})


def _entry_json(entry: int | list[int]) -> Json:
    return number_json(entry) if isinstance(entry, int) else entry


def result(
    election: Election,
    trustees: Trustees,
    tally: Tally,
    shares: Mapping[int, bytes],
    *,
    weight: int,
    unit: int = 1,
) -> tuple[Result, list[BallotError]]:
    """The result, and the shares that were wrong: they are named, and not used.

    ``weight`` is the total weight of the ballots counted, ``unit`` a common divisor of all weights,
    which shortens the search for counts. Raises BallotError when too few shares are correct, and
    when a count is not between 0 and ``weight``, which correct ballots cannot cause.
    """
    blamed: list[BallotError] = []
    correct: dict[int, Factors] = {}
    by_number = {trustee.number: trustee for trustee in trustees.all}
    for number, raw in sorted(shares.items()):
        try:
            trustee = by_number.get(number)
            if trustee is None:
                checks.fail("decryption.owner", f"share {number}", "there is no such trustee")
            correct[number] = check_partial_decryption(election, tally, trustee, raw)
        except BallotError as fault:
            blamed.append(fault)
    elements = decrypt(tally, combine(election.group, trustees, correct))
    entries = sum(shape.size for shape in tally.shapes)
    logarithms = Logarithms(election.group, weight, unit, max(entries, 1))
    return Result(election, tally, _entries(election, elements, logarithms)), blamed


def _entries(
    election: Election, elements: PerQuestion[Element], logarithms: Logarithms
) -> tuple[tuple[int | list[int], ...], ...]:
    questions: list[tuple[int | list[int], ...]] = []
    for i, (question, column) in enumerate(zip(election.questions, elements, strict=True)):
        if isinstance(question, NonHomomorphicQuestion):
            count = len(question.answers)
            questions.append(tuple(election.group.extract(p, count) for p in column))
            continue
        found = [logarithms.find(element) for element in column]
        counts = tuple(count for count in found if count is not None)
        inside = len(counts) == len(found)
        reason = "is not between 0 and the total weight"
        checks.require(inside, "result.range", f"question {i + 1}", reason)
        questions.append(counts)
    return tuple(questions)


def check_result(
    election: Election,
    tally: Tally,
    elements: PerQuestion[Element] | None,
    value: Json,
    weight: int,
    place: str = "result",
    sink: Sink = refuse,
) -> None:
    """That a published ``result`` says what was decrypted.

    Counts are compared in the exponent, so no logarithm is searched. Without ``elements``, when
    shares are missing, only form and range are checked. Faults of entries go to ``sink``; a wrong
    shape raises BallotError.
    """
    values = take_list(value, place, len(tally.shapes), "result.shape")
    for i, (question, shape) in enumerate(zip(election.questions, tally.shapes, strict=True)):
        where = f"{place}, question {i + 1}"
        size = len(tally.questions[i])
        for k, entry in enumerate(flatten(shape, values[i], where, "result.shape", size)):
            element = elements[i][k] if elements else None
            at = f"{where}, entry {k + 1}"
            with collected(sink):
                if isinstance(question, NonHomomorphicQuestion):
                    _check_answers(election.group, len(question.answers), element, entry, at)
                else:
                    _check_count(election.group, weight, element, entry, at, sink)


def _check_count(
    group: Group, weight: int, element: Element | None, entry: Json, place: str, sink: Sink
) -> None:
    count = _take_count(entry, place, sink)
    reason = f"the count {count} is larger than the total weight {weight}"
    checks.require(count <= weight, "result.range", place, reason)
    if element is not None:
        same = group.base_mul(group.scalar(count)) == element
        reason = f"the count {count} is not what the trustees decrypted"
        checks.require(same, "result.value", place, reason)


def _take_count(entry: Json, place: str, sink: Sink) -> int:
    """A count; one that is small and written as a string is only reported."""
    if not isinstance(entry, str) or len(entry) > len(str(MAX_NUMBER)):
        return take_number(entry, place)
    count = take_decimal(entry, place, MAX_DIGITS)
    with collected(sink):
        small = count <= MAX_NUMBER
        checks.require(not small, "result.form", place, "a small count is written as a string")
    return count


def _check_answers(
    group: Group, size: int, element: Element | None, entry: Json, place: str
) -> None:
    numbers = [take_int(number, place) for number in take_list(entry, place, size, "result.shape")]
    if element is not None:
        same = numbers == group.extract(element, size)
        reason = "the answers are not what the trustees decrypted"
        checks.require(same, "result.value", place, reason)
