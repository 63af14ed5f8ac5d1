"""The record against the public log: what was said at the time is what the record says now."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from audit import verifier as log_verifier
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keys import Verifier
from ballots.verifier import Report
from voting.record.contest import ContestCheck
from voting.record.events import ENTRIES, LoggedEvents, read_entries
from voting.record.layout import ELECTION, LOG, PUBLIC_KEY, Json, add_fault

Entries = list[dict[str, Any]]
_WITHHELD = ("PartialDecryption",)
LEAST_SHUFFLERS = 2


def check_log(
    folder: Path,
    prefix: str,
    election: Json,
    contests: list[ContestCheck],
    report: Report,
    jobs: int,
    vkey: str | None,
) -> Entries:
    """Verify the log, then compare. -> the entries about this election and about offices"""
    path = folder / LOG
    try:
        keys = _keys(path, vkey)
        checked = log_verifier.verify(LogFolder(path), keys, jobs=jobs)
        for fault in checked.faults:
            at = "" if fault.index is None else f", entry {fault.index}"
            add_fault(report, "record.log", f"{prefix}{LOG}/{fault.place}{at}", fault.message)
        wanted = {f"contest/{described['uuid']}" for described in election["contests"]}
        wanted.add(f"election/{election['id']}")
        entries = list(read_entries(LogFolder(path), keys, wanted))
    except (LogError, OSError, ValueError) as error:
        add_fault(report, "record.log", f"{prefix}{LOG}", f"cannot be read: {error}")
        return []
    mixed = any(check.shuffled for check in contests)
    facts = _Facts(prefix, election, entries, report, mixed=mixed)
    facts.of_election()
    for check in contests:
        facts.of_contest(check)
    return entries


def _keys(path: Path, vkey: str | None) -> list[Verifier]:
    text = vkey or (path / PUBLIC_KEY).read_text(encoding="utf-8")
    return [Verifier.parse(line) for line in text.splitlines() if line]


class _Facts:
    def __init__(
        self, prefix: str, election: Json, entries: Entries, report: Report, *, mixed: bool
    ) -> None:
        self.mixed = mixed
        self.place, self.election, self.report = prefix + ELECTION, election, report
        self.last: dict[tuple[str, str], Json] = {}
        self.events: dict[str, LoggedEvents] = defaultdict(LoggedEvents)
        self.trustees: dict[int, str] = {}
        self.absent: set[int] = set()
        for entry in entries:
            self._note(entry["type"], entry["subject"], entry["data"])

    def _note(self, type_: str, subject: str, data: Json) -> None:
        self.last[type_, subject] = data
        if type_ in ENTRIES:
            self.events[data["uuid"]].add(type_, data)
        elif type_ == "trustee.invited":
            self.trustees[data["trustee"]] = data["name"]
        elif type_ == "trustee.removed":
            self.trustees.pop(data["trustee"], None)
        elif type_ == "trustee.absent":
            self.absent.add(data["trustee"])

    def _compare(self, type_: str, subject: str, expected: dict[str, Json], place: str) -> None:
        logged = self.last.get((type_, subject))
        if logged is None:
            add_fault(
                self.report, "record.log-facts", place, f"the log has no {type_} of {subject}"
            )
            return
        for name, value in expected.items():
            if logged.get(name) != value:
                add_fault(
                    self.report,
                    "record.log-facts",
                    place,
                    f"{name} is {value!r} here, and {logged.get(name)!r} in the log ({type_})",
                )

    def of_election(self) -> None:
        election = self.election
        subject = f"election/{election['id']}"
        self._compare(
            "election.created",
            subject,
            {
                "code": election["code"],
                "kind": election["kind"],
                "term": election["term"]["code"],
                "previous": election["previous"],
            },
            self.place,
        )
        self._compare(
            "profile.adopted",
            subject,
            {"profile": election["profile"]["id"], "sha256": election["profile"]["sha256"]},
            self.place,
        )
        if election["state"] != "sealed":
            times = {"opens_at": election["opens_at"], "closes_at": election["closes_at"]}
            self._compare("election.opened", subject, times, self.place)
        for state in ("mixed", "tallied", "declared", "certified"):
            logged = (f"election.{state}", subject) in self.last
            reached = election["state"] in _from(state) and (state != "mixed" or self.mixed)
            if reached and not logged:
                self._compare(f"election.{state}", subject, {}, self.place)
        names = sorted(trustee["name"] for trustee in election["trustees"])
        if names != sorted(self.trustees.values()):
            add_fault(
                self.report,
                "record.log-facts",
                self.place,
                "the trustees are not those that were appointed",
            )

    def of_contest(self, check: ContestCheck) -> None:
        described, uuid = check.described, check.described["uuid"]
        place = f"{self.place}, contest {described['code']}"
        self._compare(
            "roll.frozen",
            f"contest/{uuid}",
            {
                "contest": described["code"],
                "roll": described["roll_sha256"],
                "voters": described["voters"],
            },
            place,
        )
        self._compare(
            "contest.sealed", f"contest/{uuid}", {"fingerprint": described["fingerprint"]}, place
        )
        if self.election["state"] in _from("closed"):
            numbers = {name: described[name] for name in ("issued", "excluded")}
            self._compare("contest.closed", f"contest/{uuid}", numbers, place)
        if check.declared_sha256 is not None:
            digest = {"sha256": check.declared_sha256}
            self._compare("contest.declared", f"contest/{uuid}", digest, check.declaration_name)
        if check.seed is not None:
            drawn = {"seed": check.seed, "sha256": check.lot_sha256}
            self._compare("lot.drawn", f"contest/{uuid}", drawn, check.lot_name)
        self._events_of(check)
        self._shuffles_of(check)

    def _events_of(self, check: ContestCheck) -> None:
        """Each event of the archive was logged, and none that was logged is missing from it."""
        logged = self.events[check.described["uuid"]]
        may_lack = _WITHHELD if check.withheld else ()
        for message in logged.differences(check.events, may_lack):
            add_fault(self.report, "record.log-events", check.place, message)

    def _shuffles_of(self, check: ContestCheck) -> None:
        """Every trustee shuffled once, but for those declared absent, and two of them did."""
        if not check.shuffled:
            return
        owners = check.shufflers
        present = {t["number"] for t in self.election["trustees"]} - self.absent
        wrong = []
        if len(set(owners)) != len(owners):
            wrong.append("a trustee shuffled twice")
        if len(set(owners)) < LEAST_SHUFFLERS:
            wrong.append("fewer than two trustees shuffled")
        if lacking := sorted(present - set(owners)):
            numbers = ", ".join(map(str, lacking))
            wrong.append(f"trustees {numbers} did not shuffle, and the log has no absence of them")
        for message in wrong:
            add_fault(self.report, "record.shuffles", check.place, message)


def _from(state: str) -> tuple[str, ...]:
    order = ("open", "closed", "mixed", "tallied", "declared", "certified")
    return order[order.index(state) :]
