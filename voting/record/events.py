"""The events of an archive against what the public log says of them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit import verifier as log_verifier
from audit.entries import TYPES, decode, typed
from audit.errors import LogError
from audit.folder import LogFolder, read_tile
from audit.keys import Verifier
from audit.note import verify_checkpoint
from audit.tiles import WIDTH, TileName, split_bundle, width_at
from ballots.archive import Reader, steps
from ballots.encoding import loads_strict, sha256_base64
from voting import entries  # noqa: F401 - declares the types of entries
from voting.record.history import HANDLERS, History, Replay, Said
from voting.registry import entries as registry_entries  # noqa: F401 - likewise

Event = tuple[str, str]  # its type and its hash
ENTRIES = ("archive.event", "ballot.accepted")
_SUBJECT = re.compile(rb'"subject":"((?:contest|election)/[^"]*)"')
# the last fields of an entry, whose names come in the order of the alphabet
_END = re.compile(rb'"subject":"([^"\\]*)","time":"([^"\\]*)","type":"([^"\\]*)","v":1}\Z')
_OURS = frozenset({b"contest", b"election", b"office", b"term"})
_TOLD = frozenset(name.encode() for name in HANDLERS)


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
        for height, dropped in sorted(self.twice.items()):
            yield f"event {height} ({dropped[0]}) was logged, and dropped for another one"
        yield from differences(archive, self.at, may_lack)


def differences(
    archive: dict[int, Event], logged: dict[int, Event], may_lack: Container[str] = ()
) -> Iterator[str]:
    """In words; `may_lack` names the types of later events which the archive need not have."""
    for height in sorted(archive.keys() | logged.keys()):
        here, there = archive.get(height), logged.get(height)
        if here == there:
            continue
        if there is None:
            yield f"event {height} is in the archive and not in the log"
        elif here is not None:
            yield f"event {height} is another one in the log"
        elif there[0] not in may_lack:
            yield f"event {height} ({there[0]}) is in the log and not in the archive"


@dataclass(frozen=True)
class Archived:
    """Of one archive: whose it is, its events by height, and where each ballot is."""

    uuid: str
    events: dict[int, Event]
    ballots: dict[str, int]  # tracker -> height

    @property
    def ended(self) -> bool:
        return any(type_ == "EndBallots" for type_, _ in self.events.values())


def events_of(archive: Path) -> Archived:
    """Container and chain are checked, proofs are not. Raises BallotError or UnreadableError."""
    uuid, events, ballots = "", {}, {}
    with archive.open("rb") as stream:
        for step in steps(Reader(stream)):
            height, payload = step.event.height, step.event.payload
            events[height] = (step.event.type, step.digest)
            if step.event.type == "Setup" and step.data:
                election = loads_strict(step.data[0].body, "election")
                uuid = str(election.get("uuid")) if isinstance(election, dict) else ""
            elif step.event.type == "Ballot" and step.data and step.data[-1].digest == payload:
                ballots[sha256_base64(step.data[-1].body)] = height
    return Archived(uuid, events, ballots)


def entries_of(folder: LogFolder, keys: list[Verifier]) -> Iterator[bytes]:
    """Every entry of a log, in its order. Raises LogError."""
    raw = folder.checkpoint()
    if raw is None:
        raise LogError("there is no checkpoint")
    size = verify_checkpoint(raw, keys)[0].size
    for index in range(-(-size // WIDTH)):
        width = width_at(-1, index, size)
        yield from split_bundle(read_tile(folder, TileName(-1, index, width)), width)


def read_entries(
    folder: LogFolder, keys: list[Verifier], wanted: set[str]
) -> Iterator[dict[str, Any]]:
    """The entries with these subjects, in the order of the log.

    Raises LogError where one is not what its type says: what a record brings, anyone has written.
    """
    for entry in entries_of(folder, keys):
        # quotes within a text are escaped, so this can only be the field itself
        match = _SUBJECT.search(entry)
        if match and match[1].decode() in wanted:
            yield _checked(entry)


def replayed(raws: Iterable[bytes]) -> History:
    """The history that a whole log tells. Raises LogError where an entry is none."""
    replay, coarse = Replay(), {t.TYPE.encode() for t in TYPES.values() if t.COARSE}
    for index, raw in enumerate(raws):
        end = _END.search(raw)
        if end is None:
            raise LogError("not an entry of version 1", index=index)
        subject, time, type_ = end.groups()
        said_of = type_.decode(), subject.decode(), time.decode()
        replay.time(index, *said_of, coarse=type_ in coarse)
        if subject.partition(b"/")[0] in _OURS or type_ in _TOLD:
            entry = _checked(raw)
            known = TYPES.get(entry["type"])
            if known is not None and entry["data"].keys() != known.FIELDS.keys():
                raise LogError(f"an entry {entry['type']} has a field too much", index=index)
            replay.add(
                Said(
                    index,
                    entry["type"],
                    entry["subject"],
                    entry["time"],
                    entry["actor_role"],
                    entry["actor"],
                    entry["data"],
                )
            )
    return replay.end()


def _checked(raw: bytes) -> dict[str, Any]:
    """An entry with all fields of its type; a newer program may have given it more."""
    entry = decode(raw)
    typed(entry)
    return entry


def logged_events(
    folder: LogFolder,
    keys: list[Verifier],
    uuid: str,
    demands: log_verifier.Demands | None = None,
) -> LoggedEvents:
    """What a log has of the archive of a contest. Raises LogError where the log is not whole, or
    is not what `demands` asks for."""
    report = log_verifier.verify(folder, keys, demands or log_verifier.Demands(), jobs=1)
    for fault in report.faults:
        raise LogError(f"the log is not valid: {fault.place}: {fault.message}")
    trusted = [*keys, *(demands.policy.logs if demands and demands.policy else ())]
    found = LoggedEvents()
    for entry in read_entries(folder, trusted, {f"contest/{uuid}"}):
        if entry["type"] in ENTRIES:
            found.add(entry["type"], entry["data"])
    return found
