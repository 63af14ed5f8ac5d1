"""The public log signed anew with its own key, after each entry was dropped, doubled, moved, put at
another time, or done by somebody else, and after each pair of neighbours was exchanged.

`python -m tests.record.histories [FOLDER]` tries all; `test_histories.py` a part, by a seed. Such a
log is refused, or it tells a history that could have been: `could_have_been` says when, from the
kinds of entries alone. With that history the record of the term must still agree.
"""

from __future__ import annotations

import json
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import rfc8785

from audit.errors import LogError
from audit.folder import LogFolder
from audit.keys import Signer
from audit.merkle import Digest
from audit.note import Checkpoint, sign
from audit.tiles import Edge, TileName, encode_bundle, leaf_hashes
from tests.record.world import TERM, Remembered, World, build, sign_anew
from voting.record.events import entries_of, replayed
from voting.record.history import SLACK
from voting.record.layout import LOG

Entry = dict[str, Any]
ROLES = ("member", "voter", "commission", "registrar", "trustee", "system", "admin")


@dataclass(frozen=True)
class Forgery:
    """`entries` are all of the log after the change."""

    kind: str
    index: int
    what: str
    entries: Callable[[], list[bytes]]
    possible: bool

    @property
    def name(self) -> str:
        return f"{self.kind} {self.index} ({self.what})"


class Told:
    """The entries of an honest log."""

    def __init__(self, raws: list[bytes]) -> None:
        self.raws = raws
        self.entries: list[Entry] = [json.loads(raw) for raw in raws]
        self.homes = self._homes()

    def _homes(self) -> list[str]:
        """Of each entry, the election that it is about, else its own subject."""
        elections: dict[str, str] = {}
        homes = []
        for entry in self.entries:
            kind, _, key = entry["subject"].partition("/")
            if entry["type"] == "roll.frozen" or entry["type"] == "office.granted":
                elections[key] = entry["data"]["election"]
            home = key if kind == "election" else elections.get(key, entry["subject"])
            homes.append(home)
        return homes

    def same_home(self, one: int, other: int) -> bool:
        return self.homes[one] == self.homes[other]


def encoded(entry: Entry) -> bytes:
    return rfc8785.dumps(entry)


def forgeries(told: Told) -> Iterator[Forgery]:
    for index, entry in enumerate(told.entries):
        yield _dropped(told, index, entry)
        yield _doubled(told, index, entry)
        yield from _moved(told, index, entry)
        yield from _retimed(told, index, entry)
        yield from _reacted(told, index, entry)
        if index:
            yield _swapped(told, index, entry)


def _dropped(told: Told, index: int, entry: Entry) -> Forgery:
    raws = told.raws
    possible = entry["type"] in NEED_NOT_BE or unrelated(entry)
    return Forgery(
        "drop", index, entry["type"], lambda: [*raws[:index], *raws[index + 1 :]], possible
    )


def _doubled(told: Told, index: int, entry: Entry) -> Forgery:
    raws = told.raws
    again = encoded(entry | {"id": secrets.token_hex(16)})
    possible = entry["type"] in MAY_BE_TWICE or unrelated(entry)
    return Forgery(
        "double",
        index,
        entry["type"],
        lambda: [*raws[: index + 1], again, *raws[index + 1 :]],
        possible,
    )


def _moved(told: Told, index: int, entry: Entry) -> Iterator[Forgery]:
    """Further than to the next place; with its time, and with that of where it comes to stand."""
    raws, last = told.raws, len(told.raws) - 1
    for to in sorted({0, max(0, index - 7), min(last, index + 7), last} - {index}):
        low, high = min(index, to), max(index, to)
        jumped = [place for place in range(low, high + 1) if place != index]
        free = all(may_change_places(told, index, place) for place in jumped)
        for time_, fitting in ((entry["time"], "its time"), (told.entries[to]["time"], "a time")):
            changed = encoded(entry | {"time": time_})
            possible = free and in_time(told, time_, to - (to < index), to + (to > index), entry)

            def entries(to: int = to, changed: bytes = changed) -> list[bytes]:
                rest = [*raws[:index], *raws[index + 1 :]]
                return [*rest[:to], changed, *rest[to:]]

            yield Forgery(
                "move", index, f"{entry['type']} to {to} with {fitting}", entries, possible
            )


