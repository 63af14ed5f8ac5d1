"""Verification divided among several machines: parts, and the whole put together from them.

Each part is made from the whole archive but checks only some of the ballots. It carries the sum of
its ballots and the fingerprints of their ciphertexts, so the whole is judged without the ballots.
Whoever merges parts relies on those who made them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ballots import checks
from ballots.election import Election
from ballots.encoding import Json, take_bool, take_int, take_list, take_object, take_text
from ballots.tally import Accumulator, parse_sized, parse_tally
from ballots.verifier.count import Published
from ballots.verifier.duplicates import Duplicates
from ballots.verifier.report import Fault, Report
from ballots.verifier.walk import conclude

if TYPE_CHECKING:
    from ballots.verifier.walk import Walk

REPORT = (*Report().to_json(), "partial")
OBJECTS = ("election", "counts", "partial")
FIELDS = ("shard", "election", "accumulator", "ciphertexts", "complete", "published")


def partial(walk: Walk) -> Json:
    """What ``merge`` needs of one part."""
    published = walk.published
    return {
        "shard": [walk.shard.index, walk.shard.count],
        "election": walk.setup.election.raw.decode() if walk.setup else None,
        "accumulator": walk.accumulator.to_json() if walk.accumulator else None,
        "ciphertexts": walk.duplicates.to_json(),
        "complete": walk.complete,
        "published": published
        and {
            "place": published.place,
            "size": published.size.raw.decode(),
            "tally": published.tally and published.tally.raw.decode(),
        },
    }


def merge(reports: list[Json]) -> Report:
    """One report from the reports, in JSON, of all parts. Raises BallotError if one is missing,
    twice, or of another archive."""
    reports = _in_order(take_list(reports, "parts"))
    report = Report(unreadable=any(take_bool(part["unreadable"], "unreadable") for part in reports))
    first = reports[0]
    report.in_progress = take_bool(first["in_progress"], "in_progress")
    report.election = {name: take_text(text, name) for name, text in first["election"].items()}
    report.counts = {name: take_int(count, name) for name, count in first["counts"].items()}
    report.head = take_text(first["head"], "head")
    report.published = first["results"]
    report.faults = _faults(reports, "faults")
    report.warnings = _faults(reports, "warnings")
    if report.unreadable:
        return report
    parts = [take_object(part["partial"], "partial", *FIELDS) for part in reports]
    duplicates = Duplicates()
    for part in parts:
        duplicates.merge(part["ciphertexts"], "ciphertexts")
    complete = all(take_bool(part["complete"], "complete") for part in parts)
    text = parts[0]["election"]
    if text is not None:
        election = Election.parse(take_text(text, "election").encode())
        accumulator = _sum(election, parts)
        published = _published(election, parts[0]["published"])
        conclude(report, duplicates, accumulator, published, complete=complete)
    return report


def _sum(election: Election, parts: list[Json]) -> Accumulator:
    accumulator = Accumulator(election)
    for part in parts:
        state = Accumulator.from_json(election, part["accumulator"], "accumulator")
        accumulator.merge(state)
    return accumulator


def _published(election: Election, value: Json) -> Published | None:
    if value is None:
        return None
    fields = take_object(value, "published", "place", "size", "tally")
    size = parse_sized(take_text(fields["size"], "published.size").encode())
    text = fields["tally"]
    tally = None if text is None else parse_tally(election, take_text(text, "tally").encode())
    return Published(take_text(fields["place"], "published.place"), size, tally)


def _in_order(reports: list[Json]) -> list[Json]:
    """The reports by the number of their part; all parts of one archive, each once."""
    by_index: dict[int, Json] = {}
    counts, heads = set(), set()
    for i, report in enumerate(reports):
        place = f"part {i + 1}"
        shape = isinstance(report, dict) and list(report) == list(REPORT)
        shape = shape and all(isinstance(report[name], dict) for name in OBJECTS)
        reason = "is not a report of mandate verify --shard --json of a readable archive"
        checks.require(shape, "shard.mismatch", place, reason)
        shard = take_list(report["partial"].get("shard"), place, 2, "shard.mismatch")
        by_index[take_int(shard[0], place)] = report
        counts.add(take_int(shard[1], place))
        heads.add(take_text(report.get("head"), place))
    same = len(counts) == 1 and len(heads) == 1 and len(by_index) == len(reports)
    checks.require(same, "shard.mismatch", "parts", "are not parts of one archive, each once")
    count = counts.pop()
    complete = len(by_index) == count and max(by_index) == count - 1
    checks.require(complete, "shard.mismatch", "parts", f"must be {count}, all of them")
    return [by_index[index] for index in sorted(by_index)]


def _faults(reports: list[Json], name: str) -> list[Fault]:
    """Each fault once: what is not about ballots is found by every part."""
    found: dict[Fault, None] = {}
    for report in reports:
        for value in take_list(report[name], name):
            found[Fault.from_json(value, name)] = None
    return list(found)
