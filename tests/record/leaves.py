"""Every leaf of every document of a record changed, every file removed, added or exchanged.

`python -m tests.record.leaves [FOLDER]` tries all of them; `test_leaves.py` a part, by a seed. The
manifests are made anew each time, as a forger would, so that only what the record says can convict.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785

from tests.record.world import ELECTIONS, TERM, Remembered, World, build, sign_anew
from voting.record.layout import MANIFEST, files_in

# (record, place, change) that verifies all the same, and why that is no forgery. It is empty.
EXCEPTIONS: dict[tuple[str, str, str], str] = {}
CLUTTER = (".DS_Store", "contests/Thumbs.db", "__MACOSX/._election.json", "contests/desktop.ini")


@dataclass(frozen=True)
class Forgery:
    """`apply` changes a copy of the record; the faults must name `file`."""

    record: str
    file: str
    place: str
    change: str
    apply: Callable[[Path], None]

    @property
    def name(self) -> str:
        return f"{self.record}: {self.file} {self.place}: {self.change}"


def of_record(world: World, name: str) -> Iterator[Forgery]:
    folder = world.record(name)
    names = [file for file in files_in(folder) if not file.endswith(MANIFEST)]
    for file in names:
        if file.endswith(".json"):
            raw = (folder / file).read_bytes()
            for place, change, changed in documents(json.loads(raw)):
                yield Forgery(name, file, place, change, writing(file, changed))
        yield Forgery(name, file, "", "removed", removing(file))
        yield Forgery(name, file, "", "emptied", writing_bytes(file, b""))
        yield Forgery(name, file, "", "a byte more", lengthening(file))
    for other in (*ELECTIONS, TERM):
        for file in names:
            twin = _twin(world, name, file, other)
            if twin is not None and twin.read_bytes() != (folder / file).read_bytes():
                yield Forgery(name, file, "", f"that of {other}", copying(file, twin))
    for file in ("note.txt", "contests/K9/declaration.json", "log/tile/9/000", "log/more.vkey"):
        yield Forgery(name, file, "", "added", writing_bytes(file, b"{}"))


def _twin(world: World, name: str, file: str, other: str) -> Path | None:
    """The file of the same kind in another record."""
    if TERM in (name, other) or other == name:
        return None
    found = world.record(other)
    if (found / file).is_file():
        return found / file
    if file.endswith(".bel"):
        return next(iter(sorted(found.glob("contests/*/*.bel"))), None)
    if file.endswith("declaration.json"):
        return next(iter(sorted(found.glob("contests/*/declaration.json"))), None)
    return None


def documents(value: Any, place: str = "") -> Iterator[tuple[str, str, Callable[[Any], Any]]]:
    """(place, what is changed, the change of the whole document)"""
    for change, changed in _changes(value):
        if changed == value and type(changed) is type(value):
            continue
        yield place or "(all)", change, _put(place, changed)
    if isinstance(value, dict):
        yield place or "(all)", "a key more", _put(place, value | {"added": 1})
        for key, inner in value.items():
            rest = {name: one for name, one in value.items() if name != key}
            yield f"{place}/{key}", "removed", _put(place, rest)
            yield from documents(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from documents(inner, f"{place}/{number}")


def _changes(value: Any) -> Iterator[tuple[str, Any]]:
    if value is not None:
        yield "null", None
    if isinstance(value, bool):
        yield "the other", not value
    elif isinstance(value, int):
        yield "one more", value + 1
        yield "one less", value - 1
        yield "as text", str(value)
    elif isinstance(value, str):
        yield "changed", _other_text(value)
        yield "empty", ""
        yield "a space more", value + " "
    elif value is None:
        yield "a text", "x"
        yield "zero", 0
    elif isinstance(value, list):
        if value:
            yield "emptied", []
            yield "shortened", value[:-1]
            yield "without the first", value[1:]
            yield "doubled", [*value, value[-1]]
        if value[::-1] != value:
            yield "reversed", value[::-1]
    elif isinstance(value, dict) and value:
        yield "emptied", {}


def _other_text(text: str) -> str:
    """Another one of the same kind: a hash stays one, a day stays one."""
    for place in range(len(text) - 1, -1, -1):
        letter = text[place]
        if letter.isdigit():
            return text[:place] + str((int(letter) + 1) % 10) + text[place + 1 :]
        if letter in "abcdef":
            return text[:place] + ("a" if letter != "a" else "b") + text[place + 1 :]
    return text + "x"


def _put(place: str, changed: Any) -> Callable[[Any], Any]:
    def put(document: Any) -> Any:
        if not place:
            return changed
        *way, last = place[1:].split("/")
        inner = document
        for key in way:
            inner = inner[int(key) if isinstance(inner, list) else key]
        inner[int(last) if isinstance(inner, list) else last] = changed
        return document

    return put


def writing(file: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def apply(record: Path) -> None:
        path = record / file
        path.write_bytes(rfc8785.dumps(change(json.loads(path.read_bytes()))))

    return apply


def writing_bytes(file: str, raw: bytes) -> Callable[[Path], None]:
    def apply(record: Path) -> None:
        (record / file).parent.mkdir(parents=True, exist_ok=True)
        (record / file).write_bytes(raw)

    return apply


def lengthening(file: str) -> Callable[[Path], None]:
    return lambda record: writing_bytes(file, (record / file).read_bytes() + b"\n")(record)


def removing(file: str) -> Callable[[Path], None]:
    return lambda record: (record / file).unlink()


def copying(file: str, twin: Path) -> Callable[[Path], None]:
    return lambda record: writing_bytes(file, twin.read_bytes())(record)


class Court:
    """Tries forgeries on one copy of each record, which it puts right after each."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.remembered = Remembered()
        self._files: dict[str, dict[str, bytes]] = {}

    def copy(self, name: str) -> Path:
        path = self.folder / name
        if name not in self._files:
            shutil.copytree(self.world.record(name), path)
            self._files[name] = {file: (path / file).read_bytes() for file in files_in(path)}
        return path

    def acquitted(self, forgery: Forgery) -> str | None:
        """Why the forgery passes, or passes for another one; None where it is convicted."""
        record = self.copy(forgery.record)
        before = self._files[forgery.record]
        forgery.apply(record)
        sign_anew(record)
        report = self.remembered.verify(record)
        self._put_right(record, before)
        if (forgery.record, forgery.place, forgery.change) in EXCEPTIONS:
            return None
        if report.exit_code == 0:
            return "verifies"
        # the whole record may be no record any more; else a fault must lead to the place
        if report.exit_code == 1 and not any(_names(f.place, forgery) for f in report.faults):
            return f"the faults are elsewhere: {[fault.place for fault in report.faults][:4]}"
        return None

    def _put_right(self, record: Path, before: dict[str, bytes]) -> None:
        for file in files_in(record):
            if file not in before:
                (record / file).unlink()
        for file, raw in before.items():
            path = record / file
            if not path.is_file() or path.read_bytes() != raw:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(raw)


def _names(place: str, forgery: Forgery) -> bool:
    """A fault of the log is one of all its files; of a contest, one of its archive too."""
    file = forgery.file
    parts = file.split("/")
    if "log" in parts:
        return "log" in place.split("/") or "log/" in place
    if "contests" in parts and ("contests/" in place or "election.json" in place):
        return True
    return file in place or parts[-1] in place


def run(world: World, folder: Path, chosen: Callable[[Forgery], bool] = lambda _: True) -> int:
    """-> how many were tried; raises AssertionError with all that were acquitted."""
    court, passed, tried = Court(world, folder), [], 0
    for name in (*ELECTIONS, TERM):
        for forgery in of_record(world, name):
            if chosen(forgery):
                tried += 1
                reason = court.acquitted(forgery)
                if reason is not None:
                    passed.append(f"{forgery.name}: {reason}")
    assert not passed, f"{len(passed)} of {tried}:\n" + "\n".join(passed[:100])
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
    sys.stdout.write(f"{count} forgeries, each refused, in {time.monotonic() - start:.0f} s\n")
