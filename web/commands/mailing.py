"""The letters of `mandate credentials issue --mail`, with a report that says of each what became
of it. The report is written line by line, so that a run that is broken off can be taken up."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import track

from audit.errors import Invalid
from web.mail.credential_letters import letter
from web.mail.mailer import Later, Refused, Transport, Unreachable, make_transport
from web.settings import Settings

FIELDS = ("member_no", "state", "reason")
SENT, NOT_SENT, NO_ADDRESS = "sent", "not sent", "no address"
PAUSE = 2.0  # seconds before those that a server takes only later are tried once more
TURNED_AWAY = 3  # letters in a row without a connection: nobody is there, and the rest is not tried

Voter = dict[str, str]


@dataclass
class Outcome:
    sent: int = 0  # letters of this run
    left: int = 0  # voters with an address who have got none


def send(
    settings: Settings, contest: Mapping[str, str], made: Sequence[tuple[Voter, str]], report: Path
) -> Outcome:
    """Raises Invalid where the report of an earlier run is none, OSError."""
    have = _sent_before(report)
    outcome = Outcome()
    reasons: dict[str, str] = {}
    transport = make_transport(settings)
    with _opened(report) as file:
        writer = csv.writer(file)
        waiting = [item for item in made if item[0]["member_no"] not in have]
        for again in (False, True):
            if again and not waiting:
                break
            if again:
                time.sleep(PAUSE)
            waiting = _round(settings, contest, waiting, transport, file, writer, reasons, outcome)
    transport.close()
    _write_whole(report, made, have | _sent_before(report), reasons)
    sent = _sent_before(report)
    outcome.left = sum(bool(v["email"]) and v["member_no"] not in sent for v, _secret in made)
    return outcome


def _round(
    settings: Settings,
    contest: Mapping[str, str],
    items: Sequence[tuple[Voter, str]],
    transport: Transport,
    file: TextIO,
    writer: Any,
    reasons: dict[str, str],
    outcome: Outcome,
) -> list[tuple[Voter, str]]:
    """-> those whom the server may take later"""
    later, turned_away = [], 0
    console = Console(stderr=True)
    for voter, secret in track(items, "letters", console=console, transient=True):
        number = voter["member_no"]
        if turned_away >= TURNED_AWAY:
            reasons[number] = "not tried: the mail server cannot be reached"
            continue
        try:
            message = letter(settings, contest, voter, secret)
            if message is None:
                continue
            transport.send(message)
        except (Refused, ValueError) as error:  # ValueError: an address that is none
            reasons[number] = str(error)
            turned_away = 0
            continue
        except Later as error:
            reasons[number] = str(error)
            later.append((voter, secret))
            turned_away = turned_away + 1 if isinstance(error, Unreachable) else 0
            continue
        turned_away = 0
        outcome.sent += 1
        reasons.pop(number, None)
        writer.writerow((number, SENT, ""))
        file.flush()
        os.fsync(file.fileno())
    return later


def _opened(report: Path) -> TextIO:
    descriptor = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    file = os.fdopen(descriptor, "a", encoding="utf-8", newline="")
    if file.tell() == 0:
        csv.writer(file).writerow(FIELDS)
        file.flush()
    return file


def _sent_before(report: Path) -> set[str]:
    if not report.exists():
        return set()
    with report.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != FIELDS:
            raise Invalid(f"{report} is not a report of this command")
        return {row["member_no"] for row in reader if row["state"] == SENT}


def _write_whole(
    report: Path, made: Sequence[tuple[Voter, str]], sent: set[str], reasons: Mapping[str, str]
) -> None:
    """One line for each voter, in the order of the roll, in place of the lines of the run."""
    partial = report.with_name(f"{report.name}.part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for voter, _secret in made:
            number = voter["member_no"]
            if number in sent:
                writer.writerow((number, SENT, ""))
            elif not voter["email"]:
                writer.writerow((number, NO_ADDRESS, ""))
            else:
                writer.writerow((number, NOT_SENT, reasons.get(number, "not tried")))
    partial.replace(report)
