"""Writing a record: a folder, and the one zip that holds it."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from audit.folder import LogFolder
from voting.record.layout import (
    CHUNK,
    CONTESTS,
    DECLARATION,
    ELECTION,
    LOG,
    LOT,
    MANIFEST,
    PROFILE,
    README,
    TERM,
    Json,
    canonical,
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
    """What a record is made of; `log` is the folder of the public log, `more` extra log files."""

    election: Json
    profile: bytes
    contests: Iterable[ContestFiles]
    log: Path | None = None
    more: dict[str, bytes] = field(default_factory=dict)


def write_folder(path: Path, source: Source) -> None:
    """Write a record into a folder that does not exist yet."""
    path.mkdir(parents=True)
    (path / ELECTION).write_bytes(canonical(source.election))
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
        copy_log(source.log, path / LOG)
    for name, content in source.more.items():
        (path / LOG / name).write_bytes(content)
    (path / README).write_text(_readme(source.election), encoding="utf-8", newline="\n")
    (path / MANIFEST).write_bytes(manifest_of(path))


def _readme(election: Json) -> str:
    return TEXT.format(
        title_zh=election["title_zh"],
        title_en=election["title_en"],
        code=election["code"],
        path=election["code"],
    )


def copy_log(log: Path, to: Path) -> None:
    """The files of a public log as they are between two checkpoints."""
    writer = LogFolder(log)
    with writer.lock() if (log / "checkpoint").exists() else nullcontext():
        for name in files_in(log):
            if name.split("/")[-1].startswith("."):
                continue
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log / name, to / name)


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


def write_term(path: Path, term: Json, records: Iterable[tuple[str, Source]]) -> None:
    """A folder with a record for each election of a term, and the chain that joins them."""
    path.mkdir(parents=True)
    (path / TERM).write_bytes(canonical(term))
    for code, source in records:
        write_folder(path / code, source)
    (path / MANIFEST).write_bytes(manifest_of(path))


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
