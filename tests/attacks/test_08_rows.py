"""ATTACKS 8: rows changed behind the program's back once voting has begun, and who notices.

Three notice: a server that starts (it refuses), the addition of the ballots (it stops before any
trustee decrypts, and the commission's page says so), and whoever verifies the published record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, delete, insert, select, update
from sqlalchemy.engine import Connection

from audit.database import Database
from audit.startup import StartupError
from ballots import BallotError, ballot, ceremony, credentials
from ballots.archive import event_bytes
from ballots.encoding import sha256_base64, sha256_hex
from tests.voting.scenario import RECEIPTS, VOTER, Scenario, first_ones
from tests.voting.test_record import log_of
from tests.web.site import running
from voting import casting, contest_archive, integrity, lifecycle, publication, results, states
from voting.errors import Conflict
from voting.models import (
    DIRECT,
    CastBallot,
    Contest,
    PublicCredential,
    RollEntry,
)
from voting.record import verify_bundle, write_folder
from voting.registry.models import Person
from web.app import create_app
from web.identity.roles import Role
from web.settings import Settings

CODE = "direct-1"
REASON = "the test is over"


@dataclass
class Box:
    """An open contest with five ballots, one of them a second one of the same voter."""

    scenario: Scenario
    election_id: str
    uuid: str
    folder: Path
    added: str = ""  # a credential that nobody issued

    @property
    def voters(self) -> list[str]:
        return self.scenario.voters(self.uuid)

    def behind(self, tamper: Tampering) -> None:
        """With a connection of its own, as somebody with the password of the database has it."""
        engine = create_engine(self.scenario.database.url)
        with engine.begin() as connection:
            tamper(self, connection)
        engine.dispose()

    def contest(self, connection: Connection) -> Any:
        return connection.execute(select(Contest.__table__)).one()

    def settings(self) -> Settings:
        return Settings(
            data_dir=self.folder,
            base_url="http://127.0.0.1:8000",
            log_level="error",
            database_url=self.scenario.database.url,
            tick_seconds=3600,
        )


@pytest.fixture
def box(database: Database, tmp_path: Path) -> Box:
    scenario = Scenario(database).organise()
    election_id = scenario.prepare(DIRECT, code=CODE, constituencies=["K3"])
    (uuid,) = scenario.uuids(election_id)
    box = Box(scenario, election_id, uuid, tmp_path)
    for voter in (*box.voters[:4], box.voters[0]):
        scenario.cast(uuid, voter)
    return box


def _ballot(box: Box, secret: str) -> bytes:
    paper = box.scenario.paper(box.uuid)
    return ballot.encrypt(paper, secret, first_ones(paper, 0))


def _insert(box: Box, connection: Connection, raw: bytes, *, advance: bool) -> None:
    contest = box.contest(connection)
    height = contest.height + 1
    event = sha256_hex(
        event_bytes(contest.tail_hash, height, contest_archive.BALLOT, sha256_hex(raw))
    )
    row = {
        "contest_id": contest.id,
        "height": height,
        "credential": ballot.parse(box.scenario.paper(box.uuid), raw).credential,
        "tracker": sha256_base64(raw),
        "event": event,
        "raw": raw.decode(),
        "counts": True,
    }
    connection.execute(insert(CastBallot), row)
    if advance:
        connection.execute(update(Contest).values(height=height, tail_hash=event))


def insert_ballot(box: Box, connection: Connection) -> None:
    """Of a voter who stayed away, with her credential, and without a link of the chain."""
    raw = _ballot(box, box.scenario.secrets[box.uuid, box.voters[5]])
    _insert(box, connection, raw, advance=False)


def insert_ballot_in_the_chain(box: Box, connection: Connection) -> None:
    """The same, made with all the knowledge of this program: only the log does not know of it."""
    raw = _ballot(box, box.scenario.secrets[box.uuid, box.voters[5]])
    _insert(box, connection, raw, advance=True)


def remove_last_ballot(box: Box, connection: Connection) -> None:
    """And bring the chain back to where it was before."""
    contest = box.contest(connection)
    connection.execute(delete(CastBallot).where(CastBallot.height == contest.height))
    before = connection.execute(
        select(CastBallot.event).where(CastBallot.height == contest.height - 1)
    ).scalar_one()
    connection.execute(update(Contest).values(height=contest.height - 1, tail_hash=before))
    connection.execute(update(CastBallot).where(CastBallot.height == 1).values(counts=True))


def exchange_ballot(box: Box, connection: Connection) -> None:
    raw = _ballot(box, box.scenario.secrets[box.uuid, box.voters[1]])
    connection.execute(update(CastBallot).where(CastBallot.height == 2).values(raw=raw.decode()))


def count_the_first_ballot(box: Box, connection: Connection) -> None:
    """Of the voter who voted twice."""
    last = box.contest(connection).height
    connection.execute(update(CastBallot).where(CastBallot.height == last).values(counts=False))
    connection.execute(update(CastBallot).where(CastBallot.height == 1).values(counts=True))


def add_credential(box: Box, connection: Connection) -> None:
    """A key of the attacker's among those of the voters."""
    box.added = credentials.generate()
    public = credentials.public_credential(box.scenario.paper(box.uuid).group, box.uuid, box.added)
    row = {"contest_id": box.contest(connection).id, "credential": public}
    connection.execute(insert(PublicCredential), row)


