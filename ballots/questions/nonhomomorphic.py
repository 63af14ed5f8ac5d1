"""Non-homomorphic questions: one small integer an answer (specification 4.9.2, 4.11.2).

For ranks, grades and write-ins. All integers of an answer are one ciphertext, which is shuffled and
decrypted as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ballots import checks, elgamal
from ballots.elgamal import Ciphertext, parse_ciphertext
from ballots.encoding import Json, take_list, take_object, take_text
from ballots.group import Group, Pick, Scalar
from ballots.proofs import Proof, parse_proof, prove_knowledge, raw_prefix, verify_knowledge
from ballots.questions.base import Answer, Choices, Context, Question, Step, opened_element


@dataclass(frozen=True, slots=True)
class NonHomomorphicAnswer(Answer):
    """``answer_nh`` of the specification."""

    choices: Ciphertext
    proof: Proof

    def ciphertexts(self) -> Sequence[Ciphertext]:
        return (self.choices,)

    def to_json(self) -> Json:
        return {"choices": self.choices.to_json(), "proof": self.proof.to_json()}


@dataclass(frozen=True, slots=True)
class NonHomomorphicQuestion(Question[NonHomomorphicAnswer]):
    """``question_nh``, in a ``question_gen`` whose ``extra`` hints at the counting method."""

    text: str
    answers: tuple[str, ...]
    extra: Json = None

    @property
    def size(self) -> int:
        return 1

    def to_json(self) -> Json:
        value = {"answers": list(self.answers), "question": self.text}
        extra = {} if self.extra is None else {"extra": self.extra}
        return {"type": "NonHomomorphic", "value": value, **extra}

    def check(self, group: Group, place: str) -> None:
        reason = "has no answers"
        checks.require(bool(self.answers), "election.questions", place, reason)
        group.check_embedding(len(self.answers), place)

    def check_choices(self, choices: Choices, place: str) -> None:
        valid = (
            isinstance(choices, list)
            and len(choices) == len(self.answers)
            and all(type(number) is int and 0 <= number <= 255 for number in choices)
        )
        reason = f"must be {len(self.answers)} numbers between 0 and 255"
        checks.require(valid, "ballot.choices", place, reason)

    def encrypt(
        self, context: Context, choices: Choices, randomness: Sequence[Scalar], pick: Pick
    ) -> NonHomomorphicAnswer:
        (r,) = randomness
        message = context.group.embed(choices)
        ciphertext = elgamal.encrypt(context.group, context.key, message, r)
        prefix = raw_prefix(context.text, context.key, ciphertext)
        return NonHomomorphicAnswer(ciphertext, prove_knowledge(context.group, prefix, r, pick))

    def parse_answer(self, group: Group, value: Json, place: str) -> NonHomomorphicAnswer:
        fields = take_object(value, place, "choices", "proof")
        return NonHomomorphicAnswer(
            parse_ciphertext(group, fields["choices"], f"{place}.choices"),
            parse_proof(group, fields["proof"], f"{place}.proof"),
        )

    def steps(self, context: Context, answer: NonHomomorphicAnswer, place: str) -> Iterator[Step]:
        yield partial(
            verify_knowledge,
            context.group,
            raw_prefix(context.text, context.key, answer.choices),
            answer.choices.alpha,
            answer.proof,
            "ballot.nonhomomorphic-proof",
            f"{place}.proof",
        )

    def opened(
        self,
        context: Context,
        answer: NonHomomorphicAnswer,
        randomness: Sequence[Scalar],
        place: str,
    ) -> Choices:
        (r,) = randomness
        element = opened_element(context, answer.choices, r, f"{place}.choices")
        return context.group.extract(element, len(self.answers))


def parse_nonhomomorphic(value: Json, extra: Json, place: str) -> NonHomomorphicQuestion:
    """A question from the ``value`` and ``extra`` of a ``question_gen``."""
    fields = take_object(value, place, "answers", "question")
    answers = take_list(fields["answers"], f"{place}.answers")
    return NonHomomorphicQuestion(
        text=take_text(fields["question"], f"{place}.question"),
        answers=tuple(take_text(item, f"{place}.answers[{i}]") for i, item in enumerate(answers)),
        extra=extra,
    )
