"""The chain of a term: every roll and every list of subjects derives from results before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.clock import day_of, zone_of
from audit.entries import parse_time
from ballots.verifier import Report
from voting.record.layout import TERM, Json, Malformed, add_fault, add_warning, parse, read_document
from voting.record.schema import Day

REPRESENTATIVE = "representative"
MEMBER = "member"


@dataclass(frozen=True)
class Record:
    """An election of the term, as read: `declared` by contest, `entries` of its log."""

    place: str
    election: Json
    declared: dict[str, Json]
    entries: list[dict[str, Any]]

    @property
    def kind(self) -> str:
        return str(self.election["kind"])

    @property
    def elected(self) -> set[str]:
        return {
            key for declared in self.declared.values() if declared for key in declared["elected"]
        }

    def frozen_on(self) -> date | None:
        """The day whose office holders are on the roll, in the zone that the log names: at the
        same instant it is another day elsewhere. Raises ValueError where the zone is not known."""
        subject = f"election/{self.election['id']}"
        for entry in self.entries:
            if entry["type"] == "election.frozen" and entry["subject"] == subject:
                return day_of(parse_time(entry["time"]), zone_of(entry["data"]["zone"]))
        return None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Named(_Part):
    code: str
    kind: str
    state: str
    derives_from: list[str]


class _Office(_Part):
    holder: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    kind: str
    election: str | None
    starts_on: Day
    ends_on: Day


class _Term(_Part):
    format: Literal["mandate-term/1"]
    code: str
    starts_on: Day
    ends_on: Day
    elections: list[_Named]
    offices: list[_Office]


def check(folder: Path, report: Report, records: list[Record]) -> None:
    try:
        raw = parse(read_document(folder, TERM))
        term = _Term.model_validate(raw, strict=True)
    except (Malformed, ValidationError, OSError) as error:
        add_fault(report, "record.term", TERM, f"cannot be used: {error}")
        return
    report.election = {
        "term": term.code,
        "elections": ", ".join(r.election["code"] for r in records),
    }
    by_code = {record.election["code"]: record for record in records}
    for named in term.elections:
        record = by_code.get(named.code)
        if record is None:
            add_warning(
                report, "record.term", TERM, f"election {named.code} is not part of this record"
            )
        elif (record.kind, record.election["term"]["code"]) != (named.kind, term.code):
            add_fault(
                report, "record.term", TERM, f"election {named.code} is described otherwise there"
            )
    listed = {named.code for named in term.elections}
    for code in by_code.keys() - listed:
        add_fault(report, "record.term", TERM, f"election {code} is not named")
    for message in (
        *_offices_without_grounds(term, by_code),
        *_without_office(term, by_code),
        *_offices_not_logged(term, records),
    ):
        add_fault(report, "record.chain", TERM, message)
    for record in records:
        for message in _derivation(term, record):
            add_fault(report, "record.chain", f"{record.place}election.json", message)


def _offices_without_grounds(term: _Term, by_code: dict[str, Record]) -> Iterator[str]:
    """Whoever holds an office was elected to it, where the record has the election."""
    for office in term.offices:
        record = by_code.get(office.election or "")
        if record is not None and office.holder not in record.elected:
            yield f"the {office.kind} {office.holder[:12]}… was not elected by {office.election}"


def _without_office(term: _Term, by_code: dict[str, Record]) -> Iterator[str]:
    """Whoever was elected by a certified election holds the office, or has held it."""
    holders = {(office.election, office.holder) for office in term.offices}
    for code, record in sorted(by_code.items()):
        if record.kind in ("direct", "committee") and record.election["state"] == "certified":
            for key in sorted(record.elected):
                if (code, key) not in holders:
                    yield f"{key[:12]}… was elected by {code} and holds no office"


def _offices_not_logged(term: _Term, records: list[Record]) -> Iterator[str]:
    """Each office and its end are as they were logged, and none that was logged is missing."""
    if not records:
        return
    longest = max(records, key=lambda record: len(record.entries)).entries
    logged: dict[str, _Held] = {}
    for entry in longest:
        data = entry["data"]
        if entry["type"] == "office.granted" and data["term"] == term.code:
            held = _Held(data["holder"], data["kind"], data["starts_on"], data["ends_on"])
            logged[entry["subject"]] = held
        elif entry["type"] == "office.ended" and entry["subject"] in logged:
            logged[entry["subject"]] = replace(logged[entry["subject"]], until=data["ends_on"])
    listed = {_Held(o.holder, o.kind, o.starts_on, o.ends_on) for o in term.offices}
    for held in sorted(listed.difference(logged.values())):
        yield f"the log does not say that the office was held: {held}"
    for held in sorted(set(logged.values()) - listed):
        yield f"an office is in the log and not in the term: {held}"


@dataclass(frozen=True, order=True)
class _Held:
    """An office of one person, from its first day to before its last."""

    holder: str
    kind: str
    since: str
    until: str

    def __str__(self) -> str:
        return f"{self.kind} {self.holder[:12]}… from {self.since} to {self.until}"


def _holders(term: _Term, kinds: set[str], day: date) -> set[str]:
    on = max(day, date.fromisoformat(term.starts_on)).isoformat()
    return {
        office.holder
        for office in term.offices
        if office.kind in kinds and office.starts_on <= on < office.ends_on
    }


def _derivation(term: _Term, record: Record) -> Iterator[str]:
    if record.kind == "direct":
        return
    try:
        day = record.frozen_on()
    except ValueError as error:
        yield f"the log does not say on which day the roll was frozen: {error}"
        return
    if day is None:
        yield "the log does not say when the roll was frozen"
        return
    representatives = _holders(term, {REPRESENTATIVE}, day)
    for contest in record.election["contests"]:
        if contest["roll"] is None or roll_hash(contest["roll"]) != contest["roll_sha256"]:
            yield f"the roll of contest {contest['code']} is not the one that was frozen"
        elif set(contest["roll"]) != representatives:
            yield f"the roll of contest {contest['code']} is not that of the representatives"
        if record.kind in ("confidence", "satisfaction"):
            kinds = {office.kind for office in term.offices} - {REPRESENTATIVE}
            subjects = {candidate["key"] for candidate in contest["candidates"]}
            if not subjects <= _holders(term, kinds, day):
                yield "someone who is not of the committee is a subject of this ballot"


def roll_hash(commitments: list[str]) -> str:
    return hashlib.sha256(rfc8785.dumps(sorted(commitments))).hexdigest()
