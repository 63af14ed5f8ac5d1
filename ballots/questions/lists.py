"""Lists questions: one list, and candidates in it (specification 4.9.3, 4.11.3).

Row i of the choices is one list: first whether it is chosen, then each of its candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from ballots import checks, elgamal
from ballots.elgamal import Ciphertext, parse_ciphertext
from ballots.encoding import Json, take_list, take_object, take_text
from ballots.group import Group, Pick, Scalar
from ballots.proofs import (
    NonzeroProof,
    Proof,
    interval,
    interval_prefix,
    list_prefix,
    minus,
    parse_nonzero,
    parse_proof,
    parse_proofs,
    prove_nonzero,
    prove_one_zero,
    verify_nonzero,
    verify_one_zero,
)
from ballots.questions.base import (
    Answer,
    Choices,
    Context,
    Question,
    Step,
    check_bits,
    opened_bit,
)
from ballots.questions.homomorphic import verify_bit

Row = tuple[Ciphertext, ...]


@dataclass(frozen=True, slots=True)
class ListsAnswer(Answer):
    """``answer_l`` of the specification."""

    choices: tuple[Row, ...]
    individual_proofs: tuple[tuple[Sequence[Proof], ...], ...]
    overall_proof: Proof
    list_proofs: tuple[Sequence[Proof], ...]
    nonzero_proof: NonzeroProof

    def ciphertexts(self) -> Sequence[Ciphertext]:
        return [ciphertext for row in self.choices for ciphertext in row]

    def to_json(self) -> Json:
        return {
            "choices": [[ciphertext.to_json() for ciphertext in row] for row in self.choices],
            "individual_proofs": [
                [[proof.to_json() for proof in proofs] for proofs in row]
                for row in self.individual_proofs
            ],
            "overall_proof": self.overall_proof.to_json(),
            "list_proofs": [[proof.to_json() for proof in proofs] for proofs in self.list_proofs],
            "nonzero_proof": self.nonzero_proof.to_json(),
        }


@dataclass(frozen=True, slots=True)
class ListsQuestion(Question[ListsAnswer]):
    """``question_l`` in a ``question_gen``; row i is the name of a list and its candidates."""

    text: str
    answers: tuple[tuple[str, ...], ...]
    extra: Json = None

    @property
    def size(self) -> int:
        return sum(len(row) for row in self.answers)

    def to_json(self) -> Json:
        value = {"answers": [list(row) for row in self.answers], "question": self.text}
        extra = {} if self.extra is None else {"extra": self.extra}
        return {"type": "Lists", "value": value, **extra}

    def check(self, group: Group, place: str) -> None:
        answerable = bool(self.answers) and all(len(row) >= 2 for row in self.answers)
        reason = "has no lists, or a list without candidates"
        checks.require(answerable, "election.questions", place, reason)

    def check_choices(self, choices: Choices, place: str) -> None:
        shape = isinstance(choices, list) and len(choices) == len(self.answers)
        reason = f"must have {len(self.answers)} rows, one a list"
        checks.require(shape, "ballot.choices", place, reason)
        rows = [
            check_bits(bits, len(row), f"{place}[{i}]")
            for i, (bits, row) in enumerate(zip(choices, self.answers, strict=True))
        ]
        chosen = [bits for bits in rows if bits[0]]
        reason = "choose exactly one list"
        checks.require(len(chosen) == 1, "ballot.choices", place, reason)
        reason = "choose at least one candidate"
        checks.require(any(chosen[0][1:]), "ballot.choices", place, reason)
        elsewhere = any(any(bits[1:]) for bits in rows if not bits[0])
        reason = "choose candidates of the chosen list only"
        checks.require(not elsewhere, "ballot.choices", place, reason)

    def encrypt(
        self, context: Context, choices: Choices, randomness: Sequence[Scalar], pick: Pick
    ) -> ListsAnswer:
        """Proofs in this order: individual, overall, lists, non-zero."""
        group, key = context.group, context.key
        r = self._rows(randomness)
        c = tuple(
            tuple(elgamal.encrypt_number(group, key, m, r) for m, r in zip(*pair, strict=True))
            for pair in zip(choices, r, strict=True)
        )
        individual = tuple(
            tuple(_prove_bit(context, *made, pick) for made in zip(*row, strict=True))
            for row in zip(c, choices, r, strict=True)
        )
        text = context.with_ciphertexts([ciphertext for row in c for ciphertext in row])
        names = elgamal.add(group, [row[0] for row in c])
        (overall,) = prove_one_zero(
            group,
            key,
            interval_prefix(text, names),
            [minus(group, names, 1)],
            0,
            group.scalar(sum(row[0] for row in r)),
            pick,
        )
        lists = tuple(
            _prove_list(context, text, *row, pick) for row in zip(c, choices, r, strict=True)
        )
        total = elgamal.add(group, [ciphertext for row in c for ciphertext in row[1:]])
        r_total = group.scalar(sum(sum(row[1:]) for row in r))
        nonzero = prove_nonzero(group, key, text, total, r_total, pick)
        return ListsAnswer(c, individual, overall, lists, nonzero)

    def _rows(self, flat: Sequence[Scalar]) -> list[Sequence[Scalar]]:
        ends = list(accumulate(len(row) for row in self.answers))
        return [flat[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def parse_answer(self, group: Group, value: Json, place: str) -> ListsAnswer:
        fields = take_object(
            value,
            place,
            "choices",
            "individual_proofs",
            "overall_proof",
            "list_proofs",
            "nonzero_proof",
        )
        n = len(self.answers)
        choices = take_list(fields["choices"], f"{place}.choices", n)
        individual = take_list(fields["individual_proofs"], f"{place}.individual_proofs", n)
        lists = take_list(fields["list_proofs"], f"{place}.list_proofs", n)
        return ListsAnswer(
            tuple(
                tuple(
                    parse_ciphertext(group, item, f"{place}.choices[{i}][{j}]")
                    for j, item in enumerate(
                        take_list(choices[i], f"{place}.choices[{i}]", len(row))
                    )
                )
                for i, row in enumerate(self.answers)
            ),
            tuple(
                tuple(
                    parse_proofs(group, item, f"{place}.individual_proofs[{i}][{j}]", 2)
                    for j, item in enumerate(
                        take_list(individual[i], f"{place}.individual_proofs[{i}]", len(row))
                    )
                )
                for i, row in enumerate(self.answers)
            ),
            parse_proof(group, fields["overall_proof"], f"{place}.overall_proof"),
            tuple(
                parse_proofs(group, item, f"{place}.list_proofs[{i}]", 2)
                for i, item in enumerate(lists)
            ),
            parse_nonzero(group, fields["nonzero_proof"], f"{place}.nonzero_proof"),
        )

    def steps(self, context: Context, answer: ListsAnswer, place: str) -> Iterator[Step]:
        group, key = context.group, context.key
        for i, row in enumerate(answer.choices):
            for j, ciphertext in enumerate(row):
                where = f"{place}.individual_proofs[{i}][{j}]"
                proofs = answer.individual_proofs[i][j]
                yield partial(verify_bit, context, ciphertext, proofs, where)
        text = context.with_ciphertexts(answer.ciphertexts())
        names = elgamal.add(group, [row[0] for row in answer.choices])
        yield partial(
            verify_one_zero,
            group,
            key,
            interval_prefix(text, names),
            [minus(group, names, 1)],
            [answer.overall_proof],
            "ballot.overall-proof",
            f"{place}.overall_proof",
        )
        totals = [elgamal.add(group, row[1:]) for row in answer.choices]
        for i, (row, total) in enumerate(zip(answer.choices, totals, strict=True)):
            yield partial(
                verify_one_zero,
                group,
                key,
                list_prefix(text),
                [minus(group, row[0], 1), total],
                answer.list_proofs[i],
                "ballot.list-proof",
                f"{place}.list_proofs[{i}]",
            )
        yield partial(
            verify_nonzero,
            group,
            key,
            text,
            elgamal.add(group, totals),
            answer.nonzero_proof,
            f"{place}.nonzero_proof",
        )

    def opened(
        self, context: Context, answer: ListsAnswer, randomness: Sequence[Scalar], place: str
    ) -> Choices:
        return [
            [
                opened_bit(context, ciphertext, r, f"{place}.choices[{i}][{j}]")
                for j, (ciphertext, r) in enumerate(zip(*pair, strict=True))
            ]
            for i, pair in enumerate(zip(answer.choices, self._rows(randomness), strict=True))
        ]


def _prove_bit(
    context: Context, ciphertext: Ciphertext, m: int, r: Scalar, pick: Pick
) -> list[Proof]:
    prefix = interval_prefix(context.text, ciphertext)
    statements = interval(context.group, ciphertext, 0, 1)
    return prove_one_zero(context.group, context.key, prefix, statements, m, r, pick)


def _prove_list(
    context: Context,
    text: str,
    row: Row,
    bits: Sequence[int],
    randomness: Sequence[Scalar],
    pick: Pick,
) -> list[Proof]:
    group = context.group
    total = elgamal.add(group, row[1:])
    r_total = group.scalar(sum(randomness[1:]))
    index, r = (0, randomness[0]) if bits[0] else (1, r_total)
    statements = [minus(group, row[0], 1), total]
    return prove_one_zero(group, context.key, list_prefix(text), statements, index, r, pick)


def parse_lists(value: Json, extra: Json, place: str) -> ListsQuestion:
    """A question from the ``value`` and ``extra`` of a ``question_gen``."""
    fields = take_object(value, place, "answers", "question")
    rows = take_list(fields["answers"], f"{place}.answers")
    return ListsQuestion(
        text=take_text(fields["question"], f"{place}.question"),
        answers=tuple(
            tuple(
                take_text(item, f"{place}.answers[{i}][{j}]")
                for j, item in enumerate(take_list(row, f"{place}.answers[{i}]"))
            )
            for i, row in enumerate(rows)
        ),
        extra=extra,
    )
