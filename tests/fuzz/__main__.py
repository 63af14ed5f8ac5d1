"""``python -m tests.fuzz --seconds N [TARGET ...]``: N seconds in all, a target at a time."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import names

FOLDER = Path("var/fuzz")
"""Corpora of earlier runs, so that a long run goes on where the last one stopped."""


def main() -> int:
    """Run the fuzzers; 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(names()))
    arguments = parser.parse_args()
    chosen = arguments.targets or names()
    if unknown := set(chosen) - set(names()):
        parser.error(f"unknown targets: {', '.join(sorted(unknown))}")
    found = []
    for name in chosen:
        sys.stdout.write(f"{name}: {arguments.seconds // len(chosen)} seconds\n")
        sys.stdout.flush()
        if run(name, max(1, arguments.seconds // len(chosen)), FOLDER / name).returncode:
            found.append(name)
            sys.stdout.write(log_of(FOLDER / name).read_text(errors="replace")[-3000:])
    sys.stdout.write(f"found: {', '.join(found)} (see {FOLDER})\n" if found else "nothing found\n")
    return 1 if found else 0


def run(name: str, seconds: int, folder: Path) -> subprocess.CompletedProcess[str]:
    """One fuzzer in its own process; what it says goes to a file beside ``folder``."""
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(seconds), str(folder)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with log_of(folder).open("w") as log:
        return subprocess.run(command, stdout=log, stderr=log, text=True, check=False)


def log_of(folder: Path) -> Path:
    """Where a fuzzer with this corpus says what it found."""
    return folder.with_name(f"{folder.name}.log")


if __name__ == "__main__":
    sys.exit(main())