def _retimed(told: Told, index: int, entry: Entry) -> Iterator[Forgery]:
    moment = datetime.fromisoformat(entry["time"])
    shifts = (-400 * 86400, -86400, -3600, -1, 1, 3600, 86400, 400 * 86400)
    for shift in shifts:
        time_ = written(moment + timedelta(seconds=shift))
        changed = encoded(entry | {"time": time_})
        possible = in_time(told, time_, index - 1, index + 1, entry)

        def entries(changed: bytes = changed) -> list[bytes]:
            return [*told.raws[:index], changed, *told.raws[index + 1 :]]

        yield Forgery("time", index, f"{entry['type']} by {shift} s", entries, possible)


def _reacted(told: Told, index: int, entry: Entry) -> Iterator[Forgery]:
    type_ = entry["type"]
    for role in ROLES:
        if role == entry["actor_role"]:
            continue
        changed = encoded(entry | {"actor_role": role})

        def entries(changed: bytes = changed) -> list[bytes]:
            return [*told.raws[:index], changed, *told.raws[index + 1 :]]

        possible = role in MAY_ALSO_BE_OF.get(type_, ()) or unrelated(entry)
        yield Forgery("role", index, f"{type_} by {role}", entries, possible)
    if entry["actor"]:
        changed = encoded(entry | {"actor": "somebody-else"})

        def other(changed: bytes = changed) -> list[bytes]:
            return [*told.raws[:index], changed, *told.raws[index + 1 :]]

        possible = type_ in BY_ANYBODY_OF_THE_ROLE or unrelated(entry)
        yield Forgery("actor", index, type_, other, possible)


def _swapped(told: Told, index: int, entry: Entry) -> Forgery:
    raws = told.raws
    before = told.entries[index - 1]
    possible = may_change_places(told, index, index - 1)
    return Forgery(
        "swap",
        index,
        f"{entry['type']} with {before['type']}",
        lambda: [*raws[: index - 1], raws[index], raws[index - 1], *raws[index + 1 :]],
        possible,
    )


# What could have been


def unrelated(entry: Entry) -> bool:
    """Not about an election, a term, an office: its own rules are of no matter here."""
    return entry["type"].partition(".")[0] in (
        "server",
        "heartbeat",
        "person",
        "roll",
        "units",
    ) and (not entry["subject"].startswith("contest/"))


def in_time(told: Told, time_: str, before: int, after: int, entry: Entry) -> bool:
    """Between its neighbours, but for what the order of commits may differ; and not one entry of an
    act that has several, for all of an act are of one time."""
    if of_an_act(entry):
        return time_ == entry["time"]
    earliest = told.entries[before]["time"] if before >= 0 else "0000"
    latest = told.entries[after]["time"] if after < len(told.entries) else "9999"
    return loosened(earliest, -1) <= time_ <= loosened(latest, 1)


def of_an_act(entry: Entry) -> bool:
    if entry["type"] == "archive.event":
        return entry["data"]["type"] in ("Setup", "EndBallots", "EndShuffles", "Result")
    return entry["type"] in OF_AN_ACT


def loosened(time_: str, sign_: int) -> str:
    if len(time_) < 20:
        return time_
    return written(datetime.fromisoformat(time_) + sign_ * timedelta(seconds=SLACK, hours=1))


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def may_change_places(told: Told, one: int, other: int) -> bool:
    """Of two elections; of two contests in one act; or of one phase, in which the order is free
    unless one depends on the other, which only the replay can tell."""
    first, second = told.entries[one], told.entries[other]
    if unrelated(first) or unrelated(second) or not told.same_home(one, other):
        return True
    if of_an_act(first) and of_an_act(second):
        ends = any(entry["type"].startswith("election.") for entry in (first, second))
        return not ends and first["subject"] != second["subject"]
    if of_an_act(first) or of_an_act(second):
        return False
    types = {first["type"], second["type"]}
    return any(types <= phase for phase in PHASES)


