"""One contest of a record: its archive, its ballot paper, its declared outcome."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from audit.errors import DomainError
from ballots import BallotError
from ballots import election as ballot_election
from ballots import trustees as ballot_trustees
from ballots.archive import Reader, steps
from ballots.election import Election as BallotPaper
from ballots.encoding import dumps, loads_strict, sha256_base64, sha256_hex, take_list
from ballots.group import get_group
from ballots.tally import parse_owned
from ballots.trustees import parse_trustees
from ballots.verifier import Report
from voting import rules
from voting.ballot_questions import in_both_languages, paper_description, protocol_questions
from voting.record import history, lots, schema
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
from voting.rules import Profile, after, counting, disclosure

FINISHED = ("tallied", "declared", "certified")


@dataclass(frozen=True)
class Told:
    """What the log says of a contest; of a log that cannot be read, what `state.json` says."""

    state: str
    issued: int
    excluded: dict[str, int]
    contest: history.Contest | None

    @property
    def declared(self) -> bool:
        if self.contest is None:
            return self.state in ("declared", "certified")
        return bool(self.contest.declared)


class ContestCheck:
    """What was read stays here, for the checks that join contests, log and term."""

    def __init__(
        self,
        folder: Path,
        prefix: str,
        election: schema.Election,
        described: schema.Contest,
        told: Told,
        profile: Profile,
        report: Report,
    ) -> None:
        self.election, self.described, self.told = election, described, told
        self.profile, self.report = profile, report
        base = f"{CONTESTS}/{described.code}"
        self.name = f"{base}/{described.uuid}.bel"
        self.path = folder / self.name
        self.place = prefix + self.name
        self.declaration_name = prefix + f"{base}/{DECLARATION}"
        self.declaration_path = folder / base / DECLARATION
        self.lot_name, self.lot_path = prefix + f"{base}/{LOT}", folder / base / LOT
        self.withheld: disclosure.Withheld | None = None
        self.seed: str | None = None  # of a lot that was needed, and the hash of its shares
        self.lot_sha256: str | None = None
        self.events: dict[int, tuple[str, str]] = {}  # height -> type, hash
        self.trackers: dict[str, int] = {}  # of ballots: tracker -> height
        self.documents: dict[str, bytes] = {}
        self.timestamp = 0
        self.result: Json = None
        self.declared: Json = None
        self.declared_sha256: str | None = None
        self.outcome: str | None = None  # of a declaration that follows, in a word
        self.ballots = 0
        self.owners: dict[int, int] = {}  # height of a shuffle or share -> number of the trustee
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
        if any(warning.check.startswith("container.") for warning in found.warnings):
            self.fault("record.archive", "its bytes are not those that its events make")
        self.result = found.published
        self.ballots = found.counts.get("counted", 0)
        self._read()
        self._withheld()
        ended = self.result is not None
        if self.withheld:
            if any(type_ == "PartialDecryption" for type_, _ in self.events.values()) or ended:
                self.fault("record.withheld", f"tells counts, which are withheld: {self.withheld}")
        elif self.told.state in FINISHED and not ended:
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
            entitled=self.described.voters,
            returned=self.ballots if tallied else None,
            void=void,
        )

    def _read(self) -> None:
        try:
            with self.path.open("rb") as stream:
                reader = Reader(stream)
                for step in steps(reader):
                    self.events[step.event.height] = (step.event.type, step.digest)
                    data = [record.body for record in step.data]
                    self._keep(step.event.type, step.event.height, data)
                self.timestamp = reader.timestamp
        except (BallotError, OSError):
            return  # the verifier has said what is wrong
        self.read = {"election", "trustees", "credentials"} <= self.documents.keys()

    def _keep(self, type_: str, height: int, data: list[bytes]) -> None:
        if type_ == "Setup" and len(data) >= 3:
            names = ("election", "trustees", "credentials")
            self.documents |= dict(zip(names, data[:3], strict=True))
        elif type_ == "Ballot" and len(data) >= 1:
            self.trackers[sha256_base64(data[-1])] = height
        elif type_ == "EncryptedTally" and len(data) >= 1:
            self.documents["tally"] = data[0]
        elif type_ in ("Shuffle", "PartialDecryption") and len(data) >= 1:
            self.owners[height] = parse_owned(data[-1], type_).owner
            if type_ == "Shuffle":
                self.shufflers.append(self.owners[height])

    # The paper

    def candidates(self) -> list[rules.Candidate]:
        gone = self.told.contest.votes_void if self.told.contest else set()
        return [
            rules.Candidate(c.key, c.label, c.seniority, c.key in gone)
            for c in self.described.candidates
        ]

    def paper(self) -> None:
        """The paper is made anew from what was described, and compared byte for byte."""
        listed = self.documents["credentials"]
        try:
            expected = self._paper()
            credentials = len(take_list(loads_strict(listed, "credentials"), "credentials"))
        except (BallotError, DomainError, ValueError) as error:
            self.fault("record.paper", f"the ballot paper cannot be made anew: {error}")
            return
        if self.documents["election"] != expected.raw:
            self.fault(
                "record.paper", "the ballot paper is not the one that election.json describes"
            )
        if credentials != self.described.voters:
            self.fault(
                "record.counts",
                f"there are {credentials} credentials for {self.described.voters} voters",
            )
        self._sealed(expected)

    def _paper(self) -> BallotPaper:
        election, described = self.election, self.described
        group = get_group(election.group)
        structure = parse_trustees(self.trustees, group)
        specs = counting.questions_for(
            election.kind,
            self.profile,
            in_both_languages(described.title_zh, described.title_en),
            self.candidates(),
            described.seats or 1,
        )
        return ballot_election.build(
            uuid=described.uuid,
            name=f"{election.title_zh} / {election.title_en}",
            description=paper_description(
                election.profile.id, election.profile.sha256, election.dossiers
            ),
            group=group,
            public_key=ballot_trustees.election_key(group, structure),
            questions=protocol_questions(specs),
        )

    def _sealed(self, paper: BallotPaper) -> None:
        """Paper, trustees, credentials and time of the archive are those that were sealed."""
        told = self.told.contest
        if told is None or not told.sealed_at:
            return
        pairs = (
            ("fingerprint", paper.fingerprint, told.fingerprint),
            ("public_key", paper.public_key.text, told.election.public_key),
            ("trustees", sha256_hex(self.trustees), told.trustees),
            ("credentials", sha256_hex(self.documents["credentials"]), told.credentials),
            ("time", self.timestamp, int(datetime.fromisoformat(told.sealed_at).timestamp())),
        )
        for name, here, there in pairs:
            if here != there:
                message = f"{name} is {here} here, and {there} in the log (of the seal)"
                self.fault("record.log-facts", message)

    def keys(self) -> None:
        """The trustees are those of the description, with the keys that they committed to."""
        told = self.told.contest
        try:
            blocks = parse_trustees(self.trustees, get_group(self.election.group)).blocks
        except BallotError as error:
            self.fault("record.trustees", f"cannot be read: {error}")
            return
        kinds = [block.kind.lower() for block in blocks for _ in block.members]
        if kinds != [trustee.kind for trustee in self.election.trustees]:
            self.fault("record.trustees", "are not those that election.json names")
        ring = [block.threshold for block in blocks if block.kind.lower() == "pedersen"]
        if ring and ring != [self.election.threshold]:
            self.fault("record.trustees", "not so many of them are needed as election.json says")
        if told is None:
            return
        made = _made(loads_strict(self.trustees, "trustees"))
        for number, trustee in told.election.numbered.items():
            step = "key" if trustee.kind == "single" else "certificate"
            if made.get(number) != trustee.steps.get(step):
                message = (
                    f"the key of trustee {number} is not the one that was made before the vote"
                )
                self.fault("record.trustees", message)

    # The outcome

    def declaration(self) -> None:
        """Declared is what the rules make of the result, byte for byte."""
        if not self.declaration_path.is_file():
            if self.told.declared:
                self.fault("record.declaration", "is missing", self.declaration_name)
            return
        if not self.told.declared:
            message = "is there, and nothing was declared"
            self.fault("record.declaration", message, self.declaration_name)
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
            self._without_counts()
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
        else:
            self.outcome = after.outcome_of(self.declared)

    def _outcome(self) -> bytes:
        if self.withheld == "void":
            found = rules.outcome(self.profile, self._totals(None)).as_dict()
            return canonical(disclosure.without_counts(found, "void"))
        totals = self._totals(self.result)
        return rules.outcome_with_lot(self.profile, totals, self._draw).to_json()

    def _without_counts(self) -> None:
        """Everything but who has which outcome follows; and that can be so by the rules."""
        assert self.withheld is not None  # noqa: S101 - asked by `declaration`
        try:
            expected = disclosure.could_be(
                self.profile, self._totals(None), self.declared, self.withheld
            )
        except (DomainError, KeyError, TypeError, ValueError) as error:
            self.fault("record.withheld", f"cannot be so: {error}", self.declaration_name)
            return
        if canonical(expected) != canonical(self.declared):
            message = "is not what the rules publish when counts are withheld"
            self.fault("record.withheld", message, self.declaration_name)
        else:
            self.outcome = after.outcome_of(expected)

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
            self.election.kind,
            self.profile,
            self.candidates(),
            result,
            seats=self.described.seats or 1,
            entitled=self.described.voters,
            present=self.told.issued,
            issued=self.told.issued,
            returned=self.ballots,
            excluded=self.told.excluded,
        )


def _made(structure: Json) -> dict[int, str]:
    """By number of the trustee: the hash of the single key, or of the certificate by which a
    threshold trustee signed everything of its own."""
    parts = [
        part for kind, item in structure for part in ([item] if kind == "Single" else item["certs"])
    ]
    return {number: sha256_hex(dumps(part)) for number, part in enumerate(parts, 1)}


def _check_declaration(value: Json) -> None:
    elected = value.get("elected") if isinstance(value, dict) else None
    if not isinstance(elected, list) or not all(isinstance(key, str) for key in elected):
        raise Malformed("does not say who is elected")
