"""Elections, credentials and choices for tests, and strategies that draw them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ballots import credentials, election
from ballots.election import Election
from ballots.group import Group, Scalar, get_group
from ballots.questions import (
    AnyQuestion,
    HomomorphicQuestion,
    ListsQuestion,
    NonHomomorphicQuestion,
)

UUID = "TestTestTestTest"
ED25519 = get_group("Ed25519")
GROUPS = (ED25519, get_group("BELENIOS-2048"), get_group("RFC-3526-2048"))
SECRET = credentials.generate()
KEY = Scalar(123456789)


def make_election(
    *questions: AnyQuestion, group: Group = ED25519, uuid: str = UUID, key: Scalar = KEY
) -> Election:
    """An election with these questions."""
    return election.build(
        uuid=uuid,
        name="Test",
        description="",
        group=group,
        public_key=group.base_mul(key),
        questions=questions,
    )


LABEL = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
Drawn = tuple[AnyQuestion, Any]


@st.composite
def homomorphic(draw: st.DrawFn) -> Drawn:
    """A question and choices that it allows."""
    answers = draw(st.lists(LABEL, min_size=1, max_size=4))
    low = draw(st.integers(0, len(answers)))
    high = draw(st.integers(low, len(answers)))
    blank = draw(st.sampled_from([None, False, True]))
    question = HomomorphicQuestion(draw(LABEL), tuple(answers), blank, low, high)
    if blank and draw(st.booleans()):
        return question, [1] + [0] * len(answers)
    chosen = draw(st.integers(low, high))
    bits = draw(st.permutations([1] * chosen + [0] * (len(answers) - chosen)))
    return question, ([0, *bits] if blank else list(bits))


@st.composite
def nonhomomorphic(draw: st.DrawFn) -> Drawn:
    """A question and choices that it allows."""
    answers = draw(st.lists(LABEL, min_size=1, max_size=30))
    numbers = st.lists(st.integers(0, 255), min_size=len(answers), max_size=len(answers))
    return NonHomomorphicQuestion(draw(LABEL), tuple(answers)), draw(numbers)


@st.composite
def lists(draw: st.DrawFn) -> Drawn:
    """A question and choices that it allows."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    answers = tuple(tuple(draw(LABEL) for _ in range(1 + size)) for size in sizes)
    choices = [[0] * (1 + size) for size in sizes]
    row = choices[draw(st.integers(0, len(sizes) - 1))]
    count = len(row) - 1
    bits = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count).filter(any))
    row[:] = [1, *bits]
    return ListsQuestion(draw(LABEL), answers), choices


def changed_at(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with one part replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed_at(value[path[0]], path[1:], new)
    return copy
