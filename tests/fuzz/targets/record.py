"""What a published record holds beside archives and log: descriptions, rules, outcomes, a term."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path

from pydantic import ValidationError

from audit.errors import DomainError
from ballots import BallotError, verifier
from ballots.encoding import dumps, loads_strict
from tests.ballots.forge import Forge
from tests.fuzz.targets import Target
from voting import rules
from voting.record import schema
from voting.record.schema import Malformed, canonical
from voting.rules import profiles

REFUSALS = (Malformed, DomainError, BallotError, ValidationError)
HASH = "a" * 64
ELECTION = canonical(
    {
        "format": "mandate-election/2",
        "id": "1",
        "code": "e",
        "kind": "direct",
        "title_zh": "选举",
        "title_en": "x",
        "term": {"code": "t", "starts_on": "2026-01-01", "ends_on": "2031-01-01"},
        "window_reason": "",
        "previous": None,
        "derives_from": [],
        "rolls_of": "2026-01-01",
        "profile": {"id": "p", "sha256": HASH},
        "aggregate_small": False,
        "dossiers": {},
        "group": "Ed25519",
        "threshold": None,
        "trustees": [{"number": n, "name": "x", "kind": "single"} for n in (1, 2)],
        "contests": [],
    }
)
STATE = canonical(
    {
        "format": "mandate-state/1",
        "election": HASH,
        "state": "open",
        "opens_at": "2026-01-01T00:00:00Z",
        "closes_at": "2026-01-02T00:00:00Z",
        "closed_at": None,
        "contests": [
            {
                "code": "K1",
                "fingerprint": "x",
                "reissued": 0,
                "ballots": None,
                "issued": None,
                "excluded": {},
                "withheld": None,
            }
        ],
    }
)
TERM = canonical(
    {
        "format": "mandate-term/2",
        "code": "t",
        "starts_on": "2026-01-01",
        "ends_on": "2031-01-01",
        "elections": [
            {
                "code": "e",
                "kind": "direct",
                "state": "open",
                "derives_from": [],
                "published": True,
            }
        ],
        "offices": [
            {
                "holder": HASH,
                "kind": "member",
                "constituency": None,
                "election": "e",
                "starts_on": "2026-01-01",
                "ends_on": "2031-01-01",
            }
        ],
    }
)
MANIFEST = b'{"files":{"a":"' + HASH.encode() + b'"},"format":"mandate-manifest/1","sha256":""}'


def _documents(raw: bytes) -> None:
    for document in (schema.Election, schema.State, schema.Term, schema.Manifest):
        with contextlib.suppress(*REFUSALS):
            document.of(raw)


def _profile(raw: bytes) -> None:
    """The least candidates and the disclosure are asked before there is anything to count."""
    profile = rules.parse(raw)
    assert profile.hash and canonical(json.loads(profile.raw)) == profile.raw
    profile.least_candidates(3)
    profile.must_merge(10)


def _parts(raw: bytes) -> None:
    """Reports of parts, which come from other machines."""
    report = verifier.merge(loads_strict(raw, "parts"))
    assert report.valid or report.faults or report.unreadable


def _reports() -> bytes:
    """The reports of both parts of a small archive."""
    with tempfile.TemporaryDirectory() as folder:
        path = Forge().write(Path(folder) / "archive.bel")
        return dumps([verifier.verify(path, shard=(n, 2)).to_json() for n in (0, 1)])


TARGETS: dict[str, Target] = {
    "documents": Target(_documents, [ELECTION, STATE, TERM, MANIFEST]),
    "profile": Target(_profile, [profiles.load(name).raw for name in profiles.ids()]),
    "parts": Target(_parts, [_reports()]),
}
