"""mandate log: verify, prove and monitor, for anyone. What a site needs is in `log_keeping`."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from audit import keyfiles, policy, timestamps
from audit.entries import PUBLIC
from audit.errors import LogError
from audit.keys import Algorithm, Verifier
from audit.monitor import Monitor
from audit.proving import prove
from audit.sources import open_source
from audit.verifier import Demands, Report, verify
from web.commands.lazy import Lazy, group_of
from web.commands.processes import usable

KEEPING = {
    name: Lazy(f"web.commands.log_keeping:{name}", text, "server")
    for name, text in {
        "rotate": "Change a key: the new one signs beside the old one until --finish.",
        "sequence": "Run the sequencers on their own, for a site that serves from other machines.",
        "export": "Write the files of the logs anew from the database, on a machine that is new to "
        "them.",
        "recover": "After a loss: give a database from an older copy the entries that the files "
        "have.",
        "stamp": "Have the newest checkpoint of the public log stamped with the time by a third "
        "party.",
    }.items()
}

app = typer.Typer(help="The audit log.", no_args_is_help=True, cls=group_of(KEEPING))

INVALID, UNREADABLE = 1, 2
_ERR = Console(stderr=True, highlight=False)

Keys = Annotated[
    list[str], typer.Option("--vkey", help="Verifier key of the log, or a file with one.")
]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="tlog-policy file: logs, witnesses, quorum.")
]
MaxAge = Annotated[
    str, typer.Option(help="Alarm when the newest entry is older, such as 90m, 2h, 3d.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def readable() -> Iterator[None]:
    """What cannot be read ends with status 2 and the reason, not with a trace."""
    try:
        yield
    except (LogError, OSError) as error:
        _ERR.print(str(error), style="red", markup=False)
        raise typer.Exit(UNREADABLE) from None


def read_vkeys(texts: list[str]) -> list[Verifier]:
    found = []
    for text in texts:
        lines = Path(text).read_text() if "+" not in text or Path(text).is_file() else text
        found += [Verifier.parse(line) for line in lines.split("\n") if line]
    return found


def read_policy(path: Path | None) -> policy.Policy | None:
    return policy.parse(path.read_bytes()) if path else None


def parse_age(text: str) -> timedelta | None:
    if not text:
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text, re.ASCII)
    if match is None:
        raise typer.BadParameter("write a number and s, m, h or d, such as 90m")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


@app.command("verify")
def verify_(
    place: Annotated[str, typer.Argument(help="Folder or URL of the log.")],
    vkey: Keys = [],  # noqa: B006 - typer copies it
    policy_file: PolicyFile = None,
    old: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint kept from before; may be repeated.")
    ] = None,
    max_age: MaxAge = "",
    tsa_root: Annotated[
        list[Path] | None, typer.Option(help="PEM file with roots of time-stamp authorities.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check every entry, every tile and the signed head; name the first bad entry."""
    with readable():
        demands = Demands(
            policy=read_policy(policy_file),
            old=[path.read_bytes() for path in old or []],
            max_age=parse_age(max_age),
            stamp_roots=[root for path in tsa_root or [] for root in timestamps.load_roots(path)],
        )
        verifiers = some_keys(vkey, demands.policy)
        source = open_source(place)
        with _bar(as_json) as show:
            report = verify(source, verifiers, demands, jobs=jobs and usable(jobs), progress=show)
    _print_report(report, as_json=as_json)
    raise typer.Exit(0 if report.valid else INVALID)


def some_keys(texts: list[str], trust: policy.Policy | None) -> list[Verifier]:
    verifiers = read_vkeys(texts)
    if not verifiers and not (trust and trust.logs):
        raise LogError("give the key of the log: --vkey KEY, or --policy FILE with a log line")
    return verifiers


class _Bar:
    """A progress bar that appears only when the work takes longer than a second."""

    def __init__(self, *, silent: bool) -> None:
        self._start = time.monotonic()
        self._silent = silent
        self._progress = Progress(
            "verifying", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=_ERR
        )
        self._task = self._progress.add_task("verifying")
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        if not self._shown and not self._silent and time.monotonic() - self._start > 1:
            self._progress.start()
            self._shown = True
        self._progress.update(self._task, completed=done, total=total)

    def close(self) -> None:
        if self._shown:
            self._progress.stop()


