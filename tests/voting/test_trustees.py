"""Trustees: commitments before shares, every bad contribution refused by name, rehearsal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.database import Actor, Database
from ballots import tally
from ballots import trustees as keys
from ballots.ceremony import Decrypted, parse_decrypted
from ballots.encoding import dumps, sha256_hex
from ballots.group import get_group
from tests.voting.scenario import COMMISSION, Held, Scenario
from voting import lifecycle, results, trustees
from voting.errors import Conflict, DomainError, Forbidden, ShareRefused, WrongState
from voting.models import DIRECT, PEDERSEN, Election
from voting.registry import people

GROUP = get_group("Ed25519")


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


def frozen(scenario: Scenario, **options: Any) -> str:
    election_id = scenario.draft(DIRECT, constituencies=["K3"], **options)
    scenario.freeze(election_id)
    return election_id


def submit(scenario: Scenario, election_id: str, account: str, step: str, content: bytes) -> None:
    with scenario.database.transaction(Actor("trustee", account)) as uow:
        trustees.submit(uow, election_id, account, step, content)


def fresh_key() -> tuple[str, bytes]:
    private, public = keys.generate_single(GROUP)
    return private, dumps(public)


def test_no_key_before_all_have_committed(scenario: Scenario) -> None:
    election_id = frozen(scenario)
    _, public = fresh_key()
    with pytest.raises(Conflict, match="not the next"):
        submit(scenario, election_id, "trustee-1", trustees.KEY, public)
    submit(scenario, election_id, "trustee-1", trustees.COMMIT, sha256_hex(public).encode())
    with pytest.raises(Conflict, match="waits for Trustee 2"):
        submit(scenario, election_id, "trustee-1", trustees.KEY, public)


def test_a_key_chosen_after_the_others_were_seen_is_refused(scenario: Scenario) -> None:
    """The commitment binds: another key than the promised one is refused with the name."""
    election_id = frozen(scenario)
    made = {name: fresh_key()[1] for name in ("trustee-1", "trustee-2")}
    for name, public in made.items():
        submit(scenario, election_id, name, trustees.COMMIT, sha256_hex(public).encode())
    with pytest.raises(ShareRefused, match="Trustee 2 sent is not what was committed"):
        submit(scenario, election_id, "trustee-2", trustees.KEY, fresh_key()[1])
    for name, public in made.items():
        submit(scenario, election_id, name, trustees.KEY, public)


@pytest.mark.parametrize("content", [b"", b"{}", b'"x"', b"[]", b"\xff", b"{" * 100_000])
def test_what_is_no_key_is_refused(scenario: Scenario, content: bytes) -> None:
    election_id = frozen(scenario)
    for name in ("trustee-1", "trustee-2"):
        submit(scenario, election_id, name, trustees.COMMIT, sha256_hex(content).encode())
    with pytest.raises(ShareRefused, match="Trustee 1"):
        submit(scenario, election_id, "trustee-1", trustees.KEY, content)


def test_a_key_without_its_private_half_is_refused(scenario: Scenario) -> None:
    election_id = frozen(scenario)
    stolen = json.loads(fresh_key()[1])
    stolen["public_key"] = json.loads(fresh_key()[1])["public_key"]
    raw = dumps(stolen)
    for name in ("trustee-1", "trustee-2"):
        submit(scenario, election_id, name, trustees.COMMIT, sha256_hex(raw).encode())
    with pytest.raises(ShareRefused, match="Trustee 1 sent is refused"):
        submit(scenario, election_id, "trustee-1", trustees.KEY, raw)


def test_two_trustees_cannot_have_one_key(scenario: Scenario) -> None:
    election_id = frozen(scenario)
    _, public = fresh_key()
    for name in ("trustee-1", "trustee-2"):
        submit(scenario, election_id, name, trustees.COMMIT, sha256_hex(public).encode())
    submit(scenario, election_id, "trustee-1", trustees.KEY, public)
    with pytest.raises(ShareRefused, match="do not fit together"):
        submit(scenario, election_id, "trustee-2", trustees.KEY, public)


@pytest.mark.parametrize("content", [b"", b"0" * 63, b"G" * 64, "１".encode() * 64, b"\xff" * 64])
def test_what_is_no_commitment_is_refused(scenario: Scenario, content: bytes) -> None:
    election_id = frozen(scenario)
    with pytest.raises(ShareRefused, match="64 digits"):
        submit(scenario, election_id, "trustee-1", trustees.COMMIT, content)


def test_only_the_own_slot(scenario: Scenario) -> None:
    election_id = frozen(scenario)
    with pytest.raises(Forbidden):
        submit(scenario, election_id, "stranger", trustees.COMMIT, b"0" * 64)


def test_nobody_holds_two_slots_and_no_candidate_holds_one(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    candidate = scenario.candidacies(election_id)[0]
    with scenario.database.read() as uow:
        other = people.find_by_member_no_or_email(uow, "RB0044")
        assert other is not None
        other_id = other.id

    def invite(account: str, person_id: str | None) -> None:
        with scenario.database.transaction(COMMISSION) as uow:
            trustees.invite(
                uow, election_id, account_id=account, name="Somebody", person_id=person_id
            )

    with pytest.raises(Conflict, match="already"):
        invite("trustee-1", None)
    with pytest.raises(Conflict, match="stands in this election"):
        invite("trustee-9", candidate.person_id)
    invite("trustee-9", other_id)
    with pytest.raises(Conflict, match="already"):
        invite("trustee-10", other_id)


def test_one_trustee_is_not_enough(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"], singles=1)
    with pytest.raises(Conflict, match="At least 2 trustees"):
        scenario.freeze(election_id)


@pytest.mark.parametrize("ring", [(1, 3), (4, 3)])
def test_the_threshold_must_be_possible_and_more_than_one(
    scenario: Scenario, ring: tuple[int, int]
) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"], singles=0, ring=ring)
    with pytest.raises(Conflict, match="trustee"):
        scenario.freeze(election_id)


def test_a_bad_polynomial_names_its_trustee(scenario: Scenario) -> None:
    election_id = frozen(scenario, singles=0, ring=(2, 3))
    held = scenario.held[election_id]
    for step in range(2):  # certificates, then commitments
        for one in held:
            assert scenario.next_step(election_id, one), step
    good = json.loads(held[1].made[trustees.POLYNOMIAL])
    bad = dumps(good | {"secrets": good["secrets"][::-1][:-1]})
    with pytest.raises(ShareRefused, match="Trustee 2"):
        submit(scenario, election_id, held[1].account_id, trustees.POLYNOMIAL, bad)


def test_opening_waits_for_every_rehearsal(scenario: Scenario) -> None:
    election_id = frozen(scenario)
    for step in (scenario.make_keys, scenario.issue_credentials, scenario.seal):
        step(election_id)
    with pytest.raises(Conflict, match="Trustee 1, Trustee 2"):
        scenario.open(election_id)
    one, other = scenario.held[election_id]
    other.private, kept = one.private, other.private
    with pytest.raises(ShareRefused, match="Trustee 2"):
        scenario.rehearse(election_id)
    other.private = kept
    scenario.rehearse(election_id)
    scenario.open(election_id)


def test_the_rehearsal_cannot_open_a_ballot(scenario: Scenario) -> None:
    """Everyone makes the test tally from the fingerprint alone, so nobody can slip in a ballot."""
    election_id = frozen(scenario)
    for step in (scenario.make_keys, scenario.issue_credentials, scenario.seal):
        step(election_id)
    (uuid,) = scenario.uuids(election_id)
    paper = scenario.paper(uuid)
    assert results.rehearsal_tally(paper) == results.rehearsal_tally(paper)
    voter = scenario.voters(uuid)[0]
    box, _ = results.add_up(paper, [scenario.encrypt(uuid, voter).decode()])
    share = tally.partial_decryption(
        paper, tally.parse_tally(paper, box), scenario.held[election_id][0].private
    )
    with pytest.raises(ShareRefused), scenario.database.transaction() as uow:
        results.rehearse(uow, election_id, "trustee-1", share)


def closed(scenario: Scenario, **options: Any) -> tuple[str, str]:
    options = {"profile": "union-plurality", **options}  # without a quorum
    election_id = scenario.prepare(DIRECT, constituencies=["K3"], **options)
    (uuid,) = scenario.uuids(election_id)
    for voter in scenario.voters(uuid)[:3]:
        scenario.cast(uuid, voter)
    scenario.close(election_id)
    return election_id, uuid


def test_a_bad_share_is_refused_by_name_and_the_others_finish(scenario: Scenario) -> None:
    election_id, uuid = closed(scenario, singles=0, ring=(2, 3))
    bad = Held("trustee-1", private=fresh_key()[0])
    with pytest.raises(ShareRefused, match="decryption of Trustee 1 is refused"):
        scenario.decrypt_one(election_id, uuid, bad)
    scenario.decrypt(election_id, who=[1, 2])
    assert scenario.state(election_id) == "tallied"


def test_too_few_shares_bring_no_result(scenario: Scenario) -> None:
    election_id, _ = closed(scenario, singles=1, ring=(2, 3))
    scenario.decrypt(election_id, who=[1, 2])
    assert scenario.state(election_id) == "closed"
    with pytest.raises(WrongState), scenario.database.transaction(COMMISSION) as uow:
        lifecycle.declare(uow, election_id)
    scenario.decrypt(election_id, who=[0])
    assert scenario.state(election_id) == "tallied"


def test_a_share_of_another_tally_is_refused(scenario: Scenario) -> None:
    election_id, uuid = closed(scenario)
    paper = scenario.paper(uuid)
    held = scenario.held[election_id][0]
    other = tally.parse_tally(paper, results.rehearsal_tally(paper))
    share = tally.partial_decryption(paper, other, held.private)
    drawn = parse_decrypted(scenario.share(uuid, held)).lot
    with (
        pytest.raises(ShareRefused, match="proof"),
        scenario.database.transaction() as uow,
    ):
        results.decrypt(uow, election_id, held.account_id, uuid, Decrypted(share, drawn).raw)
    scenario.decrypt_one(election_id, uuid, held)
    scenario.decrypt_one(election_id, uuid, held)  # again: nothing changes
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        assert sum(results.decrypted_by(uow, election).values()) == 1


def test_what_a_step_needs_is_in_its_task(scenario: Scenario) -> None:
    election_id = frozen(scenario, singles=1, ring=(2, 2))
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        for trustee in election.trustees:
            task = trustees.key_task(election, trustee)
            wanted = trustees.CERTIFICATE if trustee.kind == PEDERSEN else trustees.COMMIT
            assert (task.step, task.waiting_for) == (wanted, [])
    scenario.make_keys(election_id)
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        assert all(trustees.key_task(election, t).step is None for t in election.trustees)
        assert election.trustees_json is not None
    with pytest.raises(DomainError):
        submit(scenario, election_id, "trustee-1", trustees.KEY, b"{}")
