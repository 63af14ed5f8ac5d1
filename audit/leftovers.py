"""The other files in the folder of a log: none may say anything else than the log itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from audit.errors import LogError
from audit.folder import LogFolder, cut_tile, read_tile
from audit.keys import Verifier
from audit.tiles import MAX_BUNDLE, TileName, width_at

Found = tuple[str, str, int | None]  # place, message, index


def check_leftovers(folder: LogFolder, size: int, verifiers: Sequence[Verifier]) -> Iterator[Found]:
    """Partial tiles of earlier sizes must begin the tiles of now; keys must be the keys."""
    for path in sorted(folder.path.glob("*.vkey")):
        try:
            _check_keys(path, verifiers)
        except LogError as error:
            yield path.name, str(error), None
    for path in _files(folder.path / "tile"):
        relative = path.relative_to(folder.path).as_posix()
        try:
            yield from _check_tile(folder, TileName.parse(relative), size)
        except LogError as error:
            yield relative, str(error), None


def _check_keys(path: Path, verifiers: Sequence[Verifier]) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace").removesuffix("\n").split("\n")
    keys = [Verifier.parse(line) for line in lines]
    names = {verifier.name for verifier in verifiers}
    own = [key for key in keys if key.name in names]
    if own and not any(key in verifiers for key in own):
        raise LogError("is not the key that was given")


def _check_tile(folder: LogFolder, name: TileName, size: int) -> Iterator[Found]:
    width = width_at(name.level, name.index, size)
    if name.width == width or width < name.width:
        return  # verified with the log, or written for a checkpoint that is not published yet
    raw = folder.read(name.path, MAX_BUNDLE) or b""
    whole = read_tile(folder, TileName(name.level, name.index, width))
    if raw != cut_tile(whole, name, width):
        yield name.path, "does not begin the tile of now", None


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            yield Path(place) / name
