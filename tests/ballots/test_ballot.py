"""Ballots of every kind: made, read, verified, opened, and moved where they do not belong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ballots import BallotError, ballot, credentials
from ballots.election import Election
from ballots.encoding import dumps
from ballots.group import Group
from ballots.questions import HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion
from tests.ballots import makers
from tests.ballots.makers import ED25519, GROUPS, SECRET, changed_at, make_election

YES_NO = HomomorphicQuestion("Satisfied?", ("Yes", "No"), None, 1, 1)
BLANK = HomomorphicQuestion("Who?", ("A", "B", "C"), True, 1, 2)
RANKS = NonHomomorphicQuestion("Ranks?", ("A", "B"))
LISTS = ListsQuestion("Lists?", (("L", "a"), ("M", "b", "c")))
ALL = make_election(YES_NO, BLANK, RANKS, LISTS)
CHOICES: list[Any] = [[1, 0], [0, 1, 0, 1], [2, 1], [[0, 0], [1, 0, 1]]]
RAW, OPENING = ballot.encrypt_opened(ALL, SECRET, CHOICES)


def check(made: Election, raw: bytes) -> None:
    """Parse and verify."""
    ballot.verify(made, ballot.parse(made, raw))


def refused(made: Election, raw: bytes) -> BallotError:
    """The refusal, which must come."""
    with pytest.raises(BallotError) as refusal:
        check(made, raw)
    return refusal.value


def round_trip(group: Group, drawn: list[makers.Drawn]) -> None:
    made = make_election(*(question for question, _ in drawn), group=group)
    choices = [chosen for _, chosen in drawn]
    assert Election.parse(made.raw) == made
    assert made.questions == tuple(question for question, _ in drawn)
    raw, opening = ballot.encrypt_opened(made, SECRET, choices)
    parsed = ballot.parse(made, raw)
    ballot.verify(made, parsed)
    assert ballot.faults(made, parsed) == []
    assert parsed.credential == credentials.public_credential(group, made.uuid, SECRET)
    assert [answer.to_json() for answer in parsed.answers] == json.loads(raw)["answers"]
    assert len(list(parsed.ciphertexts())) == sum(question.size for question in made.questions)
    assert ballot.open_(made, raw, ballot.parse_opening(opening.raw)) == choices


@given(
    st.lists(
        makers.homomorphic() | makers.nonhomomorphic() | makers.lists(), min_size=1, max_size=2
    )
)
@settings(max_examples=40, deadline=None)
def test_encrypt_parse_verify_open(drawn: list[makers.Drawn]) -> None:
    round_trip(ED25519, drawn)


@pytest.mark.parametrize("group", GROUPS[1:], ids=lambda group: group.name)
@given(data=st.data())
@settings(max_examples=3, deadline=None)
def test_the_same_in_finite_fields(group: Group, data: st.DataObject) -> None:
    kinds = makers.homomorphic() | makers.lists()
    if group.embedding_limit:
        kinds |= makers.nonhomomorphic()
    round_trip(group, [data.draw(kinds)])


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_choices_that_the_question_does_not_allow(data: st.DataObject) -> None:
    question, _ = data.draw(makers.homomorphic() | makers.nonhomomorphic() | makers.lists())
    leaf = st.integers(-1, 256) | st.booleans() | st.none() | st.text(max_size=1)
    choices = data.draw(st.recursive(leaf, lambda inner: st.lists(inner, max_size=4), max_leaves=8))
    made = make_election(question)
    try:
        raw = ballot.encrypt(made, SECRET, [choices])
    except BallotError as refusal:
        assert refusal.check == "ballot.choices"
    else:
        check(made, raw)


@pytest.mark.parametrize(
    ("index", "choices", "reason"),
    [
        (0, [1, 1], "choose between 1 and 1 answers"),
        (0, [0, 0], "choose between 1 and 1 answers"),
        (0, [1], "must be 2 values, each 0 or 1"),
        (0, [True, False], "must be 2 values, each 0 or 1"),
        (0, [2, -1], "must be 2 values, each 0 or 1"),
        (1, [1, 1, 0, 0], "a blank vote chooses no answer"),
        (1, [0, 1, 1, 1], "choose between 1 and 2 answers"),
        (2, [1], "must be 2 numbers between 0 and 255"),
        (2, [1, 256], "must be 2 numbers between 0 and 255"),
        (3, [[1, 1]], "must have 2 rows, one a list"),
        (3, [[1, 1], [1, 1, 0]], "choose exactly one list"),
        (3, [[0, 0], [0, 0, 0]], "choose exactly one list"),
        (3, [[1, 0], [0, 0, 0]], "choose at least one candidate"),
        (3, [[1, 1], [0, 1, 0]], "choose candidates of the chosen list only"),
    ],
)
def test_the_reason_is_in_words(index: int, choices: Any, reason: str) -> None:
    changed = [*CHOICES[:index], choices, *CHOICES[index + 1 :]]
    with pytest.raises(BallotError) as refusal:
        ballot.encrypt(ALL, SECRET, changed)
    assert refusal.value.reason == reason
    assert refusal.value.place.startswith(f"choices[{index}]")


def test_choices_for_each_question() -> None:
    for choices in (CHOICES[:-1], [*CHOICES, [1, 0]], []):
        with pytest.raises(BallotError) as refusal:
            ballot.encrypt(ALL, SECRET, choices)
        assert str(refusal.value) == "choices: there must be choices for 4 questions"


# A ballot where it does not belong (ATTACKS 1, 2, 4)


def relabelled(raw: bytes, made: Election) -> bytes:
    """The ballot with the identifiers of another election, signed again with its credential."""
    value = json.loads(raw)
    return resigned(made, {**value, "election_uuid": made.uuid, "election_hash": made.fingerprint})


def resigned(made: Election, value: dict[str, Any], secret: str = SECRET) -> bytes:
    """Signed again, so that only the proofs of the answers can refuse it."""
    scalar, public = credentials.derive(made.group, ALL.uuid, secret)
    body = {key: value[key] for key in value if key != "signature"}
    body["credential"] = public.text
    answers = [_Given(answer) for answer in body["answers"]]
    return ballot._signed(made, public, answers, scalar, made.group.random_scalar)  # type: ignore[arg-type]


class _Given:
    """An answer as it is."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def to_json(self) -> Any:
        return self._value


