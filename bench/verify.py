"""How fast an archive is verified: against the multiplications it needs, and on two cores.

    python -m bench.verify [ballots] [candidates]

Prints the scalar multiplications that verification makes (counted, not estimated; ``bench.scalars``
shows that they are those that the specification needs) times the measured time of one, the time
that verification takes, and both numbers of processes in one run. The ratio is that of a short
archive: the shorter what is timed, the less other programs disturb the best of many rounds.
"""

from __future__ import annotations

import os
import platform
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from ballots import ballot, credentials, election, tally, trustees
from ballots.archive import Writer
from ballots.ed25519 import Ed25519
from ballots.encoding import dumps
from ballots.group import get_group
from ballots.questions import HomomorphicQuestion
from ballots.verifier import verify
from bench.scalars import best, scalar_calls

GROUP = get_group("Ed25519")
TARGET_RATIO, TARGET_SPEEDUP = 1.25, 1.8
SHORT = 40


def make(path: Path, ballots: int, candidates: int) -> None:
    """A finished election: vote for at most two of the candidates."""
    question = HomomorphicQuestion("Who?", tuple(map(str, range(candidates))), None, 0, 2)
    keys = [trustees.generate_single(GROUP) for _ in range(2)]
    structure = trustees.trustees_bytes([trustees.single(public) for _, public in keys])
    parsed = trustees.parse_trustees(structure, GROUP)
    made = election.build(
        uuid="BenchBenchBench",
        name="Bench",
        description="",
        group=GROUP,
        public_key=trustees.election_key(GROUP, parsed),
        questions=[question],
    )
    voters = [credentials.generate() for _ in range(ballots)]
    public = [credentials.public_credential(GROUP, made.uuid, secret) for secret in voters]
    listed = dumps(credentials.sort_public(GROUP, public))
    accumulator = tally.Accumulator(made)
    with Writer(path, 1_700_000_000) as writer:
        names = ("election", "trustees", "credentials")
        digests = [writer.data(raw) for raw in (made.raw, structure, listed)]
        setup = dict(zip(names, digests, strict=True))
        writer.event("Setup", writer.data(dumps(setup)))
        for secret in voters:
            chosen = secrets.randbelow(candidates)
            raw = ballot.encrypt(made, secret, [[int(i == chosen) for i in range(candidates)]])
            accumulator.add(ballot.parse(made, raw))
            writer.event("Ballot", writer.data(raw))
        writer.event("EndBallots")
        writer.data(accumulator.encrypted_tally())
        writer.event("EncryptedTally", writer.data(tally.sized(accumulator).raw))
        shares = {
            owner: tally.partial_decryption(made, accumulator.tally(), private)
            for owner, (private, _) in enumerate(keys, 1)
        }
        for owner, raw in shares.items():
            owned = tally.Owned(owner, writer.data(raw))
            writer.event("PartialDecryption", writer.data(owned.raw))
        result, _ = tally.result(made, parsed, accumulator.tally(), shares, weight=ballots)
        writer.event("Result", writer.data(result.raw))


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Counts multiplications, and membership checks, which are multiplications by the order."""
    counts: Counter[str] = Counter()

    def counting(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any) -> Any:
            counts[name] += 1
            return act(*args)

        return wrapped

    with (
        mock.patch.object(Ed25519, "mul", counting("mul", Ed25519.mul)),
        mock.patch.object(Ed25519, "base_mul", counting("base", Ed25519.base_mul)),
        mock.patch.object(Ed25519, "_decode", counting("membership", Ed25519._decode)),
    ):
        yield counts


def ratio(path: Path) -> float:
    """Time of a verification against that of its multiplications; prints both.

    The goal counts multiplications times the time of one. The stricter figure, which is returned,
    prices those of the generator at their fifth, and adds the membership checks.
    """
    with counted() as counts:
        report = verify(path)
    assert report.valid
    times = best({**scalar_calls(GROUP), "verification": lambda: verify(path)}, rounds=40)
    seconds = times.pop("verification")
    for kind, cost in times.items():
        print(f"{kind:>12}: {counts[kind]:>9} at {cost * 1e6:6.1f} us")
    needed = sum(counts[kind] * cost for kind, cost in times.items())
    print(f"multiplications {needed:.3f} s, verification {seconds:.3f} s of the processor")
    plain = (counts["mul"] + counts["base"]) * times["mul"]
    goal = f"(at most {TARGET_RATIO})"
    print(f"ratio {seconds / plain:.2f} to all multiplications at the time of a*P {goal}")
    return seconds / needed


def clock(path: Path, jobs: int) -> float:
    """Seconds by the clock, the best of three."""
    found = []
    for _ in range(3):
        start = time.perf_counter()
        verify(path, jobs=jobs)
        found.append(time.perf_counter() - start)
    return min(found)


def main(ballots: int = 2000, candidates: int = 5) -> None:
    print(f"machine: {platform.processor() or platform.machine()}, {_model()}, {sys.version[:6]}")
    with tempfile.TemporaryDirectory() as folder:
        short, path = Path(folder) / "short.bel", Path(folder) / "bench.bel"
        print(f"archive: {SHORT} ballots, {candidates} candidates, Ed25519")
        make(short, SHORT, candidates)
        print(f"ratio {ratio(short):.2f} to each kind at its own time, and membership checks")
        print(f"archive: {ballots} ballots, {candidates} candidates, Ed25519")
        make(path, ballots, candidates)
        one, two = clock(path, 1), clock(path, 2)
    print(f"by the clock {one:.2f} s on one core, {two:.2f} s on two; load {_load()}")
    print(f"speedup {one / two:.2f} (at least {TARGET_SPEEDUP}, on two idle cores)")
    print(f"{ballots / one:.0f} ballots a second on one core, {ballots / two:.0f} on two")


def _load() -> str:
    """Processes that want to run, on average of the last minute: above 2, the clock says little."""
    return f"{os.getloadavg()[0]:.1f}"


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
