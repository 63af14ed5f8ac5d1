"""Days as options: 2026-10-31, and nothing else."""

from __future__ import annotations

import re
from datetime import date

import typer

FORM = "YYYY-MM-DD"


def day(text: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"{text} is not a day. Write it as 2026-10-31.")