OTHER_ELECTIONS = {
    "uuid": make_election(*ALL.questions, uuid="AnotherVoteAtAnotherDay"),
    "key": make_election(*ALL.questions, key=ED25519.scalar(7)),
    "label": make_election(replace(YES_NO, answers=("No", "Yes")), *ALL.questions[1:]),
    "text": make_election(replace(YES_NO, text="Confident?"), *ALL.questions[1:]),
    "limits": make_election(replace(YES_NO, min=0, max=0), *ALL.questions[1:]),
}


@pytest.mark.parametrize("change", OTHER_ELECTIONS)
def test_a_ballot_of_another_election(change: str) -> None:
    other = OTHER_ELECTIONS[change]
    expected = "ballot.election-uuid" if change == "uuid" else "ballot.election-hash"
    assert refused(other, RAW).check == expected
    moved = ballot.faults(other, ballot.parse(other, relabelled(RAW, other)))
    assert {fault.check for fault in moved} == {
        "ballot.individual-proof",
        "ballot.overall-proof",
        "ballot.blank-proof",
        "ballot.nonhomomorphic-proof",
        "ballot.list-proof",
        "ballot.nonzero-proof",
    }


def test_answers_of_another_voter() -> None:
    copied = resigned(ALL, json.loads(RAW), secret=credentials.generate())
    places = [fault.place for fault in ballot.faults(ALL, ballot.parse(ALL, copied))]
    made = ballot.parse(ALL, RAW)
    assert len(places) == len(list(ballot._steps(ALL, made))) - 2  # all but the new signature


def test_answers_of_another_question() -> None:
    twice = make_election(YES_NO, replace(YES_NO, text="And now?"))
    value = json.loads(ballot.encrypt(twice, SECRET, [[1, 0], [0, 1]]))
    value["answers"].reverse()
    # Proofs are bound to the credential and to their own ciphertexts, not to the number of the
    # question: as the specification has it, only the signature notices.
    assert refused(twice, dumps(value)).check == "ballot.signature-hash"


def test_signature_of_another_credential() -> None:
    other = json.loads(ballot.encrypt(ALL, credentials.generate(), CHOICES))
    value = {**json.loads(RAW), "credential": other["credential"]}
    assert refused(ALL, dumps(value)).check == "ballot.signature-hash"
    value = {**json.loads(RAW), "signature": other["signature"]}
    assert refused(ALL, dumps(value)).check == "ballot.signature-hash"


# Wrong shapes and hostile encodings (ATTACKS 3, 5, 15)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to all strings of a JSON value."""
    if isinstance(value, str):
        return [path]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [leaf for key, item in items for leaf in leaves(item, (*path, key))]


@pytest.mark.parametrize("path", leaves(json.loads(RAW)), ids=str)
def test_every_string_is_bound(path: tuple[Any, ...]) -> None:
    value = json.loads(RAW)
    old = value
    for key in path:
        old = old[key]
    news = [old + "0", "0", "", "1" * 5000, 1, None, [], ED25519.generator.text]
    for new in news[:: 1 if len(path) < 5 else 3]:
        refused(ALL, dumps(changed_at(value, path, new)))


def test_wrong_numbers_of_everything() -> None:
    value = json.loads(RAW)
    sequences = [("answers",), ("answers", 0, "choices"), ("answers", 0, "individual_proofs")]
    sequences += [("answers", 0, "individual_proofs", 0), ("answers", 0, "overall_proof")]
    sequences += [("answers", 1, "blank_proof"), ("answers", 3, "choices", 1)]
    sequences += [("answers", 3, "list_proofs"), ("answers", 3, "list_proofs", 0)]
    sequences += [("answers", 3, "nonzero_proof", "response")]
    for path in sequences:
        old = value
        for key in path:
            old = old[key]
        for new in ([], old[:-1], [*old, old[0]], old + old):
            refusal = refused(ALL, dumps(changed_at(value, path, new)))
            assert refusal.check == "ballot.shape"


@pytest.mark.parametrize(
    "raw",
    [
        RAW + b"\n",
        b" " + RAW,
        RAW.replace(b",", b", ", 1),
        RAW.replace(b'"election_uuid"', b'"election_uuid":"x","election_uuid"', 1),
        RAW.replace(b'"alpha"', b'"\\u0061lpha"', 1),
        RAW.replace(b'"alpha"', '"аlpha"'.encode(), 1),  # a Cyrillic letter
        RAW[:-1] + b',"extra":1}',
        RAW[:-1],
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"election_uuid":' * 10_000,
        b"\xff" + RAW,
        b"1" * 100_000,
        RAW.decode().encode("utf-16"),
        b"x" * (ballot.MAX_BALLOT_BYTES + 1),
    ],
    ids=range(17),
)
def test_hostile_encodings(raw: bytes) -> None:
    refused(ALL, raw)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_cut_and_pasted_ballots(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(RAW)))
    end = data.draw(st.integers(start, min(len(RAW), start + 200)))
    raw = RAW[:start] + data.draw(st.binary(max_size=10)) + RAW[end:]
    if raw != RAW:
        refused(ALL, raw)
