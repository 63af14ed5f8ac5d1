"""Small elections made whole, with one thing changed: everything after the change is consistent.

A change is a function from the honest text to the one that is written. What is made later (hashes,
signatures, tally, shares, result) is made for the changed text, so that a single fault remains.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from ballots import ballot, checks, credentials, shuffle, tally, threshold, trustees
from ballots.archive import Writer
from ballots.election import Election
from ballots.encoding import dumps, sha256_hex
from ballots.group import Group, Scalar, get_group
from ballots.questions import AnyQuestion, HomomorphicQuestion, NonHomomorphicQuestion
from ballots.tally import Owned

UUID = "ForgedForgedForged"
YES_NO = HomomorphicQuestion("Yes or no?", ("yes", "no"), None, 1, 1)
GRADES = NonHomomorphicQuestion("Grades?", ("one", "two"))
Change = Callable[[Any], Any]


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let these checks pass whatever they find."""
    fail = checks.fail

    def lenient(check: str, place: str, reason: str) -> None:
        if check not in names:
            fail(check, place, reason)

    with mock.patch.object(checks, "fail", lenient):
        yield


@contextmanager
def seeded(seed: int = 1) -> Iterator[None]:
    """The same random scalars in every run."""
    source = random.Random(seed)

    def pick(group: Group) -> Scalar:
        return Scalar(source.randrange(group.order))

    with mock.patch.object(Group, "random_scalar", pick):
        yield


def same(value: Any) -> Any:
    """No change."""
    return value


def on_json(change: Change) -> Change:
    """A change of canonical bytes, written as a change of what they say, in place."""

    def changed(raw: bytes) -> bytes:
        value = json.loads(raw)
        return dumps(change(value) or value)

    return changed


