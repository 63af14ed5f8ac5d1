"""Ranked count: single transferable vote by the Weighted Inclusive Gregory method, as in Scottish
local elections (SSI 2011/399, schedule 1, rules 46 to 53), with a report of every stage.

Votes are integers in hundred-thousandths, so a transfer value of five decimal places, the rest
ignored, is an exact number here. Whole parcels are transferred at their value when received.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from voting.rules.declaration import Declaration, Verdict, lot, quorum_and_void
from voting.rules.schema import Profile
from voting.rules.totals import Totals

UNIT = 100_000
# when the count has ended: what a candidate can be, and what follows from it besides
OUTCOMES: dict[str, str | None] = {"elected": None, "not_elected": None, "gone": None}


class _NeedsLotError(Exception):
    """Equal at every stage, and there is no seed yet to draw the lot from."""

    def __init__(self, level: list[int]) -> None:
        super().__init__("equal at every stage")
        self.level = level


@dataclass(frozen=True)
class _Parcel:
    """Ballots of one order that were received together; `place` is where in the order they are."""

    order: tuple[int, ...]
    place: int
    number: int
    value: int


@dataclass
class _Count:
    keys: tuple[str, ...]
    seats: int
    total: int
    seed: str | None
    piles: list[list[_Parcel]]
    continuing: set[int]
    elected: list[int] = field(default_factory=list)
    surpluses: set[int] = field(default_factory=set)
    history: list[list[int]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def quota(self) -> int:
        return (self.total // (self.seats + 1) + 1) * UNIT

    @property
    def vacancies(self) -> int:
        return self.seats - len(self.elected)

    def votes(self) -> list[int]:
        return [sum(p.number * p.value for p in pile) for pile in self.piles]


def outcome(profile: Profile, totals: Totals) -> Declaration:
    quorum, void = quorum_and_void(profile, totals)
    if void:
        verdicts = tuple(Verdict(c, "void") for c in totals.candidates)
        return Declaration(
            profile, totals, quorum, void, verdicts, "stv", totals.seats, ("another_ballot",)
        )
    count = _start(totals)
    tied: list[int] = []
    try:
        _run(count)
    except _NeedsLotError as pause:
        tied = pause.level
        between = [count.keys[i] for i in tied]
        count.stages.append(
            {"stage": len(count.history) + 1, "action": "lot_needed", "between": between}
        )
    return Declaration(
        profile,
        totals,
        quorum,
        (),
        _verdicts(totals, count, tied),
        "stv",
        count.vacancies,
        next_steps(profile, count.vacancies, tied),
        tuple(count.stages),
    )


def _start(totals: Totals) -> _Count:
    piles: list[list[_Parcel]] = [[] for _ in totals.candidates]
    standing = {i for i, c in enumerate(totals.candidates) if not c.gone}
    total = 0
    for ranked, number in totals.ranked:
        # who is gone is passed over, as if the voter had not ranked that name
        order = tuple(i for i in ranked if i in standing)
        if order:
            total += number
            piles[order[0]].append(_Parcel(order, 0, number, UNIT))
    return _Count(
        keys=tuple(c.key for c in totals.candidates),
        seats=totals.seats,
        total=total,
        seed=totals.seed,
        piles=piles,
        continuing=standing,
    )


def _run(count: _Count) -> None:
    _end_stage(count, "first_preferences")
    while count.vacancies and count.continuing:
        if len(count.continuing) <= count.vacancies:
            _end_stage(count, "last_vacancies")
        elif count.surpluses:
            _transfer_surplus(count)
        else:
            _exclude(count)


def _end_stage(
    count: _Count, action: str, candidate: int | None = None, transfer_value: int | None = None
) -> None:
    """Note the votes; elect who has reached the quota, or all that are left for the last seats."""
    votes = count.votes()
    count.history.append(votes)
    before = len(count.elected)
    everyone = action == "last_vacancies"
    _elect(count, {i for i in count.continuing if everyone or votes[i] >= count.quota})
    count.stages.append(
        {
            "stage": len(count.history),
            "action": action,
            "candidate": None if candidate is None else count.keys[candidate],
            "transfer_value": transfer_value,
            "quota": count.quota // UNIT,
            "votes": dict(zip(count.keys, votes, strict=True)),
            "not_transferable": count.total * UNIT - sum(votes),
            "elected": [count.keys[i] for i in count.elected[before:]],
        }
    )


def _elect(count: _Count, who: Iterable[int]) -> None:
    votes = count.history[-1]
    reached = sorted(who, key=lambda i: (-votes[i], i))
    count.elected += reached
    count.continuing -= set(reached)
    count.surpluses |= {i for i in reached if votes[i] > count.quota}


def _transfer_surplus(count: _Count) -> None:
    """The largest surplus: a parcel goes on at surplus x its value / all votes of the elected."""
    votes = count.history[-1]
    most = max(votes[i] for i in count.surpluses)
    chosen = _part(count, [i for i in count.surpluses if votes[i] == most], highest=True)
    count.surpluses.discard(chosen)
    surplus = votes[chosen] - count.quota
    pile = count.piles[chosen]
    count.piles[chosen] = [_Parcel((chosen,), 0, 1, count.quota)]
    for parcel in pile:
        _pass_on(count, parcel, surplus * parcel.value // votes[chosen])
    _end_stage(count, "surplus", chosen, surplus * UNIT // votes[chosen])


def _exclude(count: _Count) -> None:
    votes = count.history[-1]
    fewest = min(votes[i] for i in count.continuing)
    chosen = _part(count, [i for i in count.continuing if votes[i] == fewest], highest=False)
    count.continuing.discard(chosen)
    pile, count.piles[chosen] = count.piles[chosen], []
    for parcel in pile:
        _pass_on(count, parcel, parcel.value)
    _end_stage(count, "exclusion", chosen)


def _pass_on(count: _Count, parcel: _Parcel, value: int) -> None:
    """To the next candidate of the order who is neither elected nor excluded, if there is one."""
    for place in range(parcel.place + 1, len(parcel.order)):
        if parcel.order[place] in count.continuing:
            moved = _Parcel(parcel.order, place, parcel.number, value)
            count.piles[parcel.order[place]].append(moved)
            return


def _part(count: _Count, level: list[int], *, highest: bool) -> int:
    """Of candidates equal now: by the latest earlier stage at which they were not, then by lot."""
    for votes in reversed(count.history):
        wanted = (max if highest else min)(votes[i] for i in level)
        level = [i for i in level if votes[i] == wanted]
    if len(level) == 1:
        return level[0]
    if count.seed is None:
        raise _NeedsLotError(sorted(level))
    seed = f"{count.seed}/{len(count.history)}"
    return min(level, key=lambda i: lot(seed, count.keys[i]))


def _verdicts(totals: Totals, count: _Count, tied: list[int]) -> tuple[Verdict, ...]:
    rest = [i for i in range(len(count.keys)) if i not in count.elected]
    outcomes = {i: "gone" for i in rest if totals.candidates[i].gone}
    outcomes |= dict.fromkeys(count.elected, "elected")
    if tied:
        outcomes |= {i: "tied" for i in tied if i not in outcomes}
        outcomes |= {i: "undecided" for i in count.continuing if i not in outcomes}
    return tuple(
        Verdict(totals.candidates[i], outcomes.get(i, "not_elected")) for i in count.elected + rest
    )


def next_steps(profile: Profile, open_seats: int, tied: Sequence[object]) -> tuple[str, ...]:
    if tied:
        return ("lot",)
    return tuple(profile.shortfall) if open_seats else ()
