"""The order of events (specification 4.4): nothing twice, nothing late, nothing left out."""

from __future__ import annotations

from ballots import checks
from ballots.archive import EVENT_TYPES, Event
from ballots.faults import Sink, collected

_NEXT = {
    None: ("Setup",),
    "Setup": ("Ballot", "EndBallots"),
    "Ballot": ("Ballot", "EndBallots"),
    "EndBallots": ("EncryptedTally",),
    "EncryptedTally": ("PartialDecryption",),
    "Shuffle": ("Shuffle", "EndShuffles"),
    "EndShuffles": ("PartialDecryption",),
    "PartialDecryption": ("PartialDecryption", "Result"),
    "Result": (),
}
_REPEATED = ("Ballot", "Shuffle", "PartialDecryption")
_SHUFFLING = ("Shuffle", "EndShuffles")


class Order:
    """Follows the events; ``mixed`` says that the election has non-homomorphic questions."""

    def __init__(self) -> None:
        self.last: str | None = None
        self.mixed = False

    def accept(self, event: Event, sink: Sink) -> bool:
        """Whether the event counts. One that comes too late does not; one that comes too early,
        because something before it was left out, does, so that what follows can be checked."""
        if event.type not in EVENT_TYPES:
            return False
        expected = self._expected()
        if event.type not in expected:
            with collected(sink):
                checks.fail("chain.order", event.place, _reason(expected))
            if self._late(event.type):
                return False
        self.last = event.type
        return True

    def _expected(self) -> tuple[str, ...]:
        if self.last == "EncryptedTally" and self.mixed:
            return ("Shuffle",)
        return _NEXT[self.last]

    def _late(self, type_: str) -> bool:
        if type_ in _SHUFFLING and not self.mixed:
            return True
        if self.last is None or (type_ == self.last and type_ in _REPEATED):
            return False
        return EVENT_TYPES.index(type_) <= EVENT_TYPES.index(self.last)


def _reason(expected: tuple[str, ...]) -> str:
    if not expected:
        return "the archive must end with the result, and an event follows"
    return f"an event of this type must not stand here, but only {' or '.join(expected)}"
