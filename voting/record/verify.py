"""Verifying a record: every file, every archive, the rules, the log, and what joins them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from audit.errors import DomainError
from ballots import verifier
from ballots.machine import machine, processes
from ballots.verifier import Report
from voting.record import term as terms
from voting.record.contest import FINISHED, ContestCheck
from voting.record.layout import (
    CHUNK,
    ELECTION,
    LOT,
    MANIFEST,
    PROFILE,
    SAFE,
    TERM,
    Json,
    Malformed,
    Unreadable,
    add_fault,
    files_in,
    parse,
    parse_manifest,
    read_document,
    sha256_of,
)
from voting.record.log_comparison import check_log
from voting.record.schema import check_election
from voting.record.write import write_zip
from voting.rules import Profile
from voting.rules import parse as parse_profile

Progress = Callable[[int, int], None]  # contests checked, of how many


def verify_bundle(
    path: Path, jobs: int = 1, progress: Progress | None = None, vkey: str | None = None
) -> Report:
    """Verify a folder or a zip: of an election or of a term. Never raises for what it holds.

    `vkey` is the key of the log, from a source that is trusted; without it the record's own key
    is used, and a record in which everything was made anew is then not noticed.
    """
    report = Report()
    try:
        if path.is_dir():
            _folder(path, report, jobs, progress, vkey)
        else:
            _zip(path, report, jobs, progress, vkey)
    except Unreadable as error:
        report.unreadable = True
        report.note(path.name, str(error))
    return report


def _zip(
    path: Path, report: Report, jobs: int, progress: Progress | None, vkey: str | None
) -> None:
    with tempfile.TemporaryDirectory(prefix="mandate-verify-") as name:
        folder, again = Path(name) / "record", Path(name) / "again.zip"
        folder.mkdir()
        if not _unpack(path, folder, report):
            return
        with machine(), again.open("wb") as file:
            write_zip(folder, file)
        place = _first_difference(path, again)
        if place is not None:
            add_fault(
                report,
                "record.zip",
                f"{path.name}, byte {place}",
                f"the zip is not the one that these files make{_near(path, place)}",
            )
        _folder(folder, report, jobs, progress, vkey)


def _unpack(path: Path, folder: Path, report: Report) -> bool:
    """Members are stored and apart, so what comes out is never larger than what is there.

    False, and nothing is written, when they lie on one another.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            trouble = overlap(infos, path.stat().st_size)
            if trouble:
                add_fault(report, "record.zip", path.name, trouble)
                return False
            for info in infos:
                if info.is_dir():
                    continue
                if not plain(info) or not SAFE.fullmatch(info.filename):
                    add_fault(
                        report, "record.zip", info.filename[:200], "is not stored as records are"
                    )
                    continue
                _unpack_member(archive, info, folder, report)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable(f"this is no zip that can be read: {error}") from error
    return True


def plain(info: zipfile.ZipInfo) -> bool:
    stored = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1
    return stored and info.compress_size == info.file_size


