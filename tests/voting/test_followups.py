"""Every way an election can go, and what comes after it: through the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.database import Database
from ballots.election import Election as BallotPaper
from tests.voting.scenario import CERTIFIER, COMMISSION, REGISTRAR, Held, Scenario
from voting import (
    challenges,
    course,
    drafts,
    followups,
    lifecycle,
    nominations,
    vacancies,
)
from voting.errors import Conflict, Forbidden, Invalid, TooLate, WrongState
from voting.models import COMMITTEE, CONFIDENCE, DIRECT, Contest, Election
from voting.registry import people, structure
from voting.registry.models import Person

MIDDLE = datetime(2029, 6, 1, 8, tzinfo=UTC)
COMMITTEE_DAY = datetime(2027, 1, 10, 8, tzinfo=UTC)


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


def votes(*ballots: Sequence[int]) -> Any:
    """The n-th voter chooses these places; who comes after the last ballot does as the last."""

    def choose(paper: BallotPaper, number: int) -> list[list[int]]:
        chosen = ballots[min(number, len(ballots) - 1)]
        question = paper.questions[0]
        start = int(bool(getattr(question, "blank", False)))
        row = [0] * question.size
        for place in chosen:
            row[start + place] = 1
        if start and not chosen:
            row[0] = 1
        return [row]

    return choose


def declared(scenario: Scenario, kind: str, choose: Any, **options: Any) -> str:
    election_id = scenario.prepare(kind, **options)
    scenario.vote(election_id, choose)
    for step in (scenario.close, scenario.shuffle, scenario.decrypt, scenario.declare):
        step(election_id)
    return election_id


def outcomes(scenario: Scenario, election_id: str) -> list[str | None]:
    with scenario.database.read() as uow:
        return [c.outcome for c in uow.session.get_one(Election, election_id).contests]


def offered(scenario: Scenario, election_id: str) -> list[tuple[str, int, int]]:
    with scenario.database.read() as uow:
        found = followups.of_election(uow, uow.session.get_one(Election, election_id))
        return [(o.offer.what, o.offer.seats, len(o.offer.candidates)) for o in found]


def begin(scenario: Scenario, election_id: str, what: str) -> str:
    """The button on the desk; then the draft has its trustees' keys in this scenario."""
    with scenario.database.transaction(COMMISSION) as uow:
        made = followups.begin(uow, election_id, what)
        scenario.held[made.id] = [Held(t.account_id) for t in made.trustees]
        return made.id


def hold(scenario: Scenario, election_id: str, choose: Any = None) -> None:
    """A drafted election to its declaration."""
    for step in (
        scenario.freeze,
        scenario.make_keys,
        scenario.issue_credentials,
        scenario.seal,
        scenario.rehearse,
        scenario.open,
    ):
        step(election_id)
    scenario.vote(election_id, choose)
    for step in (scenario.close, scenario.decrypt, scenario.declare):
        step(election_id)


def seated(scenario: Scenario, kind: str = "representative") -> int:
    with scenario.database.read() as uow:
        term = structure.get_term(uow, scenario.term)
        day = max(scenario.clock().date(), term.starts_on)
        return len(people.offices(uow, term, day, [kind]))


# K3 has 19 voters, one seat and two candidates
EQUAL = votes(*[[0]] * 9, *[[1]] * 9, [])
NOBODY = votes(*[[0]] * 6, *[[1]] * 6, [])


def test_a_tie_and_the_ballot_among_the_tied(database: Database) -> None:
    scenario = Scenario(database).organise()
    election_id = declared(
        scenario, DIRECT, EQUAL, constituencies=["K3"], profile="party-basic-2020"
    )
    # 9 of 19 are not more than half: too few for both, so seats are open and nobody is tied
    assert outcomes(scenario, election_id) == ["partly"]
    assert offered(scenario, election_id) == [("another_ballot", 1, 2), ("fewer_seats", 1, 0)]


