"""The sign-ins of the demonstration, kept in its data folder for the page that shows the codes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pyotp

SIGN_INS = "sign-ins.json"
PASSWORD = "willow-creek-lantern"  # noqa: S105 - shown on purpose: nobody real is here


@dataclass(frozen=True)
class SignIn:
    role: str
    login: str
    totp: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)

    def code(self, now: datetime) -> str:
        return pyotp.TOTP(self.totp).at(now)


def load(folder: Path) -> list[SignIn]:
    """Nothing when this is no demonstration."""
    file = folder / SIGN_INS
    if not file.exists():
        return []
    return [SignIn(**row) for row in json.loads(file.read_text())]
