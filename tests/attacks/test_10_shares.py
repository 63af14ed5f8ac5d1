"""ATTACKS 10, 11 and 12: trustees who cheat and trustees who are missing, through the HTTP API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from audit.database import Base, Database
from audit.models import LogEntry
from ballots import trustees as keys
from ballots.encoding import dumps, sha256_hex
from ballots.group import get_group
from tests.attacks.sessions import browser_of, sign_in
from tests.voting.scenario import Scenario
from tests.web.site import BASE, Browser, Site, running
from voting import states
from voting.models import DIRECT
from voting.trustees import COMMIT, KEY
from web.identity.roles import Role
from web.settings import Settings

CODE = "direct-1"
SIZE, NEEDED, VOTES = 3, 2, 4
API = f"/api/v1/elections/{CODE}/trustee"
Share = dict[str, Any]


@dataclass
class Trustees:
    """The trustees at the site, `number` from 1."""

    site: Site
    tokens: dict[int, str]

    def browser(self, number: int) -> Browser:
        return browser_of(self.site.app, self.tokens[number])

    def send(self, number: int, path: str, raw: bytes) -> Any:
        headers = {"content-type": "application/json"}
        return self.browser(number).post(f"{API}/{path}", content=raw, headers=headers)

    def refused(self, number: int, path: str, raw: bytes) -> dict[str, Any]:
        answer = self.send(number, path, raw)
        assert answer.status_code in (409, 422), answer.text
        error: dict[str, Any] = answer.json()
        return error


@contextmanager
def site_on(folder: Path, scenario: Scenario, count: int) -> Iterator[Trustees]:
    settings = Settings(data_dir=folder, base_url=BASE, log_level="error", tick_seconds=3600)
    with running(settings) as site:
        site.database.clock = scenario.clock
        tokens = {
            n: sign_in(site.database, f"trustee-{n}", [Role.TRUSTEE]) for n in range(1, count + 1)
        }
        tokens[0] = sign_in(site.database, "commission-1", [Role.COMMISSION])
        yield Trustees(site, tokens)


# 10: the commitment


@pytest.fixture
def making_keys(tmp_path: Path) -> Iterator[Trustees]:
    database = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    scenario.freeze(scenario.draft(DIRECT, code=CODE, constituencies=["K3"]))
    database.close()
    with site_on(tmp_path, scenario, 2) as trustees:
        yield trustees


def test_10_no_key_is_shown_before_all_have_committed(making_keys: Trustees) -> None:
    first, second = (dumps(keys.generate_single(get_group("Ed25519"))[1]) for _ in range(2))
    step = f"steps/{KEY}"
    assert "not the next" in making_keys.refused(1, step, first)["detail"]
    making_keys.send(1, f"steps/{COMMIT}", dumps(sha256_hex(first)))
    assert "waits for Trustee 2" in making_keys.refused(1, step, first)["detail"]
    shown = json.loads(first)["public_key"]
    assert shown not in making_keys.browser(2).get(API).text
    making_keys.send(2, f"steps/{COMMIT}", dumps(sha256_hex(second)))
    assert making_keys.send(1, step, first).status_code == 200


def test_10_a_key_chosen_after_the_others_were_seen(making_keys: Trustees) -> None:
    """Trustee 2 sees the key of trustee 1, and then wants another key than the one promised."""
    group = get_group("Ed25519")
    first, second, better = (dumps(keys.generate_single(group)[1]) for _ in range(3))
    for number, made in ((1, first), (2, second)):
        answer = making_keys.send(number, f"steps/{COMMIT}", dumps(sha256_hex(made)))
        assert answer.status_code == 200, answer.text
    assert making_keys.send(1, f"steps/{KEY}", first).status_code == 200
    error = making_keys.refused(2, f"steps/{KEY}", better)
    assert "What Trustee 2 sent is not what was committed to" in error["detail"]
    again = making_keys.refused(2, f"steps/{COMMIT}", dumps(sha256_hex(better)))
    assert "not the next" in again["detail"]
    assert making_keys.send(2, f"steps/{KEY}", second).status_code == 200
    with making_keys.site.database.read() as uow:
        entries = uow.session.scalars(select(LogEntry.entry).order_by(LogEntry.queued)).all()
    promised = [n for n, raw in enumerate(entries) if b'"trustee.committed"' in raw]
    shown = [n for n, raw in enumerate(entries) if b'"step":"key"' in raw]
    assert len(promised) == 2
    assert shown
    assert max(promised) < min(shown), "the log shows that promises came before keys"


# 11 and 12: shares


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scenario, str]:
    """Two of three are needed; the vote is closed and added up."""
    folder = tmp_path_factory.mktemp("closed")
    database = Database(f"sqlite:///{folder / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    election_id = scenario.prepare(
        DIRECT,
        code=CODE,
        constituencies=["K3"],
        singles=0,
        ring=(NEEDED, SIZE),
        profile="union-plurality",
    )
    (uuid,) = scenario.uuids(election_id)
    for voter in scenario.voters(uuid)[:VOTES]:
        scenario.cast(uuid, voter)
    scenario.close(election_id)
    database.close()
    return folder, scenario, election_id


@dataclass
class Counting:
    trustees: Trustees
    scenario: Scenario
    election_id: str
    uuid: str
    shares: dict[int, bytes]

    def send(self, number: int, raw: bytes | None = None) -> Any:
        sent = self.shares[number] if raw is None else raw
        return self.trustees.send(number, f"decryptions/{self.uuid}", sent)

    def state(self) -> str:
        found = self.trustees.site.browser().get(f"/api/v1/elections/{CODE}").json()
        return str(found["state"])

    def result(self) -> Any:
        with self.trustees.site.database.read() as uow:
            return states.contest_by_uuid(uow, self.uuid).result_json


@pytest.fixture
def counting(closed: tuple[Path, Scenario, str], tmp_path: Path) -> Iterator[Counting]:
    """A copy of the closed election, so that each test begins with no share."""
    folder, scenario, election_id = closed
    shutil.copyfile(folder / "mandate.sqlite", tmp_path / "mandate.sqlite")
    (uuid,) = scenario.uuids(election_id)
    held = scenario.held[election_id]
    shares = {number: scenario.share(uuid, one) for number, one in enumerate(held, 1)}
    scenario.database.close()
    with site_on(tmp_path, scenario, SIZE) as trustees:
        yield Counting(trustees, scenario, election_id, uuid, shares)


@pytest.mark.parametrize("there", list(combinations(range(1, SIZE + 1), NEEDED)))
def test_11_whoever_is_missing_enough_of_them_finish(
    counting: Counting, there: tuple[int, ...]
) -> None:
    for number in there:
        assert counting.state() == "closed"
        assert counting.send(number).status_code == 200
    assert counting.state() == "tallied"
    assert json.loads(counting.result())["result"] == [[0, VOTES, 0]]


@pytest.mark.parametrize("alone", range(1, SIZE + 1))
def test_11_one_less_than_needed_is_nothing(counting: Counting, alone: int) -> None:
    for _again in range(2):  # the same share twice is one share
        assert counting.send(alone).status_code == 200
    assert counting.state() == "closed"
    assert counting.result() is None
    commission = counting.trustees.browser(0)
    assert commission.post(f"/commission/{CODE}/acts/declare").status_code == 422
    assert counting.state() == "closed"


def _factor(share: Share, other: Share) -> None:
    share["decryption_factors"][0][0] = other["decryption_factors"][0][0]


def _challenge(share: Share, _other: Share) -> None:
    proof = share["decryption_proofs"][0][0]
    proof["challenge"] = str(int(proof["challenge"]) ^ 1)


def _response(share: Share, _other: Share) -> None:
    proof = share["decryption_proofs"][0][0]
    proof["response"] = str(int(proof["response"]) ^ 1)


def _moved(share: Share, _other: Share) -> None:
    """Two factors exchanged, each with its own proof: right for nothing."""
    for part in share.values():
        part[0][0], part[0][1] = part[0][1], part[0][0]


def _of_another(share: Share, other: Share) -> None:
    share.update(other)


def _short(share: Share, _other: Share) -> None:
    for part in share.values():
        part[0].pop()


@pytest.mark.parametrize("spoil", [_factor, _challenge, _response, _moved, _of_another, _short])
def test_12_a_bad_share_is_blamed_by_name_and_the_others_finish(
    counting: Counting, spoil: Callable[[Share, Share], None]
) -> None:
    given, other = json.loads(counting.shares[2]), json.loads(counting.shares[3])
    spoil(given["share"], other["share"])
    assert counting.send(1).status_code == 200
    answer = counting.send(2, dumps(given))
    assert answer.status_code == 422
    error = answer.json()
    assert "The decryption of Trustee 2 is refused" in error["detail"]
    assert error["field"]
    assert counting.state() == "closed"
    assert counting.send(3).status_code == 200
    assert json.loads(counting.result())["result"] == [[0, VOTES, 0]]


def test_12_a_bad_share_of_the_lot_is_blamed_by_name_too(counting: Counting) -> None:
    given, other = json.loads(counting.shares[2]), json.loads(counting.shares[3])
    answer = counting.send(2, dumps(given | {"lot": other["lot"]}))
    assert answer.status_code == 422
    assert "lot of trustee 2" in answer.json()["detail"]
    assert counting.state() == "closed"


def test_12_who_was_blamed_may_send_the_right_one(counting: Counting) -> None:
    assert counting.send(2, b"{}").status_code == 422
    assert counting.send(2).status_code == 200
    assert counting.send(1).status_code == 200
    assert counting.state() == "tallied"
