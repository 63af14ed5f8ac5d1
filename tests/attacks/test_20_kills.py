"""ATTACKS 20: `kill -9` at each step of accept, close, tally, decryption and declaration.

A child process runs the application; it is killed at a statement, before or after a commit, or at
a write of the log's files. Then the next child starts, as a server does after a crash: the guard of
the start lets it, and it takes up the work. One history goes through all of the kills, and at its
end everything adds up. MANDATE_TEST_KILLS=20 kills more often, at places that follow from a seed.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from audit import queue
from audit.database import Database, UnitOfWork
from audit.entries import PUBLIC
from audit.keyfiles import load_or_create_keys, verifiers
from audit.models import LogEntry
from audit.proofs import Proof
from audit.proving import prove
from audit.receipts import verify_receipt, verify_recorded
from audit.service import LogService
from audit.startup import check_startup
from audit.statements import Statement
from ballots import ceremony
from ballots.archive import Reader, steps
from tests.attacks.sessions import browser_of, sign_in
from tests.voting.scenario import Scenario
from tests.web.site import BASE, Browser
from voting import contest_archive, lifecycle, publication, states
from voting.models import (
    CLOSED,
    DECLARED,
    DIRECT,
    OPEN,
    TALLIED,
    CastBallot,
    CredentialBinding,
    Election,
)
from voting.record import verify_bundle, write_folder
from web.app import create_app
from web.identity.roles import Role
from web.settings import Settings

SEEDED = int(os.environ.get("MANDATE_TEST_KILLS", "1"))  # of each act, beside those in FIXED
CODE = "direct-1"
LEAST_STATEMENTS = 6  # of the shortest act, so that a seeded place is always reached


@dataclass(frozen=True)
class Place:
    """Where a child dies: at the n-th `step` of the act itself or of logging it."""

    phase: str
    step: str
    nth: int = 1


def places(chance: random.Random) -> list[Place]:
    """In this order: what has happened at one place never keeps the next from being reached."""
    statements = [
        Place("act", "statement", chance.randint(1, LEAST_STATEMENTS)) for _ in range(SEEDED)
    ]
    writes = [Place("log", chance.choice(("fsync", "rename"))) for _ in range(SEEDED)]
    return [
        *statements,
        Place("act", "commit"),
        Place("act", "committed"),
        Place("log", "commit"),
        Place("log", "committed"),
        *writes,
        Place("log", "renamed"),
    ]


class Trap:
    """Counts the steps of this process while it is in the phase, and ends it at the place."""

    def __init__(self, place: Place | None) -> None:
        self.place = place
        self.phase = ""
        self.left = place.nth if place else 0
        event.listen(Engine, "before_cursor_execute", lambda *_: self.step("statement"))
        self._around(Statement, "run", "statement", "")
        self._around(UnitOfWork, "commit", "commit", "committed")
        self._around(os, "fsync", "fsync", "")
        self._around(Path, "replace", "rename", "renamed")

    def step(self, name: str) -> None:
        if self.place is None or (self.phase, name) != (self.place.phase, self.place.step):
            return
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def _around(self, owner: Any, name: str, before: str, after: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def stepped(*arguments: Any, **named: Any) -> Any:
            self.step(before)
            result = original(*arguments, **named)
            self.step(after)
            return result

        setattr(owner, name, stepped)


@dataclass
class Child:
    """The server of this process, and the people at it, who are signed in already."""

    world: World
    trap: Trap
    out: int

    def __post_init__(self) -> None:
        database = Database(self.world.database.url, self.world.scenario.clock)
        self.app = create_app(self.world.settings, database)
        self.database = database

    def post(self, who: str, path: str, **more: Any) -> Any:
        browser = browser_of(self.app, self.world.sessions[who])
        self.trap.phase = "act"
        return browser.post(path, **more)

    def tell(self, **said: str) -> None:
        os.write(self.out, json.dumps(said).encode() + b"\n")


Act = Callable[[Child], None]


@dataclass
class World:
    """What outlives a crash: the disk, the people, and what the server has told them."""

    database: Database
    settings: Settings
    scenario: Scenario
    election_id: str
    uuid: str
    sessions: dict[str, str] = field(default_factory=dict)  # account id -> token
    receipts: dict[str, str] = field(default_factory=dict)  # tracker -> receipt

    def attempt(self, act: Act, place: Place | None = None) -> bool:
        """Run the act and log it, in a child. -> whether the child was killed"""
        self.database.close()
        readable, writable = os.pipe()
        child = os.fork()
        if child == 0:  # pragma: no cover - ends by a signal, or without the end of pytest
            os.close(readable)
            status = 1
            try:
                self._serve(act, place, writable)
                status = 0
            finally:
                os._exit(status)
        os.close(writable)
        with os.fdopen(readable, "rb") as pipe:
            told = [json.loads(line) for line in pipe.read().splitlines()]
        for said in told:
            known = self.receipts.setdefault(said["tracker"], said["receipt"])
            assert said["receipt"] == known, "one ballot got two receipts"
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        assert killed or status == 0, "the child failed by itself: see its traceback"
        return killed

    def _serve(self, act: Act, place: Place | None, out: int) -> None:
        trap = Trap(place)
        server = Child(self, trap, out)
        self.guard()
        act(server)
        trap.phase = "log"
        server.app.state.log.run_once()

    def guard(self) -> None:
        """What a server does first: it refuses a database that does not fit the log."""
        check_startup(self.database, self.settings.log_dir, self.keys)

    @property
    def keys(self) -> Any:
        return load_or_create_keys(self.settings.keys_dir, self.settings.log_origin)

    def survive(self, act: Act, chance: random.Random) -> None:
        """Kill at every place, look at what is left each time, then let it end."""
        for place in places(chance):
            assert self.attempt(act, place), f"{act} has no {place}"
            self.look()
        assert not self.attempt(act)
        self.look()

    def look(self) -> None:
        """After a crash, and before anybody has mended anything."""
        self.guard()
        with self.database.read() as uow:
            contest = states.contest_by_uuid(uow, self.uuid)
            tail = (contest.height, contest.tail_hash)
            assert contest_archive.recomputed_tail(uow.session, contest) == tail
            entries = [raw.decode() for raw in uow.session.scalars(select(LogEntry.entry))]
        events = self.events()
        for receipt in self.receipts.values():
            promised = receipt.split("\n")[4]
            assert promised in events, "a ballot with a receipt is not in the archive"
            said = [raw for raw in entries if f'"event":"{promised}"' in raw]
            assert len(said) == 1, "a ballot with a receipt is not in the log once"
        assert sum("ballot.accepted" in raw for raw in entries) == events.count("Ballot")

    def events(self) -> list[str]:
        """Types and hashes of the events of the archive as it would be published now."""
        path = self.settings.data_dir / "now.bel"
        with self.database.read() as uow:
            contest = states.contest_by_uuid(uow, self.uuid)
            path.write_bytes(b"".join(contest_archive.file_of(uow.session, contest)))
        with path.open("rb") as stream:
            found = [(step.event.type, step.digest) for step in steps(Reader(stream))]
        return [part for pair in found for part in pair]

    def state(self, database: Database | None = None) -> str:
        with (database or self.database).read() as uow:
            return uow.session.get_one(Election, self.election_id).state


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    settings = Settings(
        data_dir=tmp_path, base_url=BASE, log_level="error", database_url=database.url
    )
    scenario = Scenario(database).organise()
    election_id = scenario.prepare(
        DIRECT, code=CODE, constituencies=["K3"], profile="union-plurality"
    )
    (uuid,) = scenario.uuids(election_id)
    world = World(database, settings, scenario, election_id, uuid)
    officials = {"commission-1": Role.COMMISSION, "trustee-1": Role.TRUSTEE}
    for account_id, role in {**officials, "trustee-2": Role.TRUSTEE}.items():
        world.sessions[account_id] = sign_in(database, account_id, [role])
    for person_id in scenario.voters(uuid):
        world.sessions[person_id] = sign_in(database, person_id, [], person_id)
    return world


def casting(world: World, voter: str, raw: bytes) -> Act:
    def cast(server: Child) -> None:
        path = f"/api/v1/contests/{world.uuid}/ballots"
        answer = server.post(voter, path, content=raw)
        assert answer.status_code == 200, answer.text
        server.tell(tracker=answer.json()["tracker"], receipt=answer.json()["receipt"])

    return cast


def close(server: Child) -> None:
    if server.world.state(server.database) == OPEN:
        server.trap.phase = "act"
        with server.database.transaction() as uow:
            lifecycle.close_voting(uow, server.world.election_id)


def add_up(server: Child) -> None:
    server.trap.phase = "act"
    lifecycle.tick(server.database)


def decryption(trustee: str) -> Act:
    """The trustee's tool reads the archive that is published now, and sends its share."""

    def decrypt(server: Child) -> None:
        world = server.world
        if world.state(server.database) != CLOSED:
            return
        private = next(
            h.private for h in world.scenario.held[world.election_id] if h.account_id == trustee
        )
        browser = Browser(server.app, base_url=BASE)
        path = world.settings.data_dir / "archive.bel"
        path.write_bytes(browser.get(f"/api/v1/contests/{world.uuid}/archive").content)
        fingerprint = world.scenario.paper(world.uuid).fingerprint
        share = ceremony.decrypt_archive(path, private, fingerprint).raw
        answer = server.post(
            trustee, f"/api/v1/elections/{CODE}/trustee/decryptions/{world.uuid}", content=share
        )
        assert answer.status_code == 200, answer.text

    return decrypt


