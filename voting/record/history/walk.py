"""The walk through a public log, from its first entry: who may log what, and when.

Who, in which state and as a part of what is said by `voting.ways`, as for the service. What an
entry must say besides, and what it changes, is said by its handler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from audit.entries import Entry
from audit.roles import Role
from voting import entries as log
from voting import ways
from voting.record.history.model import Contest, Election, Office, Said, Stamp, Term, Wrong
from voting.registry import entries as registry
from voting.ways import Way
from voting.words import State

MOST_WRONG = 50  # after so many, one more says nothing
# Transactions that wait for one another are logged in the order in which they end, with the time
# at which they began: so an entry may be this much older than the one before it.
SLACK = 120  # seconds
ANY_OFFICIAL = (Role.REGISTRAR, Role.COMMISSION, Role.ADMIN, Role.OPERATOR, Role.SYSTEM)


@dataclass
class History:
    """Everything that was logged about elections, terms and offices so far."""

    elections: dict[str, Election] = field(default_factory=dict)  # by id
    contests: dict[str, Contest] = field(default_factory=dict)  # by uuid
    terms: dict[str, Term] = field(default_factory=dict)
    offices: dict[str, tuple[Term, Office]] = field(default_factory=dict)  # by subject
    seats: dict[str, int] = field(default_factory=dict)  # of constituencies, where it was logged
    limits: dict[str, int] = field(default_factory=dict)  # the same, as rolls were fixed
    asked: dict[str, Said] = field(default_factory=dict)  # acts that wait for a second person
    signed: tuple[str, Stamp] | None = None  # the act that two people stand for now
    receipts: tuple[str, ...] = ()  # the keys of receipts, as they were last announced
    wrong: list[Wrong] = field(default_factory=list)

    def refuse(self, said: Said, message: str) -> None:
        if len(self.wrong) < MOST_WRONG:
            self.wrong.append(Wrong(said.index, said.type, said.subject, message))

    def of_code(self, code: str) -> Election | None:
        return next((found for found in self.elections.values() if found.code == code), None)


Handler = Callable[[History, Said], None]
HANDLERS: dict[str, Handler] = {}
# Of entries that are of no election: who may log them.
OTHERS: dict[str, frozenset[Role]] = {}
# What an election does to the registry is a part of its own act.
PARTS: dict[type[Entry], tuple[Way, ...]] = {
    registry.OfficeGranted: (
        Way(
            registry.OfficeGranted,
            ways.CERTIFIER,
            frozenset({State.DECLARED}),
            part_of=log.ContestCertified,
        ),
    )
}
WAYS: dict[str, tuple[Way, ...]] = {
    entry.TYPE: found for entry, found in (ways.WAYS | PARTS).items()
}


def on(entry: type[Entry], *by: Role) -> Callable[[Handler], Handler]:
    """Declare what an entry must say; `by` for one that is of no election."""

    def declare(handler: Handler) -> Handler:
        HANDLERS[entry.TYPE] = handler
        if by:
            OTHERS[entry.TYPE] = frozenset(by)
        return handler

    return declare
