"""A quick look ahead: which ballot is the last of its voter.

Only the last ballot of a credential counts (specification 4.17 "Tallied ballots"), and whether a
ballot is the last is not known when it is read. Instead of keeping ballots in memory, the file is
skimmed once before it is read: headers, and the beginning of each ballot. Nothing is believed that
is found here: the reading proper makes the same list again and compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ballots.archive.format import BLOCK, padding

_CREDENTIAL = re.compile(rb'"credential":"([^"\\]*)"')
_PREFIX = 2048
"""Bytes of a ballot that are looked at; its credential stands in the first 900."""
_TYPE = re.compile(rb'"type":"([^"\\]*)"')


def credential_of(ballot: bytes) -> str:
    """The credential that a ballot says it is of; empty when it does not say."""
    found = _CREDENTIAL.search(ballot, 0, _PREFIX)
    return found[1].decode("ascii", "replace") if found else ""


@dataclass
class Lasts:
    """The number of ballots, the number of the last of each credential, and who has several."""

    ballots: int = 0
    last: dict[str, int] = field(default_factory=dict)
    several: set[str] = field(default_factory=set)

    def add(self, credential: str) -> None:
        """The next ballot is of this credential."""
        if credential in self.last:
            self.several.add(credential)
        self.last[credential] = self.ballots
        self.ballots += 1


def prescan(path: Path) -> Lasts:
    """Skim the archive up to the end of the vote."""
    lasts = Lasts()
    beginning = b""
    with path.open("rb") as stream:
        while len(header := stream.read(BLOCK)) == BLOCK:
            digits = header[124:135]
            if digits.strip(b"01234567"):
                break
            size = int(digits, 8)
            kept = stream.read(min(size, _PREFIX))
            stream.seek(size - len(kept) + padding(size), 1)
            if b".event.json" not in header[:100]:
                beginning = kept
                continue
            found = _TYPE.search(kept)
            kind = found[1] if found else b""
            if kind == b"Ballot":
                lasts.add(credential_of(beginning))
            elif kind in (b"EndBallots", b"EncryptedTally", b"PartialDecryption", b"Result"):
                break
    return lasts