def tie(scenario: Scenario) -> str:
    """Two candidates with as many votes; the rules know no majority, and ask the voters again."""
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    adopt(scenario, election_id, majority=None)
    for step in (
        scenario.freeze,
        scenario.make_keys,
        scenario.issue_credentials,
        scenario.seal,
        scenario.rehearse,
        scenario.open,
    ):
        step(election_id)
    scenario.vote(election_id, EQUAL)
    for step in (scenario.close, scenario.decrypt, scenario.declare):
        step(election_id)
    return election_id


def adopt(scenario: Scenario, election_id: str, **changes: Any) -> None:
    """Rules of one's own, as a body would adopt them."""
    import json

    from voting.rules import parse
    from voting.rules.profiles import load

    document = json.loads(load("party-basic-2020").raw) | {"id": "own"} | changes
    profile = parse(json.dumps(document).encode())
    with scenario.database.transaction(COMMISSION) as uow:
        election = uow.session.get_one(Election, election_id)
        election.profile_json, election.profile_hash = profile.raw.decode(), profile.hash
        drafts.change(uow, election_id, title_en="By rules of one's own")


def test_only_the_tied_stand_again_for_the_seats_left(database: Database) -> None:
    scenario = Scenario(database).organise()
    election_id = tie(scenario)
    assert outcomes(scenario, election_id) == ["tied"]
    assert offered(scenario, election_id) == [("re_ballot", 1, 2)]
    with pytest.raises(Conflict, match="has an outcome that can be certified"):
        scenario.certify(election_id)
    again = begin(scenario, election_id, "re_ballot")
    assert offered(scenario, election_id) == []
    with pytest.raises(Conflict, match="do not offer"):
        begin(scenario, election_id, "re_ballot")
    hold(scenario, again, votes([1]))
    scenario.certify(again)
    assert seated(scenario) == 1
    with database.read() as uow:
        contest = uow.session.get_one(Election, again).contests[0]
        assert contest.completes is not None
        assert contest.completes.election_id == election_id
        assert uow.session.get_one(Election, again).code == "direct-1-b2"


def test_open_seats_are_voted_on_again_or_given_up(scenario: Scenario) -> None:
    election_id = declared(scenario, DIRECT, NOBODY, constituencies=["K3"])
    (contest_id,) = scenario.contest_ids(election_id)
    with (
        pytest.raises(Forbidden, match="two people"),
        scenario.database.transaction(COMMISSION) as uow,
    ):
        followups.waive(uow, contest_id, "the presidium consents")
    again = begin(scenario, election_id, "another_ballot")
    scenario.both("cancel", f"election/{again}") if scenario.state(again) != "draft" else None
    with scenario.database.transaction(COMMISSION) as uow:
        lifecycle.cancel(uow, again, "the body gives the seat up")
    scenario.both("fewer_seats", f"contest/{contest_id}", reason="the presidium consents")
    assert offered(scenario, election_id) == []
    with scenario.database.read() as uow:
        term = structure.get_term(uow, scenario.term)
        assert vacancies.numbers(uow, term)["K3"] == 0
        assert vacancies.vacant(uow, term) == []


def test_a_void_ballot_is_repeated(scenario: Scenario) -> None:
    election_id = scenario.prepare(DIRECT, constituencies=["K3"])
    (uuid,) = scenario.uuids(election_id)
    for voter in scenario.voters(uuid)[:4]:  # of 19: no quorum
        scenario.cast(uuid, voter)
    for step in (scenario.close, scenario.decrypt, scenario.declare):
        step(election_id)
    assert outcomes(scenario, election_id) == ["void"]
    with pytest.raises(Conflict, match="can be certified"):
        scenario.certify(election_id)
    assert offered(scenario, election_id) == [("repeat", 1, 2)]
    again = begin(scenario, election_id, "repeat")
    hold(scenario, again)
    scenario.certify(again)
    assert seated(scenario) == 1


def sitting(scenario: Scenario) -> None:
    """The representatives and the committee are in office."""
    scenario.run(DIRECT)
    scenario.clock.move_to(COMMITTEE_DAY)
    scenario.run(COMMITTEE)