def declare(server: Child) -> None:
    if server.world.state(server.database) == TALLIED:
        answer = server.post("commission-1", f"/commission/{CODE}/acts/declare")
        assert answer.status_code == 303, answer.text


def vote(world: World, chance: random.Random) -> dict[str, str]:
    """One voter for each place, who sends the same bytes again after the crash, as a browser does;
    the last of them changes her mind. -> who has which tracker that counts"""
    counting: dict[str, str] = {}
    voters = cycle(world.scenario.voters(world.uuid))
    for number, place in enumerate(places(chance)):
        voter = next(voters)
        act = casting(world, voter, world.scenario.encrypt(world.uuid, voter))
        assert world.attempt(act, place), f"casting has no {place}"
        world.look()
        in_box = place.phase == "log" or place.step == "committed"
        assert world.events().count("Ballot") == number + in_box
        assert not world.attempt(act)
        world.look()
        counting[voter] = counting_tracker(world, voter)
    again = casting(world, voter, world.scenario.encrypt(world.uuid, voter))
    assert world.attempt(again, Place("act", "committed"))
    assert not world.attempt(again)
    world.look()
    assert counting[voter] != counting_tracker(world, voter)
    counting[voter] = counting_tracker(world, voter)
    return counting


def counting_tracker(world: World, voter: str) -> str:
    mine = CredentialBinding.credential == CastBallot.credential
    query = select(CastBallot.tracker).join(CredentialBinding, mine)
    with world.database.read() as uow:
        return uow.session.scalars(
            query.where(CredentialBinding.person_id == voter, CastBallot.counts)
        ).one()


