"""How many ballots were opened for a second look, and what that says about the devices.

A device cannot know beforehand which ballot its voter will open (Benaloh, "Simple verifiable
elections", EVT 2006). If a share x of all ballots were sealed otherwise than shown, the chance that
none of n opened ones was among them is (1 - x) ** n.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from audit.database import UnitOfWork
from voting.models import CastBallot, Contest, SpoiltBallot

FAKED = (1, 2, 5, 10)  # percent of the ballots, for which a page says the chance


@dataclass(frozen=True)
class Looks:
    """Of one contest: `made` counts every sealed ballot, cast (re-votes too) or opened."""

    opened: int
    made: int

    @property
    def percent(self) -> float:
        return 100 * self.opened / self.made if self.made else 0.0

    def unseen(self, faked: int) -> float:
        """The chance, in percent, that `faked` percent wrong ballots stayed unseen."""
        return 100.0 * (1 - faked / 100) ** self.opened

    @property
    def chances(self) -> list[tuple[int, float]]:
        return [(faked, self.unseen(faked)) for faked in FAKED]


def looks_of(uow: UnitOfWork, contest: Contest) -> Looks:
    opened, cast = (
        uow.session.scalar(select(func.count()).where(table.contest_id == contest.id)) or 0
        for table in (SpoiltBallot, CastBallot)
    )
    return Looks(opened, opened + cast)
