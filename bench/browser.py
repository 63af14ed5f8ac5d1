"""What a voter's browser computes: a ballot of 10 candidates with blank, in Chromium.

    python -m bench.browser [--rounds 9]

Prints the median time to encrypt and sign, as it is and with the processor slowed down four times
(Chrome DevTools Protocol, Emulation.setCPUThrottlingRate), with the tables made beforehand as the
booth makes them while the voter reads, and with everything from the start; and how long the page
itself was blocked while its worker computed. Targets: 150 ms, and 600 ms slowed down.
"""

from __future__ import annotations

import argparse
import functools
import platform
import statistics
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from ballots import credentials, election, trustees
from ballots.group import get_group
from ballots.questions import HomomorphicQuestion
from tests.frontend.bridge import FRONTEND, build
from tests.frontend.live import ARGUMENTS, CHROMIUM

CANDIDATES, SEATS = 10, 3
PLAIN, SLOW = 150, 600  # milliseconds
UUID = "BrowserBench17"

# one line: [tables in ms, ballot in ms]; a new group of tables each time, since the key is new
ENCRYPT = """async ([paper, secret, choices]) => {
  const { mandate } = window;
  const raw = new TextEncoder().encode(paper);
  const start = performance.now();
  const election = mandate.election.Election.parse(raw);
  election.precompute();
  const ready = performance.now();
  mandate.ballot.encryptOpened(election, secret, choices);
  return [ready - start, performance.now() - ready];
}"""

# the worker of the booth, and the longest pause of the page meanwhile
IN_WORKER = """async ([paper, secret, choices]) => {
  const worker = new Worker("/static/bundle/booth-worker.js", { type: "module" });
  const election = new TextEncoder().encode(paper);
  worker.postMessage({ kind: "prepare", election });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  let last = performance.now(), longest = 0, progress = 0;
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 4);
  const start = performance.now();
  const failed = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      if (data.kind === "progress") progress += 1;
      else resolve(data.kind === "encrypted" ? "" : data.reason);
    };
    worker.postMessage({ kind: "encrypt", secret, choices });
  });
  clearInterval(timer);
  worker.terminate();
  if (failed) throw new Error(failed);
  return [performance.now() - start, longest, progress];
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """A bench prints its table only."""


def serve() -> ThreadingHTTPServer:
    handler = functools.partial(Quiet, directory=str(FRONTEND.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def ballot_of_ten() -> list[Any]:
    group = get_group("Ed25519")
    private, _ = trustees.generate_single(group)
    names = tuple(f"Candidate {n}" for n in range(CANDIDATES))
    paper = election.build(
        uuid=UUID,
        name="Bench",
        description="",
        group=group,
        public_key=trustees.public_key(group, private),
        questions=[HomomorphicQuestion("Committee", names, True, 1, SEATS)],
    )
    choices = [[0] + [1] * SEATS + [0] * (CANDIDATES - SEATS)]
    return [paper.raw.decode(), credentials.generate(), choices]


def measure(page: Page, rounds: int, script: str) -> list[list[float]]:
    """One list of medians' inputs a column; the first round warms up and is not counted."""
    found = [page.evaluate(script, ballot_of_ten()) for _ in range(rounds + 1)][1:]
    return [list(column) for column in zip(*found, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    build()
    server = serve()
    base = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(f"{base}/frontend/package.json")
        page.evaluate(
            "async () => { window.mandate = await import('/frontend/test/build/mandate.js') }"
        )
        print(f"Chromium {browser.version} on {platform.machine()}, {_processor()}")
        print(f"{CANDIDATES} candidates, blank, up to {SEATS}; median of {rounds}, milliseconds\n")
        print(f"{'processor':>12} {'tables':>8} {'ballot':>8} {'both':>8} {'target':>8}")
        session = page.context.new_cdp_session(page)
        for rate, target in ((1, PLAIN), (4, SLOW)):
            session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
            tables, ballots = measure(page, rounds, ENCRYPT)
            both = [a + b for a, b in zip(tables, ballots, strict=True)]
            cells = [statistics.median(column) for column in (tables, ballots, both)]
            name = "as it is" if rate == 1 else f"{rate}x slower"
            print(f"{name:>12} " + " ".join(f"{cell:8.0f}" for cell in cells) + f" {target:8}")
        session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        times, pauses, steps = measure(page, min(rounds, 3), IN_WORKER)
        print(
            f"\nin the booth's worker: {statistics.median(times):.0f} ms, "
            f"the page's longest pause {max(pauses):.0f} ms, "
            f"progress shown {statistics.median(steps):.0f} times"
        )
        browser.close()
    server.shutdown()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


if __name__ == "__main__":
    main()
