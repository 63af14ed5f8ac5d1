"""The parsers under fuzzing: for each what to call, and valid examples to start from."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ballots import BallotError, ballot, credentials, election, encoding, trustees
from ballots.archive.reader import Reader, steps
from ballots.election import Election
from ballots.group import get_group
from ballots.questions import HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion
from ballots.tally import encrypted
from tests.ballots.archives import VECTORS, parts, records

ED25519 = get_group("Ed25519")
SECRET = "cwcyL-pJ3fTt-J9mSK-rvbUNS"


@dataclass(frozen=True)
class Target:
    """A parser and inputs that it accepts."""

    parse: Callable[[bytes], object]
    seeds: Sequence[bytes]


def _election() -> Election:
    """Small, so that most of the time goes into parsing; with every kind of question."""
    return election.build(
        uuid="FuzzFuzzFuzzFuzz",
        name="é",
        description="",
        group=ED25519,
        public_key=ED25519.generator,
        questions=[
            HomomorphicQuestion("?", ("A",), True, 1, 1),
            NonHomomorphicQuestion("?", ("A",), {"method": None}),
            ListsQuestion("?", (("L", "a"),)),
        ],
        administrator="x",
    )


ELECTION = _election()
BALLOT, OPENING = ballot.encrypt_opened(ELECTION, SECRET, [[0, 1], [7], [[1, 1]]])
DEMO = parts("valid/demo-Ed25519.bel")
THRESHOLD = list(records((VECTORS / "valid" / "demo-threshold-Ed25519.bel").read_bytes()))
TALLY_ELECTION = parts("valid/demo-threshold-Ed25519.bel").parsed_election()


def _json(raw: bytes) -> None:
    assert encoding.dumps(encoding.loads_strict(raw, "fuzz")) == raw


def _ballot(raw: bytes) -> None:
    parsed = ballot.parse(ELECTION, raw)
    assert (ballot.faults(ELECTION, parsed) == []) == (raw == BALLOT)


def _opening(raw: bytes) -> None:
    opening = ballot.parse_opening(raw)
    assert opening.raw == raw
    ballot.open_(ELECTION, BALLOT, opening)


def _elements(raw: bytes) -> None:
    text = raw.decode(errors="replace")
    groups = [get_group(name) for name in ("Ed25519", "BELENIOS-2048", "RFC-3526-2048")]
    parsers: list[Callable[[str, str], object]] = [credentials.check]
    for group in groups:
        parsers += [group.parse_element, group.parse_scalar]
    for parse in parsers:
        with contextlib.suppress(BallotError):
            parsed = parse(text, "fuzz")
            assert parsed is None or getattr(parsed, "text", str(parsed)) == text


def _archive(raw: bytes) -> None:
    for _ in steps(Reader(io.BytesIO(raw), lambda fault: None)):
        pass


TARGETS: dict[str, Target] = {
    "json": Target(_json, [ELECTION.raw, OPENING.raw, b'[{"a":-1},null,true,"\\u0001"]']),
    "elements": Target(_elements, [ED25519.generator.text.encode(), b"12", SECRET.encode()]),
    "election": Target(Election.parse, [ELECTION.raw, DEMO.election]),
    "ballot": Target(_ballot, [BALLOT]),
    "opening": Target(_opening, [OPENING.raw]),
    "credentials": Target(lambda raw: credentials.parse_public(ED25519, raw), [DEMO.credentials]),
    "trustees": Target(lambda raw: trustees.parse_trustees(raw, ED25519), [THRESHOLD[2]]),
    "tally": Target(
        lambda raw: encrypted.parse_tally(TALLY_ELECTION, raw),
        [raw for raw in THRESHOLD if raw.startswith(b'[[{"alpha"')],
    ),
    "archive": Target(_archive, [(VECTORS / "valid" / "demo-Ed25519.bel").read_bytes()[:4096]]),
}
