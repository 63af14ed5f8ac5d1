"""What a rule profile may say. Every field must be there: a profile that leaves nothing to a
default can be adopted, hashed and replayed. `profile.schema.json` is this file for people who
read no Python.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit.errors import Invalid

Kind = Literal["direct", "committee", "confidence", "satisfaction"]
Base = Literal["cast_nonblank", "valid", "returned", "present", "expected", "entitled"]
Tie = Literal["re_ballot", "repeat_ballot", "lot", "seniority", "prior_stage_then_lot"]
Shortfall = Literal["another_ballot", "reduced_seats", "repeat_ballot", "plurality_with_floor"]
Consequence = Literal["publish", "must_reply", "open_recall", "end_office"]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BothLanguages(_Part):
    zh: str
    en: str


class Fraction(_Part):
    """`numerator / denominator`, between 0 and 1."""

    numerator: Count
    denominator: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _at_most_one(self) -> Fraction:
        if self.numerator > self.denominator:
            raise ValueError("a fraction is at most 1")
        return self


class Threshold(_Part):
    """A share of a base: `strict` asks for more than the fraction, otherwise at least."""

    fraction: Fraction
    strict: bool
    base: Base

    def met(self, part: int, whole: int) -> bool:
        """By cross-multiplication; of nothing no share is reached."""
        left, right = self.sides(part, whole)
        return whole > 0 and (left > right if self.strict else left >= right)

    def sides(self, part: int, whole: int) -> tuple[int, int]:
        return self.fraction.denominator * part, self.fraction.numerator * whole


class Certainty(_Part):
    """How sure a citation is. `unconfirmed`: from memory. `secondary`: a copy was read, and which.
    `confirmed`: the print was read, by whom and when."""

    level: Literal["unconfirmed", "secondary", "confirmed"]
    source: BothLanguages | None  # the copy
    by: Annotated[str, Field(min_length=1)] | None
    on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None

    @model_validator(mode="after")
    def _says_how(self) -> Certainty:
        if (self.source is not None) != (self.level == "secondary"):
            raise ValueError("a secondary citation, and no other, names the copy that was read")
        read = self.level == "confirmed"
        if (self.by is not None) != read or (self.on is not None) != read:
            raise ValueError("a confirmed citation, and no other, says who read the print and when")
        if self.on is not None:
            date.fromisoformat(self.on)
        return self


class Citation(_Part):
    """Where a rule comes from, and how sure that is."""

    rule: str
    document: BothLanguages
    articles: list[str]
    certainty: Certainty

    @model_validator(mode="after")
    def _names_articles(self) -> Citation:
        if self.certainty.level != "unconfirmed" and not self.articles:
            raise ValueError("what was read has an article")
        return self


class Electorate(_Part):
    affiliation: Literal["voting"]
    statuses: list[Literal["full", "probationary"]]
    exclusions: list[str]  # classes that may be taken from the expected number, with two approvals


class Marks(_Part):
    form: Literal["choose", "ranked", "confidence", "satisfaction"]
    empty: Literal["blank", "vote"]  # is a ballot for nobody an abstention or a vote?
    write_in: Literal["none", "any_eligible", "with_against"]


class Disclosure(_Part):
    smallest: Count  # with fewer voters or fewer ballots than this no counts are published
    least_ballots: Count  # with fewer the vote is void, and nothing of it is decrypted
    small_electorate: Literal["merge", "aggregate", "publish"]


class Certification(_Part):
    declares: BothLanguages
    reports: BothLanguages
    certifies: BothLanguages
    independent_scrutineer: bool
    challenge_days: Count


class Course(_Part):
    """What becomes of a vote that does not go straight."""

    repeats: Count  # how often a void ballot on people in office may be repeated
    gone: Literal["votes_void", "contest_void"]  # a candidate is gone while the vote runs


class Band(_Part):
    """The first band whose threshold is met holds; the last has none."""

    name: Literal["confidence", "no_confidence", "high", "middle", "low"]
    threshold: Threshold | None
    consequence: Consequence


class Monotone(_Part):
    """Whether more support never harms (`marks`) and one more no never helps (`turnout`)."""

    marks: bool
    turnout: bool
    note: BothLanguages | None

    @model_validator(mode="after")
    def _says_why(self) -> Monotone:
        if self.note is None and not (self.marks and self.turnout):
            raise ValueError("a profile that is not monotone says so in a note")
        return self


class Profile(_Part):
    """A rule profile; read one with `parse` or `voting.rules.profiles.load`."""

    format: Literal["mandate-profile/1"]
    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    title: BothLanguages
    summary: BothLanguages
    kinds: Annotated[list[Kind], Field(min_length=1)]
    electorate: Electorate
    marks: Marks
    quorum: Threshold | None
    surplus: Fraction | None
    majority: Threshold | None  # None: the most votes
    floor: Threshold | None
    tie: Tie
    shortfall: list[Shortfall]
    void_if_returned_exceeds_issued: bool
    order: Literal["surname_strokes", "pinyin", "random_each_ballot"]
    term_years_max: Annotated[int, Field(gt=0)] | None
    bands: list[Band]
    disclosure: Disclosure
    course: Course
    certification: Certification
    monotone: Monotone
    citations: list[Citation]

    @model_validator(mode="after")
    def _hangs_together(self) -> Profile:
        opinion = self.marks.form in ("confidence", "satisfaction")
        if opinion != bool(self.bands):
            raise ValueError("bands belong to confidence and satisfaction, and only there")
        if [b for b in self.bands if b.threshold is None] != self.bands[-1:]:
            raise ValueError("the last band, and only the last, has no threshold")
        if opinion and self.kinds != [self.marks.form]:
            raise ValueError("a profile for an opinion is for that kind of ballot only")
        if "plurality_with_floor" in self.shortfall and self.floor is None:
            raise ValueError("plurality with a floor needs a floor")
        if self.tie == "prior_stage_then_lot" and self.marks.form != "ranked":
            raise ValueError("only a ranked count has stages")
        if self.quorum is not None and self.quorum.base in ("valid", "cast_nonblank"):
            # it is judged before anything is decrypted, and published where counts are withheld
            raise ValueError("a quorum is of a number that is known before the count")
        return self

    @cached_property
    def raw(self) -> bytes:
        """The canonical bytes (RFC 8785): what is adopted, published and hashed."""
        return rfc8785.dumps(self.model_dump(mode="json"))

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def unconfirmed(self) -> list[Citation]:
        """What could not be checked against the printed text; shown wherever the profile is."""
        return [c for c in self.citations if c.certainty.level != "confirmed"]

    def least_candidates(self, seats: int) -> int:
        """The fewest candidates with which a contest for so many seats may open."""
        if self.surplus is None:
            return seats
        return seats + -(-self.surplus.numerator * seats // self.surplus.denominator)

    def term_too_long(self, starts_on: date, ends_on: date) -> bool:
        """`ends_on` is the first day after the term; of a term without a limit this is never so."""
        if self.term_years_max is None:
            return False
        year = starts_on.year + self.term_years_max
        return (ends_on.year, ends_on.month, ends_on.day) > (year, starts_on.month, starts_on.day)

    def must_merge(self, entitled: int) -> bool:
        """Is this electorate too small to publish counts of its own?"""
        return self.disclosure.small_electorate != "publish" and entitled < self.disclosure.smallest


def parse(raw: bytes) -> Profile:
    """A profile from JSON: unknown, missing or repeated keys and values of another type refuse."""
    try:
        json.loads(raw, object_pairs_hook=_no_repeats)
        profile = Profile.model_validate_json(raw, strict=True)
        profile.hash  # noqa: B018 - raises for numbers that no canonical JSON can hold
        return profile
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            "The rule profile is wrong at %(place)s: %(reason)s",
            place=place or "profile",
            reason=first["msg"],
        ) from error
    except (ValueError, RecursionError) as error:
        raise Invalid("The rule profile is not valid JSON: %(reason)s", reason=error) from error


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found
