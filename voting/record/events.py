"""The events of an archive against what the public log says of them."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from ballots.archive import Reader, steps

Event = tuple[str, str]  # its type and its hash
ENTRIES = ("archive.event", "ballot.accepted")


class LoggedEvents:
    """What was logged of one archive, by height. Add the entries in the order of the log."""

    def __init__(self) -> None:
        self.at: dict[int, Event] = {}
        self.twice: dict[int, Event] = {}

    def add(self, type_: str, data: dict[str, Any]) -> None:
        """An entry of one of ENTRIES. Before voting opens a reissued credential seals anew; after
        that a second event at one height means that one of them was dropped."""
        height = data["height"]
        if height > 0 and height in self.at:
            self.twice.setdefault(height, self.at[height])
        event_type = "Ballot" if type_ == "ballot.accepted" else data["type"]
        self.at[height] = (event_type, data["event"])

    def differences(
        self, archive: dict[int, Event], may_lack: Container[str] = ()
    ) -> Iterator[str]:
        """In words; `may_lack` names the types of later events which the archive need not have."""
        for height, dropped in sorted(self.twice.items()):
            yield f"event {height} ({dropped[0]}) was logged, and dropped for another one"
        for height in sorted(archive.keys() | self.at.keys()):
            here, there = archive.get(height), self.at.get(height)
            if here == there:
                continue
            if there is None:
                yield f"event {height} is in the archive and not in the log"
            elif here is not None:
                yield f"event {height} is another one in the log"
            elif there[0] not in may_lack:
                yield f"event {height} ({there[0]}) is in the log and not in the archive"


def events_of(archive: Path) -> dict[int, Event]:
    """Raises BallotError or UnreadableError where the archive ends to be one."""
    with archive.open("rb") as stream:
        return {step.event.height: (step.event.type, step.digest) for step in steps(Reader(stream))}
