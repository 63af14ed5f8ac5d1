"""What a history holds: elections, contests, trustees, terms and offices, as the log tells them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]
Stamp = tuple[str, str, str]  # time, role, actor: the same in all entries of one act


class Refused(Exception):  # noqa: N818 - says what happened to the entry
    """The entry does not follow from those before it; the message says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """An entry of the public log, at its place."""

    index: int
    type: str
    subject: str
    time: str  # UTC, so texts compare as times do
    role: str
    actor: str
    data: Data

    @property
    def stamp(self) -> Stamp:
        return self.time, self.role, self.actor


@dataclass(frozen=True)
class Wrong:
    """An entry that the product would not have logged after those before it."""

    index: int
    type: str
    subject: str
    message: str


@dataclass
class Candidate:
    """`statements` is the hash of both statements."""

    position: int
    statements: str
    standing: bool = True


@dataclass
class Exclusion:
    ground: str
    entered_by: str
    approved: bool = False


@dataclass
class Contest:
    """What the log says of a contest. Its archive's events are by height."""

    code: str
    constituency: str | None
    seats: int
    election: Election
    uuid: str = ""
    roll: str = ""  # the root of the tree of the roll
    voters: int = 0
    of_seats: int = 0
    candidates: dict[str, Candidate] = field(default_factory=dict)
    exclusions: dict[str, Exclusion] = field(default_factory=dict)
    credentials: str = ""  # hash of the public list
    reissued: int = 0
    fingerprint: str = ""
    trustees: str = ""  # hash of the trustees structure
    events: dict[int, tuple[str, str]] = field(default_factory=dict)
    actors: dict[int, str] = field(default_factory=dict)  # of shuffles and shares
    last: Stamp | None = None  # the act of the newest event
    height: int = -1
    types: dict[str, int] = field(default_factory=dict)  # how many events of each type
    owners: set[tuple[str, str]] = field(default_factory=set)  # who shuffled, who decrypted
    waits: Stamp | None = None  # the act that must go on with a new ballot paper
    trackers: dict[str, int] = field(default_factory=dict)  # of accepted ballots: the height
    spoilt: set[str] = field(default_factory=set)
    closed: Data | None = None
    declared: str = ""  # hash of the declaration that is published
    lot: tuple[str, str] | None = None  # seed and hash of the shares, where one was drawn
    sealed_at: str = ""  # the time of its archive
    gone: set[str] = field(default_factory=set)  # candidates, after the list was fixed
    votes_void: set[str] = field(default_factory=set)  # those of them who went while the vote ran
    outcome: str = ""  # in a word, as it was declared
    certified: bool = False
    vacated: frozenset[str] = frozenset()  # who was gone when it was certified: they take no office
    annulled: bool = False
    waived: int = 0  # open seats that were given up

    @property
    def ballots(self) -> int:
        """In the box, those that were replaced included."""
        return self.types.get("Ballot", 0)

    @property
    def standing(self) -> dict[str, Candidate]:
        return {key: found for key, found in self.candidates.items() if found.standing}


@dataclass
class Trustee:
    """`position` is in the order of appointment, `number` in the order of the keys."""

    position: int
    name: str
    kind: str
    number: int = 0
    actor: str | None = None
    steps: dict[str, str] = field(default_factory=dict)  # step -> hash of what was sent
    rehearsed: bool = False
    absent: bool = False


@dataclass
class Act:
    """Several entries of one transaction, of which the last is still to come."""

    ends_with: str
    stamp: Stamp


@dataclass
class Election:
    id: str
    code: str
    kind: str
    term: str
    previous: str | None
    opens_at: str
    closes_at: str
    state: str = "draft"
    profile: tuple[str, str] = ("", "")  # id and hash
    description: str = ""  # hash of the document that is published
    dossiers: str = ""  # hash of the list that was bound last
    contests: dict[str, Contest] = field(default_factory=dict)
    trustees: dict[int, Trustee] = field(default_factory=dict)
    derives_from: list[str] = field(default_factory=list)
    electors: frozenset[str] = frozenset()  # representatives on the day of the rolls
    officers: frozenset[str] = frozenset()  # who held other offices on that day
    rolls_of: str = ""
    frozen_at: str = ""
    opened_at: str = ""
    closed_at: str = ""
    certified_at: str = ""
    certified_index: int = -1
    destroyed_at: str = ""  # when nothing led from voters to ballots any more
    ended_by: Stamp | None = None  # the act that cancelled it
    absence: Stamp | None = None  # the act by which a trustee was last declared absent
    public_key: str = ""
    offices: list[str] = field(default_factory=list)  # granted by it, by their subjects
    certified_offices: int = 0  # those that certificates of its contests name
    act: Act | None = None

    @property
    def numbered(self) -> dict[int, Trustee]:
        """In the order of the keys: single ones first (see voting.trustees.in_order)."""
        listed = sorted(self.trustees.values(), key=lambda t: (t.kind != "single", t.position))
        for number, trustee in enumerate(listed, 1):
            trustee.number = number
        return {trustee.number: trustee for trustee in listed}


@dataclass
class Office:
    """`until` is the first day without it."""

    holder: str
    kind: str
    constituency: str | None
    election: str  # its id; empty when it was given by hand
    since: str
    until: str

    def on(self, day: str) -> bool:
        return self.since <= day < self.until


@dataclass
class Term:
    code: str
    starts_on: str
    ends_on: str
    offices: dict[str, Office] = field(default_factory=dict)  # by subject
