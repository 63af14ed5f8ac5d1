"""What must hold of every election that was held, whoever held it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from ballots.archive import Reader, Writer, diff, steps
from ballots.verifier import verify
from tests.interop.elections import Held, normal
from tests.interop.tool import Tool, folder


def check(tool: Tool, held: Held) -> int:
    """Both programs accept it, whole and stopped after each event, with the result that was voted.

    Gives the number of archives that were compared.
    """
    with folder() as where:
        path = where / "archive.bel"
        path.write_bytes(held.archive)
        report = verify(path)
        assert (report.faults, report.warnings) == ([], [])
        assert normal(report.results, held.plan) == held.plan.expected()
        assert tool.refusal(held.archive) == ""
        assert written_again(held.archive, where / "again.bel") == held.archive
        *stopped, whole = prefixes(held.archive)
        assert whole == held.archive
        for archive in stopped:
            path.write_bytes(archive)
            report = verify(path)
            assert (report.faults, report.in_progress) == ([], True)
            assert {warning.check for warning in report.warnings} == {"chain.unfinished"}
        assert all(tool.refusal(archive) == "" for archive in stopped)
        _extends(tool, where, stopped[0], whole)
    return 1 + len(stopped)


def prefixes(archive: bytes) -> Iterator[bytes]:
    """The archive as it was after each event."""
    for record in Reader(io.BytesIO(archive)):
        if record.is_event:
            yield archive[: record.end]


def written_again(archive: bytes, path: Path) -> bytes:
    """The same archive, read and written with our code."""
    path.unlink(missing_ok=True)
    reader = Reader(io.BytesIO(archive))
    read = list(steps(reader))
    with Writer(path, reader.timestamp) as writer:
        for step in read:
            for record in step.data:
                writer.data(record.body)
            writer.event(step.event.type, step.event.payload)
    return path.read_bytes()


def _extends(tool: Tool, where: Path, before: bytes, after: bytes) -> None:
    """Both say that the later archive only extends the earlier one."""
    old, new = where / "old", where / "new"
    for place, archive in ((old, before), (new, after)):
        place.mkdir()
        (place / "archive.bel").write_bytes(archive)
    diff(old / "archive.bel", new / "archive.bel")
    tool("election", "verify-diff", "--dir1", old, "--dir2", new, where=where)
