"""Writes tests/vectors/caught.json: which checks stop each invalid archive, and what they hold off.

``speak`` are the checks in the report. ``behind`` speak only when those are off: a second line.
``then`` says what happens without all of them: the archive is ``accepted``; or reading it ends with
this exception, because what it lacks (an answer, a point on the curve) is needed to go on; or it is
``refused``, as no more checks speak but the two readings of the file differ.

``python -m tests.ballots.make_caught`` makes it anew; look at what changes.
"""

from __future__ import annotations

import json
import lzma
import tempfile
from pathlib import Path
from typing import Any

from ballots.verifier import Report, verify
from tests.ballots.archives import VECTORS, manifest
from tests.ballots.forge import without

FILE = VECTORS.parent / "caught.json"
ACCEPTED = "accepted"


def unpacked(name: str, path: Path) -> Path:
    """The archive ``name`` of the corpus, as a file."""
    path.write_bytes(lzma.decompress((VECTORS / "invalid" / name).read_bytes()))
    return path


def names(report: Report) -> set[str]:
    """The checks that speak in a report."""
    return {fault.check for fault in report.faults + report.warnings}


def then(path: Path, off: set[str]) -> tuple[str, set[str]]:
    """What becomes of the archive without these checks, and which others speak."""
    try:
        with without(*off):
            report = verify(path)
    except Exception as error:
        return type(error).__name__, set()
    return ACCEPTED if report.valid else "refused", names(report) - off


def caught(path: Path) -> dict[str, Any]:
    """The record of one archive."""
    speak = names(verify(path))
    behind: set[str] = set()
    while True:
        outcome, more = then(path, speak | behind)
        if not more:
            return {"speak": sorted(speak), "behind": sorted(behind), "then": outcome}
        behind |= more


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.bel"
        record = {
            entry["file"]: caught(unpacked(entry["file"], path)) for entry in manifest("invalid")
        }
    FILE.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
