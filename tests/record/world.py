"""Records to forge: a term with every kind of election, some of them ended early or still open.

Built once; whoever changes one works on a copy. Archives do not change when documents do, so what
the verifier of the ballot protocol finds in them is remembered by their contents.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from sqlalchemy import select

from audit.database import Actor, Base, Database
from audit.keyfiles import LogKeys, load_or_create_keys
from audit.service import LogService
from ballots import ballot
from ballots.verifier import Fault, Report
from tests.voting.scenario import COMMISSION, REGISTRAR, VOTER, Scenario, rows
from voting import casting, drafts, exclusions, lifecycle, nominations, publication, rolls
from voting.models import (
    COMMITTEE,
    CONFIDENCE,
    DIRECT,
    SATISFACTION,
    Contest,
    Election,
)
from voting.record import verify as verifying
from voting.record import verify_bundle, write_folder, write_term
from voting.record.history import History
from voting.record.layout import MANIFEST, files_in, manifest_of, sha256_of
from voting.record.logged import Logs
from voting.registry import people, structure
from voting.registry.entries import PersonChanged
from voting.registry.models import REPRESENTATIVE, Affiliation, Office

OTHER_COMMISSION = Actor("commission", "commission-2")
TERM = "term"
ELECTIONS = (
    "direct-1",
    "committee-1",
    "confidence-1",
    "satisfaction-1",
    "ranked-1",
    "cancelled-1",
    "open-1",
)


@dataclass(frozen=True)
class World:
    """`folder` has a record for each name, and the public log as it was at the end."""

    folder: Path
    keys: LogKeys

    def record(self, name: str) -> Path:
        return self.folder / "records" / name


def build(folder: Path) -> World:
    database = Database(f"sqlite:///{folder / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    _small_constituency(scenario)
    for act in (_cancelled, _direct, _ranked, _committee, _resignation):
        act(scenario)
        scenario.clock.forward(days=9)
    scenario.clock.forward(days=880)
    _opinion(scenario, CONFIDENCE)
    scenario.clock.forward(days=700)
    _opinion(scenario, SATISFACTION)
    _resignation(scenario, "K1")
    _open(scenario)
    keys = load_or_create_keys(folder / "keys", "vote.example/test")
    service = LogService(database, folder / "log", keys)
    service.run_once()
    service.publish_keys()
    log = folder / "log" / "public"
    with database.read() as uow:
        term = structure.get_term(uow, scenario.term)
        write_term(folder / "records" / TERM, *publication.term_of(uow, term, log))
        for code in ELECTIONS:
            election = uow.session.query(Election).filter_by(code=code).one()
            write_folder(folder / "records" / code, publication.source_of(uow, election, log))
    database.close()
    return World(folder, keys)


def _small_constituency(scenario: Scenario) -> None:
    """K3 keeps its candidates and two more members who vote."""
    listed = {"RB0040", "RB0041"}
    text = (scenario.folder / "candidates.csv").read_text(encoding="utf-8")
    listed |= {row.split(",")[1] for row in text.splitlines() if row.startswith("K3,")}
    listed |= {row["member_no"] for row in rows(scenario.folder / "committee.csv")}
    with scenario.database.transaction(REGISTRAR) as uow:
        places = uow.session.scalars(select(Affiliation).where(Affiliation.voting)).all()
        for affiliation in places:
            person = affiliation.person
            if affiliation.unit.code in ("RE1", "RA1") and person.member_no not in listed:
                person.status = "suspended"
                uow.record(
                    PersonChanged(
                        person_id=person.id, person=people.commitment(person), what="status"
                    )
                )


def _direct(scenario: Scenario) -> None:
    """With all that may happen before voting opens, and a ballot that is replaced or opened."""
    election_id = scenario.draft(DIRECT, constituencies=["K1", "K3"])
    with scenario.database.transaction(COMMISSION) as uow:
        election = uow.session.get_one(Election, election_id)
        drafts.change(uow, election_id, aggregate_small=True, title_en="The representatives")
        candidacy = election.contests[0].candidacies[0]
        nominations.change(uow, candidacy.id, statement_en="Roads first.")
    for step in (scenario.freeze, scenario.make_keys, scenario.issue_credentials):
        step(election_id)
    contest_id = scenario.contest_ids(election_id)[0]
    _exclude(scenario, contest_id)
    _reissue(scenario, contest_id, 0)
    scenario.seal(election_id)
    _reissue(scenario, contest_id, 1)
    scenario.rehearse(election_id)
    scenario.open(election_id)
    scenario.vote(election_id)
    uuid = scenario.uuids(election_id)[0]
    voter = scenario.voters(uuid)[3]
    scenario.cast(uuid, voter)
    with scenario.database.transaction(VOTER) as uow:
        casting.spoil(uow, voter, uuid, scenario.encrypt(uuid, voter))
    scenario.count(election_id)


def _exclude(scenario: Scenario, contest_id: str) -> None:
    """One that is approved and stands, although the voter comes; one that is withdrawn."""
    with scenario.database.read() as uow:
        contest = uow.session.get_one(Contest, contest_id)
        numbers = [person.member_no for person in rolls.voters_of(uow.session, contest)][:3]
    entered = []
    for number in numbers:
        with scenario.database.transaction(COMMISSION) as uow:
            entered.append(exclusions.enter(uow, contest_id, number, "ill").id)
    with scenario.database.transaction(OTHER_COMMISSION) as uow:
        exclusions.approve(uow, entered[0])
        exclusions.approve(uow, entered[1])
        exclusions.withdraw(uow, entered[2])


def _reissue(scenario: Scenario, contest_id: str, voter: int) -> None:
    from ballots import credentials

    with scenario.database.read() as uow:
        contest = uow.session.get_one(Contest, contest_id)
        group, uuid = contest.election.ballot_group, contest.uuid or ""
        _ = contest.credentials_json
    person = scenario.voters(uuid)[voter]
    before = credentials.public_credential(group, uuid, scenario.secrets[uuid, person])
    secret = scenario.secrets[uuid, person] = credentials.generate()
    after = credentials.public_credential(group, uuid, secret)
    with scenario.database.transaction(REGISTRAR) as uow:
        rolls.reissue(uow, contest_id, before, after)


def _committee(scenario: Scenario) -> None:
    """Two of three threshold trustees beside one whose key is always needed."""
    scenario.run(COMMITTEE, seats=4, singles=1, ring=(2, 3))


def _resignation(scenario: Scenario, constituency: str | None = None) -> None:
    """Of one member of the committee, or of all representatives of a constituency."""
    with scenario.database.transaction(REGISTRAR) as uow:
        held = list(uow.session.scalars(select(Office).order_by(Office.id)))
        leaving = [
            office
            for office in held
            if (office.constituency.code if office.constituency else None) == constituency
        ]
        for office in leaving if constituency else leaving[:1]:
            people.end_office(uow, office, max(uow.now.date(), office.starts_on), "resigned")


def _ranked(scenario: Scenario) -> None:
    """The seats of K2, shuffled."""
    election_id = scenario.draft(
        DIRECT, code="ranked-1", profile="stv-scottish", constituencies=["K2"], singles=3
    )
    for step in (
        scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal,
        scenario.rehearse, scenario.open,
    ):  # fmt: skip
        step(election_id)
    scenario.vote(election_id, _ranking)
    scenario.close(election_id)
    for step in (scenario.shuffle, scenario.decrypt, scenario.declare, scenario.certify):
        step(election_id)


def _ranking(paper: ballot.Election, number: int) -> list[list[int]]:
    return [[1 + (place + number) % len(question.answers) for place in range(len(question.answers))]
            for question in paper.questions]  # fmt: skip


def _opinion(scenario: Scenario, kind: str) -> None:
    election_id = scenario.draft(kind, reason="a test")
    with scenario.database.transaction(COMMISSION) as uow:
        listed = uow.session.get_one(Election, election_id).contests[0].candidacies
        hashes = {c.person_id: bytes([place]) * 32 for place, c in enumerate(listed)}
        drafts.bind_dossiers(uow, election_id, hashes)
    for step in (
        scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal,
        scenario.rehearse, scenario.open, scenario.vote, scenario.count,
    ):  # fmt: skip
        step(election_id)


def _cancelled(scenario: Scenario) -> None:
    """While it was open; and one that was cancelled as a draft, which has no record."""
    election_id = scenario.prepare(DIRECT, code="cancelled-1", constituencies=["K1"])
    uuid = scenario.uuids(election_id)[0]
    for voter in scenario.voters(uuid)[:3]:
        scenario.cast(uuid, voter)
    draft = scenario.draft(DIRECT, code="dropped-1", constituencies=["K1"])
    scenario.both("cancel", f"election/{election_id}", reason="the wrong candidates were printed")
    with scenario.database.transaction(COMMISSION) as uow:
        lifecycle.cancel(uow, draft, "not needed")


def _open(scenario: Scenario) -> None:
    election_id = scenario.prepare(
        DIRECT, code="open-1", constituencies=["K1"], reason="a late by-election"
    )
    uuid = scenario.uuids(election_id)[0]
    for voter in scenario.voters(uuid)[:2]:
        scenario.cast(uuid, voter)


# Forging


def sign_anew(record: Path) -> None:
    """Make the manifests again, as a forger does: of a term and of all records in it."""
    for inner in sorted(record.glob(f"*/{MANIFEST}")):
        inner.write_bytes(manifest_of(inner.parent))
    (record / MANIFEST).write_bytes(manifest_of(record))


@contextmanager
def copied(record: Path, to: Path) -> Iterator[Path]:
    shutil.copytree(record, to)
    try:
        yield to
    finally:
        shutil.rmtree(to)


class Remembered:
    """`verify` for many forgeries of one record: archives and logs are looked at once."""

    def __init__(self) -> None:
        self._archives: dict[str, Report | None] = {}
        self._archive = verifying._archive
        self._logs: dict[str, tuple[History | None, list[Fault]]] = {}
        self._read = Logs._read

    def log(self, logs: Logs, path: Path, place: str) -> History | None:
        """The log of one record, of which nobody changes what was read."""
        key = "".join(sha256_of(path / name) for name in files_in(path)) + place
        if key not in self._logs:
            before = len(logs.report.faults)
            found = self._read(logs, path, place)
            self._logs[key] = found, logs.report.faults[before:]
        else:
            logs.report.faults += self._logs[key][1]
        return self._logs[key][0]

    def archive(self, path: Path, jobs: int = 1) -> Report | None:
        key = sha256_of(path) if path.is_file() else ""
        if key not in self._archives:
            self._archives[key] = self._archive(path, jobs)
        return deepcopy(self._archives[key])

    def verify(self, record: Path, **options: str) -> Report:
        with (
            mock.patch.object(verifying, "_archive", self.archive),
            mock.patch.object(Logs, "_read", lambda logs, *args: self.log(logs, *args)),
        ):
            return verify_bundle(record, **options)  # type: ignore[arg-type]


__all__ = ["ELECTIONS", "REPRESENTATIVE", "TERM", "Remembered", "World", "build", "sign_anew"]
