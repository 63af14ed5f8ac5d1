"""The documents of a record: what the writer builds and the verifier reads, nothing beside them.

`Election` is fixed before voting opens and its hash is in the log; `State` and `Term` follow from
the log. So each leaf is derived or bound, and no third kind of it exists.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, Self

import rfc8785
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator


class Malformed(Exception):  # noqa: N818 - says what the document is
    """A JSON document of the record is not in its one form."""


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_day)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,38}$")]
Uuid = Annotated[str, Field(pattern=r"^[1-9A-HJ-NP-Za-km-z]{14,64}$")]
Count = Annotated[int, Field(ge=0)]
Withheld = Literal["void", "small_electorate", "few_ballots"]
Kind = Literal["direct", "committee", "confidence", "satisfaction"]


def canonical(value: Any) -> bytes:
    return rfc8785.dumps(value)


def parse(raw: bytes) -> Any:
    """Canonical JSON (RFC 8785) only: one content, one text."""
    try:
        value = json.loads(raw)
        same = canonical(value) == raw
    except (ValueError, RecursionError, TypeError) as error:
        raise Malformed("is not JSON in its canonical form") from error
    if not same:
        raise Malformed("is not JSON in its canonical form")
    return value


def statements_hash(zh: str, en: str) -> str:
    """What the log says of the statements of a candidate."""
    return hashlib.sha256(canonical([zh, en])).hexdigest()


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Document(_Part):
    """A file of the record, in canonical JSON (RFC 8785)."""

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """Raises Malformed."""
        try:
            return cls.model_validate(parse(raw), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Malformed(f"{place or 'it'}: {first['msg']}") from error

    def to_bytes(self) -> bytes:
        return canonical(self.model_dump(mode="json"))

    def digest(self) -> str:
        return hashlib.sha256(self.to_bytes()).hexdigest()


class Period(_Part):
    code: str
    starts_on: Day
    ends_on: Day


class Adopted(_Part):
    id: str
    sha256: Hash


class Trustee(_Part):
    number: Annotated[int, Field(ge=1)]
    name: str
    kind: Literal["single", "pedersen"]


class Candidate(_Part):
    """`key` is the commitment that stands for the person in the log."""

    key: Hash
    label: str
    seniority: Count
    statement_zh: str
    statement_en: str


class Contest(_Part):
    code: Code
    uuid: Uuid
    title_zh: str
    title_en: str
    constituency: str | None
    seats: Count
    of_seats: Count  # that the constituency has; those of the contest may be what is open of them
    voters: Annotated[int, Field(ge=1)]
    roll_root: Hash  # of the Merkle tree of the roll
    roll: list[Hash] | None  # of people in public office; of members only the root
    candidates: Annotated[list[Candidate], Field(min_length=1)]


class Election(_Document):
    """`election.json`: everything that is fixed when the ballot papers are sealed."""

    format: Literal["mandate-election/2"]
    id: str
    code: Code
    kind: Kind
    title_zh: str
    title_en: str
    term: Period
    window_reason: str
    previous: str | None
    derives_from: list[str]
    rolls_of: Day  # the day whose members and offices make the rolls
    profile: Adopted
    aggregate_small: bool
    dossiers: dict[str, Hash]
    group: Literal["Ed25519", "BELENIOS-2048", "RFC-3526-2048"]
    threshold: Count | None
    trustees: Annotated[list[Trustee], Field(min_length=2)]
    contests: Annotated[list[Contest], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for name in ("code", "uuid"):
            values = [getattr(contest, name) for contest in self.contests]
            if len(set(values)) != len(values):
                raise ValueError(f"two contests have the same {name}")
        return self


class ContestState(_Part):
    code: Code
    fingerprint: str
    reissued: Count
    ballots: Count | None  # in the box, those that were replaced included; when voting has ended
    issued: Count | None
    excluded: dict[str, Annotated[int, Field(ge=1)]]  # not among those expected, by ground
    withheld: Withheld | None  # why its counts are kept back


class State(_Document):
    """`state.json`: how far the election has come, and the counts; all of it is in the log."""

    format: Literal["mandate-state/1"]
    election: Hash  # of election.json
    state: Literal[
        "sealed",
        "open",
        "closed",
        "mixed",
        "tallied",
        "declared",
        "certified",
        "cancelled",
    ]
    opens_at: Time
    closes_at: Time
    closed_at: Time | None
    contests: Annotated[list[ContestState], Field(min_length=1)]


class Named(_Part):
    """An election of a term; `published` says whether its record is part of the term's."""

    code: str
    kind: Kind
    state: str
    derives_from: list[str]
    published: bool


class Office(_Part):
    holder: Hash
    kind: str
    constituency: str | None
    election: str
    starts_on: Day
    ends_on: Day


class Term(_Document):
    """`term.json`: the elections of a term and the offices that they gave."""

    format: Literal["mandate-term/2"]
    code: str
    starts_on: Day
    ends_on: Day
    elections: list[Named]
    offices: list[Office]


def in_order(offices: Iterable[Office]) -> list[Office]:
    return sorted(offices, key=lambda one: (one.starts_on, one.kind, one.holder, one.ends_on))


class Manifest(_Document):
    """`manifest.json`, with a hash of itself: a change of it is not taken for one of a file."""

    format: Literal["mandate-manifest/1"]
    files: dict[str, Hash]
    sha256: Hash

    @classmethod
    def listing(cls, files: dict[str, str]) -> Manifest:
        value = {"format": "mandate-manifest/1", "files": files}
        digest = hashlib.sha256(canonical(value)).hexdigest()
        return cls(format="mandate-manifest/1", files=files, sha256=digest)

    @model_validator(mode="after")
    def _of_itself(self) -> Self:
        value = {"format": self.format, "files": self.files}
        if hashlib.sha256(canonical(value)).hexdigest() != self.sha256:
            raise ValueError("it was changed")
        return self
