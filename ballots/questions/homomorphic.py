"""Homomorphic questions: choose between ``min`` and ``max`` answers (specification 4.9.1, 4.11.1).

Each answer is encrypted as 0 or 1; only the sums over all ballots are decrypted. Where a blank vote
is allowed, one more bit comes first: it is 1 and all others are 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ballots import checks, elgamal
from ballots.elgamal import Ciphertext, parse_ciphertext
from ballots.encoding import Json, take_bool, take_int, take_list, take_object, take_text
from ballots.group import Group, Pick, Scalar
from ballots.proofs import (
    Proof,
    blank_prefix,
    interval,
    interval_prefix,
    minus,
    overall_blank_prefix,
    parse_proofs,
    prove_one_zero,
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

MAX_LIMIT = 1 << 16
"""Largest ``max`` read: an overall proof has one part for each number from ``min`` to ``max``."""


@dataclass(frozen=True, slots=True)
class HomomorphicAnswer(Answer):
    """``answer_h`` of the specification."""

    choices: tuple[Ciphertext, ...]
    individual_proofs: tuple[Sequence[Proof], ...]
    overall_proof: Sequence[Proof]
    blank_proof: Sequence[Proof] | None

    def ciphertexts(self) -> Sequence[Ciphertext]:
        return self.choices

    def to_json(self) -> Json:
        value: dict[str, Json] = {
            "choices": [ciphertext.to_json() for ciphertext in self.choices],
            "individual_proofs": [
                [proof.to_json() for proof in proofs] for proofs in self.individual_proofs
            ],
            "overall_proof": [proof.to_json() for proof in self.overall_proof],
        }
        if self.blank_proof is not None:
            value["blank_proof"] = [proof.to_json() for proof in self.blank_proof]
        return value


@dataclass(frozen=True, slots=True)
class HomomorphicQuestion(Question[HomomorphicAnswer]):
    """``question_h`` of the specification. ``blank`` is None when the field is absent."""

    text: str
    answers: tuple[str, ...]
    blank: bool | None
    min: int
    max: int

    @property
    def size(self) -> int:
        return len(self.answers) + bool(self.blank)

    def to_json(self) -> Json:
        blank = {} if self.blank is None else {"blank": self.blank}
        limits = {"min": self.min, "max": self.max}
        return {"answers": list(self.answers), **blank, **limits, "question": self.text}

    def check(self, group: Group, place: str) -> None:
        answerable = bool(self.answers) and self.min <= min(self.max, len(self.answers))
        reason = "has no answers, or limits between which no number of answers lies"
        checks.require(answerable, "election.questions", place, reason)

    def check_choices(self, choices: Choices, place: str) -> None:
        bits = check_bits(choices, self.size, place)
        blank, chosen = self._split(bits)
        if blank:
            reason = "a blank vote chooses no answer"
            checks.require(chosen == 0, "ballot.choices", place, reason)
        else:
            reason = f"choose between {self.min} and {self.max} answers"
            checks.require(self.min <= chosen <= self.max, "ballot.choices", place, reason)

    def _split(self, bits: Sequence[int]) -> tuple[int, int]:
        """Whether blank, and how many answers are chosen."""
        return (bits[0], sum(bits[1:])) if self.blank else (0, sum(bits))

    def encrypt(
        self, context: Context, choices: Choices, randomness: Sequence[Scalar], pick: Pick
    ) -> HomomorphicAnswer:
        group, key = context.group, context.key
        made = list(zip(choices, randomness, strict=True))
        ciphertexts = tuple(elgamal.encrypt_number(group, key, m, r) for m, r in made)
        individual = tuple(
            prove_one_zero(
                group, key, interval_prefix(context.text, c), interval(group, c, 0, 1), m, r, pick
            )
            for c, (m, r) in zip(ciphertexts, made, strict=True)
        )
        if not self.blank:
            overall = self._prove_overall(context, choices, randomness, ciphertexts, pick)
            return HomomorphicAnswer(ciphertexts, individual, overall, None)
        blank, overall = self._prove_blank(context, choices, randomness, ciphertexts, pick)
        return HomomorphicAnswer(ciphertexts, individual, overall, blank)

    def _prove_overall(
        self,
        context: Context,
        choices: Sequence[int],
        randomness: Sequence[Scalar],
        ciphertexts: Sequence[Ciphertext],
        pick: Pick,
    ) -> list[Proof]:
        total = elgamal.add(context.group, ciphertexts)
        prefix = interval_prefix(context.with_ciphertexts(ciphertexts), total)
        statements = interval(context.group, total, self.min, self.max)
        r = context.group.scalar(sum(randomness))
        index = sum(choices) - self.min
        return prove_one_zero(context.group, context.key, prefix, statements, index, r, pick)

    def _prove_blank(
        self,
        context: Context,
        choices: Sequence[int],
        randomness: Sequence[Scalar],
        ciphertexts: Sequence[Ciphertext],
        pick: Pick,
    ) -> tuple[list[Proof], list[Proof]]:
        """The blank proof, then the overall proof (4.13)."""
        group, key = context.group, context.key
        text = context.with_ciphertexts(ciphertexts)
        total = elgamal.add(group, ciphertexts[1:])
        is_blank, chosen = self._split(choices)
        r_blank, r_total = randomness[0], group.scalar(sum(randomness[1:]))
        index, r = (1, r_total) if is_blank else (0, r_blank)
        blank = prove_one_zero(
            group, key, blank_prefix(text), [ciphertexts[0], total], index, r, pick
        )
        index, r = (0, r_blank) if is_blank else (chosen - self.min + 1, r_total)
        statements = self._overall_statements(group, ciphertexts[0], total)
        prefix = overall_blank_prefix(text)
        return blank, prove_one_zero(group, key, prefix, statements, index, r, pick)

    def _overall_statements(
        self, group: Group, blank: Ciphertext, total: Ciphertext
    ) -> list[Ciphertext]:
        return [minus(group, blank, 1), *interval(group, total, self.min, self.max)]

    def parse_answer(self, group: Group, value: Json, place: str) -> HomomorphicAnswer:
        names = ["choices", "individual_proofs", "overall_proof"]
        if self.blank:
            names.append("blank_proof")
        fields = take_object(value, place, *names)
        choices = take_list(fields["choices"], f"{place}.choices", self.size)
        proofs = take_list(fields["individual_proofs"], f"{place}.individual_proofs", self.size)
        count = self.max - self.min + 1 + bool(self.blank)
        return HomomorphicAnswer(
            tuple(
                parse_ciphertext(group, item, f"{place}.choices[{i}]")
                for i, item in enumerate(choices)
            ),
            tuple(
                parse_proofs(group, item, f"{place}.individual_proofs[{i}]", 2)
                for i, item in enumerate(proofs)
            ),
            parse_proofs(group, fields["overall_proof"], f"{place}.overall_proof", count),
            parse_proofs(group, fields["blank_proof"], f"{place}.blank_proof", 2)
            if self.blank
            else None,
        )

    def steps(self, context: Context, answer: HomomorphicAnswer, place: str) -> Iterator[Step]:
        for i, (ciphertext, proofs) in enumerate(
            zip(answer.choices, answer.individual_proofs, strict=True)
        ):
            yield partial(
                verify_bit, context, ciphertext, proofs, f"{place}.individual_proofs[{i}]"
            )
        if answer.blank_proof is None:
            yield partial(self._verify_overall, context, answer, f"{place}.overall_proof")
        else:
            total = elgamal.add(context.group, answer.choices[1:])
            yield partial(self._verify_blank, context, answer, total, f"{place}.blank_proof")
            yield partial(
                self._verify_overall_blank, context, answer, total, f"{place}.overall_proof"
            )

    def _verify_overall(self, context: Context, answer: HomomorphicAnswer, place: str) -> None:
        total = elgamal.add(context.group, answer.choices)
        verify_one_zero(
            context.group,
            context.key,
            interval_prefix(context.with_ciphertexts(answer.choices), total),
            interval(context.group, total, self.min, self.max),
            answer.overall_proof,
            "ballot.overall-proof",
            place,
        )

    def _verify_blank(
        self, context: Context, answer: HomomorphicAnswer, total: Ciphertext, place: str
    ) -> None:
        verify_one_zero(
            context.group,
            context.key,
            blank_prefix(context.with_ciphertexts(answer.choices)),
            [answer.choices[0], total],
            answer.blank_proof or (),
            "ballot.blank-proof",
            place,
        )

    def _verify_overall_blank(
        self, context: Context, answer: HomomorphicAnswer, total: Ciphertext, place: str
    ) -> None:
        verify_one_zero(
            context.group,
            context.key,
            overall_blank_prefix(context.with_ciphertexts(answer.choices)),
            self._overall_statements(context.group, answer.choices[0], total),
            answer.overall_proof,
            "ballot.overall-proof",
            place,
        )

    def opened(
        self,
        context: Context,
        answer: HomomorphicAnswer,
        randomness: Sequence[Scalar],
        place: str,
    ) -> Choices:
        return [
            opened_bit(context, ciphertext, r, f"{place}.choices[{i}]")
            for i, (ciphertext, r) in enumerate(zip(answer.choices, randomness, strict=True))
        ]


def verify_bit(
    context: Context, ciphertext: Ciphertext, proofs: Sequence[Proof], place: str
) -> None:
    """That one ciphertext encrypts 0 or 1; also for lists questions."""
    verify_one_zero(
        context.group,
        context.key,
        interval_prefix(context.text, ciphertext),
        interval(context.group, ciphertext, 0, 1),
        proofs,
        "ballot.individual-proof",
        place,
    )


def parse_homomorphic(value: Json, place: str) -> HomomorphicQuestion:
    """A question from JSON."""
    fields = take_object(value, place, "answers", "?blank", "min", "max", "question")
    answers = take_list(fields["answers"], f"{place}.answers")
    blank = take_bool(fields["blank"], f"{place}.blank") if "blank" in fields else None
    return HomomorphicQuestion(
        text=take_text(fields["question"], f"{place}.question"),
        answers=tuple(take_text(item, f"{place}.answers[{i}]") for i, item in enumerate(answers)),
        blank=blank,
        min=take_int(fields["min"], f"{place}.min"),
        max=take_int(fields["max"], f"{place}.max", high=MAX_LIMIT),
    )
