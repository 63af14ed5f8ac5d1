"""The public log as a history: which entry may follow which, and what follows from all of them.

Pure. `Replay` takes the entries in the order of the log, from the first, and refuses those that the
product would not have logged after the ones before. A record says what its history says, or it is
false.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from audit.roles import Role
from voting.record.history import contests as contests
from voting.record.history import course as course
from voting.record.history import elections as elections
from voting.record.history.model import (
    Act,
    Contest,
    Data,
    Election,
    Office,
    Refused,
    Said,
    Term,
    Trustee,
    Wrong,
)
from voting.record.history.walk import HANDLERS, OTHERS, SLACK, WAYS, History
from voting.ways import Way, When
from voting.words import State

__all__ = [
    "HANDLERS",
    "SLACK",
    "Contest",
    "Data",
    "Election",
    "History",
    "Office",
    "Replay",
    "Said",
    "Term",
    "Trustee",
    "Wrong",
]
_HOUR = 13


class Replay:
    """Feed `add` every entry of the log; `end` when there are no more."""

    def __init__(self) -> None:
        self.history = History()
        self._latest = ""

    def time(self, index: int, type_: str, subject: str, time: str, *, coarse: bool) -> None:
        """Times do not run backwards. Of every entry, whatever it is about."""
        if time >= self._latest:
            self._latest = time
            return
        earliest = _earlier(self._latest)
        if time < (earliest[:_HOUR] + ":00:00Z" if coarse else earliest):
            said = Said(index, type_, subject, time, "", "", {})
            self.history.refuse(said, f"its time, {time}, is before that of entries before it")

    def add(self, said: Said) -> None:
        """An entry about an election, a contest, a term, an office or the constituencies."""
        history, election = self.history, None
        try:
            election = _election(history, said)
            way = _way(history, election, said)
            if election is not None:
                _check_act(election, way, said)
            handler = HANDLERS.get(said.type)
            if handler is not None:
                handler(history, said)
            election = election or _election(history, said)  # which may have begun just now
            if election is not None and way is not None and way.to is not None:
                election.state = way.to.value
        except Refused as error:
            history.refuse(said, str(error))
        if election is not None and election.act and election.act.ends_with == said.type:
            election.act = None

    def end(self) -> History:
        for election in self.history.elections.values():
            if election.act is not None:
                self.history.refuse(
                    Said(-1, election.act.ends_with, f"election/{election.id}", "", "", "", {}),
                    "the log ends before it",
                )
        return self.history


def _earlier(time: str) -> str:
    moment = datetime.fromisoformat(time) - timedelta(seconds=SLACK)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _election(history: History, said: Said) -> Election | None:
    """The election whose state matters."""
    kind, _, key = said.subject.partition("/")
    if kind == "contest":
        if key in history.contests:
            return history.contests[key].election
        return history.elections.get(said.data.get("election", ""))
    if kind == "office":
        return history.elections.get(said.data.get("election") or "")
    return history.elections.get(key) if kind == "election" else None


def _way(history: History, election: Election | None, said: Said) -> Way | None:
    """The way that was taken, by the table that the service obeys."""
    try:
        role = Role(said.role)
    except ValueError as error:
        raise Refused(f"there is no role {said.role[:40]}") from error
    if said.type in OTHERS:
        if role not in OTHERS[said.type]:
            raise Refused(f"{role} cannot do this")
        return None
    known = WAYS.get(said.type)
    if known is None:
        raise Refused("this program does not know such an entry: use a newer one")
    event = said.data["type"] if said.type == "archive.event" else None
    known = tuple(way for way in known if way.event == event)
    if election is None:
        found = [way for way in known if not way.states]
        if known and not found:
            raise Refused("there is no such election before it")
    else:
        found = [way for way in known if State(election.state) in way.states]
    if not found:
        state = election.state if election else "not there"
        raise Refused(f"this cannot be while the election is {state}")
    mine = [way for way in found if role in way.by]
    if not mine:
        raise Refused(f"{role} cannot do this")
    return _with_who_signed(history, election, mine, said)


def _with_who_signed(
    history: History, election: Election | None, mine: list[Way], said: Said
) -> Way:
    if said.type in TIMED and election is not None:
        mine = [way for way in mine if way.two or _at_its_time(election, way, said)]
    for way in mine:
        if way.two is None or (way.two, said.stamp) == history.signed:
            return way
    raise Refused("this needs two people, one who asks and another one who signs")


# the schedule does these alone at their time
TIMED = ("election.opened", "election.closed")


def _at_its_time(election: Election, way: Way, said: Said) -> bool:
    if way.when is When.AFTER:
        return election.state == State.OPEN and said.time >= election.closes_at
    return said.time >= election.opens_at


def _check_act(election: Election, way: Way | None, said: Said) -> None:
    """An act of several entries is of one time and one person, and nothing comes in between."""
    act = way.part_of.TYPE if way and way.part_of else None
    if act is None and election.act is None:
        return
    if act is not None and election.act is None:
        election.act = Act(act, said.stamp)
        return
    ends_with, stamp = (election.act.ends_with, election.act.stamp) if election.act else ("", None)
    if ends_with not in (act, said.type) or said.stamp != stamp:
        election.act = None
        raise Refused(f"{ends_with} must come first, by the same person at the same time")
