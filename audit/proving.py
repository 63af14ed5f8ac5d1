"""Proofs from the files of a log, by whoever has them."""

from __future__ import annotations

from pathlib import Path

from audit.errors import LogError
from audit.folder import LogFolder
from audit.note import Checkpoint, Note
from audit.proofs import make_proof
from audit.tiles import WIDTH, TileName, split_bundle, width_at


def prove(folder: Path, index: int, *, checkpoint: bytes | None = None) -> str:
    """A tlog-proof of entry `index` from the files of a log, under its checkpoint or a given one.

    Raises LogError, also when the entry is not under the checkpoint yet.
    """
    files = LogFolder(folder)
    raw = checkpoint or files.checkpoint()
    if raw is None:
        raise LogError(f"{folder} has no checkpoint")
    size = Checkpoint.parse(Note.parse(raw).text).size
    if not 0 <= index < size:
        raise LogError(f"the log has {size} entries, there is no entry {index} yet")
    bundle = TileName(-1, index // WIDTH, width_at(-1, index // WIDTH, size))
    entry = split_bundle(files.tile(bundle), bundle.width)[index % WIDTH]
    return make_proof(index, entry, raw, size, files.tile).to_text()
