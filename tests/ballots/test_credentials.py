"""Secret and public credentials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import BallotError, credentials
from ballots.encoding import dumps
from tests.ballots.makers import ED25519, GROUPS, UUID


def test_fresh_credentials() -> None:
    made = {credentials.generate() for _ in range(50)}
    assert len(made) == 50
    for secret in made:
        credentials.check(secret)


def test_derivation_depends_on_everything() -> None:
    one, two = credentials.generate(), credentials.generate()
    publics = {
        credentials.public_credential(group, uuid, secret)
        for group in GROUPS
        for uuid in (UUID, UUID + "1")
        for secret in (one, two)
    }
    assert len(publics) == 12


@pytest.mark.parametrize(
    ("secret", "hint"),
    [
        ("", "must look like"),
        ("cwcyLpJ3fTtJ9mSKrvbUNS", "must look like"),
        ("cwcyL-pJ3fTt-J9mSK-rvbUN", "must look like"),
        ("cwcyL-pJ3fTt-J9mSK-rvbUN0", "in group 4 that credentials never have: there are no 0"),
        ("cwcyl-pJ3fTt-J9mSK-rvbUNS", "in group 1 that credentials never have: there are no 0"),
        ("cwcyL-pJ3fTt-J9mSK-rvbUNé", "in group 4 that credentials never have"),
        ("cwcyL-pJ3fTt-J9mSK-rvbUN\n", "in group 4 that credentials never have"),
        ("сwcyL-pJ3fTt-J9mSK-rvbUNS", "in group 1 that credentials never have"),
    ],
)
def test_typing_help(secret: str, hint: str) -> None:
    with pytest.raises(BallotError) as refusal:
        credentials.check(secret)
    assert hint in refusal.value.reason
    assert refusal.value.check == "credential.format"
    assert secret not in str(refusal.value) or not secret


@given(st.text(max_size=30))
def test_check_refuses_with_its_own_error(secret: str) -> None:
    with pytest.raises(BallotError):
        credentials.check(secret)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_sorted_lists(group: object) -> None:
    made = [
        credentials.public_credential(group, UUID, credentials.generate())  # type: ignore[arg-type]
        for _ in range(8)
    ]
    entries = credentials.sort_public(group, [f"{text},{i + 1}" for i, text in enumerate(made)])  # type: ignore[arg-type]
    parsed = credentials.parse_public(group, dumps(entries))  # type: ignore[arg-type]
    credentials.check_sorted(parsed)
    assert {entry.element.text: entry.weight for entry in parsed} == {
        text: i + 1 for i, text in enumerate(made)
    }
    with pytest.raises(BallotError) as refusal:
        credentials.check_sorted(parsed[::-1])
    assert refusal.value.check == "credential.order"


GOOD = ED25519.generator.text


@pytest.mark.parametrize(
    ("entries", "check"),
    [
        ([GOOD, GOOD], "credential.duplicate"),
        ([GOOD, GOOD + ",2"], "credential.duplicate"),
        ([GOOD + ",0"], "credential.weight"),
        ([GOOD + ","], "encoding.number"),
        ([GOOD + ",01"], "encoding.number"),
        ([GOOD + ",-1"], "encoding.number"),
        ([GOOD + "," + "9" * 5000], "encoding.number"),
        ([GOOD + ",1,1"], "encoding.number"),
        ([1], "encoding.type"),
        ({}, "encoding.type"),
        ([ED25519.identity.text], "group.identity"),
        ([""], "group.encoding"),
    ],
)
def test_faulty_lists(entries: object, check: str) -> None:
    with pytest.raises(BallotError) as refusal:
        credentials.parse_public(ED25519, dumps(entries))
    assert refusal.value.check == check
