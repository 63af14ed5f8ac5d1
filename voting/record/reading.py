"""What a record says, for a person to read: names, who is elected, by which rule, what is open.

It is read apart from the verification and says nothing about truth: whoever shows it shows the
verdict beside it. Documents that cannot be read are passed over, for the verifier names them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from voting.record.layout import (
    DECLARATION,
    ELECTION,
    MAX_JSON,
    PROFILE,
    STATE,
    TERM,
    Json,
    Malformed,
    parse,
)

Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Seat:
    """One candidate or subject and what the rule said of them."""

    label: str
    outcome: str


@dataclass(frozen=True)
class ContestReading:
    code: str
    title_zh: str
    title_en: str
    seats: int
    voters: int
    withheld: bool
    declared: bool
    by_rule: str = ""
    lot: bool = False  # whether a lot decided between candidates
    void: tuple[str, ...] = ()
    verdicts: tuple[Seat, ...] = ()
    open_seats: int = 0
    next: tuple[str, ...] = ()


@dataclass(frozen=True)
class ElectionReading:
    code: str
    kind: str
    state: str
    title_zh: str
    title_en: str
    opens_at: str
    closes_at: str
    profile_id: str
    profile_zh: str
    profile_en: str
    contests: tuple[ContestReading, ...] = ()


@dataclass(frozen=True)
class Reading:
    """`term`: its code, where the record is of a whole term."""

    term: str = ""
    elections: tuple[ElectionReading, ...] = field(default=())


def read_record(path: Path) -> Reading:
    """Of a folder or a zip. Never raises for what it holds: then it says less."""
    try:
        if path.is_dir():
            return _reading(lambda name: _of_folder(path, name), _folders(path))
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            codes = sorted(
                name.removesuffix(f"/{ELECTION}")
                for name in names
                if name.endswith(f"/{ELECTION}") and name.count("/") == 1
            )
            return _reading(lambda name: _of_zip(archive, name), codes)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return Reading()


def _folders(path: Path) -> list[str]:
    return sorted(found.parent.name for found in path.glob(f"*/{ELECTION}"))


def _of_folder(path: Path, name: str) -> bytes | None:
    file = path / name
    if file.is_symlink() or not file.is_file() or file.stat().st_size > MAX_JSON:
        return None
    return file.read_bytes()


def _of_zip(archive: zipfile.ZipFile, name: str) -> bytes | None:
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > MAX_JSON:
        return None
    return archive.read(info)


def _reading(read: Read, codes: list[str]) -> Reading:
    term = _document(read, TERM)
    if term is None:
        found = [_election(read, "")]
    else:
        found = [_election(read, f"{code}/") for code in codes]
    code = term.get("code", "") if isinstance(term, dict) else ""
    return Reading(str(code), tuple(election for election in found if election is not None))


def _document(read: Read, name: str) -> Json:
    raw = read(name)
    try:
        value = parse(raw) if raw is not None else None
    except Malformed:
        return None
    return value if isinstance(value, dict) else None


def _election(read: Read, prefix: str) -> ElectionReading | None:
    value = _document(read, prefix + ELECTION)
    if value is None:
        return None
    profile = _document(read, prefix + PROFILE) or {}
    state = _document(read, prefix + STATE) or {}
    kept_back = {_text(c, "code") for c in _dicts(state, "contests") if c.get("withheld")}
    value |= {name: state.get(name) for name in ("state", "opens_at", "closes_at")}
    titles = profile.get("title") if isinstance(profile.get("title"), dict) else {}
    names = ("code", "kind", "state", "title_zh", "title_en", "opens_at", "closes_at")
    return ElectionReading(
        **{name: _text(value, name) for name in names},
        profile_id=_text(profile, "id"),
        profile_zh=_text(titles, "zh"),
        profile_en=_text(titles, "en"),
        contests=tuple(
            _contest(read, prefix, contest, withheld=_text(contest, "code") in kept_back)
            for contest in _dicts(value, "contests")
        ),
    )


def _contest(read: Read, prefix: str, value: Json, *, withheld: bool) -> ContestReading:
    code = _text(value, "code")
    declared = _document(read, f"{prefix}contests/{code}/{DECLARATION}") or {}
    labels = {c.get("key"): _text(c, "label") for c in _dicts(value, "candidates")}
    verdicts = tuple(
        Seat(labels.get(c.get("key"), "") or _text(c, "label"), _text(c, "outcome"))
        for c in (*_dicts(declared, "candidates"), *_dicts(declared, "outcomes"))
    )
    return ContestReading(
        code=code,
        title_zh=_text(value, "title_zh"),
        title_en=_text(value, "title_en"),
        seats=_count(value, "seats"),
        voters=_count(value, "voters"),
        withheld=withheld or bool(declared.get("withheld")),
        declared=bool(declared),
        by_rule=_text(declared, "by_rule"),
        lot=_by_lot(declared),
        void=_texts(declared, "void"),
        verdicts=verdicts,
        open_seats=_count(declared, "open_seats"),
        next=_texts(declared, "next"),
    )


def _by_lot(declared: Json) -> bool:
    return bool(declared.get("seed")) or any("lot" in stage for stage in _dicts(declared, "stages"))


def _list(value: Json, name: str) -> list[Json]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _dicts(value: Json, name: str) -> Iterator[dict[str, Json]]:
    yield from (part for part in _list(value, name) if isinstance(part, dict))


def _text(value: Json, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _texts(value: Json, name: str) -> tuple[str, ...]:
    return tuple(part for part in _list(value, name) if isinstance(part, str))


def _count(value: Json, name: str) -> int:
    found = value.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