def overlap(infos: list[zipfile.ZipInfo], size: int) -> str:
    """Why these members cannot lie side by side in a zip of `size` bytes; empty where they can."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            return f"{info.filename[:200]} lies on another member: nothing of the zip was unpacked"
        # a local header has 30 bytes and the name, perhaps more (APPNOTE 4.3.7)
        end = info.header_offset + 30 + len(info.filename) + info.compress_size
    if end > size:
        return "its members are larger than the zip itself: nothing of it was unpacked"
    return ""


def _unpack_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, report: Report
) -> None:
    target = folder / info.filename
    if target.exists():
        add_fault(report, "record.zip", info.filename, "is in the zip twice")
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with machine(), archive.open(info) as source, target.open("wb") as out:
            while chunk := source.read(CHUNK):
                out.write(chunk)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        add_fault(report, "record.file", info.filename, f"is damaged in the zip: {error}")


def _first_difference(one: Path, other: Path) -> int | None:
    offset = 0
    with one.open("rb") as first, other.open("rb") as second:
        while True:
            left, right = first.read(CHUNK), second.read(CHUNK)
            if left != right:
                pairs = enumerate(zip(left, right, strict=False))
                differs = next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))
                return offset + differs
            if not left:
                return None
            offset += len(left)


def _near(path: Path, place: int) -> str:
    """In which member the byte is, as far as the zip still says."""
    try:
        with zipfile.ZipFile(path) as archive:
            before = [info for info in archive.infolist() if info.header_offset <= place]
    except (zipfile.BadZipFile, OSError, ValueError):
        before = []
    if not before:
        return ""
    last = max(before, key=lambda info: info.header_offset)
    return f" (at or after {last.filename[:200]})"


def _folder(
    folder: Path, report: Report, jobs: int, progress: Progress | None, vkey: str | None
) -> None:
    if not (folder / ELECTION).exists() and not (folder / TERM).exists():
        raise Unreadable(f"this is no record: there is no {ELECTION} and no {TERM} in it")
    check_files(folder, report)
    if (folder / TERM).exists():
        records = sorted(p.parent for p in folder.glob(f"*/{ELECTION}"))
        loaded = [verify_election(p, report, jobs, progress, vkey, p.name + "/") for p in records]
        terms.check(folder, report, [record for record in loaded if record is not None])
        return
    verify_election(folder, report, jobs, progress, vkey, "")


def check_files(folder: Path, report: Report) -> None:
    """Every file against the manifest, and no file beside it."""
    listed: dict[str, str] = {}
    try:
        listed = parse_manifest(read_document(folder, MANIFEST))
    except FileNotFoundError:
        add_fault(report, "record.manifest", MANIFEST, "is missing")
    except Malformed as error:
        add_fault(report, "record.manifest", MANIFEST, f"cannot be used: {error}")
    present = set(files_in(folder)) - {MANIFEST}
    for name in sorted(listed.keys() - present):
        add_fault(report, "record.file", name, "is missing")
    for name in sorted(present - listed.keys()):
        add_fault(report, "record.extra", name, "is not listed in the manifest")
    for name in sorted(present & listed.keys()):
        if (folder / name).is_symlink() or sha256_of(folder / name) != listed[name]:
            add_fault(report, "record.file", name, "is not the file that the manifest lists")


def verify_election(
    folder: Path,
    report: Report,
    jobs: int,
    progress: Progress | None,
    vkey: str | None,
    prefix: str,
) -> terms.Record | None:
    """Everything but the manifest. `prefix` comes before each place, in the record of a term."""
    loaded = _load(folder, report, prefix)
    if loaded is None:
        return None
    election, profile = loaded
    checks = [
        ContestCheck(folder, prefix, election, described, profile, report)
        for described in election["contests"]
    ]
    for number, (check, found) in enumerate(zip(checks, _archives(checks, jobs), strict=True), 1):
        check.archive(found)
        if check.read:
            check.paper()
            check.declaration()
        if progress:
            progress(number, len(checks))
    _same_trustees(checks, report, prefix)
    _no_other_archives(folder, election, report, prefix)
    entries = check_log(folder, prefix, election, checks, report, jobs, vkey)
    _tell(report, election, checks, prefix)
    return terms.Record(
        prefix, election, {c.described["uuid"]: c.declared for c in checks}, entries
    )


def _load(folder: Path, report: Report, prefix: str) -> tuple[Json, Profile] | None:
    try:
        election = parse(read_document(folder, ELECTION))
        check_election(election)
    except (Malformed, OSError) as error:
        add_fault(report, "record.election", prefix + ELECTION, f"cannot be used: {error}")
        return None
    try:
        raw = read_document(folder, PROFILE)
        profile = parse_profile(raw)
        adopted = profile.raw == raw and profile.hash == election["profile"]["sha256"]
    except (OSError, Malformed, DomainError, ValueError) as error:
        add_fault(report, "record.profile", prefix + PROFILE, f"cannot be used: {error}")
        return None
    if not adopted:
        add_fault(report, "record.profile", prefix + PROFILE, "is not the profile that was adopted")
    return election, profile


def _archives(checks: list[ContestCheck], jobs: int) -> Iterator[Report | None]:
    """Each archive by the verifier of the ballot protocol: many at once, or one with many hands."""
    if jobs == 1 or len(checks) < jobs:
        for check in checks:
            yield _archive(check.path, jobs)
        return
    with processes(jobs) as pool:
        yield from pool.map(_archive, [check.path for check in checks])


def _archive(path: Path, jobs: int = 1) -> Report | None:
    return verifier.verify(path, jobs=jobs) if path.is_file() else None


def _tell(report: Report, election: Json, checks: list[ContestCheck], prefix: str) -> None:
    """What was verified, for display; results are by the uuid of the contest."""
    if not prefix:
        report.election = {name: election[name] for name in ("code", "kind", "state")}
    report.in_progress = election["state"] not in FINISHED
    report.published = (report.published or {}) | {
        check.described["uuid"]: check.result for check in checks
    }
    for name, count in (
        ("contests", len(checks)),
        ("voters", sum(check.described["voters"] for check in checks)),
        ("ballots", sum(check.ballots for check in checks)),
    ):
        report.counts[name] = report.counts.get(name, 0) + count


def _same_trustees(checks: list[ContestCheck], report: Report, prefix: str) -> None:
    structures = {check.trustees for check in checks if check.read}
    if len(structures) > 1:
        add_fault(
            report,
            "record.trustees",
            prefix + ELECTION,
            "the contests do not have the same trustees",
        )


def _no_other_archives(folder: Path, election: Json, report: Report, prefix: str) -> None:
    known = {f"contests/{c['code']}/{c['uuid']}.bel" for c in election["contests"]}
    for path in folder.glob("contests/**/*.bel"):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            add_fault(report, "record.archive", prefix + name, "is of no contest of this election")
    lots = {f"contests/{c['code']}/{LOT}" for c in election["contests"]}
    for path in folder.glob(f"contests/**/{LOT}"):
        name = path.relative_to(folder).as_posix()
        if name not in lots:
            add_fault(report, "record.lot", prefix + name, "is of no contest of this election")
