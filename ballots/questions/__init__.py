"""The three kinds of question (specification 4.9): what to choose, to encrypt, to verify."""

from __future__ import annotations

from typing import Any, TypeAlias

from ballots import checks
from ballots.encoding import Json, take_object, take_text
from ballots.questions.base import Answer, Choices, Context, Question, Step
from ballots.questions.homomorphic import (
    HomomorphicAnswer,
    HomomorphicQuestion,
    parse_homomorphic,
)
from ballots.questions.lists import ListsAnswer, ListsQuestion, parse_lists
from ballots.questions.nonhomomorphic import (
    NonHomomorphicAnswer,
    NonHomomorphicQuestion,
    parse_nonhomomorphic,
)

__all__ = [
    "Answer",
    "AnyQuestion",
    "Choices",
    "Context",
    "HomomorphicAnswer",
    "HomomorphicQuestion",
    "ListsAnswer",
    "ListsQuestion",
    "NonHomomorphicAnswer",
    "NonHomomorphicQuestion",
    "Step",
    "parse_question",
]

AnyQuestion: TypeAlias = Question[Any]
"""A question of any kind; it goes only with the answers that it parsed or made itself."""


def parse_question(value: Json, place: str) -> AnyQuestion:
    """A question from JSON. Raises BallotError."""
    if not isinstance(value, dict) or "type" not in value:
        return parse_homomorphic(value, place)
    fields = take_object(value, place, "type", "value", "?extra")
    kind = take_text(fields["type"], f"{place}.type")
    extra = fields.get("extra")
    if kind == "NonHomomorphic":
        return parse_nonhomomorphic(fields["value"], extra, f"{place}.value")
    reason = "is not a known kind of question"
    checks.require(kind == "Lists", "election.questions", f"{place}.type", reason)
    return parse_lists(fields["value"], extra, f"{place}.value")
