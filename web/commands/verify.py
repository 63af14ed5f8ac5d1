"""mandate verify: an archive, a published record, or parts verified on several machines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ballots import BallotError
from ballots.encoding import Json, dumps, loads_strict
from ballots.verifier import UNREADABLE, Report, merge
from ballots.verifier import verify as verify_archive
from web.commands.progress import ERRORS, progress_of
from web.texts.i18n import speaking
from web.texts.verdicts import language_of, lines

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

    Ends with 0 when valid, 1 when invalid, 2 when unreadable.
    """
    if paths[0] == MERGE and len(paths) > 1:
        report = _merged([Path(name) for name in paths[1:]])
    elif len(paths) != 1:
        raise typer.BadParameter("verify one archive or record at a time")
    else:
        report = _verified(Path(paths[0]), jobs, _parse_shard(shard), vkey)
    if as_json:
        typer.echo(dumps(report.to_json()).decode())
    else:
        with speaking(language_of(language)):
            for line in lines(report):
                typer.echo(line)
    raise typer.Exit(report.exit_code)


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
