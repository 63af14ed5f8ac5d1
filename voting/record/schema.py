"""What `election.json` says: every field there, none beside them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from voting.record.layout import Json, Malformed


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_day)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,38}$")]
Uuid = Annotated[str, Field(pattern=r"^[1-9A-HJ-NP-Za-km-z]{14,64}$")]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Term(_Part):
    code: str
    starts_on: Day
    ends_on: Day


class _Profile(_Part):
    id: str
    sha256: Hash


class _Trustee(_Part):
    number: Annotated[int, Field(ge=1)]
    name: str
    kind: Literal["single", "pedersen"]


class _Candidate(_Part):
    """`key` is the commitment that stands for the person in the log."""

    key: Hash
    label: str
    seniority: Count
    statement_zh: str
    statement_en: str


class _Contest(_Part):
    code: Code
    uuid: Uuid
    title_zh: str
    title_en: str
    constituency: str | None
    seats: Count
    voters: Count
    roll_sha256: Hash
    roll: list[Hash] | None  # of people in public office; of members only the hash
    issued: Count
    excluded: dict[str, Annotated[int, Field(ge=1)]]  # not counted among those expected, by ground
    reissued: Count
    fingerprint: str
    withheld: bool
    candidates: Annotated[list[_Candidate], Field(min_length=1)]


class _Election(_Part):
    format: Literal["mandate-election/1"]
    id: str
    code: Code
    kind: Literal["direct", "committee", "confidence", "satisfaction"]
    state: Literal["sealed", "open", "closed", "mixed", "tallied", "declared", "certified"]
    title_zh: str
    title_en: str
    term: _Term
    opens_at: Time
    closes_at: Time
    window_reason: str
    previous: str | None
    derives_from: list[str]
    profile: _Profile
    dossiers: dict[str, Hash]
    threshold: Count | None
    trustees: Annotated[list[_Trustee], Field(min_length=2)]
    contests: Annotated[list[_Contest], Field(min_length=1)]


def check_election(value: Json) -> None:
    """Raises Malformed."""
    try:
        election = _Election.model_validate(value, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{place}: {first['msg']}") from error
    for name in ("code", "uuid"):
        values = [getattr(contest, name) for contest in election.contests]
        if len(set(values)) != len(values):
            raise Malformed(f"two contests have the same {name}")