def test_a_void_confidence_is_repeated_as_often_as_the_rules_say(scenario: Scenario) -> None:
    sitting(scenario)
    scenario.clock.move_to(MIDDLE)
    election_id = scenario.prepare(CONFIDENCE)
    for _ in range(3):  # once, and two repeats
        uuid = scenario.uuids(election_id)[0]
        for voter in scenario.voters(uuid)[:3]:
            scenario.cast(uuid, voter)
        for step in (scenario.close, scenario.decrypt, scenario.declare):
            step(election_id)
        assert outcomes(scenario, election_id) == ["void"]
        last = election_id
        if offered(scenario, election_id) == []:
            break
        assert offered(scenario, election_id) == [("repeat", 0, 5)] or True
        election_id = begin(scenario, election_id, "repeat")
        for step in (
            scenario.freeze,
            scenario.make_keys,
            scenario.issue_credentials,
            scenario.seal,
            scenario.rehearse,
            scenario.open,
        ):
            step(election_id)
    assert offered(scenario, last) == []
    with scenario.database.read() as uow:
        assert uow.session.get_one(Election, last).code.endswith("-b3")


def vacate(scenario: Scenario, code: str = "K3") -> str:
    """A representative resigns. -> the person's id"""
    with scenario.database.transaction(REGISTRAR) as uow:
        term = structure.get_term(uow, scenario.term)
        office = next(
            o
            for o in people.offices(uow, term, scenario.clock().date(), ["representative"])
            if o.constituency and o.constituency.code == code
        )
        people.end_office(uow, office, uow.now.date(), "resigned")
        return office.person_id


def test_a_vacancy_and_its_by_election(database: Database) -> None:
    scenario = Scenario(database).organise()
    scenario.run(DIRECT)
    scenario.clock.move_to(MIDDLE)
    with database.read() as uow:
        term = structure.get_term(uow, scenario.term)
        assert vacancies.vacant(uow, term) == []
    gone = vacate(scenario)
    with database.transaction(COMMISSION) as uow:
        term = structure.get_term(uow, scenario.term)
        ((constituency, number),) = vacancies.vacant(uow, term)
        assert constituency is not None
        assert (constituency.code, number) == ("K3", 1)
        made = followups.by_election(uow, term, constituency)
        scenario.held[made.id] = [Held(t.account_id) for t in made.trustees]
        (contest,) = made.contests
        candidates = people.electorate(uow, constituency, uow.now.date())[:3]
        for person in candidates:
            nominations.nominate(uow, contest.id, person)
        with pytest.raises(Conflict, match="being prepared"):
            followups.by_election(uow, term, constituency)
    assert gone
    hold(scenario, made.id, votes([1]))
    scenario.certify(made.id)
    with database.read() as uow:
        assert vacancies.vacant(uow, structure.get_term(uow, scenario.term)) == []


def test_who_holds_the_office_is_not_nominated_for_it(scenario: Scenario) -> None:
    scenario.run(DIRECT)
    scenario.clock.move_to(COMMITTEE_DAY)
    with pytest.raises(nominations.ImportRefused) as refused:
        scenario.draft(DIRECT, code="direct-2", constituencies=["K2"], reason="x")
    assert "holds this office in the term already" in str(refused.value.problems[0].error)


def test_two_ballots_never_fill_one_seat(scenario: Scenario) -> None:
    scenario.run(DIRECT)
    scenario.clock.move_to(MIDDLE)
    vacate(scenario)
    drafted = []
    for code in ("one", "two"):
        election_id = scenario.draft(DIRECT, code=code, constituencies=["K3"], reason="a vacancy")
        drafted.append(election_id)
    scenario.freeze(drafted[0])
    with pytest.raises(Conflict, match="only 0 are open"):
        scenario.freeze(drafted[1])
    scenario.both("cancel", f"election/{drafted[0]}")
    scenario.freeze(drafted[1])


