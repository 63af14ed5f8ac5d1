"""What a mark means: for, against, abstain, blank, none of these, invalid.

Defined here and only here; booth, tally, export and verifier ask this module.

- *blank*: a ballot on which nobody is chosen, where the profile says that this is an abstention.
  Where each candidate is judged alone, an abstention is a blank on that candidate only.
- *none of these*: a ballot for nobody, where the profile says that this is a vote (`empty: vote`).
  It counts among the valid and is not blank.
- *not marked*: on a ballot with more candidates than seats, leaving a name unmarked is no vote for
  it; it is counted with the abstentions, so for + against + abstain are all valid ballots.
- *invalid*: a ballot whose choices cannot be read (ranked without one first choice, more choices
  than seats). The proofs keep invalid ballots out of homomorphic questions.
- *present*: checked in and issued a ballot; who does not return it still counts there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from audit.errors import Invalid
from voting.rules.schema import Profile
from voting.rules.totals import Candidate, CandidateTotals, Totals

FOR, AGAINST, ABSTAIN = "For 赞成", "Against 不赞成", "Abstain 弃权"
CONFIDENCE = ("Confidence 信任", "No confidence 不信任", ABSTAIN)
SATISFACTION = (
    "Satisfied 满意",
    "Basically satisfied 基本满意",
    "Dissatisfied 不满意",
    "Don't know 不了解",
)
GRADES = ("satisfied", "basically_satisfied", "dissatisfied", "dont_know")

# the marks of a ballot that is read one by one, after a mixnet or on paper
MARK_NONE, MARK_FOR, MARK_AGAINST = 0, 1, 2

Result = Sequence[Sequence[int] | Sequence[Sequence[int]]]


@dataclass(frozen=True)
class QuestionSpec:
    """A question of the ballot protocol; `blank`, `min`, `max` are for `counted`."""

    text: str
    answers: tuple[str, ...]
    blank: bool = False
    min: int = 1
    max: int = 1
    kind: Literal["counted", "mixed"] = "counted"  # homomorphic, or non-homomorphic and shuffled


def questions_for(
    kind: str,
    profile: Profile,
    contest_title: str,
    candidates: Sequence[Candidate],
    seats: int,
    *,
    write_ins: bool = False,
) -> list[QuestionSpec]:
    """The questions of a contest (PROTOCOL, "Which ballot is which question").

    `write_ins` offers a place for another person on each seat, where the profile allows it:
    such a ballot must be read whole, so it goes through the mixnet.
    """
    _check_contest(kind, profile, candidates)
    labels = tuple(candidate.label for candidate in candidates)
    if mixed(profile):
        return [QuestionSpec(contest_title, labels, kind="mixed")]
    if write_ins:
        if profile.marks.write_in == "none":
            raise Invalid("The rule profile allows no write-ins.")
        return [QuestionSpec(contest_title, labels + _write_in_answers(seats), kind="mixed")]
    if profile.marks.form != "choose" or judged_alone(profile, len(candidates), seats):
        return [QuestionSpec(f"{contest_title}: {label}", _scale(profile)) for label in labels]
    blank = profile.marks.empty == "blank"
    return [QuestionSpec(contest_title, labels, blank=blank, min=int(blank), max=seats)]


def mixed(profile: Profile) -> bool:
    """Are ballots of this profile read one by one, so that they have to be shuffled first?"""
    return profile.marks.form == "ranked"


def judged_alone(profile: Profile, candidates: int, seats: int) -> bool:
    """Is each candidate a question of its own? So where there is nothing to choose between."""
    if mixed(profile):
        return False
    return profile.marks.form != "choose" or candidates <= seats


def totals_from(
    kind: str,
    profile: Profile,
    candidates: Sequence[Candidate],
    result: Result | None,
    *,
    seats: int,
    entitled: int,
    present: int,
    issued: int,
    returned: int,
    excluded: Mapping[str, int] | None = None,
    write_ins: bool = False,
    seed: str | None = None,
) -> Totals:
    """The balance of a contest from the result of its tally: one array for each question.

    Without a result nobody has a vote: so it is where a vote is void and nothing is decrypted.
    """
    _check_contest(kind, profile, candidates)
    if result is None:
        nothing = (CandidateTotals(c.key, c.label, 0, 0, 0) for c in candidates)
        counted = _Counted(0, 0, tuple(nothing))
    elif mixed(profile):
        counted = _ranked(candidates, _ballots(result, len(candidates)))
    elif write_ins:
        ballots = _ballots(result, len(candidates) + 2 * seats)
        counted = _papers(profile, candidates, seats, entitled, ballots)
    elif judged_alone(profile, len(candidates), seats):
        counted = _scaled(profile, candidates, result, returned)
    else:
        counted = _chosen(profile, candidates, result, returned)
    gone = {candidate.key for candidate in candidates if candidate.gone}
    return Totals(
        kind=kind,
        seats=seats,
        entitled=entitled,
        present=present,
        issued=issued,
        returned=returned,
        valid=counted.valid,
        blank=counted.blank,
        candidates=tuple(replace(c, gone=c.key in gone) for c in counted.candidates),
        each_alone=counted.each_alone,
        excluded=dict(excluded or {}),
        ranked=counted.ranked,
        seed=seed,
    )


@dataclass(frozen=True)
class _Counted:
    valid: int
    blank: int
    candidates: tuple[CandidateTotals, ...]
    each_alone: bool = False
    ranked: tuple[tuple[tuple[int, ...], int], ...] = ()


def _check_contest(kind: str, profile: Profile, candidates: Sequence[Candidate]) -> None:
    if kind not in profile.kinds:
        raise Invalid("The rule profile %(id)s is not for this kind of ballot.", id=profile.id)
    if not candidates:
        raise Invalid("A contest needs a candidate.")


def _scale(profile: Profile) -> tuple[str, ...]:
    scales = {"confidence": CONFIDENCE, "satisfaction": SATISFACTION}
    return scales.get(profile.marks.form, (FOR, AGAINST, ABSTAIN))


def _counts(numbers: object, length: int) -> list[int]:
    if (
        isinstance(numbers, list | tuple)
        and len(numbers) == length
        and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
    ):
        return list(numbers)
    raise Invalid("The result does not have the shape of the questions.")


def _ballots(result: Result, length: int) -> list[list[int]]:
    """The one array of a mixed question: a list of numbers for each ballot."""
    if len(result) != 1:
        raise Invalid("The result does not have the shape of the questions.")
    return [_counts(numbers, length) for numbers in result[0]]


def _chosen(
    profile: Profile, candidates: Sequence[Candidate], result: Result, returned: int
) -> _Counted:
    has_blank = profile.marks.empty == "blank"
    if len(result) != 1:
        raise Invalid("The result does not have the shape of the questions.")
    counts = _counts(result[0], len(candidates) + has_blank)
    blank = counts.pop(0) if has_blank else 0
    return _Counted(
        returned,
        blank,
        tuple(
            CandidateTotals(c.key, c.label, n, 0, returned - n, seniority=c.seniority)
            for c, n in zip(candidates, counts, strict=True)
        ),
    )


def _scaled(
    profile: Profile, candidates: Sequence[Candidate], result: Result, returned: int
) -> _Counted:
    if len(result) != len(candidates):
        raise Invalid("The result does not have the shape of the questions.")
    counted = []
    for candidate, numbers in zip(candidates, result, strict=True):
        counts = _counts(numbers, len(_scale(profile)))
        grades: tuple[tuple[str, int], ...] = ()
        if profile.marks.form == "satisfaction":
            grades = tuple(zip(GRADES, counts, strict=True))
            counts = [counts[0] + counts[1], counts[2], counts[3]]
        for_, against, abstain = counts
        counted.append(
            CandidateTotals(
                candidate.key,
                candidate.label,
                for_,
                against,
                abstain,
                grades=grades,
                seniority=candidate.seniority,
            )
        )
    return _Counted(returned, 0, tuple(counted), each_alone=True)


def preferences(ranks: Sequence[int]) -> tuple[int, ...]:
    """The candidates in the order of the ranks 1, 2, 3, ... (0 is unranked), up to the first rank
    that is missing or given twice; nothing without one first choice."""
    order: list[int] = []
    while ranks.count(len(order) + 1) == 1:
        order.append(ranks.index(len(order) + 1))
    return tuple(order)


def _ranked(candidates: Sequence[Candidate], ballots: list[list[int]]) -> _Counted:
    orders = Counter(preferences(ballot) for ballot in ballots if any(ballot))
    blank = sum(not any(ballot) for ballot in ballots)
    orders.pop((), None)
    valid = sum(orders.values()) + blank
    firsts = Counter[int]()
    for order, number in orders.items():
        firsts[order[0]] += number
    totals = tuple(
        CandidateTotals(c.key, c.label, firsts[i], 0, valid - firsts[i], seniority=c.seniority)
        for i, c in enumerate(candidates)
    )
    return _Counted(valid, blank, totals, ranked=tuple(sorted(orders.items())))


def _write_in_answers(seats: int) -> tuple[str, ...]:
    return tuple(
        f"Other person 其他人 {seat} {half}"
        for seat in range(1, seats + 1)
        for half in ("256", "1")
    )


@dataclass(frozen=True)
class Paper:
    """A ballot read whole: a mark for each candidate, the roll numbers written in, and how many
    write-ins were dropped."""

    marks: tuple[int, ...]
    write_ins: tuple[int, ...]
    dropped: int
    valid: bool


def read_paper(
    profile: Profile, candidates: int, seats: int, roll: int, ballot: Sequence[int]
) -> Paper:
    """Marks, then two numbers for each write-in: 256 * first + second is a place in the roll.

    A write-in counts in place of a candidate voted against, where the profile asks that: beside a
    blank it is invalid and the rest of the ballot counts. More choices than seats spoil the ballot.
    """
    marks = tuple(ballot[:candidates])
    written = [
        256 * high + low
        for high, low in zip(ballot[candidates::2], ballot[candidates + 1 :: 2], strict=True)
        if high or low
    ]
    allowed = [n for n in dict.fromkeys(written) if n <= roll]
    if profile.marks.write_in == "with_against":
        allowed = allowed[: marks.count(MARK_AGAINST)]
    chosen = marks.count(MARK_FOR) + len(allowed)
    valid = chosen <= seats and all(mark <= MARK_AGAINST for mark in marks)
    return Paper(marks, tuple(allowed), len(written) - len(allowed), valid)


def _papers(
    profile: Profile,
    candidates: Sequence[Candidate],
    seats: int,
    roll: int,
    ballots: list[list[int]],
) -> _Counted:
    papers = [read_paper(profile, len(candidates), seats, roll, b) for b in ballots]
    papers = [paper for paper in papers if paper.valid]
    valid = len(papers)
    totals = []
    for i, candidate in enumerate(candidates):
        marks = Counter(paper.marks[i] for paper in papers)
        totals.append(
            CandidateTotals(
                candidate.key,
                candidate.label,
                marks[MARK_FOR],
                marks[MARK_AGAINST],
                marks[MARK_NONE],
                seniority=candidate.seniority,
            )
        )
    written = Counter(number for paper in papers for number in paper.write_ins)
    for number, count in sorted(written.items()):
        key = f"roll-{number}"
        totals.append(CandidateTotals(key, key, 0, 0, valid - count, write_in=count))
    blank = sum(not any(paper.marks) and not paper.write_ins for paper in papers)
    return _Counted(valid, blank, tuple(totals))
