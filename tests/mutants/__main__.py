"""Change one operator, limit, guard or line at a time; list the changes that no test notices.

    python -m tests.mutants voting/casting.py [web/http/csrf.py ...] [--seconds 60]

`make mutants MODULES="..."` does the same. For each change, of the tests of the module, those run
that run the changed line, the quickest first, until one fails. What a kept tool (cosmic-ray,
mutmut) lacks is just this: an interpreter for each change and every test would take days here.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.mutants.changes import Change, changes
from tests.mutants.running import Changed, Tracer, in_child, run, warm
from tests.postgres import find_or_start

ROOT = Path(__file__).parents[2]
# The tests of a module: its namesake `test_<name>.py`, and these; with neither, the whole room.
MORE = {
    "voting/casting.py": ["attacks/test_01_ballot_box.py"],
    "voting/lifecycle.py": [
        "voting/test_schedule.py",
        "voting/test_cancelled.py",
        "voting/test_ways.py",
    ],
    "audit/sequencer.py": [
        "audit/test_sequencer.py",
        "audit/test_operation.py",
        "audit/test_startup.py",
        "audit/test_unit_of_work.py",
    ],
    "web/http/csrf.py": ["attacks/test_16_requests.py", "web/test_pages.py", "web/test_rooms.py"],
    "web/identity/throttle.py": ["attacks/test_17_signing_in.py", "attacks/test_26_throttle.py"],
    "web/identity/sign_in.py": ["attacks/test_17_signing_in.py", "web/test_accounts.py"],
}
SLOW = ["--deselect", "tests/audit/test_kills.py", "--deselect", "tests/audit/test_slow_servers.py"]


class Module:
    def __init__(self, path: str) -> None:
        self.path, self.file = path, ROOT / path
        self.name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        room = f"tests/{path.split('/')[0]}"
        own = sorted((ROOT / room).rglob(f"test_{self.file.stem}.py"))
        more = [ROOT / "tests" / name for name in MORE.get(path, [])]
        found = [str(test.relative_to(ROOT)) for test in (*own, *more) if test.exists()]
        self.tests = found or [room]
        self.lines: dict[str, set[int]] = {}
        self.seconds: dict[str, float] = {}

    def trace(self, scratch: Path) -> None:
        """Run the tests once, unchanged."""
        sink = scratch / "lines.json"
        tracer = Tracer([str(self.file)], sink)
        output = scratch / "output"
        in_child(lambda: run([*self.tests, *SLOW], tracer), 3600, output)
        found = json.loads(sink.read_text())
        for name in found["failed"]:
            print(f"{name} fails without a change and is left out", flush=True)  # noqa: T201
        self.seconds = {
            name: seconds
            for name, seconds in found["seconds"].items()
            if name not in found["failed"]
        }
        self.lines = {name: {line for _, line in lines} for name, lines in found["lines"].items()}

    def tests_of(self, change: Change) -> list[str]:
        """Those that run a line of the change; of an import, all. The quickest first."""
        wanted = set(range(change.line, change.end + 1))
        found = []
        for name in self.seconds:
            lines = self.lines.get(name, set()) | self.lines.get(name.split("::")[0], set())
            if "::" in name and (not change.inside or not wanted.isdisjoint(lines)):
                found.append(name)
        return sorted(found, key=lambda name: self.seconds[name])

    def within(self, tests: list[str], seconds: float) -> list[str]:
        """The quickest that take so long together, and one at least."""
        chosen, left = tests[:1], seconds
        for name in tests[1:]:
            left -= self.seconds[name]
            if left < 0:
                break
            chosen.append(name)
        return chosen

    def noticed(self, change: Change, tests: list[str], scratch: Path) -> bool:
        """Whether one of them fails, or does not come to its end."""
        code = compile(change.tree, str(self.file), "exec", dont_inherit=True)

        def work() -> int:
            sys.meta_path.insert(0, Changed(self.name, self.file, code))
            return run(["-x", *tests])

        enough = 60 + 5 * sum(self.seconds[name] for name in tests)
        return in_child(work, enough, scratch / "output") != 0


def examine(module: Module, seconds: float, scratch: Path) -> tuple[int, list[str]]:
    """-> how many changes, and those that no test noticed"""
    module.trace(scratch)
    count, silent = 0, []
    for change in changes(module.file.read_text()):
        count += 1
        every = module.tests_of(change)
        tests = module.within(every, seconds)
        if tests and module.noticed(change, tests, scratch):
            continue
        why = f"; {len(tests)} of {len(every)} tests ran" if tests else "; no test runs it"
        silent.append(f"{module.path}:{change.line}: {change.what}{why}")
        print(silent[-1], flush=True)  # noqa: T201 - a command prints what it finds
    return count, silent


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.mutants")
    options.add_argument("modules", nargs="+", help="such as voting/casting.py")
    options.add_argument(
        "--seconds", type=float, default=60, help="of tests for one change, the quickest first"
    )
    chosen = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the database server is stopped
    warm()
    with tempfile.TemporaryDirectory(prefix="mandate-mutants-") as folder:
        Path(folder).chmod(0o755)
        database = Path(folder) / "postgres"
        database.mkdir()
        server = find_or_start(database)
        try:
            os.environ["TEST_DATABASE_URL"] = server.admin_url
            for path in chosen.modules:
                count, silent = examine(Module(path), chosen.seconds, Path(folder))
                print(f"{path}: {count} changes, {len(silent)} noticed by no test", flush=True)  # noqa: T201
        finally:
            server.stop()


if __name__ == "__main__":
    main()
