"""Is the virtual environment the one that pyproject.toml describes?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def missing() -> list[str]:
    """What tests need and is not installed; versions are not compared."""
    told = tomllib.loads(PROJECT.read_text())
    project = told["project"]
    needs = [project["name"], *project["dependencies"], *project["optional-dependencies"]["server"]]
    return sorted(_absent(re.match(r"[\w.-]+", need)[0] for need in needs if ";" not in need))  # type: ignore[index]


def _absent(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            yield name
