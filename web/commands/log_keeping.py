"""mandate log, for operators of a site: its keys, its sequencers, its files."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from audit import keyfiles, recovery, rotation, timestamps
from audit.entries import PUBLIC
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keys import Algorithm
from audit.sequencer import Sequencer
from audit.service import LOGS, LogService
from web.commands.log import readable
from web.database.opening import open_database
from web.jobs.stamping import record_stamp
from web.settings import Settings


def rotate(
    key: Annotated[str, typer.Option(help="public, security or receipt.")] = PUBLIC,
    finish: Annotated[bool, typer.Option(help="Retire the old key: the last step.")] = False,
    ml_dsa: Annotated[
        bool, typer.Option("--ml-dsa", help="Add or change the second signature, ML-DSA-44.")
    ] = False,
) -> None:
    """Change a key: the new one signs beside the old one until --finish.

    Restart the site after each step.
    """
    settings = Settings()
    database = open_database(settings)
    keys = settings.keys_dir
    try:
        with readable():
            if finish:
                verifier = rotation.finish(database, keys, key, settings.log_dir)
            else:
                algorithm = Algorithm.MLDSA44_TIMED if ml_dsa else Algorithm.ED25519
                verifier = rotation.rotate(database, keys, key, algorithm)
    finally:
        database.close()
    typer.echo(str(verifier))


def sequence(
    once: Annotated[bool, typer.Option(help="Log what is queued, and end.")] = False,
) -> None:
    """Run the sequencers on their own, for a site that serves from other machines."""
    settings = Settings()
    database = open_database(settings)
    stop = threading.Event()
    try:
        with readable():
            keys = load_keys(settings)
            runners = [
                Sequencer(database, log, keys.of(log), settings.log_dir / log) for log in LOGS
            ]
            for runner in runners:
                runner.drain()
            if not once:
                _run_until_signal(runners, stop)
    finally:
        database.close()


def _run_until_signal(runners: list[Sequencer], stop: threading.Event) -> None:
    failures: list[LogError] = []

    def run(runner: Sequencer) -> None:
        try:
            runner.run_forever(stop)
        except LogError as error:
            failures.append(error)
            stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=run, args=(runner,)) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def export() -> None:
    """Write the files of the logs anew from the database, on a machine that is new to them.

    Compare the checkpoint with the newest one of a witness before you serve from it.
    """
    settings = Settings()
    database = open_database(settings)
    try:
        with readable():
            keys = load_keys(settings)
            for log in LOGS:
                Sequencer(database, log, keys.of(log), settings.log_dir / log).run_once()
                raw = LogFolder(settings.log_dir / log).checkpoint() or b""
                typer.echo(raw.decode(), nl=False)
    finally:
        database.close()


def recover(
    reason: Annotated[str, typer.Option(help="What happened; it is published in the log.")],
) -> None:
    """After a loss: give a database from an older copy the entries that the files have."""
    settings = Settings()
    database = open_database(settings)
    try:
        with readable():
            counts = recovery.recover(database, settings.log_dir, load_keys(settings), reason)
    finally:
        database.close()
    for log, count in counts.items():
        typer.echo(f"{log}: {count} entries recovered")


def stamp(
    url: Annotated[str, typer.Argument(help="Address of a time-stamp authority (RFC 3161).")],
) -> None:
    """Have the newest checkpoint of the public log stamped with the time by a third party."""
    settings = Settings()
    with readable():
        keys = keyfiles.verifiers(load_keys(settings).public)
        folder = LogFolder(settings.log_dir / PUBLIC)
        checkpoint = timestamps.stamp(folder, keys, url)
        database = open_database(settings)
        with database.transaction() as uow:
            record_stamp(uow, folder, checkpoint, url)
        database.close()
    typer.echo(f"stamped at size {checkpoint.size}")


@contextmanager
def open_log() -> Iterator[LogService]:
    """The logs of this deployment, for a command; nothing runs."""
    settings = Settings()
    database = open_database(settings)
    try:
        yield LogService(database, settings.log_dir, load_keys(settings))
    finally:
        database.close()


def load_keys(settings: Settings) -> keyfiles.LogKeys:
    """The keys of this deployment, made on the first use."""
    return keyfiles.load_or_create_keys(settings.keys_dir, settings.log_origin)