@dataclass
class Forge:
    """What to make; each field is the honest choice unless a test says otherwise.

    Changes take and give canonical bytes. ``extra`` is called with the writer after the events of
    a type and may add more. ``tolerate`` are checks that the forging itself must not fail at.
    """

    questions: Sequence[AnyQuestion] = (YES_NO,)
    choices: Sequence[Any] = ([[1, 0]], [[0, 1]])
    """Of the voters with these numbers, the first voters of the list."""
    voters: int = 3
    threshold: bool = False
    group: Group = field(default_factory=lambda: get_group("Ed25519"))
    uuid: str = UUID
    tolerate: tuple[str, ...] = ()
    election: Change = same
    trustees: Change = same
    credentials: Change = same
    tally: Change = same
    sized: Change = same
    shares: Change = same
    shuffled: Change = same
    shuffle_owner: Change = same
    result: Change = same
    extra: dict[str, Callable[[Forge, Writer], None]] = field(default_factory=dict)
    stop: str = ""
    """Stop before the events of this type."""
    made: Election = field(init=False)
    encrypted: tally.Tally = field(init=False)
    keys: list[str] = field(init=False)

    def write(self, path: Path) -> Path:
        """The archive. What was at ``path`` is replaced."""
        path.unlink(missing_ok=True)
        with seeded(), without(*self.tolerate), Writer(path, 1_700_000_000) as writer:
            for type_, act in (
                ("Setup", self._setup),
                ("Ballot", self._ballots),
                ("EndBallots", lambda w: w.event("EndBallots")),
                ("EncryptedTally", self._tally),
                ("Shuffle", self._shuffles),
                ("PartialDecryption", self._shares),
                ("Result", self._result),
            ):
                if type_ == self.stop:
                    break
                act(writer)
                self.extra.get(type_, lambda forge, writer: None)(self, writer)
        return path

    def share(self, writer: Writer, owner: int, number: int | None = None) -> None:
        """Append a share of trustee ``owner``, made with the key of ``number``."""
        private = self.keys[(number or owner) - 1]
        raw = self.shares(tally.partial_decryption(self.made, self.encrypted, private))
        writer.event("PartialDecryption", writer.data(self._owned(writer.data(raw), owner)))

    @staticmethod
    def _owned(digest: str, owner: int) -> bytes:
        return Owned(owner, digest).raw

    def _setup(self, writer: Writer) -> None:
        raw = self.trustees(self._trustees())
        with without("trustee.duplicate", "threshold.key", "threshold.signature"):
            parsed = trustees.parse_trustees(raw, self.group)
        value = {
            "version": 1,
            "description": "",
            "name": "Forged",
            "group": self.group.name,
            "public_key": trustees.election_key(self.group, parsed).text,
            "questions": [question.to_json() for question in self.questions],
            "uuid": self.uuid,
        }
        self.parsed_trustees = parsed
        text = self.election(dumps(value))
        self.made = Election.parse(text)
        secrets = [credentials.generate() for _ in range(self.voters)]
        derived = [(credentials.derive(self.group, self.made.uuid, s)[1], s) for s in secrets]
        derived.sort(key=lambda pair: pair[0].sort_key)
        self.secrets = [secret for _, secret in derived]
        listed = self.credentials(dumps([element.text for element, _ in derived]))
        hashes = [writer.data(part) for part in (text, raw, listed)]
        fields = dict(zip(("election", "trustees", "credentials"), hashes, strict=True))
        writer.event("Setup", writer.data(dumps(fields)))

    def _trustees(self) -> bytes:
        private, public = trustees.generate_single(self.group)
        self.keys = [private]
        if not self.threshold:
            second, other = trustees.generate_single(self.group)
            self.keys.append(second)
            return dumps([trustees.single(public), trustees.single(other)])
        made = [threshold.make_certificate(self.group, 3, 2, i) for i in (1, 2, 3)]
        self.seeds = [seed for seed, _ in made]
        certificates = [certificate for _, certificate in made]
        polynomials = [
            threshold.make_polynomial(self.group, seed, certificates, 2) for seed in self.seeds
        ]
        voutputs = [
            threshold.make_voutput(
                self.group, seed, certificates, 2, threshold.make_vinput(polynomials, i)
            )
            for i, seed in enumerate(self.seeds, 1)
        ]
        self.keys += [
            threshold.private_key(self.group, seed, voutput["private_key"])
            for seed, voutput in zip(self.seeds, voutputs, strict=True)
        ]
        parameters = threshold.threshold_parameters(2, certificates, polynomials, voutputs)
        return dumps([trustees.single(public), trustees.pedersen(parameters)])

    def _ballots(self, writer: Writer) -> None:
        self.accumulator = tally.Accumulator(self.made)
        for secret, chosen in zip(self.secrets, self.choices, strict=False):
            raw = ballot.encrypt(self.made, secret, chosen)
            self.accumulator.add(ballot.parse(self.made, raw))
            writer.event("Ballot", writer.data(raw))

    def _tally(self, writer: Writer) -> None:
        self.encrypted = self.accumulator.tally()
        raw = self.tally(self.encrypted.raw)
        size = tally.SizedTally(self.accumulator.count, self.accumulator.weight, sha256_hex(raw))
        writer.data(raw)
        writer.event("EncryptedTally", writer.data(self.sized(size.raw)))

    def _shuffles(self, writer: Writer) -> None:
        if not self.encrypted.mixed:
            return
        key, fingerprint = self.made.public_key, self.made.fingerprint
        for owner in (1, 2):
            mixed = self.encrypted.mixed
            raw = shuffle.shuffle(self.group, key, fingerprint, mixed)
            self.encrypted = self.encrypted.shuffled(
                shuffle.verify(self.group, key, fingerprint, mixed, raw)
            )
            digest = writer.data(self.shuffled(raw))
            writer.event("Shuffle", writer.data(self._owned(digest, self.shuffle_owner(owner))))
        writer.event("EndShuffles")

    def _shares(self, writer: Writer) -> None:
        for owner in (1, 2, 3) if self.threshold else (1, 2):
            self.share(writer, owner)

    def _result(self, writer: Writer) -> None:
        shares = {
            number: tally.partial_decryption(self.made, self.encrypted, key)
            for number, key in enumerate(self.keys, 1)
        }
        found, _ = tally.result(
            self.made, self.parsed_trustees, self.encrypted, shares, weight=self.accumulator.weight
        )
        writer.event("Result", writer.data(self.result(found.raw)))
