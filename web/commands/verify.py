"""mandate verify: an archive, a published record, or parts verified on several machines."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from audit.clock import utc_now
from audit.folder import LogFolder
from audit.policy import Policy
from audit.verifier import Demands
from audit.verifier import verify as verify_log
from ballots import BallotError
from ballots.encoding import Json, dumps, loads_strict
from ballots.machine import MachineError, machine
from ballots.verifier import TROUBLE, UNREADABLE, Report, merge
from ballots.verifier import verify as verify_archive
from web.commands.log import PolicyFile, read_policy, readable
from web.commands.processes import usable
from web.commands.progress import ERRORS, progress_of
from web.commands.report_page import Checked, write_report
from web.texts.i18n import Language, _, speaking
from web.texts.verdicts import language_of, lines

if TYPE_CHECKING:
    from voting.record.reading import Reading

MERGE = "merge"
MAX_PART = 1 << 30
"""Largest report of a part, in bytes; it has about 30 for each ciphertext."""


def verify(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH | merge FILE...",
            help="An archive (.bel), or a published record (folder or zip). "
            "'merge' and the reports of all parts: one report of the whole.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes to use.")] = 1,
    shard: Annotated[
        str | None, typer.Option(help="Verify part i of n of the ballots, as 1/4; needs --json.")
    ] = None,
    vkey: Annotated[
        str | None,
        typer.Option(
            help="Verifier key of the log from a source that you trust, or a file with it; "
            "else a record is checked with the key that it brings."
        ),
    ] = None,
    policy_file: PolicyFile = None,
    report_file: Annotated[
        Path | None,
        typer.Option(
            "--report", help="Also write a page (.html) to print and sign, in both languages."
        ),
    ] = None,
    language: Annotated[
        str,
        typer.Option(
            help="Language of the report, zh or en; by default that of the terminal.",
            envvar=["LC_ALL", "LC_MESSAGES", "LANG"],
            show_envvar=False,
        ),
    ] = "en",
) -> None:
    """Verify an election from what it has published.

    Ends with 0 when valid, 1 when invalid, 2 when unreadable, 3 when this machine failed (no space,
    no memory, no permission), which says nothing about the election.
    """
    try:
        report = _run(
            paths, as_json, jobs, shard, vkey, policy_file, report_file, language_of(language)
        )
    except (MachineError, BrokenProcessPool, MemoryError, OSError) as error:
        with speaking(language_of(language)):
            ERRORS.print(
                _("This machine failed; nothing was judged: %(reason)s", reason=error),
                style="red",
                markup=False,
            )
        raise typer.Exit(TROUBLE) from None
    raise typer.Exit(report.exit_code)


def _run(
    paths: list[str],
    as_json: bool,
    jobs: int,
    shard: str | None,
    vkey: str | None,
    policy_file: Path | None,
    report_file: Path | None,
    language: Language,
) -> Report:
    reading = None
    with readable():
        trust = read_policy(policy_file)
    trusted = _key_text(vkey) or _keys_of(trust)
    if paths[0] == MERGE and len(paths) > 1:
        report = _merged([Path(name) for name in paths[1:]])
    elif len(paths) != 1:
        raise typer.BadParameter("verify one archive or record at a time")
    else:
        path = Path(paths[0])
        is_record = path.is_dir() or path.suffix == ".zip"
        if not is_record and (report_file or policy_file):
            raise typer.BadParameter("an archive alone has no log: --report is for records")
        report = _verified(path, usable(jobs), _parse_shard(shard), trusted)
        if is_record:
            reading = _read_record(path)
            if trust is not None:
                _witnessed(path, report, trust)
    own_key = reading is not None and not trusted
    if report_file is not None and reading is not None:
        checked = Checked(path, report, reading, trusted or "", utc_now())
        write_report(report_file, checked, language)
    if as_json:
        typer.echo(dumps(report.to_json()).decode())
    else:
        with speaking(language):
            for line in lines(report, reading, own_key=own_key):
                typer.echo(line)
    return report


def _verified(path: Path, jobs: int, shard: tuple[int, int] | None, vkey: str | None) -> Report:
    with progress_of("ballots") as progress:
        if path.is_dir() or path.suffix == ".zip":
            if shard is not None:
                raise typer.BadParameter("only a single archive is divided into parts")
            from voting.record import verify_bundle  # heavy, and not needed for one archive

            found: Report = verify_bundle(path, jobs=jobs, progress=progress, vkey=_key_text(vkey))
            return found
        if vkey is not None:
            raise typer.BadParameter("an archive alone has no log: --vkey is for records")
        return verify_archive(path, jobs=jobs, shard=shard, progress=progress)


def _key_text(vkey: str | None) -> str | None:
    return Path(vkey).read_text() if vkey and Path(vkey).is_file() else vkey


def _keys_of(trust: Policy | None) -> str | None:
    return "".join(f"{key}\n" for key in trust.logs) if trust else None


def _read_record(path: Path) -> Reading:
    from voting.record.reading import read_record

    return read_record(path)


def _witnessed(path: Path, report: Report, trust: Policy) -> None:
    """Have the witnesses of the policy cosigned the log of this record?"""
    from voting.record.layout import add_fault

    with TemporaryDirectory(prefix="mandate-verify-") as scratch, machine():
        for name, folder in _logs(path, Path(scratch)):
            found = verify_log(LogFolder(folder), [], Demands(policy=trust), jobs=1)
            for fault in found.faults:
                add_fault(report, "record.log", f"{name}/{fault.place}", fault.message)


def _logs(path: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    """The folders of the logs in a record; those of a zip are written to `scratch`."""
    if path.is_dir():
        for head in sorted([*path.glob("log/checkpoint"), *path.glob("*/log/checkpoint")]):
            yield head.parent.relative_to(path).as_posix(), head.parent
        return
    from voting.record.layout import SAFE
    from voting.record.verify import overlap, plain

    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if overlap(infos, path.stat().st_size):
            return  # the verifier has said so
        for info in infos:
            parts = info.filename.split("/")
            if "log" in parts[:2] and plain(info) and SAFE.fullmatch(info.filename):
                archive.extract(info, scratch)
    for head in sorted([*scratch.glob("log/checkpoint"), *scratch.glob("*/log/checkpoint")]):
        yield head.parent.relative_to(scratch).as_posix(), head.parent


def _merged(paths: list[Path]) -> Report:
    try:
        return merge([_read(path) for path in paths])
    except (BallotError, OSError) as error:
        ERRORS.print(f"cannot merge: {error}", style="red", markup=False)
        raise typer.Exit(UNREADABLE) from None


def _read(path: Path) -> Json:
    return loads_strict(path.read_bytes().strip(), path.name, max_bytes=MAX_PART)


def _parse_shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6})/([1-9][0-9]{0,5})", text, re.ASCII)
    if match is None or int(match[1]) > int(match[2]):
        raise typer.BadParameter("write the part and the number of parts, as 1/4")
    return int(match[1]), int(match[2])
