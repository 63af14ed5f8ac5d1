"""The record against the public log: the history that the log tells, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from audit import verifier as log_verifier
from audit.errors import LogError
from audit.folder import WITNESSED, LogFolder
from audit.keys import Verifier
from audit.note import Checkpoint, Note
from audit.tiles import tiles_of
from audit.timestamps import FOLDER as STAMPS
from audit.timestamps import stamped_sizes
from ballots.verifier import Report
from voting import roll_tree
from voting.record import derive, schema
from voting.record.contest import ContestCheck
from voting.record.events import differences, entries_of, replayed
from voting.record.history import Election, History
from voting.record.layout import (
    ELECTION,
    LOG,
    PUBLIC_KEY,
    RECEIPT_KEY,
    add_fault,
    files_in,
    without_clutter,
)
from voting.rules import Profile

_WITHHELD = ("PartialDecryption",)
LEAST_SHUFFLERS = 2


@dataclass
class Logs:
    """The logs that were read; in a term all are the same, and one is read."""

    report: Report
    jobs: int
    vkey: str | None
    known: dict[tuple[tuple[str, str], ...], History | None] = field(default_factory=dict)

    def read(self, folder: Path, prefix: str, files: dict[str, str]) -> History | None:
        """The history of the log in a record; None where it cannot be read."""
        listed = tuple(sorted((k, v) for k, v in files.items() if k.startswith(f"{LOG}/")))
        if not listed or listed not in self.known:
            self.known[listed] = self._read(folder / LOG, f"{prefix}{LOG}")
        return self.known[listed]

    def _read(self, path: Path, place: str) -> History | None:
        try:
            keys = self._keys(path)
            log = LogFolder(path)
            checked = log_verifier.verify(log, keys, jobs=self.jobs)
            for fault in checked.faults:
                at = "" if fault.index is None else f", entry {fault.index}"
                add_fault(self.report, "record.log", f"{place}/{fault.place}{at}", fault.message)
            history = replayed(entries_of(log, keys))
            self._check_files(log, place)
        except (LogError, OSError, ValueError) as error:
            add_fault(self.report, "record.log", place, f"cannot be read: {error}")
            return None
        for wrong in history.wrong:
            at = f"{place}, entry {wrong.index} ({wrong.type} of {wrong.subject})"
            add_fault(self.report, "record.history", at, wrong.message)
        self._check_keys(path, place, history)
        return history

    def _check_files(self, log: LogFolder, place: str) -> None:
        """What a log of this size has, and nothing that nobody looks at."""
        size = Checkpoint.parse(Note.parse(log.checkpoint() or b"").text).size
        known = {"checkpoint", WITNESSED, PUBLIC_KEY, RECEIPT_KEY}
        known |= {name.path for name in tiles_of(size)}
        for stamped in stamped_sizes(log):
            known |= {f"{STAMPS}/{stamped}.tsr", f"{STAMPS}/{stamped}.checkpoint"}
        for name in sorted(set(without_clutter(files_in(log.path))) - known):
            add_fault(self.report, "record.extra", f"{place}/{name}", "is no part of a log")

    def _keys(self, path: Path) -> list[Verifier]:
        text = self.vkey or (path / PUBLIC_KEY).read_text(encoding="utf-8")
        return [Verifier.parse(line) for line in text.splitlines() if line]

    def _check_keys(self, path: Path, place: str, history: History) -> None:
        """The keys beside the log are those that signed it, and those that it announced."""
        try:
            text = (path / PUBLIC_KEY).read_text(encoding="utf-8")
            listed = [Verifier.parse(line) for line in text.splitlines() if line]
            signed = Note.parse((path / "checkpoint").read_bytes()).verify(listed)
            same = listed == list(signed) and text == "".join(f"{key}\n" for key in listed)
        except (LogError, OSError, ValueError):
            same = False
        if not same:
            message = "is not the list of the keys that signed the checkpoint"
            add_fault(self.report, "record.log", f"{place}/{PUBLIC_KEY}", message)
        announced = "".join(f"{key}\n" for key in history.receipts)
        receipts = path / RECEIPT_KEY
        found = receipts.read_text(encoding="utf-8") if receipts.is_file() else ""
        if found != announced:
            message = "is not the key of receipts that the log announced"
            add_fault(self.report, "record.receipts", f"{place}/{RECEIPT_KEY}", message)


class Joined:
    """An election of a record, and what the history has of it."""

    def __init__(
        self, prefix: str, election: schema.Election, history: History, report: Report
    ) -> None:
        self.prefix, self.place = prefix, prefix + ELECTION
        self.election, self.history, self.report = election, history, report
        self.told: Election | None = history.elections.get(election.id)

    def fault(self, check: str, message: str, place: str | None = None) -> None:
        add_fault(self.report, check, place or self.place, message)

    def description(self) -> bool:
        """-> whether the history has the election, so that more can be compared"""
        if self.told is None:
            self.fault("record.log-facts", "the log has no such election")
            return False
        if self.election.digest() != self.told.description:
            self.fault("record.bound", "is not what was fixed and logged before voting opened")
        for name, here, there in derive.differences(self.election, self.told, self.history):
            self._differs(self.place, name, here, there)
        codes = {contest.code for contest in self.election.contests}
        for code in sorted(self.told.contests.keys() - codes):
            self.fault("record.complete", f"contest {code} is in the log and not here")
        for code in sorted(codes - self.told.contests.keys()):
            self.fault("record.complete", f"contest {code} is not in the log")
        for contest in self.election.contests:
            known = self.told.contests.get(contest.code)
            if known is not None:
                place = f"{self.place}, contest {contest.code}"
                for name, here, there in derive.contest_differences(contest, known):
                    self._differs(place, name, here, there)
        return codes == self.told.contests.keys()

    def _differs(self, place: str, name: str, here: object, there: object) -> None:
        self.fault("record.log-facts", f"{name} is {here!r} here, and {there!r} in the log", place)

    def state(self, found: schema.State, checks: list[ContestCheck], name: str) -> None:
        assert self.told is not None  # noqa: S101 - asked after `description`
        withheld = {check.described.code: check.withheld for check in checks}
        expected = derive.state(self.election, self.told, withheld)
        if expected is None:
            self.fault("record.state", "the election was not sealed: it has no record", name)
        elif expected != found:
            here, there = found.model_dump(), expected.model_dump()
            for field_ in here:
                if here[field_] != there[field_]:
                    self._wrong_state(name, field_, here[field_], there[field_])

    def _wrong_state(self, name: str, field_: str, here: object, there: object) -> None:
        if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
            pairs = [(a, b) for a, b in zip(here, there, strict=True) if a != b]
            here, there = [a for a, _ in pairs], [b for _, b in pairs]
        message = f"{field_} is {here!r} here, and follows from the log as {there!r}"
        self.fault("record.state", message, name)

    def rolls(self) -> None:
        """Rolls of people in office, and those who are judged, follow from the offices."""
        assert self.told is not None  # noqa: S101 - asked after `description`
        if self.election.kind not in derive.PUBLIC_ROLL:
            return
        for contest in self.election.contests:
            place = f"{self.place}, contest {contest.code}"
            if contest.roll is None or contest.roll != sorted(self.told.electors):
                message = "the roll is not that of the representatives of that day"
                self.fault("record.chain", message, place)
            elif (len(contest.roll), roll_tree.root(contest.roll)) != (
                contest.voters,
                contest.roll_root,
            ):
                message = "number of voters and root are not those of its roll"
                self.fault("record.chain", message, place)
            keys = {candidate.key for candidate in contest.candidates}
            if self.election.kind != "committee" and not keys <= self.told.officers:
                message = "someone who is not of the committee is a subject of this ballot"
                self.fault("record.chain", message, place)

    def offices(self, checks: list[ContestCheck]) -> None:
        """Who was elected and is not gone holds the office; nobody else has it from here."""
        assert self.told is not None  # noqa: S101 - asked after `description`
        elected = set()
        for check in checks if self.election.kind in ("direct", "committee") else ():
            told = self.told.contests[check.described.code]
            if told.certified:
                keys = set((check.declared or {}).get("elected", []))
                elected |= {(key, told.constituency) for key in keys - told.vacated}
        held = {
            (office.holder, office.constituency)
            for _, office in map(self.history.offices.__getitem__, self.told.offices)
        }
        for key, _ in sorted(elected - held, key=str):
            self.fault("record.chain", f"{key[:12]}… was elected and was given no office")
        for key, _ in sorted(held - elected, key=str):
            self.fault("record.chain", f"{key[:12]}… was given an office and was not elected")
        if len(held) != len(self.told.offices):
            self.fault("record.chain", "somebody was given two offices by this election")

    def term(self, profile: Profile) -> None:
        """Nobody is elected for longer than the adopted rules allow."""
        assert self.told is not None  # noqa: S101 - asked after `description`
        term = self.history.terms[self.told.term]
        first, last = date.fromisoformat(term.starts_on), date.fromisoformat(term.ends_on)
        if profile.term_too_long(first, last):
            message = f"the term is longer than the {profile.term_years_max} years of the rules"
            self.fault("record.history", message)

    def bindings(self, profile: Profile) -> None:
        """Nobody erases who cast with what while the outcome can still be challenged."""
        assert self.told is not None  # noqa: S101 - asked after `description`
        if not self.told.certified_at or not self.told.destroyed_at:
            return
        days = timedelta(days=profile.certification.challenge_days)
        due = datetime.fromisoformat(self.told.certified_at) + days
        if datetime.fromisoformat(self.told.destroyed_at) < due:
            message = (
                "what leads from voters to ballots was destroyed before the time for challenge"
            )
            self.fault("record.history", message)

    def contest(self, check: ContestCheck) -> None:
        told = check.told.contest
        assert told is not None  # noqa: S101 - asked after `description`
        if check.declared_sha256 is not None and check.declared_sha256 != told.declared:
            message = "is not the outcome that was declared in the log"
            self.fault("record.log-facts", message, check.declaration_name)
        if check.outcome is not None and check.outcome != told.outcome:
            message = f"the log calls this outcome {told.outcome[:40]!r}"
            self.fault("record.log-facts", message, check.declaration_name)
        lot = (check.seed, check.lot_sha256) if check.seed is not None else None
        if lot != told.lot or check.lot_path.is_file() != (told.lot is not None):
            self.fault("record.lot", "is not the lot that was logged", check.lot_name)
        # of an archive that cannot be read to its end, what was read
        end = max(told.events if check.read else check.events, default=-1)
        logged = {height: event for height, event in told.events.items() if height <= end}
        may_lack = _WITHHELD if check.withheld else ()
        for message in differences(check.events, logged, may_lack):
            self.fault("record.log-events", message, check.place)
        if not check.read:
            return
        if check.trackers != told.trackers:
            wrong = sorted(height for _, height in check.trackers.items() ^ told.trackers.items())
            message = f"the log names another ballot as event {wrong[0]}"
            self.fault("record.log-events", message, check.place)
        if told.closed and check.ballots > told.closed["issued"]:
            message = f"{check.ballots} voters cast, and {told.closed['issued']} had a ballot"
            self.fault("record.counts", message, check.place)
        self._owners(check)
        self._shuffles(check)
        self._excluded(check)

    def _owners(self, check: ContestCheck) -> None:
        """Shuffles and shares come from the accounts through which the trustees made their keys."""
        assert self.told is not None and check.told.contest is not None  # noqa: S101
        actors = {number: one.actor for number, one in self.told.numbered.items()}
        for height, owner in check.owners.items():
            if check.told.contest.actors.get(height) != actors.get(owner):
                message = f"event {height} is not of the trustee who sent it"
                self.fault("record.log-events", message, check.place)

    def _excluded(self, check: ContestCheck) -> None:
        """On grounds that the adopted rules know."""
        known = set(check.profile.electorate.exclusions)
        told = check.told.contest
        grounds = {one.ground for one in told.exclusions.values()} if told else set()
        if unknown := sorted(grounds - known):
            message = f"the rules know no exclusion on the ground {', '.join(unknown)}"
            self.fault("record.history", message, check.place)

    def _shuffles(self, check: ContestCheck) -> None:
        """Every trustee shuffled once, but for those declared absent, and two of them did."""
        if not check.shuffled or self.told is None:
            return
        owners = check.shufflers
        present = {number for number, one in self.told.numbered.items() if not one.absent}
        wrong = []
        if len(set(owners)) != len(owners):
            wrong.append("a trustee shuffled twice")
        if len(set(owners)) < LEAST_SHUFFLERS:
            wrong.append("fewer than two trustees shuffled")
        if lacking := sorted(present - set(owners)):
            numbers = ", ".join(map(str, lacking))
            wrong.append(f"trustees {numbers} did not shuffle, and the log has no absence of them")
        for message in wrong:
            self.fault("record.shuffles", message, check.place)


def log_files(folder: Path) -> list[str]:
    return [name for name in files_in(folder) if name.startswith(f"{LOG}/")]
