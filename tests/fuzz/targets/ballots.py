"""The parsers of ``ballots``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from ballots import (
    BallotError,
    ballot,
    credentials,
    election,
    encoding,
    shuffle,
    tally,
    threshold,
    trustees,
    verifier,
)
from ballots.election import Election
from ballots.group import get_group
from ballots.questions import HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion
from tests.ballots.archives import VECTORS, parts, records
from tests.fuzz.targets import Target

REFUSALS = (BallotError,)
ED25519 = get_group("Ed25519")
SECRET = "cwcyL-pJ3fTt-J9mSK-rvbUNS"


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
TRUSTEES = trustees.parse_trustees(THRESHOLD[2], ED25519)
TALLY = tally.parse_tally(
    TALLY_ELECTION, next(raw for raw in THRESHOLD if raw.startswith(b'[[{"alpha"'))
)


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
    """The whole verifier, which reports what is wrong and never raises."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(raw)
        file.flush()
        report = verifier.verify(Path(file.name))
    assert report.valid or report.faults


def _counting(raw: bytes) -> None:
    """Everything that is published between the last ballot and the result."""
    (trustee, *_) = TRUSTEES.all
    parsers: list[Callable[[], object]] = [
        lambda: tally.parse_tally(TALLY_ELECTION, raw),
        lambda: tally.parse_sized(raw),
        lambda: tally.parse_owned(raw, "fuzz"),
        lambda: tally.check_partial_decryption(TALLY_ELECTION, TALLY, trustee, raw),
        lambda: shuffle.parse(ED25519, [2], raw, "fuzz"),
    ]
    for parse in parsers:
        with contextlib.suppress(BallotError):
            parse()


SEED, CERTIFICATE = threshold.make_certificate(ED25519, 1, 1, 1)
POLYNOMIAL = threshold.make_polynomial(ED25519, SEED, [CERTIFICATE], 1)
VINPUT = threshold.make_vinput([POLYNOMIAL], 1)
VOUTPUT = threshold.make_voutput(ED25519, SEED, [CERTIFICATE], 1, VINPUT)


def _ceremony(raw: bytes) -> None:
    """Every message between trustees who make a threshold key."""
    value = encoding.take_list(encoding.loads_strict(raw, "fuzz"), "fuzz", 4)
    certificate, polynomial, vinput, voutput = value
    steps: list[Callable[[], object]] = [
        lambda: threshold.check_certificates(ED25519, [certificate], 1),
        lambda: threshold.check_polynomial(ED25519, [CERTIFICATE], 1, 1, polynomial),
        lambda: threshold.make_voutput(ED25519, SEED, [CERTIFICATE], 1, vinput),
        lambda: threshold.check_voutput(ED25519, [CERTIFICATE], 1, [POLYNOMIAL], 1, voutput),
    ]
    for step in steps:
        with contextlib.suppress(BallotError):
            step()


TARGETS: dict[str, Target] = {
    "json": Target(_json, [ELECTION.raw, OPENING.raw, b'[{"a":-1},null,true,"\\u0001"]']),
    "elements": Target(_elements, [ED25519.generator.text.encode(), b"12", SECRET.encode()]),
    "election": Target(Election.parse, [ELECTION.raw, DEMO.election]),
    "ballot": Target(_ballot, [BALLOT]),
    "opening": Target(_opening, [OPENING.raw]),
    "credentials": Target(lambda raw: credentials.parse_public(ED25519, raw), [DEMO.credentials]),
    "trustees": Target(lambda raw: trustees.parse_trustees(raw, ED25519), [THRESHOLD[2]]),
    "ceremony": Target(_ceremony, [encoding.dumps([CERTIFICATE, POLYNOMIAL, VINPUT, VOUTPUT])]),
    "counting": Target(
        _counting, [raw for raw in THRESHOLD if raw.startswith((b'[[{"alpha"', b'{"decryption_'))]
    ),
    "archive": Target(_archive, [(VECTORS / "valid" / "demo-Ed25519.bel").read_bytes()[:12800]]),
}
