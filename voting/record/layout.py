"""Names of files, the manifest and the checks of a record."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ballots.machine import machine
from ballots.verifier import Fault, Report
from voting.record.schema import Malformed as Malformed
from voting.record.schema import Manifest
from voting.record.schema import canonical as canonical
from voting.record.schema import parse as parse

MANIFEST, ELECTION, PROFILE, README = "manifest.json", "election.json", "profile.json", "README.txt"
STATE, TERM, LOG, CONTESTS = "state.json", "term.json", "log", "contests"
DECLARATION, LOT = "declaration.json", "lot.json"
PUBLIC_KEY, RECEIPT_KEY = "public.vkey", "receipt.vkey"
CHUNK = 1 << 20
MAX_JSON = 64 << 20
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,15}")
# What Finder, Explorer and zip programs leave in every folder they touch: nobody's forgery.
CLUTTER = re.compile(r"(?:.*/)?(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|__MACOSX/.*)", re.I)

Json = Any

CHECKS: dict[str, tuple[int, str]] = {
    "record.zip": (1001, "a zip whose bytes could be changed without changing a file in it"),
    "record.manifest": (1002, "a record whose files are not all listed with their hashes"),
    "record.file": (1003, "a file that was changed, cut or lost"),
    "record.extra": (1004, "a file that was slipped in"),
    "record.election": (1005, "a description of the election that cannot be relied on"),
    "record.profile": (1006, "other rules than those that were adopted"),
    "record.archive": (1007, "a contest without its archive, or with that of another contest"),
    "record.paper": (1008, "ballot papers that ask something else than the election says"),
    "record.trustees": (1009, "trustees other than those who made the key before the vote"),
    "record.counts": (1010, "numbers of voters or ballots that differ from the archive"),
    "record.declaration": (1011, "an outcome that does not follow from rules and result"),
    "record.log": (1012, "a log that is not what its operator signed"),
    "record.log-events": (1013, "ballots or events dropped from the archive or never logged"),
    "record.log-facts": (1014, "a description that differs from what was logged at the time"),
    "record.term": (1015, "a term whose elections or offices are not those of the log"),
    "record.chain": (1016, "a roll that does not derive from the result before it"),
    "record.shuffles": (1017, "ballots decrypted before enough of the trustees shuffled them"),
    "record.lot": (1018, "a lot that is not the one the trustees' key gives"),
    "record.withheld": (1019, "counts published that tell votes, or kept back without a reason"),
    "record.history": (1020, "a log in which something happened that cannot have happened"),
    "record.bound": (1021, "titles, people or dates changed after they were fixed"),
    "record.state": (1022, "a state or numbers that do not follow from the log"),
    "record.complete": (1023, "contests or elections left out, or put in"),
    "record.receipts": (1024, "a key of receipts that the log did not announce"),
    "record.readme": (1025, "instructions for the reader that were changed"),
    "record.transport": (1026, "line ends or text marks changed by a program on the way"),
    "record.clutter": (1027, "files that a system leaves in each folder"),
}


def add_fault(report: Report, check: str, place: str, message: str) -> None:
    report.faults.append(Fault(check, CHECKS[check][0], place, message))


def add_warning(report: Report, check: str, place: str, message: str) -> None:
    report.warnings.append(Fault(check, CHECKS[check][0], place, message))


class Unreadable(Exception):  # noqa: N818 - says what the record is
    """There is nothing here to judge; the message says why."""


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with machine(), path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def files_in(folder: Path) -> Iterator[str]:
    """Every file under a folder, by its path with slashes, sorted; links are files of their own."""
    found = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    ]
    yield from sorted(found)


def without_clutter(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if not CLUTTER.fullmatch(name))


def manifest_of(folder: Path) -> bytes:
    names = [name for name in without_clutter(files_in(folder)) if name != MANIFEST]
    return Manifest.listing({name: sha256_of(folder / name) for name in names}).to_bytes()


def read_document(folder: Path, name: str) -> bytes:
    path = folder / name
    with machine():
        return _read_document(path)


def _read_document(path: Path) -> bytes:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise Malformed("is not a file of the record")
    if path.stat().st_size > MAX_JSON:
        raise Malformed(f"has more than {MAX_JSON} bytes")
    return path.read_bytes()
