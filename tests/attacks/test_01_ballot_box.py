"""ATTACKS 1, 3 to 7 and 15: what a client may try on the ballot box, through HTTP.

Proofs of a made-up ballot are signed anew where the attacker could sign, so what refuses it is the
check that is meant, and the answer names the field.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from ballots import ballot
from ballots.encoding import dumps
from tests.voting.scenario import Scenario, first_ones
from tests.web.site import Browser, Site, running
from voting.models import DIRECT, CastBallot
from web.identity.roles import Role
from web.settings import Settings

IDENTITY = "0" * 63 + "1"
ORDER_2 = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"
ORDER_8 = "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
PARALLEL = 24
Ballot = dict[str, Any]


@dataclass
class Box:
    site: Site
    scenario: Scenario
    uuid: str
    other: str  # a second contest under the same trustees
    browsers: dict[str, Browser]

    def voter(self, number: int) -> str:
        return self.scenario.voters(self.uuid)[number]

    def browser(self, person: str) -> Browser:
        if person not in self.browsers:
            self.browsers[person] = self.site.sign_in(Role.MEMBER, person_id=person)
        return self.browsers[person]

    def make(self, person: str, choices: Any = None) -> bytes:
        paper = self.scenario.paper(self.uuid)
        chosen = first_ones(paper, 0) if choices is None else choices
        return ballot.encrypt(paper, self.scenario.secrets[self.uuid, person], chosen)

    def cast(self, person: str, raw: bytes, uuid: str = "") -> Any:
        browser = self.browser(person)
        headers = {"x-csrf-token": browser.token("/account"), "content-type": "application/json"}
        path = f"/api/v1/contests/{uuid or self.uuid}/ballots"
        return browser.post(path, content=raw, headers=headers)

    def refused(self, person: str, raw: bytes, uuid: str = "") -> dict[str, Any]:
        answer = self.cast(person, raw, uuid)
        assert answer.status_code in (403, 404, 409, 413, 422), answer.text
        error: dict[str, Any] = answer.json()
        assert error["detail"]
        assert "Traceback" not in answer.text and ".py" not in answer.text
        return error

    def counting(self) -> list[str]:
        """The public list has every ballot on the board, replaced ones too: the rows know."""
        with self.site.database.read() as uow:
            wanted = select(CastBallot.tracker).where(CastBallot.counts)
            return list(uow.session.scalars(wanted))


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("box"),
        base_url="http://127.0.0.1:8000",
        log_level="error",
        tick_seconds=3600,
    )
    with running(settings) as site:
        scenario = Scenario(site.database).organise()
        election = scenario.prepare(DIRECT, constituencies=["K1", "K3"])
        uuid, other = scenario.uuids(election)
        yield Box(site, scenario, uuid, other, {})


def changed(raw: bytes, change: Callable[[Ballot], None]) -> bytes:
    value = json.loads(raw)
    change(value)
    return dumps(value)


def test_1_another_voters_ballot_byte_for_byte(box: Box) -> None:
    victim, thief = box.voter(0), box.voter(1)
    raw = box.make(victim)
    assert box.cast(victim, raw).status_code == 200
    box.refused(thief, raw)
    assert len(box.counting()) == 1


def _spaces(raw: bytes) -> bytes:
    return raw.replace(b'":', b'": ', 1)


def _reordered(raw: bytes) -> bytes:
    value = json.loads(raw)
    return json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode()


def _twice(raw: bytes) -> bytes:
    return raw.replace(b"{", b'{"election_uuid":"x",', 1)


def _added(raw: bytes) -> bytes:
    return raw[:-1] + b',"extra":1}'


def _escaped(raw: bytes) -> bytes:
    return raw.replace(b'"credential"', b'"\\u0063redential"', 1)


def _look_alike(raw: bytes) -> bytes:
    return raw.replace(b'"credential"', '"сredential"'.encode(), 1)


def _newline(raw: bytes) -> bytes:
    return raw + b"\n"


def _mark(raw: bytes) -> bytes:
    return b"\xef\xbb\xbf" + raw


@pytest.mark.parametrize(
    "spoil", [_spaces, _reordered, _twice, _added, _escaped, _look_alike, _newline, _mark]
)
def test_1_and_15_one_content_has_one_form(box: Box, spoil: Callable[[bytes], bytes]) -> None:
    raw = box.make(box.voter(2))
    error = box.refused(box.voter(2), spoil(raw))
    assert error["field"]


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"NaN",
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'{"credential":' + b"9" * 100_000 + b"}",
        b"\xff\xfe{}",
        b'{"credential":1e999999999}',
        b'"\\ud800"',
    ],
    ids=lambda b: b[:12].decode("latin-1"),
)
def test_15_hostile_encodings_end_quickly(box: Box, hostile: bytes) -> None:
    begun = time.process_time()
    box.refused(box.voter(2), hostile)
    assert time.process_time() - begun < 2, "a few bytes must not cost seconds"


def test_15_more_than_a_ballot_can_be_is_not_read(box: Box) -> None:
    box.refused(box.voter(2), b'"' + b"x" * (3 << 20) + b'"')


@pytest.mark.parametrize(
    "element",
    [
        IDENTITY,
        ORDER_2,
        ORDER_8,
        "0" * 64,
        "f" * 64,
        "7" + "f" * 63,
        "F" * 64,
        "ab",
        "",
        "0" * 63 + "g",
    ],
    ids=["identity", "order 2", "order 8", "0", "all ones", "p + 18", "upper", "short", "", "g"],
)
@pytest.mark.parametrize("part", ["alpha", "beta"])
def test_3_what_is_not_in_the_group(box: Box, element: str, part: str) -> None:
    def change(value: Ballot) -> None:
        value["answers"][0]["choices"][1][part] = element

    error = box.refused(box.voter(2), changed(box.make(box.voter(2)), change))
    if (part, element) != ("beta", IDENTITY):  # an element of the group, with no proof for it
        assert error["field"] == f"ballot.answers[0].choices[1].{part}" or part in error["field"]


def test_3_a_point_with_a_component_of_order_8(box: Box) -> None:
    """Mixed order: on the curve, and not in the group. PyNaCl's own addition would take it."""
    from nacl.bindings import crypto_core_ed25519_add

    def change(value: Ballot) -> None:
        ciphertext = value["answers"][0]["choices"][0]
        point = bytes.fromhex(ciphertext["alpha"])[::-1]
        small = bytes.fromhex(ORDER_8)[::-1]
        ciphertext["alpha"] = crypto_core_ed25519_add(point, small)[::-1].hex()

    error = box.refused(box.voter(2), changed(box.make(box.voter(2)), change))
    assert "alpha" in error["field"]


