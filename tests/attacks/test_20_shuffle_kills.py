"""ATTACKS 20, for ranked ballots: `kill -9` at each step of the shuffle that ends the stage."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from audit.database import Database
from audit.entries import PUBLIC
from audit.service import LogService
from ballots import ceremony
from tests.attacks.sessions import sign_in
from tests.attacks.test_20_kills import Act, Child, World
from tests.voting.scenario import Scenario
from tests.voting.test_mixing import K3, ranks
from tests.web.site import BASE, Browser
from voting import mixing, publication, states
from voting.models import CLOSED, DECLARED, DIRECT, MIXED
from voting.record import verify_bundle, write_folder
from web.identity.roles import Role
from web.settings import Settings

CODE = "ranked-1"


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    settings = Settings(
        data_dir=tmp_path, base_url=BASE, log_level="error", database_url=database.url
    )
    scenario = Scenario(database).organise()
    election_id = scenario.prepare(DIRECT, code=CODE, **K3)
    (uuid,) = scenario.uuids(election_id)
    for number, voter in enumerate(scenario.voters(uuid)[:4]):
        raw = scenario.encrypt(uuid, voter, ranks(scenario.paper(uuid), number))
        scenario.cast(uuid, voter, raw)
    scenario.close(election_id)
    world = World(database, settings, scenario, election_id, uuid)
    for account_id in ("trustee-1", "trustee-2"):
        world.sessions[account_id] = sign_in(database, account_id, [Role.TRUSTEE])
    return world


def shuffling(trustee: str) -> Act:
    """The trustee's tool reads the archive that is published now, and sends its shuffle, unless
    the server says that it is not this trustee's turn."""

    def shuffle(server: Child) -> None:
        world = server.world
        with server.database.read() as uow:
            (stage,) = mixing.stages(uow, states.by_code(uow, CODE))
        if stage.turn is None or stage.turn.account_id != trustee:
            return
        path = world.settings.data_dir / "archive.bel"
        browser = Browser(server.app, base_url=BASE)
        path.write_bytes(browser.get(f"/api/v1/contests/{world.uuid}/archive").content)
        raw = ceremony.shuffle_archive(path, world.scenario.paper(world.uuid).fingerprint)
        answer = server.post(
            trustee, f"/api/v1/elections/{CODE}/trustee/shuffles/{world.uuid}", content=raw
        )
        assert answer.status_code == 200, answer.text

    return shuffle


@pytest.mark.slow
def test_the_shuffles_go_through_crashes(world: World, tmp_path: Path) -> None:
    chance = random.Random(20)
    assert not world.attempt(shuffling("trustee-1"))
    assert world.state() == CLOSED
    world.survive(shuffling("trustee-2"), chance)
    assert world.state() == MIXED
    assert world.events().count("Shuffle") == 2
    assert world.events().count("EndShuffles") == 1
    for step in (world.scenario.decrypt, world.scenario.declare):
        step(world.election_id)
    assert world.state() == DECLARED
    assert not world.attempt(lambda _server: None)  # the rest is logged
    LogService(world.database, world.settings.log_dir, world.keys).publish_keys()
    record = tmp_path / "record"
    with world.database.read() as uow:
        election = states.by_code(uow, CODE)
        write_folder(record, publication.source_of(uow, election, world.settings.log_dir / PUBLIC))
    report = verify_bundle(record, vkey=str(world.keys.public[0].verifier))
    assert report.to_json()["faults"] == []
