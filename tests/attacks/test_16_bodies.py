"""ATTACKS 16, bodies: whatever is sent to the interfaces of booth, registrar and trustees is
answered in words, never with a fault of ours, in every state of an election."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ballots.encoding import dumps
from tests.attacks.sessions import browser_of, sign_in
from tests.fuzz.odd import mutate_inside
from tests.voting.scenario import Held, Scenario, _make
from tests.web.site import BASE, Site, running
from voting import trustees
from voting.models import DIRECT, Election
from web.identity.roles import Role
from web.settings import Settings

CODE = "direct-1"
CHANGES = 8  # of each body that is right
BODIES = [
    *(b"", b"null", b"true", b"0", b"[]", b"{}", b'""', b'"x"', b"[[]]", b'[{"a":[]}]', b"{" * 99),
    *(
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"'a'",
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'"\\ud800"',
        b'"\\u0000"',
    ),
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"-0", b"0.1", b"01"),
    b"[" * 100_000 + b"]" * 100_000,
    b'"' + b"a" * 500_000 + b'"',
    b'{"ballot":5}',
    b'{"ballot":"\\ud800"}',
    b'{"ballot":"{}"}',
    b'{"commitment":[]}',
    b'{"revoked":{},"added":[]}',
]


@dataclass
class Sender:
    site: Site
    scenario: Scenario
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    answers: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        database = self.site.database
        roles = {f"trustee-{n}": Role.TRUSTEE for n in (1, 2, 3)} | {"registrar": Role.REGISTRAR}
        self.browsers = {
            name: browser_of(self.site.app, sign_in(database, name, [role]))
            for name, role in roles.items()
        }

    def voter(self, person: str) -> str:
        token = sign_in(self.site.database, "voter", [], person)
        self.browsers["voter"] = browser_of(self.site.app, token)
        return person

    def send(self, who: str, path: str, raw: bytes) -> None:
        headers = {"content-type": "application/json"}
        answer = self.browsers[who].post(f"/api/v1/{path}", content=raw, headers=headers)
        assert 400 <= answer.status_code < 500, (path, raw[:300], answer.text)
        assert answer.json()["detail"]
        self.answers[answer.status_code] += 1

    def send_all(self, who: str, path: str, right: bytes | None = None) -> None:
        """What is no body, and what is nearly the right one."""
        for raw in BODIES:
            self.send(who, path, raw)
        for _ in range(CHANGES if right else 0):
            value: Any = json.loads(right or b"")
            # in a share the letter to oneself is one's own business
            mutate_inside(value["public_key"] if "private_key" in value else value, self.chance)
            raw = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            self.send(who, path, raw.encode(errors="surrogatepass"))


@pytest.fixture
def sender(tmp_path: Any) -> Iterator[Sender]:
    settings = Settings(data_dir=tmp_path, base_url=BASE, log_level="error", tick_seconds=3600)
    with running(settings) as site:
        scenario = Scenario(site.database).organise()
        site.database.clock = scenario.clock
        yield Sender(site, scenario)


def next_step(sender: Sender, election_id: str, held: Held) -> bool:
    """Everything that is wrong, and then what is right."""
    with sender.scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        trustee = trustees.of_account(uow, election, held.account_id)
        task, kind = trustees.key_task(election, trustee), trustee.kind
    if task.step is None or task.waiting_for:
        return False
    content = _make(held, kind, task)
    path = f"elections/{CODE}/trustee/steps/{task.step}"
    right = content if task.step != trustees.COMMIT else None  # any hash is a commitment
    sender.send_all(held.account_id, path, right)
    with sender.scenario.database.transaction() as uow:
        trustees.submit(uow, election_id, held.account_id, task.step, content)
    return True


def test_every_body_in_every_state(sender: Sender) -> None:
    scenario = sender.scenario
    election_id = scenario.draft(DIRECT, code=CODE, constituencies=["K3"], singles=1, ring=(2, 2))
    scenario.freeze(election_id)
    held = scenario.held[election_id]
    while sum(next_step(sender, election_id, one) for one in held):  # each in turn
        pass
    (uuid,) = scenario.uuids(election_id)
    sender.send_all("registrar", f"contests/{uuid}/credentials")
    scenario.issue_credentials(election_id)
    scenario.seal(election_id)
    sender.send_all("registrar", f"contests/{uuid}/credentials/reissue")
    sender.send_all("trustee-1", f"elections/{CODE}/trustee/steps/rehearse")
    scenario.rehearse(election_id)
    scenario.open(election_id)
    voter = sender.voter(scenario.voters(uuid)[0])
    raw = scenario.encrypt(uuid, voter)
    sender.send_all("voter", f"contests/{uuid}/ballots", raw)
    sender.send_all("voter", f"contests/{uuid}/spoilt", dumps({"ballot": raw.decode()}))
    scenario.cast(uuid, voter, raw)
    scenario.close(election_id)
    share = scenario.share(uuid, held[0])
    sender.send_all("trustee-1", f"elections/{CODE}/trustee/decryptions/{uuid}", share)
    assert set(sender.answers) <= {403, 409, 413, 422}
    assert sender.answers[422] > 300
