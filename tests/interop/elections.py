"""Elections drawn at random, and held: each step taken by one of the two programs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ballots.encoding import dumps
from tests.interop.ours import Ours
from tests.interop.theirs import Theirs

Party: TypeAlias = Ours | Theirs
Who: TypeAlias = Callable[[], Party]
"""Who takes the next step."""

GROUPS = ("Ed25519", "BELENIOS-2048", "RFC-3526-2048")
TEXTS = (
    "", "a", "Who?", "选举 第一轮", "Ünïcode é", "e\u0301", "😀", 'he said "no"', "back\\slash \\n",
    "\\u0041", "\x00\x01\x1f", "tab\tline\nreturn\r\b\f", "DEL \x7f", "\x80\x9f\xa0\xad", "a/b",
    "\u2028\u2029", "\ufeffBOM\uffff", "</script><!-- & -->", "'", "\u202eright to left", "<b>",
    "x" * 300, '"},{"', ',"signature":{',
)  # fmt: skip
BIG = ((1 << 30) - 1, 1 << 30, (1 << 30) + 1, (1 << 31) - 1)
"""Weights about where numbers become strings."""


@dataclass(frozen=True)
class Plan:
    """What is to happen. ``blocks`` are trustees as (needed, size), (0, 1) a single one."""

    group: str = "Ed25519"
    questions: Sequence[dict[str, Any]] = ()
    blocks: Sequence[tuple[int, int]] = ((0, 1),)
    weights: Sequence[int | None] = (None, None)
    votes: Sequence[tuple[int, Any]] = ()
    """Who votes what, in this order; the last vote of a voter counts."""
    shufflers: Sequence[int] = ()
    decryptors: Sequence[int] = ()
    template: dict[str, Any] = field(default_factory=lambda: {"name": "n", "description": "d"})

    @property
    def mixed(self) -> bool:
        return any(question.get("type") == "NonHomomorphic" for question in self.questions)

    def expected(self) -> list[Any]:
        """The result by counting votes; answers of shuffled ballots are sorted."""
        last = dict(self.votes)
        found: list[Any] = []
        for i, question in enumerate(self.questions):
            votes = [(self.weights[voter] or 1, choices[i]) for voter, choices in last.items()]
            if question.get("type") == "NonHomomorphic":
                found.append(sorted(chosen for _, chosen in votes))
            elif question.get("type") == "Lists":
                rows = range(len(question["value"]["answers"]))
                found.append([_sum(_zeros(question, i), votes, i) for i in rows])
            else:
                found.append(_sum(_zeros(question), votes))
        return found


def normal(result: Any, plan: Plan) -> Any:
    """A published result in the form of ``Plan.expected``."""
    return [
        sorted(entries) if question.get("type") == "NonHomomorphic" else _numbers(entries)
        for question, entries in zip(plan.questions, result, strict=True)
    ]


def _numbers(value: Any) -> Any:
    return [_numbers(item) for item in value] if isinstance(value, list) else int(value)


def _zeros(question: dict[str, Any], row: int | None = None) -> list[int]:
    if row is not None:
        return [0] * len(question["value"]["answers"][row])
    return [0] * (len(question["answers"]) + bool(question.get("blank")))


def _sum(zeros: list[int], votes: list[tuple[int, Any]], row: int | None = None) -> list[int]:
    for weight, chosen in votes:
        bits = chosen if row is None else chosen[row]
        zeros = [total + weight * bit for total, bit in zip(zeros, bits, strict=True)]
    return zeros


# Drawing


def draw(source: random.Random, group: str | None = None) -> Plan:
    """A small election of any kind."""
    group = group or source.choice(GROUPS)
    kinds = [_homomorphic, _lists] + [_nonhomomorphic] * (group != "BELENIOS-2048")
    drawn = [source.choice(kinds)(source) for _ in range(source.choice((1, 1, 2, 3)))]
    questions = [question for question, _ in drawn]
    voters = source.randint(1, 4)
    weights: list[int | None] = [None] * voters
    if source.random() < 0.4 and not any("NonHomomorphic" in q.values() for q in questions):
        weights = [source.choice((1, 2, 3, 10)) for _ in range(voters)]
        weights[0] = source.choice((None, 1, 5, *BIG[: source.choice((0, 0, 4))]))
    votes = [
        (source.randrange(voters), [vote() for _, vote in drawn])
        for _ in range(source.choice((0, 1, 2, 3)))
    ]
    blocks = [_block(source) for _ in range(source.choice((1, 1, 2, 3)))]
    owners = range(1, 1 + sum(size for _, size in blocks))
    return Plan(
        group,
        questions,
        blocks,
        weights,
        votes,
        [source.choice(owners) for _ in range(source.choice((1, 1, 2, 3)))],
        _decryptors(source, blocks),
        _template(source),
    )


def _block(source: random.Random) -> tuple[int, int]:
    size = source.randint(1, 4)
    return source.choice(((0, 1), (source.randint(1, size), size)))


def _decryptors(source: random.Random, blocks: Sequence[tuple[int, int]]) -> list[int]:
    owners: list[int] = []
    first = 1
    for needed, size in blocks:
        count = source.randint(needed or 1, size)
        owners += source.sample(range(first, first + size), count)
        first += size
    source.shuffle(owners)
    return owners


def _template(source: random.Random) -> dict[str, Any]:
    """Texts, and fields that may be absent; only belenios-tool makes elections with a language."""
    drawn: dict[str, Any] = {name: source.choice(TEXTS) for name in ("name", "description")}
    for name in ("administrator", "credential_authority"):
        if source.random() < 0.3:
            drawn[name] = source.choice(TEXTS)
    if source.random() < 0.2:
        drawn["language"] = [source.choice(TEXTS), source.choice(("ltr", "rtl"))]
    return drawn


Drawn: TypeAlias = tuple[dict[str, Any], Callable[[], Any]]


def _homomorphic(source: random.Random) -> Drawn:
    count = source.randint(1, 4)
    low = source.randint(0, count)
    high = source.randint(low, count) + source.choice((0, 0, 0, 1)) or 1
    blank = source.choice((None, False, True))
    question: dict[str, Any] = {"answers": source.choices(TEXTS, k=count)}
    question |= {} if blank is None else {"blank": blank}
    question |= {"min": low, "max": high, "question": source.choice(TEXTS)}

    def vote() -> list[int]:
        if blank and source.random() < 0.4:
            return [1] + [0] * count
        chosen = source.sample(range(count), source.randint(low, min(high, count)))
        return [0] * bool(blank) + [int(i in chosen) for i in range(count)]

    return question, vote


def _lists(source: random.Random) -> Drawn:
    sizes = [source.randint(1, 3) for _ in range(source.randint(1, 3))]
    answers = [source.choices(TEXTS, k=1 + size) for size in sizes]
    value = {"answers": answers, "question": source.choice(TEXTS)}

    def vote() -> list[list[int]]:
        bits = [[0] * (1 + size) for size in sizes]
        row = source.choice(bits)
        candidates = range(1, len(row))
        for i in (0, *source.sample(candidates, source.randint(1, len(candidates)))):
            row[i] = 1
        return bits

    return {"type": "Lists", "value": value} | _extra(source), vote


def _nonhomomorphic(source: random.Random) -> Drawn:
    count = source.choice((1, 2, 3, 29))
    value = {"answers": source.choices(TEXTS, k=count), "question": source.choice(TEXTS)}

    def vote() -> list[int]:
        return [source.choice((0, 1, 2, 254, 255)) for _ in range(count)]

    return {"type": "NonHomomorphic", "value": value} | _extra(source), vote


def _extra(source: random.Random) -> dict[str, Any]:
    values = ({"type": "Condorcet", "blank": True}, {"grades": [1, -2, "é"]}, [None, 0], "x", 7)
    return {"extra": source.choice(values)} if source.random() < 0.3 else {}


# Holding


@dataclass
class Held:
    """A finished election, and the secrets of everyone."""

    plan: Plan
    uuid: str
    archive: bytes
    secrets: list[str]
    """Of the voters, in the order of the plan."""


@dataclass
class Member:
    """A trustee: its private key, or its seed and, later, the letter with its share."""

    secret: str
    letter: str | None = None


def hold(plan: Plan, where: Path, who: Who) -> Held:
    """The whole election in the folder ``where``, which is empty."""
    uuid = who().uuid(where)
    members: list[Member] = []
    trustees: list[Any] = []
    for needed, size in plan.blocks:
        trustees.append(_trustees(plan.group, needed, size, who, members))
    raw = _election(plan, uuid, trustees, who)
    secrets, public = who().credentials(plan.group, uuid, plan.weights)
    archive = who().setup(where, raw, dumps(trustees), dumps(public))
    for voter, choices in plan.votes:
        who().event(archive, "Ballot", [who().ballot(archive, secrets[voter], choices)])
    who().event(archive, "EndBallots", [])
    who().event(archive, "EncryptedTally", who().tally(archive))
    if plan.mixed:
        for owner in plan.shufflers:
            who().event(archive, "Shuffle", who().shuffle(archive, owner))
        who().event(archive, "EndShuffles", [])
    for owner in plan.decryptors:
        lines = _share(plan.group, archive, owner, members[owner - 1], who())
        who().event(archive, "PartialDecryption", lines)
    who().event(archive, "Result", who().result(archive))
    return Held(plan, uuid, archive.read_bytes(), secrets)


def _trustees(group: str, needed: int, size: int, who: Who, members: list[Member]) -> Any:
    if not needed:
        private, public = who().single(group)
        members.append(Member(private))
        return ["Single", public]
    # belenios-tool takes part in n of n, and verifies it, but makes no certificates for it
    pairs = [
        (who() if needed < size else Ours()).certificate(group, size, needed, i + 1)
        for i in range(size)
    ]
    certificates = [certificate for _, certificate in pairs]
    seeds = [seed for seed, _ in pairs]
    polynomials = [who().polynomial(group, seed, certificates, needed) for seed in seeds]
    vinputs = who().vinputs(group, certificates, polynomials, needed)
    voutputs = [
        who().voutput(group, seed, certificates, needed, vinput)
        for seed, vinput in zip(seeds, vinputs, strict=True)
    ]
    for seed, voutput in zip(seeds, voutputs, strict=True):
        members.append(Member(seed, voutput["private_key"]))
    return ["Pedersen", who().parameters(group, certificates, polynomials, voutputs, needed)]


def _election(plan: Plan, uuid: str, trustees: list[Any], who: Who) -> bytes:
    """belenios-tool makes the key of single trustees and after them one threshold only."""
    template = {**plan.template, "questions": list(plan.questions)}
    kinds = [kind for kind, _ in trustees]
    party = who()
    if "Pedersen" in kinds[:-1]:
        party = Ours()
    raw = party.election(template, plan.group, uuid, trustees)
    assert json.loads(raw)["questions"] == template["questions"]
    return raw


def _share(group: str, archive: Path, owner: int, member: Member, party: Party) -> list[bytes]:
    if member.letter is None:
        return party.share(archive, owner, member.secret)
    return party.threshold_share(archive, group, owner, member.secret, member.letter)