@pytest.mark.parametrize(
    "scalar", ["-1", "01", str(GROUP_ORDER), "1.0", " 1", "", "1e3", "9" * 5000]
)
def test_3_scalars_out_of_range(box: Box, scalar: str) -> None:
    def change(value: Ballot) -> None:
        value["signature"]["proof"]["response"] = scalar

    error = box.refused(box.voter(2), changed(box.make(box.voter(2)), change))
    assert "response" in error["field"]


def test_4_a_ballot_of_another_contest_also_relabelled(box: Box) -> None:
    person = box.scenario.voters(box.other)[0]
    paper = box.scenario.paper(box.other)
    secret = box.scenario.secrets[box.other, person]
    raw = ballot.encrypt(paper, secret, first_ones(paper, 0))
    box.refused(person, raw, box.uuid)
    mine = box.scenario.paper(box.uuid)

    def relabel(value: Ballot) -> None:
        value["election_uuid"], value["election_hash"] = mine.uuid, mine.fingerprint

    box.refused(person, changed(raw, relabel), box.uuid)
    box.refused(box.voter(2), changed(raw, relabel), box.uuid)


def _no_choices(value: Ballot) -> None:
    value["answers"][0]["choices"] = []


def _one_less(value: Ballot) -> None:
    value["answers"][0]["choices"].pop()


def _one_more(value: Ballot) -> None:
    value["answers"][0]["choices"].append(value["answers"][0]["choices"][0])


def _no_answers(value: Ballot) -> None:
    value["answers"] = []


def _answer_twice(value: Ballot) -> None:
    value["answers"] *= 2


def _proof_less(value: Ballot) -> None:
    value["answers"][0]["individual_proofs"].pop()


@pytest.mark.parametrize(
    "shape", [_no_choices, _one_less, _one_more, _no_answers, _answer_twice, _proof_less]
)
def test_5_wrong_shapes(box: Box, shape: Callable[[Ballot], None]) -> None:
    before = box.counting()
    error = box.refused(box.voter(2), changed(box.make(box.voter(2)), shape))
    assert error["field"]
    assert box.counting() == before


def test_6_parallel_casts_with_one_credential(box: Box) -> None:
    """Each is answered; one counts at the end, and it is one that was accepted."""
    person = box.voter(3)
    browser = box.browser(person)
    headers = {"x-csrf-token": browser.token("/account"), "content-type": "application/json"}
    path = f"/api/v1/contests/{box.uuid}/ballots"
    ballots = [box.make(person) for _number in range(PARALLEL)]
    before = set(box.counting())
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda raw: browser.post(path, content=raw, headers=headers), ballots)
        )
    accepted = [answer.json()["tracker"] for answer in answers if answer.status_code == 200]
    assert accepted
    assert all(answer.status_code in (200, 409) for answer in answers)
    (mine,) = set(box.counting()) - before
    assert mine in accepted


def test_6_a_double_click_is_one_ballot_with_one_receipt(box: Box) -> None:
    person = box.voter(4)
    raw = box.make(person)
    first, second = box.cast(person, raw), box.cast(person, raw)
    assert first.status_code == second.status_code == 200
    assert first.json()["receipt"] == second.json()["receipt"]
    assert second.json()["revote"] is False


def test_7_trackers_bind_the_credential(box: Box) -> None:
    """One seed, one choice, two voters: two ballots, two trackers."""
    paper = box.scenario.paper(box.uuid)
    made = []
    for person in (box.voter(5), box.voter(6)):
        secret = box.scenario.secrets[box.uuid, person]
        raw, opening = ballot.encrypt_opened(paper, secret, first_ones(paper, 0), seed=bytes(32))
        answer = box.cast(person, raw)
        assert answer.status_code == 200, answer.text
        assert answer.json()["tracker"] == opening.tracker
        made.append(opening.tracker)
    assert len(set(made)) == 2


def test_nobody_votes_without_the_right_session(box: Box) -> None:
    raw = box.make(box.voter(7))
    path = f"/api/v1/contests/{box.uuid}/ballots"
    assert box.site.browser().post(path, content=raw).status_code in (401, 403)
    for role in (Role.COMMISSION, Role.REGISTRAR, Role.ADMIN, Role.TRUSTEE, Role.AUDITOR):
        official = box.site.sign_in(role)
        headers = {"x-csrf-token": official.token("/account")}
        assert official.post(path, content=raw, headers=headers).status_code == 403
    stranger = box.site.sign_in(Role.MEMBER)
    headers = {"x-csrf-token": stranger.token("/account")}
    assert stranger.post(path, content=raw, headers=headers).status_code in (403, 404)
    assert box.cast(box.voter(7), raw).status_code == 200
