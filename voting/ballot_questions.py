"""The questions of a ballot paper, derived from the rules: for the writer and for the verifier."""

from __future__ import annotations

from collections.abc import Iterable

from ballots.questions import AnyQuestion, HomomorphicQuestion, NonHomomorphicQuestion
from voting.rules.counting import QuestionSpec


def protocol_questions(specs: Iterable[QuestionSpec]) -> list[AnyQuestion]:
    return [_question(spec) for spec in specs]


def _question(spec: QuestionSpec) -> AnyQuestion:
    if spec.kind == "mixed":
        return NonHomomorphicQuestion(spec.text, spec.answers)
    return HomomorphicQuestion(
        text=spec.text,
        answers=spec.answers,
        blank=spec.blank or None,
        min=spec.min,
        max=spec.max,
    )
