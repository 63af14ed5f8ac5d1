"""`mandate demo`: the organisation in the middle of a term, for looking around."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.table import Table

from audit.clock import day_of, utc_now
from voting.models import COMMITTEE, CONFIDENCE, DIRECT
from voting.registry import people, structure
from web.app import create_app
from web.database.opening import open_database
from web.database.schema import is_current, upgrade_database
from web.demo import elections, organisation
from web.demo.clock import DemoClock
from web.demo.elections import Stage
from web.demo.organisation import Cast
from web.demo.script import Say, settings_for
from web.demo.server import Server, listen
from web.demo.year import live_year
from web.mail.credential_letters import letter
from web.mail.mailer import Outbox
from web.pages.site.signins import PASSWORD, SIGN_INS, SignIn, load
from web.settings import Settings

MARK = ".mandate-demo"  # in a folder that may be deleted
MONTHS_SO_FAR = 30
HAVE_VOTED = 4


class CannotServeError(Exception):
    """Why the demonstration does not start, and what to do."""


def serve(data: Path, port: int, fresh: bool, console: Console) -> None:
    """Build what is not there, print the sign-ins, and run until interrupted."""
    listener = _taken(port)  # bound and not yet listening: nobody sees half a demonstration
    folder = data.resolve()
    workshop = listen()
    settings = settings_for(folder, port, workshop.getsockname()[1])
    if fresh or not _is_whole(settings):
        _clear(folder)
        _build(settings, workshop, console)
    workshop.close()
    _print(console, settings, load(folder))
    running = settings_for(folder, port).model_copy(update={"tick_seconds": 5.0})
    config = uvicorn.Config(create_app(running), access_log=False, log_level="warning")
    uvicorn.Server(config).run([listener])


def _taken(port: int) -> socket.socket:
    try:
        return listen(port)
    except OSError as error:
        other = port % 65535 + 1
        raise CannotServeError(
            f"Port {port} cannot be used ({error.strerror}). Take another one:\n"
            f'    make demo DEMO="--port {other}"      or      mandate demo --port {other}'
        ) from error


def _is_whole(settings: Settings) -> bool:
    """Built to its end, by a version with the same tables."""
    if not (settings.data_dir / SIGN_INS).exists():
        return False
    database = open_database(settings)
    try:
        return is_current(database)
    finally:
        database.close()


def _clear(folder: Path) -> None:
    """An empty folder of our own; a folder that is somebody else's stays as it is."""
    ours = (folder / MARK).exists() or (folder / SIGN_INS).exists()
    if folder.exists() and not ours and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotServeError(
            f"{folder} is not a folder of the demonstration: nothing in it was changed.\n"
            "Name another one:  mandate demo --data FOLDER"
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _build(settings: Settings, workshop: socket.socket, console: Console) -> None:
    began = time.monotonic()
    console.print("Building the organisation: about two minutes, once. The site comes after it.")
    with console.status("") as status:

        def say(text: str) -> None:
            status.update(text)
            console.print(f"  {time.monotonic() - began:4.0f} s  {text}", style="dim")

        signs = build(settings, workshop, utc_now(), say)
    (settings.data_dir / SIGN_INS).write_text(json.dumps([sign.as_json() for sign in signs]))


def build(settings: Settings, workshop: socket.socket, now: datetime, say: Say) -> list[SignIn]:
    today = day_of(now, settings.zone)
    starts_on = organisation.first_of_month(today, MONTHS_SO_FAR)
    first_vote = starts_on - timedelta(days=40)
    clock = DemoClock(organisation.morning(first_vote - timedelta(days=30), settings.zone))
    database = open_database(settings, clock)
    upgrade_database(database)
    with Server(create_app(settings, database), workshop) as server:
        say("units, members, constituencies, accounts")
        organisation.load(database, first_vote - timedelta(days=30))
        term = organisation.found_term(database, starts_on)
        cast = organisation.appoint(database, server.url, clock)
        stage = Stage(database, clock, cast, term, settings.zone, say)
        elections.hold(stage, DIRECT, first_vote)
        elections.hold(stage, COMMITTEE, starts_on + timedelta(days=7))
        _live(stage, settings, today)
        organisation.admit(database, server.url, clock, cast)
        code = _leave_open(stage, settings, today)
        clock.move_to(now)
    database.close()
    _keep_keys(settings, cast, code)
    return sign_ins(cast, code)


def _live(stage: Stage, settings: Settings, today: date) -> None:
    """A year of what representatives do, and the roll as it is now."""
    stage.say("a year of activities, contacts, reception days and matters")
    last = today - timedelta(days=16)  # before anything of the confidence ballot
    with stage.database.read() as uow:
        term = structure.get_term(uow, stage.term)
        representatives = people.representatives(uow, term, last)
    live_year(stage.database, term, representatives, last)
    stage.clock.move_to(organisation.morning(last, settings.zone))
    stage.say("the roll as it is now")
    organisation.import_roll(stage.database, last)


def _leave_open(stage: Stage, settings: Settings, today: date) -> str:
    """A confidence ballot that opened yesterday; some have voted."""
    outbox = Outbox(settings.outbox_dir)
    stage.letters = lambda uuid, made: _send(stage, settings, outbox, uuid, made)
    code = elections.prepare(stage, CONFIDENCE, today - timedelta(days=1))
    for voter, uuid, number in elections.ballots_to_cast(stage, code)[:HAVE_VOTED]:
        voter.vote(uuid, elections.chooser_of(CONFIDENCE), number)
    return code


def _send(
    stage: Stage, settings: Settings, outbox: Outbox, uuid: str, made: dict[str, str]
) -> None:
    contest = stage.cast.registrar.get(f"/api/v1/contests/{uuid}/roll").json()
    for voter in contest["roll"]:
        message = letter(settings, contest, voter, made[voter["member_no"]])
        if message is not None:
            outbox.send(message)


def _keep_keys(settings: Settings, cast: Cast, code: str) -> None:
    """What each trustee holds, as the trustee's page and command take it."""
    folder = settings.data_dir / "trustees"
    log = settings.log_dir / "public"
    folder.mkdir(mode=0o700)
    for trustee in cast.trustees:
        file = folder / f"{trustee.login}-{code}.json"
        file.touch(mode=0o600)
        key = {
            "format": "mandate-trustee/1",
            "election": code,
            "kind": "single",
            "private_key": trustee.private[code],
            "public_key": json.loads(trustee.public[code]),
            "log": {
                "keys": (log / "public.vkey").read_text().split(),
                "checkpoint": (log / "checkpoint").read_text(),
                "policy": None,
            },
        }
        file.write_text(json.dumps(key, indent=1) + "\n")


def sign_ins(cast: Cast, code: str) -> list[SignIn]:
    """One of each role; two representatives who have not voted yet."""
    voting = [v for v in cast.voters.values() if any(v.secrets) and len(v.secrets) > 2]
    waiting = voting[HAVE_VOTED:]
    member = next(v for v in cast.voters.values() if len(v.secrets) == 1)
    found = [
        SignIn("representative", waiting[0].login, waiting[0].totp),
        SignIn("representative", waiting[1].login, waiting[1].totp),
        SignIn("member", member.login, member.totp),
    ]
    for login, visitor in cast.officials.items():
        role = next(role.value for name, _n, role, _s in organisation.OFFICIALS if name == login)
        found.append(SignIn(role, login, visitor.totp))
    return found


def _print(console: Console, settings: Settings, signs: Sequence[SignIn]) -> None:
    table = Table(title="Sign-ins  ·  登录", title_justify="left")
    for heading in ("role", "name", "password"):
        table.add_column(heading)
    for sign in signs:
        table.add_row(sign.role, sign.login, PASSWORD)
    console.print(table)
    console.print(f"One-time codes  ·  一次性验证码   {settings.base_url}/demo")
    console.print(f"Letters  ·  信件                 {settings.base_url}/outbox")
    console.print(
        f"[bold]The site  ·  网站              {settings.base_url}[/bold]   (Ctrl+C ends)"
    )
