"""The life of an election: every step in its state, the schedule, reissues, small contests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from audit.database import Database, UnitOfWork
from audit.models import LogEntry
from audit.types import Heartbeat
from ballots import credentials
from tests.voting.scenario import COMMISSION, REGISTRAR, Scenario
from voting import (
    certifying,
    contest_archive,
    course,
    drafts,
    lifecycle,
    nominations,
    readiness,
    results,
    rolls,
)
from voting.entries import ElectionCancelled
from voting.errors import Conflict, DomainError, Forbidden, Invalid, WrongState
from voting.models import (
    CERTIFIED,
    DIRECT,
    STATES,
    Contest,
    CredentialBinding,
    Election,
    RollEntry,
)
from voting.registry.models import Affiliation, Person


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


def test_a_direct_election_from_draft_to_certified(database: Database) -> None:
    scenario = Scenario(database).organise()
    election_id = scenario.run(DIRECT, constituencies=["K3"])
    assert scenario.state(election_id) == CERTIFIED
    with database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        assert contest_archive.recomputed_tail(uow.session, contest) == (
            contest.height,
            contest.tail_hash,
        )
        steps = readiness.readiness(uow, uow.session.get_one(Election, election_id))
        assert all(step.done for step in steps)


STEPS: dict[str, tuple[str, Callable[[UnitOfWork, str], object]]] = {
    "freeze": ("draft", lifecycle.freeze),
    "seal": ("frozen", lifecycle.seal),
    "open": ("sealed", lifecycle.open_voting),
    "close": ("open", lambda uow, key: lifecycle.close_voting(uow, key, "reason")),
    "extend": ("open", lambda uow, key: course.extend(uow, key, uow.now, "reason")),
    "suspend": ("open", lambda uow, key: course.suspend(uow, key, "reason")),
    "resume": ("suspended", lambda uow, key: course.resume(uow, key, uow.now, "reason")),
    "declare": ("tallied", lifecycle.declare),
    "certify": ("declared", certifying.certify),
}


@pytest.mark.parametrize("step", STEPS)
def test_no_step_is_possible_in_another_state(scenario: Scenario, step: str) -> None:
    wanted, act = STEPS[step]
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    for state in STATES:
        if state == wanted or (step, state) == ("close", "suspended"):
            continue
        with scenario.database.transaction() as uow:
            uow.session.get_one(Election, election_id).state = state
            uow.record(ElectionCancelled(election="test", reason="a test", state=state))
        with pytest.raises(WrongState), scenario.database.transaction(COMMISSION) as uow:
            act(uow, election_id)
        assert scenario.state(election_id) == state


def test_after_the_freeze_nothing_can_be_changed(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    scenario.freeze(election_id)
    (contest_id,) = scenario.contest_ids(election_id)
    candidacy = scenario.candidacies(election_id)[0]
    for act in (
        lambda uow: drafts.change(uow, election_id, title_en="Another title"),
        lambda uow: drafts.adopt_profile(uow, election_id, "union-plurality"),
        lambda uow: nominations.withdraw(uow, candidacy.id),
        lambda uow: drafts.remove_contest(uow, contest_id),
    ):
        with pytest.raises(WrongState), scenario.database.transaction(COMMISSION) as uow:
            act(uow)


def test_the_roll_stays_as_it_was_frozen(scenario: Scenario) -> None:
    """Who moves afterwards votes where the roll has them; a swapped row stops the opening."""
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    scenario.freeze(election_id)
    for step in (scenario.make_keys, scenario.issue_credentials, scenario.seal, scenario.rehearse):
        step(election_id)
    with scenario.database.transaction() as uow:
        entry = uow.session.scalars(select(RollEntry)).first()
        assert entry is not None
        on_roll = select(RollEntry.person_id)
        stranger = uow.session.scalars(select(Person.id).where(Person.id.not_in(on_roll))).first()
        uow.session.delete(entry)
        uow.session.add(RollEntry(contest_id=entry.contest_id, person_id=stranger))
        uow.record(Heartbeat())
    with pytest.raises(Conflict, match="not what the log says"):
        scenario.open(election_id)


def test_too_few_candidates(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    with scenario.database.transaction(COMMISSION) as uow:
        nominations.withdraw(uow, scenario.candidacies(election_id)[0].id)
    with pytest.raises(Conflict, match=r"1 candidates for 1 seats; .* at least 2"):
        scenario.freeze(election_id)


def test_a_member_without_a_constituency_stops_the_freeze(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT)
    with scenario.database.transaction() as uow:
        top = uow.session.scalars(select(Affiliation).where(Affiliation.voting)).first()
        assert top is not None
        top.unit = top.unit.parent  # type: ignore[assignment]
        uow.record(Heartbeat())
    with pytest.raises(Conflict, match="belong to no constituency"):
        scenario.freeze(election_id)


def test_the_schedule_opens_closes_and_adds_up(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    scenario.freeze(election_id)
    for step in (scenario.make_keys, scenario.issue_credentials, scenario.seal):
        step(election_id)
    tick = lambda: lifecycle.tick(scenario.database)  # noqa: E731 - said often, below
    assert tick() == []
    scenario.clock.forward(days=3)
    assert tick() == []  # the rehearsal is missing: it opens when that is done
    scenario.rehearse(election_id)
    assert tick() == ["open:direct-1"]
    scenario.vote(election_id)
    assert tick() == []
    scenario.clock.forward(days=2)
    assert tick() == ["close:direct-1", "tally:direct-1"]
    assert tick() == []
    scenario.decrypt(election_id)
    scenario.declare(election_id)
    scenario.certify(election_id)
    assert tick() == []
    scenario.clock.forward(days=400)
    assert tick() == ["erase:direct-1"]
    with scenario.database.read() as uow:
        assert uow.session.scalar(select(func.count()).select_from(CredentialBinding)) == 0
    assert tick() == []


def test_bindings_stay_for_the_time_of_challenge(scenario: Scenario) -> None:
    election_id = scenario.run(DIRECT, constituencies=["K3"])
    with (
        pytest.raises(Conflict, match="time for challenge"),
        scenario.database.transaction() as uow,
    ):
        lifecycle.destroy_bindings(uow, election_id)


def test_an_early_close_needs_a_reason_that_is_logged(scenario: Scenario) -> None:
    election_id = scenario.prepare(DIRECT, constituencies=["K3"])
    with pytest.raises(Forbidden, match="two people"), scenario.database.transaction() as uow:
        lifecycle.close_voting(uow, election_id, "one alone")
    with pytest.raises(Invalid, match="reason"):
        scenario.both("close", f"election/{election_id}", reason=" ")
    scenario.both("close", f"election/{election_id}", reason="fire in the hall")
    with scenario.database.read() as uow:
        log = b"\n".join(uow.session.scalars(select(LogEntry.entry)))
    assert b"fire in the hall" in log


def test_a_lost_credential_is_reissued_before_opening_only(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    scenario.freeze(election_id)
    for step in (scenario.make_keys, scenario.issue_credentials, scenario.seal):
        step(election_id)
    (contest_id,), (uuid,) = scenario.contest_ids(election_id), scenario.uuids(election_id)
    voter = scenario.voters(uuid)[0]
    group = scenario.paper(uuid).group
    lost = credentials.public_credential(group, uuid, scenario.secrets[uuid, voter])
    scenario.secrets[uuid, voter] = credentials.generate()
    found = credentials.public_credential(group, uuid, scenario.secrets[uuid, voter])

    def reissue(revoked: str, added: str) -> None:
        with scenario.database.transaction(REGISTRAR) as uow:
            rolls.reissue(uow, contest_id, revoked, added)

    with pytest.raises(Invalid, match="not in the list"):
        reissue(found, lost)
    reissue(lost, found)
    with scenario.database.read() as uow:
        contest = uow.session.get_one(Contest, contest_id)
        assert (contest.reissued, contest.height) == (1, 0)
    scenario.rehearse(election_id)
    scenario.open(election_id)
    scenario.cast(uuid, voter)
    with pytest.raises(WrongState):
        reissue(found, lost)


def test_a_bad_list_of_credentials_is_refused(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    scenario.freeze(election_id)
    scenario.issue_credentials(election_id)
    (contest_id,) = scenario.contest_ids(election_id)
    with scenario.database.read() as uow:
        listed = rolls.credentials_of(uow.session.get_one(Contest, contest_id))
    for spoilt, why in (
        (listed[:-1], "19 voters"),
        ([*listed[:-1], listed[0]], "twice"),
        (listed[::-1], "not sorted"),
        ([f"{listed[0]},2", *listed[1:]], "no weight"),
        (["f" * 64, *listed[1:]], "refused"),
        (["", *listed[1:]], "refused"),
    ):
        with pytest.raises(Invalid, match=why), scenario.database.transaction(REGISTRAR) as uow:
            rolls.publish_credentials(uow, contest_id, spoilt)


def test_a_cancelled_election_says_why_and_stays(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    with pytest.raises(Invalid, match="reason"), scenario.database.transaction() as uow:
        lifecycle.cancel(uow, election_id, "  ")
    with scenario.database.transaction() as uow:
        lifecycle.cancel(uow, election_id, "wrong date")
    with pytest.raises(WrongState):
        scenario.freeze(election_id)


def test_dossiers_are_of_people_on_the_ballot(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    candidacy = scenario.candidacies(election_id)[0]
    with pytest.raises(DomainError, match="nobody"), scenario.database.transaction() as uow:
        drafts.bind_dossiers(uow, election_id, {"0" * 32: b"\x01" * 32})
    with scenario.database.transaction() as uow:
        drafts.bind_dossiers(uow, election_id, {candidacy.person_id: b"\x01" * 32})
    scenario.freeze(election_id)
    for step in (scenario.make_keys, scenario.issue_credentials, scenario.seal):
        step(election_id)
    assert "; dossiers sha256:" in scenario.paper(scenario.uuids(election_id)[0]).description


def test_an_interrupted_tally_goes_on(scenario: Scenario) -> None:
    """kill -9 between two contests: what is there stays, the rest is added."""
    election_id = scenario.prepare(DIRECT)
    scenario.clock.forward(days=2)
    with scenario.database.transaction() as uow:
        lifecycle.close_voting(uow, election_id)

    def interrupt(done: int, _all: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        results.encrypt_tallies(scenario.database, election_id, progress=interrupt)
    assert results.encrypt_tallies(scenario.database, election_id) == 2
    assert results.encrypt_tallies(scenario.database, election_id) == 0
