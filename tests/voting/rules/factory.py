"""Totals of one's choice, consistent by construction."""

from __future__ import annotations

from voting.rules import Candidate, CandidateTotals, Totals


def people(*keys: str) -> list[Candidate]:
    return [Candidate(key, key) for key in keys]


def judged(
    *votes: tuple[int, int],
    present: int,
    kind: str = "direct",
    seats: int = 1,
    entitled: int = 100,
    returned: int | None = None,
    issued: int | None = None,
    each_alone: bool = True,
    blank: int = 0,
    seed: str | None = None,
) -> Totals:
    """Candidates a, b, c, ... with (for, against) each; the rest of the returned abstains."""
    returned = present if returned is None else returned
    candidates = tuple(
        CandidateTotals(key, key, for_, against, returned - for_ - against)
        for key, (for_, against) in zip("abcdefgh", votes, strict=False)
    )
    return Totals(
        kind=kind,
        seats=seats,
        entitled=entitled,
        present=present,
        issued=present if issued is None else issued,
        returned=returned,
        valid=returned,
        blank=blank,
        candidates=candidates,
        each_alone=each_alone,
        seed=seed,
    )
