"""The archives of tests/vectors before both programs: each row of ``differences`` is needed."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.ballots.archives import VECTORS
from tests.interop.differences import STRICTER, WARNED, causes, unexplained
from tests.interop.differential import judge
from tests.interop.tool import Tool

OWN = Path(__file__).parents[1] / "vectors" / "belenios-3.3"
LARGE = 3_000_000
"""Bytes. Larger archives say nothing more and take minutes."""


def manifest() -> list[dict[str, Any]]:
    """The archives that came from this comparison."""
    found: list[dict[str, Any]] = json.loads((OWN / "manifest.json").read_bytes())
    return found


def unpacked(path: Path) -> bytes:
    raw = path.read_bytes()
    return lzma.decompress(raw) if path.suffix == ".xz" else raw


def archives() -> Iterator[tuple[str, bytes]]:
    """Name and content of all archives, those with faults and those without."""
    for path in sorted([*VECTORS.glob("*/*.bel*"), *OWN.glob("*.bel.xz")]):
        raw = unpacked(path)
        if len(raw) < LARGE:
            yield path.name, raw


def differences(tool: Tool) -> list[str]:
    """Differences that the tables do not explain, and rows that no archive needs."""
    problems = []
    needed: set[str] = set()
    for name, raw in archives():
        verdicts = judge(tool, raw)
        problem = unexplained(verdicts)
        if problem:
            problems.append(f"{name}: {problem}")
        if verdicts.only_ours_refuses:
            needed |= {fault.check for fault in causes(verdicts.ours)}
        if verdicts.only_theirs_refuses:
            needed |= {warning.check for warning in verdicts.ours.warnings} & WARNED.keys()
    idle = sorted({*STRICTER, *WARNED} - needed)
    return problems + [f"{check}: no archive shows this difference" for check in idle]
