"""The lot of a contest in its record: the trustees' shares, from which anyone draws again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ballots import lot
from ballots.election import Election as BallotPaper
from ballots.encoding import dumps, loads_strict
from ballots.trustees import Trustees
from voting.record.layout import Json, Malformed, canonical, parse


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Proof(_Part):
    challenge: str
    response: str


class _Share(_Part):
    trustee: Annotated[int, Field(ge=1)]
    factor: str
    proof: _Proof


class Lot(_Part):
    """`contests/<code>/lot.json`, only where the rules need a lot."""

    format: Literal["mandate-lot/1"]
    uuid: str
    shares: Annotated[list[_Share], Field(min_length=1)]


def document(uuid: str, shares: Mapping[int, bytes]) -> bytes:
    """The file, from shares (`ballots.lot`) by number of trustee."""
    listed: list[Json] = [
        {"trustee": number} | loads_strict(raw, "lot") for number, raw in sorted(shares.items())
    ]
    return canonical({"format": "mandate-lot/1", "uuid": uuid, "shares": listed})


def seed(raw: bytes, paper: BallotPaper, trustees: Trustees, tally_hash: str) -> str:
    """What these shares draw. Raises Malformed for another form, BallotError for a wrong share."""
    try:
        found = Lot.model_validate(parse(raw), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{place}: {first['msg']}") from error
    numbers = [share.trustee for share in found.shares]
    if found.uuid != paper.uuid or numbers != sorted(set(numbers)):
        raise Malformed("is not the lot of this contest, each trustee once and in order")
    shares = {
        share.trustee: dumps({"factor": share.factor, "proof": share.proof.model_dump()})
        for share in found.shares
    }
    return lot.seed(paper, trustees, tally_hash, shares)
