"""What the API answers, model by model: the description, the server and the browser's types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from voting.rules.schema import Kind

Time = Annotated[str, Field(description="UTC, to the second", examples=["2026-11-28T09:00:00Z"])]
Day = Annotated[str, Field(examples=["2026-11-28"])]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Problem(BaseModel):
    """RFC 9457. `field` names the part of the request that is at fault, where there is one."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    field: str | None = None


class Election(BaseModel):
    code: str
    kind: Kind
    title_zh: str
    title_en: str
    term: str
    state: str
    opens_at: Time
    closes_at: Time
    profile: str | None
    profile_sha256: Sha256 | None


class Contest(BaseModel):
    """`declaration` is the outcome as published, in the format of the record."""

    uuid: str | None
    code: str
    title_zh: str
    title_en: str
    seats: int
    voters: int
    fingerprint: str | None
    declaration: dict[str, Any] | None


class ElectionWithContests(Election):
    contests: list[Contest]


class Cast(BaseModel):
    """`receipt` is a signed note: what the server took, at which place of the chain."""

    tracker: str
    receipt: str
    revote: bool


class Issued(BaseModel):
    status: Literal["issued"]


class Spoilt(BaseModel):
    tracker: str


class BallotStatus(BaseModel):
    status: str
    receipt: str | None
    proof: str | None


class Area(BaseModel):
    code: str
    name: str
    name_en: str


class PersonName(BaseModel):
    name: str


class Representative(BaseModel):
    """Popolo names."""

    id: str
    person: PersonName
    post: str
    area: Area | None
    start_date: Day
    end_date: Day


class Open311Service(BaseModel):
    """GeoReport v2."""

    service_code: str
    service_name: str
    description: str
    metadata: bool
    type: Literal["batch"]
    keywords: str
    group: str


class Open311Request(BaseModel):
    """GeoReport v2, without anything from which a matter could be told from others."""

    service_request_id: None
    status: Literal["open", "closed"]
    service_code: str
    requested_datetime: str
    media_url: None


class Addendum(BaseModel):
    position: int
    author: str
    sha256: Sha256
    text: str


class Dossier(BaseModel):
    """`content` is where the frozen document is."""

    id: str
    office: str
    kind: str
    ballot: str
    sha256: Sha256
    content: str
    addenda: list[Addendum]


class TaskElection(BaseModel):
    code: str
    title_zh: str
    title_en: str
    state: str
    group: str
    mixed: bool


class TaskTrustee(BaseModel):
    number: int
    name: str
    kind: str
    public_key: Any
    commitment: str | None


class TaskContest(BaseModel):
    uuid: str | None
    code: str
    title_zh: str
    title_en: str
    fingerprint: str | None
    tallied: bool
    decrypted: bool


class TaskShuffle(BaseModel):
    uuid: str | None
    made: int
    turn: str | None
    mine: bool


class Task(BaseModel):
    """What a trustee does next; `step` is null when there is nothing to do now."""

    election: TaskElection
    trustee: TaskTrustee
    step: str | None
    waiting_for: list[str]
    data: dict[str, Any]
    contests: list[TaskContest]
    shuffles: list[TaskShuffle] = []


class Rehearsal(BaseModel):
    uuid: str | None
    encrypted_tally: Any


class NextStep(BaseModel):
    step: str | None


class ElectionState(BaseModel):
    state: str


class RollSummary(BaseModel):
    uuid: str | None
    code: str
    title_zh: str
    title_en: str
    group: str
    voters: int
    credentials: bool
    reissued: int


class RollVoter(BaseModel):
    member_no: str
    name: str
    email: str | None
    language: str


class Roll(RollSummary):
    roll: list[RollVoter]


class Next(BaseModel):
    """The page to go to."""

    next: str
