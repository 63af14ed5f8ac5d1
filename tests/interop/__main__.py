"""The long run: elections held by either program or both, then mutations, compared.

    python -m tests.interop [--seed N] [--elections N] [--mutations N] [--keep FOLDER]

Everything is drawn from the seed but the keys and the randomness of encryption. A difference that
is not in ``differences`` ends with status 1; its archive is kept in FOLDER.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.interop import differences, vectors
from tests.interop.checking import check, prefixes
from tests.interop.differential import judge
from tests.interop.elections import Held, Party, draw, hold
from tests.interop.mutators import Base, mutate
from tests.interop.ours import Ours
from tests.interop.theirs import Theirs
from tests.interop.tool import HOW, Tool, find, folder

MODES = ("theirs", "ours", "mixed")
PER_BASE = 60
"""Mutations of one election before the next is held."""


def election(tool: Tool, source: random.Random, mode: str, group: str | None = None) -> Held:
    """An election of a random plan, with each step taken by the program that ``mode`` names."""
    parties: list[Party] = [Theirs(tool), Ours()]
    chosen = {"theirs": parties[:1], "ours": parties[1:], "mixed": parties}[mode]
    plan = draw(source, group)
    with folder() as where:
        return hold(plan, where, lambda: source.choice(chosen))


def bases(held: Held) -> list[Base]:
    """The election as it was after each event, the last ones more often."""
    made = [
        Base(archive, held.plan.group, held.uuid, held.secrets)
        for archive in prefixes(held.archive)
    ]
    return made + made[-3:]


def elections(tool: Tool, source: random.Random, count: int) -> int:
    """Hold and check elections; gives how many archives were compared."""
    compared = 0
    for i in range(count):
        compared += check(tool, election(tool, source, MODES[i % 3]))
        _progress(f"{i + 1} of {count} elections, {compared} archives")
    return compared


def mutations(
    tool: Tool,
    source: random.Random,
    count: int,
    keep: Path | None = None,
    group: str | None = None,
) -> tuple[Counter[str], list[str]]:
    """What was found how often, and the differences that nobody explained."""
    found: Counter[str] = Counter()
    unexplained: list[str] = []
    current: list[Base] = []
    for i in range(count):
        if i % PER_BASE == 0:
            drawn = group or source.choices((None, "Ed25519"), (1, 4))[0]
            current = bases(election(tool, source, source.choice(MODES), drawn))
        name, archive = mutate(source.choice(current), source)
        verdicts = judge(tool, archive)
        kind = verdicts.kind
        found[kind] += 1
        problem = differences.unexplained(verdicts)
        if problem:
            unexplained.append(f"{name}: {problem}")
        if keep is not None and (problem or (" only" in kind and source.random() < 0.05)):
            (keep / f"{i}.bel").write_bytes(archive)
            (keep / f"{i}.txt").write_text(f"{name}\n{kind}\n{problem}\n")
        _progress(f"{i + 1} of {count} mutations, {len(unexplained)} unexplained")
    return found, unexplained


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\x1b[K")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.interop")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--elections", type=int, default=60)
    parser.add_argument("--mutations", type=int, default=2000)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    tool = find()
    if tool is None:
        sys.stderr.write(f"{HOW}\n")
        return 2
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    _say(f"seed {given.seed}")
    try:
        compared = elections(tool, random.Random(given.seed), given.elections)
    except Exception:
        traceback.print_exc()
        return 1
    _say(f"{given.elections} elections: {compared} archives accepted by both, results equal")
    found, unexplained = mutations(tool, random.Random(given.seed), given.mutations, given.keep)
    for kind, number in found.most_common():
        _say(f"{number:>7}  {kind}")
    unexplained += vectors.differences(tool)
    for problem in unexplained:
        _say(f"UNEXPLAINED {problem}")
    _say(
        f"{given.mutations} mutations, {len(unexplained)} unexplained, "
        f"{time.monotonic() - start:.0f} s"
    )
    return 1 if unexplained else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
