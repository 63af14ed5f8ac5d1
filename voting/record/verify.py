"""Verifying a record: every file, every archive, the rules, the log, and what joins them."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.errors import DomainError
from ballots import verifier
from ballots.machine import machine, processes
from ballots.verifier import Report
from voting.record import schema
from voting.record import term as terms
from voting.record.contest import FINISHED, ContestCheck, Told
from voting.record.history import Election, History
from voting.record.layout import (
    CHUNK,
    DECLARATION,
    ELECTION,
    LOG,
    LOT,
    MANIFEST,
    MAX_JSON,
    PROFILE,
    README,
    SAFE,
    STATE,
    TERM,
    Malformed,
    Unreadable,
    add_fault,
    add_warning,
    files_in,
    read_document,
    sha256_of,
    without_clutter,
)
from voting.record.logged import Joined, Logs
from voting.record.schema import Manifest
from voting.record.write import readme, write_zip
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
    files = check_files(folder, report, "")
    if files is None:
        return  # nothing of it says anything about who made the record
    run = _Run(report, Logs(report, jobs, vkey), jobs, progress)
    if not (folder / TERM).exists():
        run.election(folder, "", files)
        return
    codes = sorted(p.parent.name for p in folder.glob(f"*/{ELECTION}"))
    histories = []
    for code in codes:
        prefix = f"{code}/"
        inner = check_files(folder / code, report, prefix)
        if inner is not None:
            histories.append(run.election(folder / code, prefix, inner))
    if len(run.logs.known) > 1:
        message = "the elections of this record do not bring the same log"
        add_fault(report, "record.term", TERM, message)
    terms.check(folder, report, codes, histories[0] if histories else None)
    expected = {MANIFEST, TERM, *(name for name in files if name.split("/")[0] in codes)}
    _nothing_else(files, expected, report, "")


def check_files(folder: Path, report: Report, prefix: str) -> dict[str, str] | None:
    """Every file against the manifest, and no file beside it. -> the hash of each file; nothing
    where a program changed files on the way, which would look like any other fault further on."""
    listed: dict[str, str] = {}
    try:
        listed = Manifest.of(read_document(folder, MANIFEST)).files
    except FileNotFoundError:
        add_fault(report, "record.manifest", prefix + MANIFEST, "is missing")
    except Malformed as error:
        add_fault(report, "record.manifest", prefix + MANIFEST, f"cannot be used: {error}")
    everything = set(files_in(folder)) - {MANIFEST}
    present = set(without_clutter(everything))
    if not prefix and everything != present:
        add_warning(
            report,
            "record.clutter",
            min(everything - present),
            f"{len(everything - present)} files that a system leaves in folders; they are no part "
            "of the record and were not looked at",
        )
    for name in sorted(listed.keys() - present):
        add_fault(report, "record.file", prefix + name, "is missing")
    for name in sorted(present - listed.keys()):
        add_fault(report, "record.extra", prefix + name, "is not listed in the manifest")
    damaged = False
    for name in sorted(present & listed.keys()):
        path = folder / name
        if path.is_symlink() or sha256_of(path) != listed[name]:
            damaged |= _damaged(path, prefix + name, listed[name], report)
    return None if damaged else {name: listed.get(name, "") for name in present}


def _damaged(path: Path, place: str, digest: str, report: Report) -> bool:
    """Whether a program that means well is enough to explain it: then it says so."""
    small = not path.is_symlink() and path.stat().st_size <= MAX_JSON
    raw = path.read_bytes() if small else b""
    plain = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    for guess in (plain, plain.removesuffix(b"\n"), plain + b"\n"):
        if guess != raw and hashlib.sha256(guess).hexdigest() == digest:
            message = (
                "was changed on the way by a program: its line ends or a mark at its beginning"
            )
            add_fault(report, "record.transport", place, message)
            return True
    add_fault(report, "record.file", place, "is not the file that the manifest lists")
    return False


def _nothing_else(files: Iterable[str], expected: set[str], report: Report, prefix: str) -> None:
    for name in sorted(set(files) - expected):
        add_fault(report, "record.extra", prefix + name, "is no part of a record")


@dataclass
class _Run:
    report: Report
    logs: Logs
    jobs: int
    progress: Progress | None

    def election(self, folder: Path, prefix: str, files: dict[str, str]) -> History | None:
        """Everything but the manifest. `prefix` comes before each place, in the record of a term.
        -> what the log tells"""
        report = self.report
        history = self.logs.read(folder, prefix, files)
        loaded = _load(folder, report, prefix)
        if loaded is None:
            return history
        election, state, profile = loaded
        if state.election != election.digest():
            message = "is not the one that state.json belongs to"
            add_fault(report, "record.bound", prefix + ELECTION, message)
        if prefix and prefix != f"{election.code}/":
            message = f"is of {election.code}, and lies in the folder of another election"
            add_fault(report, "record.complete", prefix + ELECTION, message)
        joined = Joined(prefix, election, history, report) if history else None
        same = joined is not None and joined.description()
        told = joined.told if joined and same else None
        checks = [
            ContestCheck(
                folder, prefix, election, contest, _told(state, told, contest), profile, report
            )
            for contest in election.contests
        ]
        self._contests(checks)
        _same_trustees(checks, report, prefix)
        if joined and told:
            for check in checks:
                joined.contest(check)
            joined.state(state, checks, prefix + STATE)
            joined.rolls()
            joined.term(profile)
            joined.bindings(profile)
            joined.offices(checks)
        _nothing_else(files, _expected(files, checks), report, prefix)
        _check_readme(folder, election, report, prefix)
        _tell(report, election, state, checks, prefix)
        return history

    def _contests(self, checks: list[ContestCheck]) -> None:
        archives = _archives(checks, self.jobs)
        for number, (check, found) in enumerate(zip(checks, archives, strict=True), 1):
            check.archive(found)
            if check.read:
                check.paper()
                check.keys()
                check.declaration()
            if self.progress:
                self.progress(number, len(checks))


def _check_readme(folder: Path, election: schema.Election, report: Report, prefix: str) -> None:
    try:
        same = read_document(folder, README) == readme(election)
    except (Malformed, OSError):
        same = False
    if not same:
        add_fault(report, "record.readme", prefix + README, "is not the text of this record")


def _told(state: schema.State, told: Election | None, contest: schema.Contest) -> Told:
    if told is not None:
        known = told.contests[contest.code]
        closed = known.closed or {"issued": 0, "excluded": {}}
        return Told(told.state, closed["issued"], closed["excluded"], known)
    said = next((one for one in state.contests if one.code == contest.code), None)
    return Told(state.state, (said.issued if said else 0) or 0, said.excluded if said else {}, None)


def _load(
    folder: Path, report: Report, prefix: str
) -> tuple[schema.Election, schema.State, Profile] | None:
    try:
        election = schema.Election.of(read_document(folder, ELECTION))
    except (Malformed, OSError) as error:
        add_fault(report, "record.election", prefix + ELECTION, f"cannot be used: {error}")
        return None
    try:
        state = schema.State.of(read_document(folder, STATE))
    except (Malformed, OSError) as error:
        add_fault(report, "record.state", prefix + STATE, f"cannot be used: {error}")
        return None
    try:
        raw = read_document(folder, PROFILE)
        profile = parse_profile(raw)
        adopted = profile.raw == raw and profile.hash == election.profile.sha256
    except (OSError, Malformed, DomainError, ValueError) as error:
        add_fault(report, "record.profile", prefix + PROFILE, f"cannot be used: {error}")
        return None
    if not adopted:
        add_fault(report, "record.profile", prefix + PROFILE, "is not the profile that was adopted")
    return election, state, profile


def _expected(files: Iterable[str], checks: list[ContestCheck]) -> set[str]:
    """The files that a record of these contests has; of the log, see its own verifier."""
    listed = {ELECTION, STATE, PROFILE, README, MANIFEST}
    listed |= {name for name in files if name.startswith(f"{LOG}/")}
    for check in checks:
        base = check.name.rpartition("/")[0]
        listed |= {check.name, f"{base}/{DECLARATION}", f"{base}/{LOT}"}
    return listed


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


def _tell(
    report: Report,
    election: schema.Election,
    state: schema.State,
    checks: list[ContestCheck],
    prefix: str,
) -> None:
    """What was verified, for display; results are by the uuid of the contest."""
    if not prefix:
        report.election = {"code": election.code, "kind": election.kind, "state": state.state}
    report.in_progress = state.state not in FINISHED
    report.published = (report.published or {}) | {
        check.described.uuid: check.result for check in checks
    }
    for name, count in (
        ("contests", len(checks)),
        ("voters", sum(check.described.voters for check in checks)),
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
