"""mandate receipt: check what the server signed for a ballot."""

from __future__ import annotations

import glob
import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

import typer

from audit.errors import LogError
from audit.proofs import Proof
from audit.receipts import Receipt, verify_receipt, verify_recorded
from audit.transport import DamagedError
from ballots.archive import UnreadableError
from voting.record.events import events_of
from voting.record.verify import overlap, plain
from web.commands.archive import judged
from web.commands.log import (
    INVALID,
    UNREADABLE,
    AsJson,
    PolicyFile,
    read_policy,
    read_vkeys,
    readable,
)

app = typer.Typer(help="Receipts for ballots.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """So that `verify` keeps its name though it is the only command."""


@app.command()
def verify(
    receipt: Annotated[Path, typer.Argument(help="The receipt.")],
    vkey: Annotated[
        list[str], typer.Option(help="Verifier keys of receipts and of the log, or files.")
    ],
    proof: Annotated[
        Path | None, typer.Option(help="A .tlog-proof of the ballot's entry in the log.")
    ] = None,
    policy_file: PolicyFile = None,
    record: Annotated[
        Path | None,
        typer.Option(help="A published record (folder or zip) or an archive: is the ballot in it?"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a receipt: did the server sign it? Status 1: not so; 2: it is not whole.

    It may be a mail with the receipt in it: quote marks, other line ends, finer dashes and what
    else happens on the way are undone before the signature is checked.
    With --proof also that the log has what it promises, with --record that the published record
    has it. A receipt that is signed for a ballot that the record of a finished vote does not have
    is the evidence that the server dropped the ballot.
    """
    with readable():
        keys = read_vkeys(vkey)
        raw = receipt.read_bytes()
        evidence = proof.read_bytes() if proof else None
        trust = read_policy(policy_file)
    said: dict[str, object] = {"valid": False, "index": None}
    with judged():
        try:
            found = verify_receipt(raw, keys)
            said |= {"contest": found.contest, "tracker": found.tracker, "event": found.event}
            if evidence is not None:
                said["index"] = verify_recorded(found, Proof.parse(evidence), keys, trust)
            if record is not None:
                said["height"] = height_in(record, found)
            said["valid"] = True
        except LogError as error:
            said["fault"] = str(error)
            if isinstance(error, DamagedError):
                said["damaged"] = True
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        for name, value in said.items():
            if value is not None:
                typer.echo(f"{name}: {value}")
    raise typer.Exit(0 if said["valid"] else UNREADABLE if "damaged" in said else INVALID)


def height_in(record: Path, receipt: Receipt) -> int:
    """At which place of the contest's archive the ballot is. Raises LogError when it is nowhere."""
    with tempfile.TemporaryDirectory(prefix="mandate-receipt-") as scratch:
        archive = events_of(_archive(record, receipt.contest, Path(scratch)))
    if archive.uuid != receipt.contest:
        raise LogError(f"the archive is of contest {archive.uuid[:80]}, not of the receipt's")
    place = archive.ballots.get(receipt.tracker)
    if place is None:
        when = "voting has ended" if archive.ended else "voting goes on, ask for a newer record"
        raise LogError(f"the record does not have this ballot ({when})")
    if archive.events[place][1] != receipt.event:
        raise LogError(
            f"the record has this ballot as event {place} of another chain than the receipt says: "
            "something before it was removed, inserted or exchanged",
        )
    return place


def _archive(record: Path, uuid: str, scratch: Path) -> Path:
    """The archive of the contest: the file itself, or within a folder or a zip."""
    name = f"{uuid}.bel"
    if record.is_dir():
        found = sorted(record.glob(f"**/{glob.escape(name)}"))
    elif record.suffix == ".zip":
        found = _unpack(record, name, scratch)
    else:
        return record
    if len(found) != 1:
        raise LogError(f"the record has {len(found)} archives of contest {uuid[:80]}")
    return found[0]


def _unpack(record: Path, name: str, scratch: Path) -> list[Path]:
    found: list[Path] = []
    try:
        with zipfile.ZipFile(record) as file:
            trouble = overlap(file.infolist(), record.stat().st_size)
            if trouble:
                raise UnreadableError(record.name, trouble)
            for info in file.infolist():
                # stored as records are, so that no more comes out than is there
                if info.filename.split("/")[-1] == name and plain(info):
                    found.append(scratch / f"{len(found)}.bel")
                    with file.open(info) as source, found[-1].open("wb") as out:
                        shutil.copyfileobj(source, out)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableError(record.name, f"is no zip that can be read: {error}") from error
    return found
