"""What the documents point at exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("command", ["make demo", "make test", "mandate verify"])
def test_the_readme_names_its_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


_PATH = re.compile(
    r"`((?:ballots|audit|voting|accountability|web|migrations)/[\w./-]*)`(?: \(`(\w+)`)?"
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_every_place_in_the_code_is_there(path: Path) -> None:
    for place, name in _PATH.findall(path.read_text(encoding="utf-8")):
        if "notices" in place:  # the page that CONTRIBUTING adds
            continue
        found = ROOT / place
        assert found.exists(), f"{path.name} names {place}"
        if name and found.is_file():
            assert f"def {name}(" in found.read_text(encoding="utf-8"), f"{place} has no {name}"
