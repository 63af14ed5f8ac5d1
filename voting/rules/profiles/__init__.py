"""The profiles that are shipped, as JSON files beside this one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from audit.errors import NotFound
from voting.rules.schema import Profile, parse

_FOLDER = Path(__file__).parent


def ids() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


@cache
def load(profile_id: str) -> Profile:
    if profile_id not in ids():
        raise NotFound("There is no rule profile %(id)s.", id=profile_id)
    return parse((_FOLDER / f"{profile_id}.json").read_bytes())
