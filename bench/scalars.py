"""Scalar multiplications: the time of one, how many a ballot needs, ballots a second on one core.

    python -m bench.scalars

The ratio compares the time to read and verify a ballot with the time of the multiplications and
membership checks that the specification asks for; the goal is at most 1.25. All times are the best
of several rounds taken in turn, and of processor time, so that a busy machine disturbs them little
and alike.
"""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

from ballots import ballot, credentials, election
from ballots.election import Election
from ballots.group import Element, Group, get_group
from ballots.questions import HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion, Question

ROUNDS = 20
SECONDS_A_ROUND = 0.04
GOAL = 1.25

TEN = tuple(f"Candidate {n}" for n in range(1, 11))
QUESTIONS: dict[str, tuple[Question[Any], Any]] = {
    "10 candidates, 1 to 3, blank": (
        HomomorphicQuestion("?", TEN, True, 1, 3),
        [0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    ),
    "10 candidates, up to 3": (
        HomomorphicQuestion("?", TEN, None, 0, 3),
        [1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    ),
    "ranks of 10": (NonHomomorphicQuestion("?", TEN), list(range(1, 11))),
    "3 lists of 3": (
        ListsQuestion("?", (("A", "1", "2", "3"), ("B", "1", "2", "3"), ("C", "1", "2", "3"))),
        [[1, 1, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]],
    ),
}


@dataclass(frozen=True)
class Work:
    """Multiplications of any element, of the generator, and membership checks."""

    mul: int
    base: int
    membership: int

    def __add__(self, other: Work) -> Work:
        return Work(
            self.mul + other.mul, self.base + other.base, self.membership + other.membership
        )

    def __rmul__(self, factor: int) -> Work:
        return Work(factor * self.mul, factor * self.base, factor * self.membership)

    def seconds(self, times: dict[str, float]) -> float:
        """How long it takes at these times of one each."""
        return sum(getattr(self, kind) * times[kind] for kind in times)


KNOWLEDGE = Work(mul=1, base=1, membership=0)
DISJUNCT = Work(mul=3, base=1, membership=0)
NONZERO = Work(mul=4, base=1, membership=1)
CIPHERTEXT = Work(mul=0, base=0, membership=2)


def needed(question: Question[Any]) -> Work:
    """What the specification asks for one answer."""
    if isinstance(question, HomomorphicQuestion):
        bits = 2 * question.size
        overall = question.max - question.min + 1
        blank = 3 if question.blank else 0  # two parts of the blank proof, one more of the overall
        return question.size * CIPHERTEXT + (bits + overall + blank) * DISJUNCT
    if isinstance(question, ListsQuestion):
        parts = 2 * question.size + 1 + 2 * len(question.answers)
        return question.size * CIPHERTEXT + parts * DISJUNCT + NONZERO
    return CIPHERTEXT + KNOWLEDGE


SIGNATURE = KNOWLEDGE + Work(mul=0, base=0, membership=1)


def counted(group: Group, call: Callable[[], object]) -> Work:
    """What ``call`` does."""
    count: Counter[str] = Counter()

    def counting(name: str) -> Callable[..., Any]:
        method = getattr(group, name)

        def wrapper(*arguments: object) -> Any:
            count[name] += 1
            return method(*arguments)

        return wrapper

    names = ("mul", "base_mul", "_decode")
    with mock.patch.multiple(group, **{name: counting(name) for name in names}):
        call()
    return Work(*(count[name] for name in names))


def best(calls: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of one call of each: the best of the rounds, which are taken in turn."""
    times = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start, repeated = time.process_time(), 0
            while (elapsed := time.process_time() - start) < SECONDS_A_ROUND:
                call()
                repeated += 1
            times[name] = min(times[name], elapsed / repeated)
    return times


def scalar_calls(group: Group) -> dict[str, Callable[[], object]]:
    """One of each kind of work, with random operands."""
    scalar = group.random_scalar()
    element: Element = group.base_mul(group.random_scalar())
    text = element.text
    return {
        "mul": lambda: group.mul(scalar, element),
        "base": lambda: group.base_mul(scalar),
        "membership": lambda: group.parse_element(text, ""),
    }


def example(group: Group, question: Question[Any], choices: Any) -> tuple[Election, bytes]:
    """An election with one question, and a ballot."""
    key = group.base_mul(group.random_scalar())
    made = election.build(
        uuid="Bench" * 3,
        name="",
        description="",
        group=group,
        public_key=key,
        questions=[question],
    )
    return made, ballot.encrypt(made, credentials.generate(), [choices])


def main() -> None:
    """Print the tables."""
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    print(f"{'microseconds for one':34}{'a*P':>10}{'a*G':>10}{'membership':>12}")
    for name in ("Ed25519", "BELENIOS-2048", "RFC-3526-2048"):
        times = best(scalar_calls(get_group(name)))
        columns = (f"{1e6 * times[kind]:10.1f}" for kind in ("mul", "base"))
        print(f"{name:34}{''.join(columns)}{1e6 * times['membership']:12.1f}")
    group = get_group("Ed25519")
    print(f"\n{'Ed25519 ballot':34}{'counted = needed':>22}{'ms':>8}{'per s':>8}{'ratio':>8}")
    for label, (question, choices) in QUESTIONS.items():
        made, raw = example(group, question, choices)

        def check(made: Election = made, raw: bytes = raw) -> None:
            ballot.verify(made, ballot.parse(made, raw))

        work = SIGNATURE + needed(question)
        assert counted(group, check) == work, (counted(group, check), work)
        times = best({**scalar_calls(group), "ballot": check})
        seconds = times.pop("ballot")
        ratio = seconds / work.seconds(times)
        sums = f"{work.mul} + {work.base} + {work.membership}"
        print(f"{label:34}{sums:>22}{1e3 * seconds:8.2f}{1 / seconds:8.0f}{ratio:8.2f}")
    print(f"\ngoal: ratio at most {GOAL}")


if __name__ == "__main__":
    main()
