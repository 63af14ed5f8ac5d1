"""Elections: what is read, what is refused, and what ``build`` makes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import BallotError, ballot, election
from ballots.election import Election
from ballots.encoding import dumps
from ballots.questions import HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion
from tests.ballots.makers import ED25519, GROUPS, changed_at, make_election

RANKS = NonHomomorphicQuestion("Ranks?", ("A", "B"))
ALL = make_election(
    HomomorphicQuestion("Satisfied?", ("Yes", "No"), None, 1, 1),
    HomomorphicQuestion("Who?", ("A", "B", "C"), True, 1, 2),
    RANKS,
    ListsQuestion("Lists?", (("L", "a"), ("M", "b", "c"))),
)
VALUE = json.loads(ALL.raw)


@pytest.mark.parametrize(
    ("path", "new", "check_name"),
    [
        (("version",), 2, "election.version"),
        (("version",), "1", "encoding.type"),
        (("uuid",), "short", "election.uuid"),
        (("uuid",), "0OIl" * 4, "election.uuid"),
        (("uuid",), "x" * 13, "election.uuid"),
        (("group",), "Ed448", "group.name"),
        (("public_key",), ED25519.identity.text, "group.identity"),
        (("public_key",), "0" * 64, "group.membership"),
        (("questions",), [], "election.questions"),
        (("questions",), {}, "encoding.type"),
        (("questions", 0, "answers"), [], "election.questions"),
        (("questions", 0, "min"), 2, "election.questions"),
        (("questions", 0, "min"), -1, "encoding.number"),
        (("questions", 0, "max"), True, "encoding.type"),
        (("questions", 0, "max"), 1 << 40, "encoding.number"),
        (("questions", 0, "question"), None, "encoding.type"),
        (("questions", 1, "blank"), 1, "encoding.type"),
        (("questions", 2, "type"), "Other", "election.questions"),
        (("questions", 2, "value", "answers"), ["x"] * 31, "group.embedding"),
        (("questions", 2, "value", "answers"), [], "election.questions"),
        (("questions", 3, "value", "answers"), [], "election.questions"),
        (("questions", 3, "value", "answers"), [["L"]], "election.questions"),
        (("questions", 3, "value", "answers"), ["L", "a"], "encoding.type"),
    ],
)
def test_faulty_elections(path: tuple[Any, ...], new: Any, check_name: str) -> None:
    with pytest.raises(BallotError) as refusal:
        Election.parse(dumps(changed_at(VALUE, path, new)))
    assert refusal.value.check == check_name


def test_optional_fields_of_elections() -> None:
    value = {**VALUE, "administrator": "a", "credential_authority": "c"}
    value["language"] = ["zh", "ltr"]
    parsed = Election.parse(dumps(value))
    assert (parsed.administrator, parsed.credential_authority) == ("a", "c")
    for wrong in (
        {**VALUE, "language": "fr"},
        {**VALUE, "language": ["fr", "up"]},
        {**VALUE, "language": ["fr"]},
        {**VALUE, "language": [1, "ltr"]},
        {**VALUE, "other": "x"},
        {"language": ["fr", "ltr"], **VALUE},
    ):
        with pytest.raises(BallotError):
            Election.parse(dumps(wrong))


def test_no_embedding_no_ranks() -> None:
    with pytest.raises(BallotError) as refusal:
        make_election(RANKS, group=GROUPS[1])
    assert (refusal.value.check, refusal.value.place) == ("group.embedding", "questions[0]")


@given(st.binary(max_size=300))
def test_elections_refuse_with_their_own_error(raw: bytes) -> None:
    for parse in (Election.parse, ballot.parse_opening):
        with pytest.raises(BallotError):
            parse(raw)


def test_build_refuses_what_parse_refuses() -> None:
    with pytest.raises(BallotError):
        election.build(
            uuid="x",
            name="",
            description="",
            group=ED25519,
            public_key=ED25519.generator,
            questions=[],
        )
