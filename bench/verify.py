"""How fast an archive is verified: against the multiplications it needs, and on two cores.

    python -m bench.verify [ballots] [candidates]

Prints the scalar multiplications that the specification needs (counted, not estimated) times the
measured time of one, the time that verification takes, and both numbers of processes in one run.
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
from ballots.group import get_group
from ballots.questions import HomomorphicQuestion
from ballots.verifier import verify

GROUP = get_group("Ed25519")
TARGET_RATIO, TARGET_SPEEDUP = 1.25, 1.8
REPEAT = 300


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
    listed = tally.encrypted.dumps(credentials.sort_public(GROUP, public))
    accumulator = tally.Accumulator(made)
    with Writer(path, 1_700_000_000) as writer:
        names = ("election", "trustees", "credentials")
        digests = [writer.data(raw) for raw in (made.raw, structure, listed)]
        setup = dict(zip(names, digests, strict=True))
        writer.event("Setup", writer.data(tally.encrypted.dumps(setup)))
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
        mock.patch.object(Ed25519, "mul", counting("a*P", Ed25519.mul)),
        mock.patch.object(Ed25519, "base_mul", counting("a*G", Ed25519.base_mul)),
        mock.patch.object(Ed25519, "_decode", counting("membership", Ed25519._decode)),
    ):
        yield counts


def measured() -> dict[str, float]:
    """Seconds of one operation of each kind."""
    element = GROUP.base_mul(GROUP.random_scalar())
    scalars = [GROUP.random_scalar() for _ in range(REPEAT)]
    texts = [GROUP.base_mul(scalar).text for scalar in scalars]
    return {
        "a*P": _time(lambda: [GROUP.mul(scalar, element) for scalar in scalars]) / REPEAT,
        "a*G": _time(lambda: [GROUP.base_mul(scalar) for scalar in scalars]) / REPEAT,
        "membership": _time(lambda: [GROUP.parse_element(t, "bench") for t in texts]) / REPEAT,
    }


def _time(act: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """The best of three runs, in seconds of the processor: other programs do not count."""
    found = []
    for _ in range(3):
        start = clock()
        act()
        found.append(clock() - start)
    return min(found)


def main(ballots: int = 2000, candidates: int = 5) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.bel"
        make(path, ballots, candidates)
        with counted() as counts:
            report = verify(path)
        assert report.valid
        costs = measured()
        needed = sum(counts[name] * costs[name] for name in costs)
        processor = _time(lambda: verify(path))
        one = _time(lambda: verify(path), time.perf_counter)
        two = _time(lambda: verify(path, jobs=2), time.perf_counter)
    print(f"machine: {platform.processor() or platform.machine()}, {_model()}, {sys.version[:6]}")
    print(f"archive: {ballots} ballots, {candidates} candidates, Ed25519")
    for name, cost in costs.items():
        print(f"{name:>12}: {counts[name]:>9} at {cost * 1e6:6.1f} us")
    print(f"multiplications {needed:.2f} s, verification {processor:.2f} s of the processor")
    print(f"ratio {processor / needed:.2f} (at most {TARGET_RATIO})")
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
