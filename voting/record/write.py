"""Writing a record: a folder, and the one zip that holds it."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from audit.folder import WITNESSED, LogFolder
from audit.keys import Verifier
from audit.note import MAX_NOTE, Checkpoint, Note
from audit.tiles import tiles_of
from audit.timestamps import FOLDER as STAMPS
from audit.timestamps import stamped_sizes
from voting.record import schema
from voting.record.layout import (
    CHUNK,
    CONTESTS,
    DECLARATION,
    ELECTION,
    LOG,
    LOT,
    MANIFEST,
    PROFILE,
    PUBLIC_KEY,
    README,
    RECEIPT_KEY,
    STATE,
    TERM,
    files_in,
    manifest_of,
)

TEXT = """\
{title_en}
{code}

This folder is the whole public record of an election. With it, and without the organisation that
held the election, anyone can check that every ballot was cast by a voter on the roll, that all were
counted, that the count is right, that the outcome follows from the rules adopted before the vote,
and that the public log says the same.

    mandate verify {path}

The command needs no network and no database. It ends with 0 when everything is right, with 1 when
something is wrong and says where, with 2 when the record cannot be read. The archives (*.bel)
follow the Belenios specification, the log follows the C2SP specifications: programs by others
verify them.

{title_zh}
{code}

本文件夹是一次选举的全部公开记录。任何人凭此记录，不依靠举办选举的组织，即可核验：每张选票都由名册上的
选举人投出，全部选票都已计入，计票正确，结果符合投票前通过的规则，并且与公开日志一致。

    mandate verify {path}

该命令不需要网络和数据库。全部正确时以 0 结束；有错误时以 1 结束并指出位置；
记录无法读取时以 2 结束。
档案（*.bel）遵循 Belenios 规范，日志遵循 C2SP 规范，其他人编写的程序也可以核验。
"""
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: there is nothing to tell


@dataclass(frozen=True)
class ContestFiles:
    """`archive` gives the bytes of the `.bel` anew each time it is called."""

    code: str
    uuid: str
    archive: Iterable[bytes]
    declaration: bytes | None = None
    lot: bytes | None = None


@dataclass(frozen=True)
class Source:
    """What a record is made of; `log` is the folder of the public log, `receipts` the keys that
    it announced for receipts, a line for each."""

    election: schema.Election
    state: schema.State
    profile: bytes
    contests: Iterable[ContestFiles]
    log: Path | None = None
    receipts: bytes = b""
    checkpoint: bytes | None = None  # at which the log is cut; none: as it is


def write_folder(path: Path, source: Source) -> None:
    """Write a record into a folder that does not exist yet."""
    path.mkdir(parents=True)
    (path / ELECTION).write_bytes(source.election.to_bytes())
    (path / STATE).write_bytes(source.state.to_bytes())
    (path / PROFILE).write_bytes(source.profile)
    for contest in source.contests:
        folder = path / CONTESTS / contest.code
        folder.mkdir(parents=True)
        with (folder / f"{contest.uuid}.bel").open("wb") as file:
            file.writelines(contest.archive)
        if contest.declaration is not None:
            (folder / DECLARATION).write_bytes(contest.declaration)
        if contest.lot is not None:
            (folder / LOT).write_bytes(contest.lot)
    if source.log is not None:
        copy_log(source.log, path / LOG, source.checkpoint)
        (path / LOG / RECEIPT_KEY).write_bytes(source.receipts)
    (path / README).write_bytes(readme(source.election))
    (path / MANIFEST).write_bytes(manifest_of(path))


def readme(election: schema.Election) -> bytes:
    return TEXT.format(
        title_zh=election.title_zh,
        title_en=election.title_en,
        code=election.code,
        path=election.code,
    ).encode()


def copy_log(log: Path, to: Path, checkpoint: bytes | None = None) -> None:
    """A public log as it is, or as it was at an earlier checkpoint: the files that it needs, and
    what witnesses and time-stamp authorities have said of it."""
    folder = LogFolder(log)
    to.mkdir(parents=True, exist_ok=True)
    with folder.lock() if (log / "checkpoint").exists() else nullcontext():
        raw = checkpoint or folder.checkpoint()
        if raw is None:
            return
        note = Note.parse(raw)
        size = Checkpoint.parse(note.text).size
        (to / "checkpoint").write_bytes(raw)
        for tile in tiles_of(size):
            path = to / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(folder.tile(tile))
        if (log / PUBLIC_KEY).exists():
            text = (log / PUBLIC_KEY).read_text(encoding="utf-8")
            signed = note.verify([Verifier.parse(line) for line in text.splitlines() if line])
            (to / PUBLIC_KEY).write_text("".join(f"{key}\n" for key in signed), encoding="utf-8")
        for name in _said_of(folder, size):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log / name, to / name)


def _said_of(folder: LogFolder, size: int) -> Iterator[str]:
    witnessed = folder.read(WITNESSED, MAX_NOTE)
    if witnessed is not None and Checkpoint.parse(Note.parse(witnessed).text).size <= size:
        yield WITNESSED
    for stamped in stamped_sizes(folder):
        if stamped <= size:
            yield from (f"{STAMPS}/{stamped}.tsr", f"{STAMPS}/{stamped}.checkpoint")


def write_zip(folder: Path, to: BinaryIO) -> None:
    """The one zip that holds the files of a folder: stored, sorted, without times or rights."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name in files_in(folder):
            info = member(name, (folder / name).stat().st_size)
            with (folder / name).open("rb") as file, archive.open(info, "w") as out:
                while chunk := file.read(CHUNK):
                    out.write(chunk)


def member(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    info.file_size = size
    return info


def write_term(path: Path, term: schema.Term, records: Iterable[tuple[str, Source]]) -> None:
    """A folder with a record for each election of a term, and the chain that joins them."""
    path.mkdir(parents=True)
    (path / TERM).write_bytes(term.to_bytes())
    for code, source in records:
        write_folder(path / code, source)
    (path / MANIFEST).write_bytes(manifest_of(path))


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