def swap_roll(box: Box, connection: Connection) -> None:
    """Somebody who did not come is replaced by a friend."""
    absent = box.voters[6]
    on_roll = select(RollEntry.person_id)
    friend = connection.execute(select(Person.id).where(Person.id.not_in(on_roll))).scalars()
    connection.execute(
        update(RollEntry).where(RollEntry.person_id == absent).values(person_id=next(friend))
    )


Tampering = Callable[[Box, Connection], None]
# what a server says that starts
TAMPERINGS: dict[Tampering, str] = {
    insert_ballot: "ballots and events",
    insert_ballot_in_the_chain: "ballots and events",
    remove_last_ballot: "ballots and events",
    exchange_ballot: "ballots and events",
    count_the_first_ballot: "not the last of each voter",
    add_credential: "credentials",
    swap_roll: "roll",
}
# the checks that speak when such a server adds up all the same and publishes its record
PUBLISHED: dict[Tampering, set[str]] = {
    insert_ballot: {"tally.ciphertexts", "tally.count"},
    insert_ballot_in_the_chain: {"record.log-events"},
    remove_last_ballot: {"record.log-events"},
    exchange_ballot: {"chain.parent", "record.log-events"},
    count_the_first_ballot: {"tally.ciphertexts"},
    add_credential: {"ballot.credential"},
    swap_roll: set(),  # the roll of members is secret: only its hash is published
}
# in these the archive alone is in order, and only a trustee who has the log refuses (ATTACKS 13)
CONSISTENT = {insert_ballot_in_the_chain, remove_last_ballot, swap_roll}
every = pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda f: f.__name__)


def use_added_credential(box: Box) -> None:
    """Through the service, in the name of somebody who stays away."""
    raw = _ballot(box, box.added)
    with box.scenario.database.transaction(VOTER) as uow:
        casting.accept(uow, box.voters[7], box.uuid, raw, RECEIPTS)


@every
def test_a_server_does_not_start_on_them(box: Box, tamper: Tampering) -> None:
    box.behind(tamper)
    app = create_app(box.settings(), box.scenario.database)
    with pytest.raises(StartupError, match=TAMPERINGS[tamper]), TestClient(app):
        pass


@every
def test_they_are_not_added_up(box: Box, tamper: Tampering) -> None:
    """A server that runs on ends the vote at its time, and goes no further."""
    box.behind(tamper)
    with box.scenario.database.transaction() as uow:
        uow.signed = ("close", f"election/{box.election_id}")  # two people stand for it
        lifecycle.close_voting(uow, box.election_id, REASON)
    assert lifecycle.tick(box.scenario.database) == []
    with pytest.raises(Conflict, match="contest K3 is not what the log says"):
        results.encrypt_tallies(box.scenario.database, box.election_id)
    with box.scenario.database.read() as uow:
        assert states.by_code(uow, CODE).contests[0].tally_json is None


def test_the_commission_reads_why(box: Box) -> None:
    with running(box.settings()) as site:
        box.behind(remove_last_ballot)
        with box.scenario.database.transaction() as uow:
            uow.signed = ("close", f"election/{box.election_id}")  # two people stand for it
            lifecycle.close_voting(uow, box.election_id, REASON)
        page = site.sign_in(Role.COMMISSION).get(f"/commission/{CODE}").text
    assert "contest K3 is not what the log says" in page


def test_nobody_on_a_roll_is_erased(box: Box) -> None:
    """It would change the roll as much as a hand in the database does."""
    page = f"/registrar/people/{box.voters[0]}"
    with running(box.settings()) as site:
        answer = site.sign_in(Role.REGISTRAR).submit(f"{page}/erase", {"sure": "true"}, page=page)
    assert answer.status_code == 422
    assert "votes or stands in an election" in answer.text


@every
def test_a_verifier_finds_them_when_the_server_goes_on(
    box: Box, tamper: Tampering, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(integrity, "require", lambda _uow, _contest: None)
    box.behind(tamper)
    if tamper is add_credential:
        use_added_credential(box)
    box.scenario.close(box.election_id)
    public = log_of(box.scenario.database, tmp_path)
    with box.scenario.database.read() as uow:
        write_folder(
            tmp_path / "record", publication.source_of(uow, states.by_code(uow, CODE), public)
        )
    checks = {fault.check for fault in verify_bundle(tmp_path / "record").faults}
    assert checks >= PUBLISHED[tamper]
    assert bool(checks) is bool(PUBLISHED[tamper])
    (archive,) = (tmp_path / "record").glob("contests/*/*.bel")
    assert _trustee_refuses(box, archive) is (tamper not in CONSISTENT)


def _trustee_refuses(box: Box, archive: Path) -> bool:
    private = box.scenario.held[box.election_id][0].private
    fingerprint = box.scenario.paper(box.uuid).fingerprint
    try:
        ceremony.decrypt_archive(archive, private, fingerprint)
    except BallotError as error:
        assert error.check == "decryption.refused"
        return True
    return False
