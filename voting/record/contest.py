"""One contest of a record: its archive, its ballot paper, its declared outcome."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from audit.errors import DomainError
from ballots import BallotError
from ballots.archive import Reader, steps
from ballots.election import Election as BallotPaper
from ballots.encoding import loads_strict, sha256_hex, take_list
from ballots.tally import parse_owned
from ballots.trustees import parse_trustees
from ballots.verifier import Report
from voting import rules
from voting.ballot_questions import protocol_questions
from voting.record import lots
from voting.record.layout import (
    CONTESTS,
    DECLARATION,
    LOT,
    Json,
    Malformed,
    add_fault,
    add_warning,
    canonical,
    parse,
)
from voting.rules import Profile, counting, disclosure

FINISHED = ("tallied", "declared", "certified")
ANNOUNCED = ("declared", "certified")


class ContestCheck:
    """What was read stays here, for the checks that join contests, log and term."""

    def __init__(
        self,
        folder: Path,
        prefix: str,
        election: Json,
        described: Json,
        profile: Profile,
        report: Report,
    ) -> None:
        self.election, self.described = election, described
        self.profile, self.report = profile, report
        base = f"{CONTESTS}/{described['code']}"
        self.name = f"{base}/{described['uuid']}.bel"
        self.path = folder / self.name
        self.place = prefix + self.name
        self.declaration_name = prefix + f"{base}/{DECLARATION}"
        self.declaration_path = folder / base / DECLARATION
        self.lot_name, self.lot_path = prefix + f"{base}/{LOT}", folder / base / LOT
        self.withheld: disclosure.Withheld | None = None
        self.seed: str | None = None  # of a lot that was needed, and the hash of its shares
        self.lot_sha256: str | None = None
        self.events: dict[int, tuple[str, str]] = {}  # height -> type, hash
        self.documents: dict[str, bytes] = {}
        self.result: Json = None
        self.declared: Json = None
        self.declared_sha256: str | None = None
        self.ballots = 0
        self.shufflers: list[int] = []  # numbers of trustees, in the order of their shuffles
        self.read = False

    @property
    def trustees(self) -> bytes:
        return self.documents.get("trustees", b"")

    @property
    def shuffled(self) -> bool:
        """Are the shuffles ended?"""
        return any(type_ == "EndShuffles" for type_, _ in self.events.values())

    def fault(self, check: str, message: str, place: str | None = None) -> None:
        add_fault(self.report, check, place or self.place, message)

    def archive(self, found: Report | None) -> None:
        """What the verifier of the ballot protocol found; then read what the record needs."""
        if found is None:
            self.fault("record.archive", "is missing")
            return
        for theirs, ours in (
            (found.faults, self.report.faults),
            (found.warnings, self.report.warnings),
        ):
            ours += [replace(fault, place=f"{self.place}: {fault.place}") for fault in theirs]
        self.result = found.published
        self.ballots = found.counts.get("counted", 0)
        self._read()
        self._withheld()
        ended = self.result is not None
        if self.withheld:
            if any(type_ == "PartialDecryption" for type_, _ in self.events.values()) or ended:
                self.fault("record.withheld", f"tells counts, which are withheld: {self.withheld}")
        elif self.election["state"] in FINISHED and not ended:
            self.fault("record.archive", "has no result, and the election is said to be counted")

    def _withheld(self) -> None:
        """By the rule itself, never by what the record says of it."""
        tallied = "tally" in self.documents
        try:
            void = tallied and bool(rules.void_reasons(self.profile, self._totals(None)))
        except DomainError as error:
            self.fault("record.declaration", f"the balance contradicts itself: {error}")
            return
        self.withheld = disclosure.withheld(
            self.profile,
            entitled=self.described["voters"],
            returned=self.ballots if tallied else None,
            void=void,
        )
        if self.described["withheld"] != (self.withheld is not None):
            said = "election.json says otherwise whether counts are withheld"
            self.fault("record.withheld", said)

    def _read(self) -> None:
        try:
            with self.path.open("rb") as stream:
                for step in steps(Reader(stream)):
                    self.events[step.event.height] = (step.event.type, step.digest)
                    self._keep(step.event.type, [record.body for record in step.data])
        except (BallotError, OSError):
            return  # the verifier has said what is wrong
        self.read = {"election", "trustees", "credentials"} <= self.documents.keys()

    def _keep(self, type_: str, data: list[bytes]) -> None:
        if type_ == "Setup" and len(data) >= 3:
            names = ("election", "trustees", "credentials")
            self.documents |= dict(zip(names, data[:3], strict=True))
        elif type_ == "EncryptedTally" and len(data) >= 1:
            self.documents["tally"] = data[0]
        elif type_ == "Shuffle" and len(data) >= 1:
            self.shufflers.append(parse_owned(data[-1], "shuffle").owner)

    # The paper

    def candidates(self) -> list[rules.Candidate]:
        return [
            rules.Candidate(c["key"], c["label"], c["seniority"])
            for c in self.described["candidates"]
        ]

    def paper(self) -> None:
        """The paper asks just what the rules ask of these candidates and seats."""
        listed = self.documents["credentials"]
        try:
            paper = BallotPaper.parse(self.documents["election"])
            expected = self._questions()
            credentials = len(take_list(loads_strict(listed, "credentials"), "credentials"))
        except (BallotError, DomainError) as error:
            self.fault("record.paper", f"the ballot paper cannot be compared: {error}")
            return
        asked = loads_strict(paper.raw, "election")["questions"]
        same = (
            paper.uuid == self.described["uuid"]
            and paper.fingerprint == self.described["fingerprint"]
            and asked == expected
            and f"sha256:{self.profile.hash}" in paper.description
        )
        if not same:
            self.fault(
                "record.paper", "the ballot paper is not the one that election.json describes"
            )
        if credentials != self.described["voters"]:
            self.fault(
                "record.counts",
                f"there are {credentials} credentials for {self.described['voters']} voters",
            )

    def _questions(self) -> Json:
        zh, en = self.described["title_zh"], self.described["title_en"]
        specs = counting.questions_for(
            self.election["kind"],
            self.profile,
            zh if zh == en else f"{zh} / {en}",
            self.candidates(),
            self.described["seats"] or 1,
        )
        return [question.to_json() for question in protocol_questions(specs)]

    # The outcome

    def declaration(self) -> None:
        """Declared is what the rules make of the result, byte for byte."""
        if not self.declaration_path.is_file():
            if self.election["state"] in ANNOUNCED:
                self.fault("record.declaration", "is missing", self.declaration_name)
            return
        raw = self.declaration_path.read_bytes()
        try:
            self.declared = parse(raw)
            _check_declaration(self.declared)
        except Malformed as error:
            self.fault("record.declaration", f"cannot be used: {error}", self.declaration_name)
            self.declared = None
            return
        self.declared_sha256 = hashlib.sha256(raw).hexdigest()
        if self.withheld is not None and self.withheld != "void":
            add_warning(
                self.report,
                "record.declaration",
                self.declaration_name,
                "with so few voters or ballots counts are withheld by the rule fixed before the "
                "vote, so the outcome cannot be recomputed from this record",
            )
            self._withheld_lot()
            return
        try:
            expected = self._outcome()
        except (BallotError, Malformed, OSError) as error:
            self.fault("record.lot", f"cannot be drawn again: {error}", self.lot_name)
            return
        except (DomainError, TypeError, ValueError) as error:
            self.fault(
                "record.declaration", f"cannot be computed again: {error}", self.declaration_name
            )
            return
        if self.lot_path.exists() and self.seed is None:
            self.fault("record.lot", "is of a contest that needs no lot", self.lot_name)
        if expected != raw:
            self.fault(
                "record.declaration",
                "is not what the rules make of the result",
                self.declaration_name,
            )

    def _outcome(self) -> bytes:
        if self.withheld == "void":
            found = rules.outcome(self.profile, self._totals(None)).as_dict()
            return canonical(disclosure.without_counts(found, "void"))
        totals = self._totals(self.result)
        return rules.outcome_with_lot(self.profile, totals, self._draw).to_json()

    def _withheld_lot(self) -> None:
        """Whether a lot was needed cannot be seen without counts; what it drew can."""
        said = self.declared.get("seed")
        if said is None and not self.lot_path.exists():
            return
        try:
            same = self._draw() == said
        except (BallotError, Malformed, OSError) as error:
            self.fault("record.lot", f"cannot be drawn again: {error}", self.lot_name)
            return
        if not same:
            self.fault("record.lot", "draws another seed than the declared one", self.lot_name)

    def _draw(self) -> str:
        """Draw again from the trustees' shares. Raises Malformed, BallotError."""
        self.lot_sha256 = hashlib.sha256(self.lot_path.read_bytes()).hexdigest()
        paper = BallotPaper.parse(self.documents["election"])
        trustees = parse_trustees(self.documents["trustees"], paper.group)
        tally_hash = sha256_hex(self.documents["tally"])
        self.seed = lots.seed(self.lot_path.read_bytes(), paper, trustees, tally_hash)
        return self.seed

    def _totals(self, result: Json | None) -> rules.Totals:
        return counting.totals_from(
            self.election["kind"],
            self.profile,
            self.candidates(),
            result,
            seats=self.described["seats"] or 1,
            entitled=self.described["voters"],
            present=self.described["issued"],
            issued=self.described["issued"],
            returned=self.ballots,
            excluded=self.described["excluded"],
        )


def _check_declaration(value: Json) -> None:
    elected = value.get("elected") if isinstance(value, dict) else None
    if not isinstance(elected, list) or not all(isinstance(key, str) for key in elected):
        raise Malformed("does not say who is elected")
