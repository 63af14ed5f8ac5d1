"""One small election up to the closed box, with its record and log as files, for tests of what an
outsider can prove with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner, Result

from audit.database import Base, Database
from audit.keyfiles import LogKeys, load_or_create_keys
from audit.sequencer import Sequencer
from ballots import ballot
from ballots.archive import Reader, Writer, steps
from ballots.encoding import dumps, sha256_hex
from ballots.tally import Accumulator
from tests.voting.scenario import RECEIPTS, Scenario
from tests.voting.test_record import log_of
from voting import contest_archive, publication, states
from voting.entries import ArchiveEvent, BallotAccepted
from voting.models import DIRECT
from voting.record import write_folder
from voting.record.events import events_of
from web.cli import app

CODE = "direct-1"
VOTERS = 6
ORIGIN = RECEIPTS.name.removesuffix("/receipt")


@dataclass
class Closed:
    """K3 with six ballots, closed and added up; nobody has decrypted."""

    folder: Path
    scenario: Scenario
    election_id: str
    uuid: str
    receipts: list[str] = field(default_factory=list)

    @property
    def keys(self) -> LogKeys:
        return load_or_create_keys(self.folder / "keys", ORIGIN)

    @property
    def log(self) -> Path:
        return self.folder / "log" / "public"

    @property
    def log_key(self) -> str:
        return str(self.keys.public[0].verifier)

    @property
    def receipt_key(self) -> str:
        return str(RECEIPTS.verifier)

    @property
    def fingerprint(self) -> str:
        return self.scenario.paper(self.uuid).fingerprint

    def record(self, target: Path) -> Path:
        """The published record as it is now."""
        log_of(self.scenario.database, self.folder)
        with self.scenario.database.read() as uow:
            write_folder(target, publication.source_of(uow, states.by_code(uow, CODE), self.log))
        return target

    def archive(self, target: Path) -> Path:
        with self.scenario.database.read() as uow:
            contest = states.contest_by_uuid(uow, self.uuid)
            target.write_bytes(b"".join(contest_archive.file_of(uow.session, contest)))
        return target

    def key_file(self, target: Path, trustee: int = 0) -> Path:
        target.write_text(self.scenario.held[self.election_id][trustee].private)
        return target


def closed_election(folder: Path) -> Closed:
    database = Database(f"sqlite:///{folder / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    election_id = scenario.prepare(DIRECT, code=CODE, constituencies=["K3"])
    (uuid,) = scenario.uuids(election_id)
    closed = Closed(folder, scenario, election_id, uuid)
    assert closed.keys.public[0].name == ORIGIN
    for voter in scenario.voters(uuid)[:VOTERS]:
        closed.receipts.append(scenario.cast(uuid, voter).receipt)
    scenario.close(election_id)
    log_of(database, folder)
    return closed


Heights = Callable[[int], bool]


def rebuilt(
    closed: Closed,
    target: Path,
    keep: Heights,
    counted: Heights | None = None,
    until: str = "",
) -> Path:
    """The archive made anew, by somebody who knows how: with those ballots only whose height `keep`
    accepts, added up if `counted` (by default all of them), ending before the event `until`.
    Chain and numbers are right, and so is the fingerprint."""
    paper = closed.scenario.paper(closed.uuid)
    box, count = Accumulator(paper), 0
    with closed.archive(target.with_suffix(".whole")).open("rb") as stream:
        reader = Reader(stream)
        whole = list(steps(reader))
    with Writer(target, reader.timestamp) as writer:
        for step in whole:
            data, height = [record.body for record in step.data], step.event.height
            if step.event.type == until:
                break
            if step.event.type == "Ballot":
                if not keep(height):
                    continue
                if (counted or keep)(height):
                    box.add(ballot.parse(paper, data[0]))
                    count += 1
            elif step.event.type == "EncryptedTally":
                raw = box.encrypted_tally()
                sized = {"num_tallied": count, "total_weight": count}
                data = [raw, dumps(sized | {"encrypted_tally": sha256_hex(raw)})]
            hashes = [writer.data(body) for body in data]
            writer.event(step.event.type, hashes[-1] if hashes else None)
    return target


def forked_log(closed: Closed, archive: Path, folder: Path) -> Path:
    """The log as it would be had the ballot never been there."""
    database = Database(f"sqlite:///{folder}.sqlite", closed.scenario.clock)
    Base.metadata.create_all(database.engine)
    found = events_of(archive)
    trackers = {height: tracker for tracker, height in found.ballots.items()}
    for height, (type_, event) in found.events.items():
        with database.transaction() as uow:
            uuid = closed.uuid
            if height in trackers:
                tracker = trackers[height]
                uow.record(BallotAccepted(uuid=uuid, height=height, event=event, tracker=tracker))
            else:
                uow.record(ArchiveEvent(uuid=uuid, type=type_, height=height, event=event))
    Sequencer(database, "public", closed.keys.public, folder).drain()
    database.close()
    return folder


def mandate(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result
