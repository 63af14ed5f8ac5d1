"""What is said in entries and in documents, changed together, with the log's own key."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.record.histories import Court, Entry, encoded, write_log
from tests.record.world import TERM, Remembered, World, copied, sign_anew
from voting.record import schema
from voting.record.layout import canonical

K3 = "direct-1/contests/K3/declaration.json"
Change = Callable[[Entry], Any]


class Forger:
    """Writes files of a record of a term, and any entries of its log."""

    def __init__(self, world: World, folder: Path) -> None:
        self.court = Court(world, folder)
        self.record = self.court.record

    def read(self, name: str) -> Any:
        return json.loads((self.record / name).read_bytes())

    def faults(self, change: Change, files: dict[str, bytes] | None = None) -> set[str]:
        """The checks that fail when each entry was put through `change`."""
        before = {name: (self.record / name).read_bytes() for name in files or {}}
        for name, raw in (files or {}).items():
            (self.record / name).write_bytes(raw)
        entries = [json.loads(raw) for raw in self.court.told.raws]
        for entry in entries:
            change(entry)
        raws = [encoded(entry) for entry in entries]
        assert files or raws != self.court.told.raws
        for log in self.court.logs:
            write_log(log, raws, self.court.signer)
        sign_anew(self.record)
        report = self.court.remembered.verify(self.record)
        for name, raw in before.items():
            (self.record / name).write_bytes(raw)
        return {fault.check for fault in report.faults}


@pytest.fixture(scope="module")
def forger(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forger]:
    yield Forger(world, tmp_path_factory.mktemp("forger"))


def only(type_: str, **data: Any) -> Change:
    """Of the first entry of its type."""
    left = [type_]

    def change(entry: Entry) -> None:
        if entry["type"] in left:
            left.clear()
            entry["data"].update(data)

    return change


@pytest.mark.parametrize("swapped", [True, False])
def test_a_folder_of_a_term_holds_its_election(
    world: World, tmp_path: Path, *, swapped: bool
) -> None:
    """No key is needed: both records are genuine."""
    with copied(world.record(TERM), tmp_path / "copy") as record:
        one, other = record / "direct-1", record / "committee-1"
        one.rename(record / "kept")
        shutil.copytree(other, one)
        shutil.rmtree(other if swapped else record / "kept")
        if swapped:
            (record / "kept").rename(other)
        sign_anew(record)
        report = Remembered().verify(record)
        assert {fault.check for fault in report.faults} == {"record.complete"}


def _declare(forger: Forger, change: Callable[[Any], Any]) -> set[str]:
    declared = forger.read(K3)
    uuid = next(c["uuid"] for c in _contests(forger) if c["code"] == "K3")
    change(declared)
    raw = canonical(declared)

    def logged(entry: Entry) -> None:
        if entry["type"] == "contest.declared" and entry["data"]["uuid"] == uuid:
            entry["data"]["sha256"] = hashlib.sha256(raw).hexdigest()

    return forger.faults(logged, {K3: raw})


def _contests(forger: Forger) -> list[Any]:
    return list(forger.read("direct-1/election.json")["contests"])


@pytest.mark.parametrize(
    "change",
    [
        lambda declared: declared.update(result=[[5, 3]]),
        lambda declared: declared["outcomes"][0].update({"for": 3}),
        lambda declared: declared["outcomes"][0].update(label="5 votes"),
        lambda declared: declared["outcomes"][0].update(outcome="elected by 5"),
        lambda declared: declared["outcomes"].reverse(),
        lambda declared: declared["outcomes"].pop(),
        lambda declared: declared["balance"].update(valid=7),
        lambda declared: declared["balance"].update(returned=7),
        lambda declared: declared.update(withheld="few_ballots"),
        lambda declared: declared.update(void=["no_quorum"]),
        lambda declared: declared.update(open_seats=5),
        lambda declared: declared.update(next=["another_ballot"]),
        lambda declared: declared.update(elected=[*declared["elected"], "ab" * 32]),
        lambda declared: [one.update(outcome="elected") for one in declared["outcomes"]],
        lambda declared: declared["profile"].update(id="another"),
        lambda declared: declared.update(outcomes=None),
    ],
)
def test_an_outcome_without_counts_is_still_one_of_the_rules(
    forger: Forger, change: Callable[[Any], Any]
) -> None:
    assert "record.withheld" in _declare(forger, change)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (only("ballot.accepted", tracker="A" * 43), "record.log-events"),
        (only("election.sealed", public_key="ab" * 32), "record.log-facts"),
        (only("contest.declared", outcome="partly"), "record.log-facts"),
        (only("contest.declared", outcome="tied"), "record.history"),
        (only("contest.certified", offices=0), "record.history"),
        (only("office.granted", ends_on="2030-01-01"), "record.history"),
        (only("office.granted", starts_on="2027-01-01"), "record.history"),
    ],
)
def test_what_the_log_says_is_what_the_record_shows(
    forger: Forger, change: Change, check: str
) -> None:
    assert check in forger.faults(change)


def test_the_root_of_a_public_roll_is_that_of_its_names(forger: Forger) -> None:
    """With everything that follows from it made anew."""
    name, root = "committee-1/election.json", "ab" * 32
    described = forger.read(name)
    described["contests"][0]["roll_root"] = root
    digest = schema.Election.of(canonical(described)).digest()
    state = forger.read("committee-1/state.json") | {"election": digest}

    def logged(entry: Entry) -> None:
        if entry["subject"] == f"contest/{described['contests'][0]['uuid']}":
            entry["data"].update({"roll": root} if "roll" in entry["data"] else {})
        if entry["subject"] == f"election/{described['id']}":
            known = "description" in entry["data"]
            entry["data"].update({"description": digest} if known else {})

    files = {name: canonical(described), "committee-1/state.json": canonical(state)}
    assert forger.faults(logged, files) == {"record.chain"}
