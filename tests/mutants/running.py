"""Tests in a child of this process, which has the libraries and not yet the product."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest

LIBRARIES = (
    "sqlalchemy.orm",
    "fastapi.testclient",
    "cryptography",
    "jinja2",
    "hypothesis",
    "psycopg",
)
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist")


def warm() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)


def in_child(work: Callable[[], int], seconds: float, output: Path) -> int | None:
    """The exit code of `work` in a fork of this process; None when it took too long."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with output.open("wb") as sink:
            os.dup2(sink.fileno(), 1)
            os.dup2(sink.fileno(), 2)
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def run(tests: Sequence[str], *plugins: object) -> int:
    return int(pytest.main([*OPTIONS, *tests], plugins=list(plugins)))


# Which test runs which line


class Tracer:
    """A plugin of pytest: the lines of `files` that each test runs, and how long it takes.

    What a fixture runs counts for every test of the file: it may be shared.
    """

    def __init__(self, files: Sequence[str], sink: Path) -> None:
        self.files, self.sink = frozenset(files), sink
        self.lines: dict[str, set[tuple[str, int]]] = {}
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.now = ""

    def _call(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        return self._line if frame.f_code.co_filename in self.files else None

    def _line(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            seen = self.lines.setdefault(self.now, set())
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        yield from self._during(item.nodeid.split("::")[0])

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        yield from self._during(item.nodeid)

    def _during(self, name: str) -> Iterator[None]:
        self.now = name
        started = time.monotonic()
        threading.settrace(self._call)
        sys.settrace(self._call)
        yield
        sys.settrace(None)
        self.seconds[name] = time.monotonic() - started

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        found = {name: sorted(lines) for name, lines in self.lines.items()}
        self.sink.write_text(
            json.dumps({"lines": found, "seconds": self.seconds, "failed": sorted(self.failed)})
        )


# The module with a change in it


class _Loader(importlib.machinery.SourceFileLoader):
    code: CodeType

    def get_code(self, fullname: str) -> CodeType:
        return self.code


class Changed(importlib.abc.MetaPathFinder):
    """Gives this code for a module, whatever its file has."""

    def __init__(self, name: str, file: Path, code: CodeType) -> None:
        self.name, self.file, self.code = name, file, code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        loader = _Loader(fullname, str(self.file))
        loader.code = self.code
        package = self.file.name == "__init__.py"
        return importlib.machinery.ModuleSpec(
            fullname, loader, origin=str(self.file), is_package=package
        )
