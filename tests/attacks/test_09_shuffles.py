"""ATTACKS 9, for ranked ballots: what a trustee, or nobody's trustee, may try on the shuffles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from ballots import shuffle
from ballots.encoding import dumps
from tests.voting.scenario import Scenario
from tests.voting.test_mixing import K3, ranks
from tests.web.site import Browser, Site
from voting import mixing
from voting.models import CLOSED, DIRECT, MIXED, Trustee
from web.identity.roles import Role

CODE = "ranked-1"


class Ranked:
    """K3 with four ballots; two trustees who have accounts."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.scenario = Scenario(site.database).organise()
        self.election_id = self.scenario.prepare(DIRECT, code=CODE, **K3)
        (self.uuid,) = self.scenario.uuids(self.election_id)
        for number, voter in enumerate(self.scenario.voters(self.uuid)[:4]):
            choices = ranks(self.scenario.paper(self.uuid), number)
            raw = self.scenario.encrypt(self.uuid, voter, choices)
            self.scenario.cast(self.uuid, voter, raw)
        self.first, self.second = self.trustee(1), self.trustee(2)

    def close(self) -> None:
        """The days go by, and sessions end with them: the trustees sign in again."""
        self.scenario.close(self.election_id)
        self.first, self.second = self.trustee(1), self.trustee(2)

    def trustee(self, number: int) -> Browser:
        browser = self.site.sign_in(Role.TRUSTEE)
        # beside the unit of work: no product code changes who a trustee is
        with self.site.database.engine.begin() as connection:
            wanted = update(Trustee).where(Trustee.name == f"Trustee {number}")
            connection.execute(wanted.values(account_id=browser.account_id))
        return browser

    def made(self, browser: Browser) -> bytes:
        """What this trustee's tool makes, were it this trustee's turn."""
        with self.site.database.read() as uow:
            before = mixing.look(uow, self.election_id, browser.account_id, self.uuid)
        paper = before.paper
        return shuffle.shuffle(paper.group, paper.public_key, paper.fingerprint, before.ciphertexts)

    def send(self, browser: Browser, raw: bytes, uuid: str = "") -> Any:
        return browser.post(
            f"/api/v1/elections/{CODE}/trustee/shuffles/{uuid or self.uuid}",
            content=raw,
            headers={"x-csrf-token": browser.token(), "content-type": "application/json"},
        )

    def task(self, browser: Browser) -> Any:
        return browser.get(f"/api/v1/elections/{CODE}/trustee").json()


@pytest.fixture
def ranked(site: Site) -> Iterator[Ranked]:
    yield Ranked(site)


def test_before_the_close(ranked: Ranked) -> None:
    answer = ranked.send(ranked.first, b"{}")
    assert answer.status_code == 409
    assert ranked.task(ranked.first)["step"] is None


def test_by_somebody_else(ranked: Ranked, site: Site) -> None:
    """Not signed in, without the role, and with the role but of another election."""
    ranked.close()
    raw = ranked.made(ranked.first)
    assert ranked.send(site.browser(), raw).status_code == 401
    assert ranked.send(site.sign_in(Role.MEMBER), raw).status_code == 403
    assert ranked.send(site.sign_in(Role.COMMISSION), raw).status_code == 403
    assert ranked.send(site.sign_in(Role.TRUSTEE), raw).status_code == 403
    without_token = ranked.first.post(
        f"/api/v1/elections/{CODE}/trustee/shuffles/{ranked.uuid}", content=raw
    )
    assert without_token.status_code == 403


def test_out_of_turn_and_twice(ranked: Ranked) -> None:
    ranked.close()
    first = ranked.made(ranked.first)
    assert ranked.task(ranked.second)["waiting_for"] == ["Trustee 1"]
    assert "Shuffle the ballots" in ranked.first.get("/").text
    assert "Shuffle the ballots" not in ranked.second.get("/").text
    assert ranked.send(ranked.second, first).status_code == 409
    assert ranked.send(ranked.first, first).json() == {"state": CLOSED}
    assert ranked.send(ranked.first, first).status_code == 409
    refused = ranked.send(ranked.second, first)  # a shuffle of another trustee
    assert (refused.status_code, refused.json()["field"]) == (422, "shuffle.proofs[0]")
    assert ranked.send(ranked.second, ranked.made(ranked.second)).json() == {"state": MIXED}
    assert ranked.send(ranked.second, first).status_code == 409
    assert ranked.task(ranked.first)["step"] == "decrypt"


def test_what_is_no_shuffle(ranked: Ranked) -> None:
    """A list without a ballot, a ballot twice, no JSON, and the shuffle of no contest."""
    ranked.close()
    with ranked.site.database.read() as uow:
        account = ranked.first.account_id
        before = mixing.look(uow, ranked.election_id, account, ranked.uuid)
    paper, (ballots,) = before.paper, before.ciphertexts
    for changed in (ballots[1:], [*ballots[1:], ballots[1]], []):
        raw = shuffle.shuffle(paper.group, paper.public_key, paper.fingerprint, [changed])
        assert ranked.send(ranked.first, raw).status_code == 422
    for raw in (b"", b"null", b"[" * 100_000, dumps({"ciphertexts": [], "proofs": []})):
        assert ranked.send(ranked.first, raw).status_code == 422
    assert ranked.send(ranked.first, ranked.made(ranked.first), "1" * 17).status_code == 404
    assert ranked.task(ranked.first)["shuffles"][0]["made"] == 0


def test_a_share_before_the_shuffles_are_ended(ranked: Ranked) -> None:
    """Decrypting then would tell whose ballot is which."""
    ranked.close()
    held = ranked.scenario.held[ranked.election_id][0]
    raw = ranked.scenario.share(ranked.uuid, held)
    answer = ranked.first.post(
        f"/api/v1/elections/{CODE}/trustee/decryptions/{ranked.uuid}",
        content=raw,
        headers={"x-csrf-token": ranked.first.token()},
    )
    assert answer.status_code == 409


def test_only_the_commission_declares_absence(ranked: Ranked, site: Site) -> None:
    ranked.close()
    with site.database.read() as uow:
        stages = mixing.stages(uow, mixing.states.by_code(uow, CODE))
        waiting = stages[0].turn
        assert waiting is not None
        form = {"trustee": waiting.id, "reason": "away"}
    path = f"/commission/{CODE}/absent"
    assert ranked.second.submit(path, form).status_code == 403
    refused = site.sign_in(Role.COMMISSION).submit(path, form)
    assert refused.status_code == 422  # of two trustees nobody can be spared
    assert "At least 2 trustees must shuffle" in refused.text
