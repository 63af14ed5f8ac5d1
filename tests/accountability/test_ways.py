"""The table of a matter's ways: complete, without a dead end, and pages ask it."""

from __future__ import annotations

import pytest

from accountability import ways
from accountability.matters import move
from accountability.models import Matter
from accountability.words import MatterState, Step
from audit.roles import Role


def test_each_step_has_a_row_and_each_state_can_be_reached() -> None:
    assert set(ways.WAYS) == set(Step)
    assert {to for way in ways.WAYS.values() for to in way.to} == set(MatterState)


@pytest.mark.parametrize(
    ("state", "role", "steps"),
    [
        ("received", Role.CLERK, ["joined", "routed"]),
        ("routed", Role.CLERK, ["routed", "extended"]),
        ("answered", Role.CLERK, ["closed"]),
        ("disputed", Role.CLERK, ["routed"]),
        ("accepted", Role.CLERK, []),
        ("closed", Role.CLERK, []),
        (
            "routed",
            Role.BODY,
            ["acknowledged", "answered", "returned", "stopped", "resumed"],
        ),
        ("answered", Role.BODY, []),
        ("received", Role.BODY, []),
        (
            "answered",
            Role.CONSTITUENT,
            ["accepted", "disputed", "consent", "no_consent", "passed_on", "taken_back"],
        ),
        ("accepted", Role.CONSTITUENT, ["reopened", "consent", "no_consent"]),
        ("closed", Role.CONSTITUENT, ["reopened", "consent", "no_consent"]),
        ("received", Role.REPRESENTATIVE, []),
    ],
)
def test_what_may_happen_next(state: str, role: Role, steps: list[str]) -> None:
    assert ways.next_steps(MatterState(state), role) == steps


def test_a_state_is_changed_by_a_way_only() -> None:
    matter = Matter(state=MatterState.RECEIVED)
    with pytest.raises(ValueError, match="no answered"):
        move(matter, Step.ROUTED, MatterState.ANSWERED)
    move(matter, Step.ROUTED, MatterState.ROUTED)
    assert matter.state is MatterState.ROUTED
    with pytest.raises(ValueError, match="no closed"):
        move(matter, Step.ANSWERED, MatterState.CLOSED)