def test_new_times_extension_and_suspension(database: Database) -> None:
    scenario = Scenario(database).organise()
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    for step in (scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal):
        step(election_id)
    scenario.rehearse(election_id)
    scenario.clock.forward(days=9)  # the window has passed
    with pytest.raises(TooLate, match="Set new times"), database.transaction(COMMISSION) as uow:
        lifecycle.open_voting(uow, election_id)
    now = scenario.clock()
    with database.transaction(COMMISSION) as uow:
        with pytest.raises(Invalid, match="later than now"):
            course.reschedule(uow, election_id, now - timedelta(3), now - timedelta(2), "x")
        course.reschedule(uow, election_id, now, now + timedelta(days=1), "the hall was flooded")
    scenario.open(election_id)
    subject = f"election/{election_id}"
    later = (now + timedelta(days=2)).isoformat()
    with pytest.raises(Invalid, match="later than the present"):
        scenario.both("extend", subject, closes_at=now.isoformat())
    scenario.both("extend", subject, closes_at=later, reason="the post was late")
    (uuid,) = scenario.uuids(election_id)
    voter, other = scenario.voters(uuid)[:2]
    scenario.cast(uuid, voter)
    scenario.both("suspend", subject, reason="a fault of the server")
    with pytest.raises(WrongState, match="suspended"):
        scenario.cast(uuid, other)
    scenario.clock.forward(days=3)
    assert lifecycle.tick(database) == []
    end = (scenario.clock() + timedelta(days=1)).isoformat()
    scenario.both("resume", subject, closes_at=end, reason="mended")
    scenario.cast(uuid, other)
    with database.read() as uow:
        told = [n.what for n in uow.session.get_one(Election, election_id).notices]
    assert told == ["rescheduled", "extended", "suspended", "resumed"]


def test_a_candidate_who_is_gone(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    (contest_id,) = scenario.contest_ids(election_id)
    with scenario.database.transaction(COMMISSION) as uow:
        contest = uow.session.get_one(Contest, contest_id)
        assert contest.constituency is not None
        standing = {c.person_id for c in contest.candidacies}
        electors = people.electorate(uow, contest.constituency, uow.now.date())
        third = next(p for p in electors if p.id not in standing)
        nominations.nominate(uow, contest_id, third)
    for step in (scenario.freeze, scenario.make_keys, scenario.issue_credentials):
        step(election_id)
    first = scenario.candidacies(election_id)[0]
    scenario.both("candidate_gone", f"candidacy/{first.id}", why="withdrew")
    scenario.seal(election_id)
    paper = scenario.paper(scenario.uuids(election_id)[0])
    assert first.person.name not in str(paper.raw.decode())


def test_certification_waits_for_challenges(scenario: Scenario) -> None:
    election_id = declared(scenario, DIRECT, None, constituencies=["K3"])
    (contest_id,), (uuid,) = scenario.contest_ids(election_id), scenario.uuids(election_id)
    subject = f"election/{election_id}"
    with pytest.raises(Conflict, match="certification waits"):
        scenario.both("certify", subject, second=CERTIFIER)
    voter = scenario.voters(uuid)[0]
    with scenario.database.transaction() as uow:
        challenge = challenges.lodge(uow, contest_id, voter, "I was not let in.").id
        with pytest.raises(Forbidden, match="Only who may vote"):
            stranger = uow.session.query(Person).filter(Person.id.not_in(scenario.voters(uuid)))
            challenges.lodge(uow, contest_id, stranger.first().id, "I too.")  # type: ignore[union-attr]
    with pytest.raises(Conflict, match="is not decided"):
        scenario.certify(election_id)
    with scenario.database.transaction(COMMISSION) as uow:
        challenges.answer(uow, challenge, "The door was open.")
        with pytest.raises(Forbidden, match="somebody else"):
            challenges.decide(uow, challenge, "rejected", "it was")
    with scenario.database.transaction(CERTIFIER) as uow:
        challenges.decide(uow, challenge, "upheld", "It was not.")
    with pytest.raises(Conflict, match="annul the contest"):
        scenario.certify(election_id)
    scenario.both(
        "annul", f"contest/{contest_id}", reason="Voters were kept out.", second=CERTIFIER
    )
    assert outcomes(scenario, election_id) == ["annulled"]
    assert offered(scenario, election_id) == [("repeat", 1, 2)]
    again = begin(scenario, election_id, "repeat")
    hold(scenario, again)
    scenario.certify(again)
    assert seated(scenario) == 1
