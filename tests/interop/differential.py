"""Both programs about one archive, and where they may differ."""

from __future__ import annotations

from dataclasses import dataclass

from ballots.verifier import Fault, Report, verify
from tests.interop.tool import Tool, folder


@dataclass(frozen=True)
class Verdicts:
    """What each says: belenios-tool in its words, empty when it accepts; Mandate in a report."""

    theirs: str
    ours: Report

    @property
    def kind(self) -> str:
        """A few words that equal verdicts share."""
        if self.only_theirs_refuses:
            return f"belenios-tool only refuses, Mandate warns: {_names(self.ours.warnings)}"
        if self.only_ours_refuses:
            return f"Mandate only refuses: {_names(self.ours.faults)}"
        return "both refuse" if self.theirs else "both accept"

    @property
    def only_theirs_refuses(self) -> bool:
        return bool(self.theirs) and self.ours.valid

    @property
    def only_ours_refuses(self) -> bool:
        return not self.theirs and not self.ours.valid


def _names(faults: list[Fault]) -> str:
    return ", ".join(sorted({fault.check for fault in faults}))


def judge(tool: Tool, archive: bytes) -> Verdicts:
    """Ask both."""
    with folder() as where:
        path = where / "archive.bel"
        path.write_bytes(archive)
        report = verify(path)
    return Verdicts(tool.refusal(archive), report)
