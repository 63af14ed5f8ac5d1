"""All measurements in turn, or those that are named.

    python -m bench [scalars] [verify] [log] [roll] [district] [browser] [--scale 0.02]

Each runs in a process of its own, as `python -m bench.NAME` does; see docs/performance.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from bench import machine

BENCHES = {
    "scalars": "scalar multiplications of a ballot, against those it needs",
    "verify": "an archive verified on one core and on two",
    "log": "entries of the audit log appended, published, verified",
    "roll": "60,000 members imported",
    "district": "a whole direct election of the district, on both databases",
    "browser": "a ballot encrypted in Chromium",
}


def scaled(name: str, scale: float) -> list[str]:
    if scale == 1:
        return []
    if name == "district":
        return ["--scale", str(scale)]
    if name == "log":
        entries, export = round(50_000 * scale), round(1_000_000 * scale)
        return ["--entries", str(max(entries, 2000)), "--export", str(max(export, 2000))]
    return []  # the others take a minute or two as they are


def main() -> int:
    listed = "\n".join(f"  {name:10}{what}" for name, what in BENCHES.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=f"What docs/performance.md promises, measured here.\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones; without: all")
    help_scale = "how much of the district and of the log; 0.02 to see that all of it runs"
    parser.add_argument("--scale", type=float, default=1.0, help=help_scale)
    given = parser.parse_args()
    names = given.names or list(BENCHES)
    if unknown := sorted(set(names) - BENCHES.keys()):
        parser.error(f"there is no bench {', '.join(unknown)}")
    print(machine.describe(), flush=True)
    failed = []
    for name in names:
        print(f"\n=== {name}: {BENCHES[name]}", flush=True)
        start = time.perf_counter()
        command = [sys.executable, "-m", f"bench.{name}", *scaled(name, given.scale)]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
        print(f"--- {name}: {time.perf_counter() - start:.0f} s", flush=True)
    if failed:
        print(f"\nmissed or failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
