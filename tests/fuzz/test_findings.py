"""What fuzzing found, as the smallest input: it is refused now, in words and at once."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest

from audit.note import Note
from audit.policy import parse as parse_policy
from audit.verifier import verify
from tests.fuzz.targets import room
from tests.fuzz.targets.log import ENTRIES, HEAD, KEYS, WITNESSES, Files
from tests.fuzz.targets.rolls import CANDIDATES, PARTS, PLACES
from voting.registry.importing import checks, reading
from voting.registry.importing.problems import UnreadableError

BIG = "9" * 5000  # more digits than Python converts
LONG_LINE = Note.parse(HEAD).signatures[1].line
FINDINGS = {
    "a key whose name is no text": ("log.keys", b"\xd3+00000000+AQ=="),
    "a policy with a name that is no text": ("log.policy", b"log \xd3+00000000+AQ==\n"),
    "a tree too large for ML-DSA-44": ("log.note", f"a\n{BIG}\nAA==\n\n{LONG_LINE}".encode()),
    "digits of another script": ("log.note", f"a\n٣\nAA==\n\n{LONG_LINE}".encode()),
    "a tile whose number is too long": ("log.tiles", b"tile/0/" + b"x001/" * 2000 + b"001"),
    "a heading that is not closed": ("rolls.candidates", b'"a"b,c\n'),
    "a heading that is too long": ("rolls.candidates", b"a" * 200_000),
    "a place on the ballot that is too long": (
        "rolls.candidates",
        CANDIDATES.replace(",1,", f",{BIG},").encode(),
    ),
    "a number of seats that is too long": (
        "rolls.places",
        PLACES.replace(b",3\n", f",{BIG}\n".encode()),
    ),
}


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_finding_is_refused(finding: str) -> None:
    name, raw = FINDINGS[finding]
    place, _, target = name.partition(".")
    begun = time.process_time()
    with pytest.raises(room(place).REFUSALS) as refusal:
        room(place).TARGETS[target].parse(raw)
        raise room(place).REFUSALS[0]("nothing was wrong with it")
    assert str(refusal.value)
    assert time.process_time() - begun < 1


def test_a_log_whose_newest_entry_has_no_time() -> None:
    """Its operator signed it, so nothing else is wrong with it."""
    entry = ENTRIES[0].replace(b"2026-01-01T", b"2026-99-99T")
    faults = verify(Files([entry]), KEYS, jobs=1).faults
    assert [fault.check for fault in faults] == ["entries"]


def test_groups_of_groups_of_groups() -> None:
    lines = [f"witness w0 {WITNESSES[0].verifier}", "group g0 any w0"]
    for n in range(1, 5000):
        lines.append(f"group g{n} any g{n - 1}")
    policy = parse_policy("\n".join((*lines, "quorum g4999", "")).encode())
    assert policy.quorum_reached(policy.cosigners)
    assert not policy.quorum_reached([])


def workbook(cells: str, texts: str) -> bytes:
    """A small file."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts = {
        **PARTS,
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{cells}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {main}>{texts}</sst>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


SHARED = '<c t="s"><v>0</v></c>'
BOMBS = {
    "a long text in very many cells": (f"<row>{SHARED * 150}</row>", "x" * 1_000_000),
    "a number of a text with a sign": (
        f"<row>{SHARED.replace('0', '+0') * 150}</row>",
        "x" * 1_000_000,
    ),
    "cells far apart": ('<row><c r="A1"/></row><row><c r="GR300000"><v>1</v></c></row>', "x"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_workbook_that_would_fill_the_memory(bomb: str) -> None:
    cells, text = BOMBS[bomb]
    raw = workbook(cells, f"<si><r><t>{text}</t></r></si>")
    assert len(raw) < 10_000
    tracemalloc.start()
    with pytest.raises(UnreadableError):
        reading.read(raw, checks.ROLL)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
