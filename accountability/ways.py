"""What may happen to a matter: by whom, in which states as its owner sees them, what follows.

Pure, and the one table: the services ask it before they act (`allows`) and change a state only by
it (`matters.move`); pages ask it for the next step. A joined matter is seen in the state of the one
that it repeats. To add a step: a word in `words.Step`, and a row here.
"""

from __future__ import annotations

from dataclasses import dataclass

from accountability.words import MatterState, Step
from audit.roles import Role

RECEIVED, JOINED, ROUTED = MatterState.RECEIVED, MatterState.JOINED, MatterState.ROUTED
ANSWERED, ACCEPTED = MatterState.ANSWERED, MatterState.ACCEPTED
DISPUTED, CLOSED = MatterState.DISPUTED, MatterState.CLOSED
_OPEN = frozenset({RECEIVED, ROUTED, ANSWERED, DISPUTED})
_ANY = frozenset(MatterState)


@dataclass(frozen=True)
class Way:
    """`to` are the states that can follow, besides the one that there was where `stays`."""

    by: frozenset[Role]
    states: frozenset[MatterState]
    to: frozenset[MatterState] = frozenset()
    stays: bool = False


def _way(
    by: tuple[Role, ...],
    states: frozenset[MatterState] | set[MatterState],
    *to: MatterState,
    stays: bool = False,
) -> Way:
    return Way(frozenset(by), frozenset(states), frozenset(to), stays or not to)


_CLERK = (Role.CLERK, Role.SYSTEM)
_BODY = (Role.BODY,)
_OWNER = (Role.CONSTITUENT,)

WAYS: dict[Step, Way] = {
    Step.RECEIVED: _way(
        (Role.CONSTITUENT, Role.REPRESENTATIVE, Role.CLERK, Role.SYSTEM), set(), RECEIVED
    ),
    Step.JOINED: _way(_CLERK, {RECEIVED}, JOINED),
    Step.ROUTED: _way(_CLERK, {RECEIVED, ROUTED, DISPUTED}, ROUTED),
    # by each body that it is with; with the last one the state changes
    Step.ACKNOWLEDGED: _way(_BODY, {ROUTED}),
    Step.ANSWERED: _way(_BODY, {ROUTED}, ANSWERED, stays=True),
    Step.RETURNED: _way(_BODY, {ROUTED}, RECEIVED, DISPUTED, ANSWERED, stays=True),
    Step.STOPPED: _way(_BODY, {ROUTED}),
    Step.RESUMED: _way(_BODY, {ROUTED}),
    Step.EXTENDED: _way((Role.CLERK,), {ROUTED}),
    Step.RECOUNTED: _way((Role.SYSTEM,), {ROUTED}),
    Step.ACCEPTED: _way(_OWNER, {ANSWERED}, ACCEPTED, JOINED),
    Step.DISPUTED: _way(_OWNER, {ANSWERED}, DISPUTED),
    Step.REOPENED: _way(_OWNER, {ACCEPTED, CLOSED}, DISPUTED),
    Step.CLOSED: _way((Role.CLERK,), {ANSWERED}, CLOSED),
    Step.CONSENT: _way(_OWNER, _ANY),
    Step.NO_CONSENT: _way(_OWNER, _ANY),
    Step.PASSED_ON: _way(_OWNER, _OPEN),
    Step.TAKEN_BACK: _way(_OWNER, _OPEN),
    Step.GLASS_BROKEN: _way((Role.AUDITOR,), _ANY),
}


def allows(step: Step, state: MatterState, role: Role | None = None) -> bool:
    """Whether a matter that is seen in this state may take the step; by this role, when asked."""
    way = WAYS[step]
    return state in way.states and (role is None or role in way.by)


def leads(step: Step, state: MatterState, to: MatterState) -> bool:
    way = WAYS[step]
    return to in way.to or (way.stays and to == state)


def next_steps(state: MatterState, role: Role) -> list[Step]:
    """In the order of the table."""
    return [step for step in WAYS if allows(step, state, role)]
