"""The browser's modules, called from Python through Node."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FRONTEND = Path(__file__).parents[2] / "web" / "frontend"


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def node() -> str:
    """Node of the system, or the one that the project installs where there is none."""
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    assert found, "Node is missing: run make setup"
    return found


def build() -> None:
    """What the tests import; the same sources as the bundle of the pages."""
    subprocess.run([node(), "build.mjs", "--test"], cwd=FRONTEND, check=True)


class Bridge:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [node(), "test/bridge.mjs"],
            cwd=FRONTEND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, act: str, **request: Any) -> Any:
        """The answer; `{"refused": why}` where the modules raise a BallotError."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"act": act, **request}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the bridge died"
        return json.loads(line)

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
