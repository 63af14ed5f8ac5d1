"""One fuzzer in its own process: ``python -m tests.fuzz.run ROOM.TARGET SECONDS FOLDER``.

``ROOM.*`` is all targets of a room at once, told apart by the first byte of the input. FOLDER
holds the corpus, which grows, and receives the input of a crash as ``crash-...``.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import atheris

from tests.fuzz.odd import mutate_inside
from tests.fuzz.targets import ALL, ROOMS, Target, room


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Half of the time change the JSON structure, which bytes changed at random seldom survive."""
    chance = random.Random(seed)
    try:
        value = json.loads(data) if chance.random() < 0.5 else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, (dict, list)) or not value:
        return bytes(atheris.Mutate(data, max_size))
    mutate_inside(value, chance)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="surrogatepass")[:max_size]


def load(name: str) -> tuple[Target, tuple[type[Exception], ...]]:
    """The target ``room.target``, instrumented, and the errors that may leave it."""
    place, _, target = name.partition(".")
    with atheris.instrument_imports(include=ROOMS[place]):
        module = room(place)
    found = together(list(module.TARGETS.values())) if target == ALL else module.TARGETS[target]
    return found, module.REFUSALS


def together(targets: list[Target]) -> Target:
    """One target that is all of these."""
    seeds = [bytes([n]) + seed for n, target in enumerate(targets) for seed in target.seeds]
    return Target(lambda data: targets[data[0] % len(targets)].parse(data[1:]), seeds)


def main() -> None:
    """Fuzz until the time is over; the exit code is not 0 when something was found."""
    name, seconds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    target, refusals = load(name)
    kept = int(name.endswith(ALL))  # bytes that say which target it is

    def one_input(data: bytes) -> None:
        try:
            if len(data) >= kept:
                target.parse(data)
        except refusals as refusal:
            assert str(refusal)

    def changed(data: bytes, max_size: int, seed: int) -> bytes:
        return data[:kept] + mutate(data[kept:], max_size - kept, seed)

    folder.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(target.seeds):
        one_input(seed)
        (folder / f"seed-{i}").write_bytes(seed)
    largest = max(map(len, target.seeds))
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={2 * largest}",
        "-timeout=10",
        "-rss_limit_mb=1024",
        "-verbosity=0",
        f"-artifact_prefix={folder}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder)], one_input, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
