"""Rules that the program does not execute cannot be adopted, nor a term longer than they allow."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from audit.database import Database
from tests.voting.scenario import Scenario
from voting import adoption, drafts, papers, readiness
from voting.errors import Invalid
from voting.models import CONFIDENCE, DIRECT, Election
from voting.record.logged import Joined
from voting.rules import Profile, parse
from voting.rules.profiles import ids, load


def changed(**change: Any) -> Profile:
    return parse(json.dumps(json.loads(load("party-local").raw) | change).encode())


def election(first: date, last: date, kind: str = DIRECT) -> Any:
    return SimpleNamespace(kind=kind, term=SimpleNamespace(starts_on=first, ends_on=last))


@pytest.mark.parametrize(
    ("first", "last", "refused"),
    [
        (date(2026, 12, 1), date(2031, 12, 1), False),
        (date(2026, 12, 1), date(2031, 12, 2), True),
        (date(2028, 2, 29), date(2033, 2, 28), False),
        (date(2028, 2, 29), date(2033, 3, 1), True),
    ],
)
def test_a_term_is_at_most_so_long(first: date, last: date, refused: bool) -> None:
    found = list(adoption.problems(election(first, last), load("party-local")))
    assert bool(found) is refused
    assert not list(adoption.problems(election(first, last), changed(term_years_max=None)))
    told = SimpleNamespace(starts_on=first.isoformat(), ends_on=last.isoformat())
    faults: list[tuple[str, str]] = []
    joined = SimpleNamespace(
        told=SimpleNamespace(term="T"),
        history=SimpleNamespace(terms={"T": told}),
        fault=lambda *fault: faults.append(fault),
    )
    Joined.term(joined, load("party-local"))  # type: ignore[arg-type]
    assert [check for check, _ in faults] == ["record.history"] * refused


def test_nobody_else_votes_than_the_rules_say() -> None:
    term = date(2026, 1, 1), date(2030, 1, 1)
    others = {"affiliation": "voting", "statuses": ["full", "probationary"], "exclusions": []}
    (found,) = adoption.problems(election(*term), changed(electorate=others))
    assert found.field == "profile"


@pytest.mark.parametrize("profile_id", ids())
def test_each_shipped_profile_can_be_adopted(profile_id: str) -> None:
    profile = load(profile_id)
    for kind in profile.kinds:
        assert not list(
            adoption.problems(election(date(2026, 1, 1), date(2031, 1, 1), kind), profile)
        )
    wrong = CONFIDENCE if CONFIDENCE not in profile.kinds else DIRECT
    assert list(adoption.problems(election(date(2026, 1, 1), date(2031, 1, 1), wrong), profile))


def test_refused_when_adopted_and_when_frozen(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = Scenario(sqlite_database).organise()
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    short = changed(term_years_max=4)
    with scenario.database.read() as uow:
        monkeypatch.setattr(papers, "profile_of", lambda _election: short)
        found = readiness.blockers(uow, uow.session.get_one(Election, election_id))
        assert any(problem.params.get("years") == 4 for problem in found)
    monkeypatch.setattr(drafts.profiles, "load", lambda _id: short)
    with pytest.raises(Invalid, match="longer than the 4 years"):
        scenario.draft(DIRECT, code="another", constituencies=["K3"])
