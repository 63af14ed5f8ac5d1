"""Names of files, the manifest and the checks of a record."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rfc8785

from ballots.machine import machine
from ballots.verifier import Fault, Report

MANIFEST, ELECTION, PROFILE, README = "manifest.json", "election.json", "profile.json", "README.txt"
TERM, LOG, CONTESTS, DECLARATION = "term.json", "log", "contests", "declaration.json"
LOT = "lot.json"
PUBLIC_KEY = "public.vkey"
MANIFEST_FORMAT = "mandate-manifest/1"
CHUNK = 1 << 20
MAX_JSON = 64 << 20
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,15}")

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
    "record.trustees": (1009, "trustees of one contest who are not those of the others"),
    "record.counts": (1010, "numbers of voters or ballots that differ from the archive"),
    "record.declaration": (1011, "an outcome that does not follow from rules and result"),
    "record.log": (1012, "a log that is not what its operator signed"),
    "record.log-events": (1013, "ballots or events dropped from the archive or never logged"),
    "record.log-facts": (1014, "a description that differs from what was logged at the time"),
    "record.term": (1015, "a term whose elections are not those of the record"),
    "record.chain": (1016, "a roll that does not derive from the result before it"),
    "record.shuffles": (1017, "ballots decrypted before enough of the trustees shuffled them"),
    "record.lot": (1018, "a lot that is not the one the trustees' key gives"),
    "record.withheld": (1019, "counts published that tell votes, or kept back without a reason"),
}


def add_fault(report: Report, check: str, place: str, message: str) -> None:
    report.faults.append(Fault(check, CHECKS[check][0], place, message))


def add_warning(report: Report, check: str, place: str, message: str) -> None:
    report.warnings.append(Fault(check, CHECKS[check][0], place, message))


class Unreadable(Exception):  # noqa: N818 - says what the record is
    """There is nothing here to judge; the message says why."""


class Malformed(Exception):  # noqa: N818 - says what the document is
    """A JSON document of the record is not in its one form."""


def canonical(value: Json) -> bytes:
    return rfc8785.dumps(value)


def parse(raw: bytes) -> Json:
    """Canonical JSON (RFC 8785) only: one content, one text."""
    try:
        value = json.loads(raw)
        same = canonical(value) == raw
    except (ValueError, RecursionError, TypeError) as error:
        raise Malformed("is not JSON in its canonical form") from error
    if not same:
        raise Malformed("is not JSON in its canonical form")
    return value


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


def manifest_of(folder: Path) -> bytes:
    listed = {name: sha256_of(folder / name) for name in files_in(folder) if name != MANIFEST}
    return _manifest(listed)


def _manifest(listed: dict[str, str]) -> bytes:
    """With a hash of itself, so that a changed manifest is not taken for a changed file."""
    value: dict[str, Json] = {"format": MANIFEST_FORMAT, "files": listed}
    return canonical(value | {"sha256": hashlib.sha256(canonical(value)).hexdigest()})


def parse_manifest(raw: bytes) -> dict[str, str]:
    """Path -> SHA-256. Raises Malformed unless it is what `manifest_of` writes."""
    value = parse(raw)
    listed = value.get("files") if isinstance(value, dict) else None
    if not isinstance(listed, dict) or _manifest(listed) != raw:
        raise Malformed("is not a manifest, or was changed")
    return listed


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