OF_AN_ACT = frozenset(
    {
        "roll.frozen", "election.frozen", "contest.sealed", "election.sealed", "contest.closed",
        "election.closed", "contest.declared", "election.declared", "office.granted", "lot.drawn",
        "election.tallied", "election.mixed",
    }
)  # fmt: skip
DRAFT = frozenset(
    {
        "election.changed", "profile.adopted", "contest.added", "contests.added",
        "contest.removed", "candidate.nominated", "candidate.changed", "candidates.imported",
        "trustee.invited", "trustee.removed", "dossiers.bound",
    }
)  # fmt: skip
EXCLUSIONS = frozenset({"exclusion.entered", "exclusion.approved", "exclusion.withdrawn"})
PHASES = (
    DRAFT,
    EXCLUSIONS | {"trustee.committed", "trustee.step", "credentials.published", "dossiers.bound"},
    EXCLUSIONS | {"trustee.rehearsed"},
    frozenset({"ballot.accepted", "ballot.spoilt"}),
    frozenset({"archive.event", "trustee.absent"}),  # sums, shuffles and shares of the contests
    frozenset({"office.ended"}),
)
# What leaves no trace in anything that is logged or published later.
NEED_NOT_BE = EXCLUSIONS | {
    "bindings.destroyed", "candidates.imported", "election.changed", "ballot.spoilt",
}  # fmt: skip
# What may be done again with the same words.
MAY_BE_TWICE = frozenset(
    {
        "candidates.imported", "election.changed", "profile.adopted", "dossiers.bound",
        "candidate.changed", "credentials.published",
    }
)  # fmt: skip
OFFICIALS = ("commission", "registrar", "admin", "system")
MAY_ALSO_BE_OF = {
    "election.opened": ("system",),
    "archive.event": ("commission", "system"),  # the sum, which anybody of them may ask for
    "bindings.destroyed": ("commission", "system"),
    "term.created": OFFICIALS,
    "office.ended": OFFICIALS,
    "constituencies.changed": OFFICIALS,
    "keys.announced": (),
    # where the certificate gives no office and the end no contest, it is an act of one entry
}
# One act, one entry: of whom of the office it is matters for two people only.
BY_ANYBODY_OF_THE_ROLE = DRAFT | EXCLUSIONS | {
    "election.created", "election.opened", "election.certified", "election.cancelled",
    "trustee.absent", "credentials.published", "term.created", "office.ended",
    "constituencies.changed", "keys.announced",
}  # fmt: skip


# Forging


def write_log(folder: Path, entries: list[bytes], signer: Signer) -> None:
    """These entries as a log, in place of the one that is there."""
    keys = {path.name: path.read_bytes() for path in folder.glob("*.vkey")}
    shutil.rmtree(folder)
    files = dict(_files(entries))
    edge = Edge()
    for name, data in edge.append(leaf_hashes(entries)) + edge.partial():
        files[name.path] = data
    checkpoint = Checkpoint(signer.name, len(entries), Digest(edge.root()))
    files["checkpoint"] = sign(checkpoint.text, [signer], 0).to_bytes()
    for path, data in (files | keys).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def _files(entries: list[bytes]) -> Iterator[tuple[str, bytes]]:
    for start in range(0, len(entries), 256):
        bundle = entries[start : start + 256]
        yield TileName(-1, start // 256, len(bundle)).path, encode_bundle(bundle)


class Court:
    def __init__(self, world: World, folder: Path) -> None:
        self.record = folder / TERM
        shutil.copytree(world.record(TERM), self.record)
        self.signer = world.keys.public[0]
        self.remembered = Remembered()
        inner = sorted(self.record.glob(f"*/{LOG}"))
        self.logs = inner
        log = LogFolder(inner[0])
        self.told = Told(list(entries_of(log, [self.signer.verifier])))

    def acquitted(self, forgery: Forgery, *, thorough: bool = False) -> bool:
        """Does the record verify with this log? The replay alone refuses most of them."""
        entries = forgery.entries()
        if entries == self.told.raws:
            return False
        try:
            refused = bool(replayed(entries).wrong)
        except LogError:
            refused = True
        if refused and not thorough:
            return False
        for folder in self.logs:
            write_log(folder, entries, self.signer)
        sign_anew(self.record)
        passes = self.remembered.verify(self.record).exit_code == 0
        assert not (refused and passes), f"{forgery.name}: the replay is not part of verifying"
        return passes


def run(world: World, folder: Path, chosen: Callable[[Forgery], bool] = lambda _: True) -> int:
    """-> how many were tried. Raises AssertionError with all that passed and cannot have been."""
    court, passed, tried = Court(world, folder), [], 0
    for forgery in forgeries(court.told):
        if chosen(forgery):
            tried += 1
            if court.acquitted(forgery, thorough=tried % 97 == 0) and not forgery.possible:
                passed.append(forgery.name)
    assert not passed, f"{len(passed)} of {tried}:\n" + "\n".join(passed[:200])
    return tried


def a_part(seed: int, share: float) -> Callable[[Forgery], bool]:
    chance = random.Random(seed)
    return lambda _: chance.random() < share


if __name__ == "__main__":
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        (place / "world").mkdir(parents=True)
        count = run(build(place / "world"), place / "court")
    took = f"{time.monotonic() - start:.0f} s"
    sys.stdout.write(f"{count} forged logs, each refused or possible, in {took}\n")
