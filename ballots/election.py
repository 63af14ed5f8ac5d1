"""The election: everything a ballot is bound to (specification 4.10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ballots import checks
from ballots.encoding import (
    Json,
    dumps,
    election_hash,
    loads_strict,
    take_int,
    take_list,
    take_object,
    take_text,
)
from ballots.group import Element, Group, get_group
from ballots.questions import AnyQuestion, parse_question

MAX_ELECTION_BYTES = 1 << 22
"""4 MiB: some ten thousand candidates."""

_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,}", re.ASCII)
_FIELDS = (
    "version",
    "description",
    "name",
    "group",
    "public_key",
    "questions",
    "uuid",
    "?administrator",
    "?credential_authority",
    "?language",
)
DIRECTIONS = ("ltr", "rtl")


@dataclass(frozen=True, slots=True)
class Election:
    """An election as published; ``raw`` is its one text and ``fingerprint`` the hash of that."""

    raw: bytes
    fingerprint: str
    uuid: str
    name: str
    description: str
    group: Group
    public_key: Element
    questions: tuple[AnyQuestion, ...]
    administrator: str | None
    credential_authority: str | None

    @classmethod
    def parse(cls, raw: bytes) -> Election:
        """An election from its text. Raises BallotError."""
        value = loads_strict(raw, "election", max_bytes=MAX_ELECTION_BYTES)
        fields = take_object(value, "election", *_FIELDS)
        one = take_int(fields["version"], "version") == 1
        checks.require(one, "election.version", "version", "must be 1")
        if "language" in fields:
            _check_language(fields["language"])
        uuid = take_text(fields["uuid"], "uuid")
        reason = "must be at least 14 Base58 characters"
        checks.require(bool(_UUID.fullmatch(uuid)), "election.uuid", "uuid", reason)
        group = get_group(take_text(fields["group"], "group"))
        return cls(
            raw=raw,
            fingerprint=election_hash(raw),
            uuid=uuid,
            name=take_text(fields["name"], "name"),
            description=take_text(fields["description"], "description"),
            group=group,
            public_key=group.parse_element(fields["public_key"], "public_key"),
            questions=_parse_questions(fields["questions"], group),
            administrator=_optional_text(fields, "administrator"),
            credential_authority=_optional_text(fields, "credential_authority"),
        )


def _check_language(value: Json) -> None:
    """The specification does not list it; belenios-tool 3.3 writes ``["fr","ltr"]`` as the last
    field: a name that nothing here depends on, and a direction."""
    pair = take_list(value, "language", 2, "encoding.type")
    take_text(pair[0], "language")
    reason = "must be a name and a direction, ltr or rtl"
    checks.require(pair[1] in DIRECTIONS, "encoding.type", "language", reason)


def _optional_text(fields: Json, name: str) -> str | None:
    return take_text(fields[name], name) if name in fields else None


def _parse_questions(value: Json, group: Group) -> tuple[AnyQuestion, ...]:
    items = take_list(value, "questions")
    checks.require(bool(items), "election.questions", "questions", "there are no questions")
    questions = tuple(parse_question(item, f"questions[{i}]") for i, item in enumerate(items))
    for i, question in enumerate(questions):
        question.check(group, f"questions[{i}]")
    return questions


def build(
    *,
    uuid: str,
    name: str,
    description: str,
    group: Group,
    public_key: Element,
    questions: Sequence[AnyQuestion],
    administrator: str | None = None,
    credential_authority: str | None = None,
) -> Election:
    """A new election. Raises BallotError where ``Election.parse`` would refuse its text."""
    value: dict[str, Json] = {
        "version": 1,
        "description": description,
        "name": name,
        "group": group.name,
        "public_key": public_key.text,
        "questions": [question.to_json() for question in questions],
        "uuid": uuid,
    }
    if administrator is not None:
        value["administrator"] = administrator
    if credential_authority is not None:
        value["credential_authority"] = credential_authority
    return Election.parse(dumps(value))