@pytest.mark.slow
def test_a_whole_election_through_crashes(world: World, tmp_path: Path) -> None:
    chance = random.Random(20)
    counting = vote(world, chance)
    assert world.events().count("Ballot") == len(world.receipts) > len(counting)
    with world.database.read() as uow:
        world.scenario.clock.move_to(states.by_code(uow, CODE).closes_at)
    for act in (close, add_up):
        world.survive(act, chance)
    assert not world.attempt(decryption("trustee-1"))
    world.survive(decryption("trustee-2"), chance)
    world.survive(declare, chance)
    assert world.state() == DECLARED

    record = tmp_path / "record"
    LogService(world.database, world.settings.log_dir, world.keys).publish_keys()
    public = world.settings.log_dir / PUBLIC
    with world.database.read() as uow:
        election = states.by_code(uow, CODE)
        write_folder(record, publication.source_of(uow, election, public))
        assert [c.tally_count for c in election.contests] == [len(counting)]
    report = verify_bundle(record, vkey=str(world.keys.public[0].verifier))
    assert report.faults == []
    assert report.counts["ballots"] == len(counting)
    assert set(counting.values()) <= set(world.receipts)
    _receipts_are_in_the_log(world, public)


def _receipts_are_in_the_log(world: World, public: Path) -> None:
    keys = [*verifiers(world.keys.public), *verifiers(world.keys.receipts)]
    for tracker, raw in world.receipts.items():
        receipt = verify_receipt(raw.encode(), keys)
        index = queue.find(world.database, PUBLIC, f"contest/{world.uuid}", tracker=tracker)
        assert index is not None
        proof = Proof.parse(prove(public, index).encode())
        assert verify_recorded(receipt, proof, keys) == index
