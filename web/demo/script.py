"""A whole term without a person: `mandate demo --script --out DIR`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from audit.database import Database
from voting import publication
from voting.models import COMMITTEE, CONFIDENCE, DIRECT, SATISFACTION
from voting.record import write_term
from voting.record.write import copy_log
from voting.registry import structure
from web.app import create_app
from web.database.opening import open_database
from web.database.schema import upgrade_database
from web.demo import elections, organisation
from web.demo.clock import DemoClock
from web.demo.elections import Stage
from web.demo.server import Server, listen
from web.settings import Settings

Say = Callable[[str], None]
MONTHS_OF_A_TERM = 60


def settings_for(folder: Path, *ports: int) -> Settings:
    """The first port is the site's address; it answers at each of them.

    The schedule's own thread stays out of the way of a clock that leaps.
    """
    return Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'mandate.sqlite'}",
        base_url=f"http://localhost:{ports[0]}",  # a name, for passkeys are bound to one
        allowed_hosts=tuple(f"127.0.0.1:{port}" for port in ports),
        organisation_zh="河湾联合会",
        organisation_en="Riverbend Federation",
        demo=True,
        mail="outbox",
        tick_seconds=86400,
        log_level="warning",
    )


def run_term(out: Path, today: date, say: Say) -> list[str]:
    """Election, committee, confidence, satisfaction; records and log in `out`. -> election codes

    The term is laid so that it ends soon after `today`: no entry of the log is of the future.
    """
    starts_on = organisation.first_of_month(today, MONTHS_OF_A_TERM - 1)
    first_vote = starts_on - timedelta(days=40)
    listener = listen()
    with tempfile.TemporaryDirectory(prefix="mandate-") as data:
        settings = settings_for(Path(data), listener.getsockname()[1])
        clock = DemoClock(organisation.morning(first_vote - timedelta(days=30), settings.zone))
        database = open_database(settings, clock)
        upgrade_database(database)
        with Server(create_app(settings, database), listener) as server:
            say("the organisation: units, members, constituencies, accounts")
            organisation.load(database, first_vote - timedelta(days=30))
            term = organisation.found_term(database, starts_on)
            cast = organisation.appoint(database, server.url, clock)
            stage = Stage(database, clock, cast, term, settings.zone, say)
            codes = [
                elections.hold(stage, DIRECT, first_vote),
                elections.hold(stage, COMMITTEE, starts_on + timedelta(days=7)),
                elections.hold(stage, CONFIDENCE, starts_on + timedelta(days=30 * 30)),
                elections.hold(stage, SATISFACTION, today - timedelta(days=20)),
            ]
        _publish(database, settings, term, out)
        database.close()
    return codes


def _publish(database: Database, settings: Settings, term: str, out: Path) -> None:
    """The records of the term in `out`/<term>, both logs' public one in `out`/log."""
    out.mkdir(parents=True, exist_ok=True)
    log = settings.log_dir / "public"
    with database.read() as uow:
        chain, records = publication.term_of(uow, structure.get_term(uow, term), log)
        write_term(out / term, chain, records)
    copy_log(log, out / "log")
