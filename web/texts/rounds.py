"""The stages of a ranked count as people read them: a table a round, votes with their decimals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from voting.rules.stv import UNIT
from web.texts.i18n import N_, _

NOTES = {"elected": N_("elected"), "out": N_("excluded")}
ACTIONS = {
    "first_preferences": N_("first choices"),
    "surplus": N_("%(name)s has more than the quota; what is above it moves on"),
    "exclusion": N_("%(name)s has the fewest and is excluded; the votes move on"),
    "last_vacancies": N_("as many are left as there are seats"),
    "lot_needed": N_("equal in every round; the lot decides between %(name)s"),
}


@dataclass(frozen=True)
class Row:
    label: str
    votes: str
    change: str
    note: str


@dataclass(frozen=True)
class Round:
    number: int
    text: str
    rows: list[Row]


@dataclass(frozen=True)
class Rounds:
    quota: int
    rounds: list[Round]
    notes: dict[str, str]


def rounds_of(declaration: dict[str, Any] | None) -> Rounds | None:
    """Nothing for a count that has no rounds."""
    if declaration is None or not declaration.get("stages"):
        return None
    stages = declaration["stages"]
    labels = {c["key"]: c["label"] for c in declaration["candidates"]}
    made: list[Round] = []
    before: dict[str, int] = {}
    settled: dict[str, str] = {}
    for stage in stages:
        settled |= dict.fromkeys(stage.get("elected", ()), "elected")
        if stage["action"] == "exclusion":
            settled[stage["candidate"]] = "out"
        votes = stage.get("votes", {})
        made.append(
            Round(stage["stage"], _action(stage, labels), _rows(stage, labels, before, settled))
        )
        before = {**votes, "": stage.get("not_transferable", 0)}
    return Rounds(stages[0]["quota"], made, NOTES)


def _action(stage: dict[str, Any], labels: dict[str, str]) -> str:
    named = stage.get("between") or [stage["candidate"]]
    names = ", ".join(labels[key] for key in named if key is not None)
    return _(ACTIONS[stage["action"]], name=names)


def _rows(
    stage: dict[str, Any], labels: dict[str, str], before: dict[str, int], settled: dict[str, str]
) -> list[Row]:
    """Most votes first; who is excluded leaves the table a round later."""
    votes = stage.get("votes")
    if votes is None:
        return []
    shown = [key for key in labels if votes[key] or before.get(key)]
    rows = [
        Row(
            labels[key],
            decimal(votes[key]),
            _change(votes[key], before.get(key)),
            settled.get(key, ""),
        )
        for key in sorted(shown, key=lambda key: -votes[key])
    ]
    rest = stage["not_transferable"]
    if rest:
        rows.append(Row(_("not transferable"), decimal(rest), _change(rest, before.get("")), ""))
    return rows


def _change(now: int, before: int | None) -> str:
    if before is None or now == before:
        return ""
    return f"{'+' if now > before else '−'}{decimal(abs(now - before))}"


def decimal(votes: int) -> str:
    """Votes in hundred-thousandths, without zeros at the end."""
    whole, part = divmod(votes, UNIT)
    return f"{whole}.{part:05d}".rstrip("0").rstrip(".")