@contextmanager
def _bar(silent: bool) -> Iterator[_Bar]:
    bar = _Bar(silent=silent)
    try:
        yield bar
    finally:
        bar.close()


def _print_report(report: Report, *, as_json: bool) -> None:
    if as_json:
        said = {"valid": report.valid, **asdict(report)}
        said["newest"] = report.newest and report.newest.isoformat()
        said["stamps"] = {size: at.isoformat() for size, at in report.stamps.items()}
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    for fault in report.faults:
        where = "" if fault.index is None else f" (from entry {fault.index})"
        typer.echo(f"FAULT {fault.check}: {fault.place}{where}: {fault.message}")
    typer.echo(f"{report.origin or 'unknown log'}: {report.size} entries")
    if report.witnessed is not None:
        typer.echo(f"cosigned by the witnesses up to entry {report.witnessed}")
    for size, at in report.stamps.items():
        typer.echo(f"time-stamped at size {size}: {at.isoformat()}")
    typer.echo("valid" if report.valid else "NOT VALID")


@app.command("prove")
def prove_(
    index: Annotated[int, typer.Argument(help="Index of the entry, from 0.")],
    folder: Annotated[Path | None, typer.Option("--dir", help="Folder of the log.")] = None,
) -> None:
    """Print a proof (tlog-proof) that an entry is in the log; it can be checked offline."""
    with readable():
        text = prove(folder or _own_log(), index)
    sys.stdout.write(text)


def _own_log() -> Path:
    try:
        from web.settings import Settings
    except ModuleNotFoundError:
        raise LogError("say which log: --dir FOLDER (only a server knows its own)") from None
    return Settings().log_dir / PUBLIC


@app.command()
def monitor(
    place: Annotated[str, typer.Argument(help="Folder or URL of the log.")],
    memory: Annotated[Path, typer.Option(help="Folder that remembers the checkpoints seen.")],
    vkey: Keys = [],  # noqa: B006
    policy_file: PolicyFile = None,
    max_age: MaxAge = "",
    every: Annotated[int, typer.Option(min=0, help="Seconds between looks; 0: look once.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Watch a log: alarm on rollback, fork, silence, missing witnesses. Status 1 on an alarm."""
    with readable():
        trust = read_policy(policy_file)
        verifiers = [*some_keys(vkey, trust), *(trust.logs if trust else ())]
        watch = Monitor(open_source(place), verifiers, memory, trust, parse_age(max_age))
        alarmed = False
        while True:
            look = watch.look()
            alarmed = alarmed or bool(look.alarms)
            if as_json:
                newest = look.newest and look.newest.isoformat()
                typer.echo(json.dumps({**asdict(look), "newest": newest}, ensure_ascii=False))
            else:
                typer.echo(f"{look.size} entries, {look.grown} new")
                for alarm in look.alarms:
                    typer.echo(f"ALARM {alarm}")
            if not every:
                raise typer.Exit(INVALID if alarmed else 0)
            time.sleep(every)


@app.command()
def keygen(
    name: Annotated[str, typer.Argument(help="Name of the key, such as witness.example/w1.")],
    out: Annotated[Path, typer.Option(help="File for the private key; must not exist.")],
    kind: Annotated[
        str, typer.Option(help="log, witness (ed25519 with a time) or ml-dsa-44.")
    ] = "witness",
) -> None:
    """Make a key file and print its verifier key."""
    algorithms = {
        "log": Algorithm.ED25519,
        "witness": Algorithm.ED25519_TIMED,
        "ml-dsa-44": Algorithm.MLDSA44_TIMED,
    }
    if kind not in algorithms:
        raise typer.BadParameter("log, witness or ml-dsa-44", param_hint="--kind")
    with readable():
        signer = keyfiles.generate(name, algorithms[kind])
        keyfiles.write_signers(out, [signer], new=True)
    typer.echo(str(signer.verifier))
