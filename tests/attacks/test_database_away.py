"""A database that restarts is 503 with Retry-After and never 500, and a ballot that is sent again
in the meantime is counted once. On a PostgreSQL of its own, which is really restarted."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg.errors
import pytest
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from tests import postgres as own
from tests.voting.scenario import Scenario
from tests.web.site import BASE, Site, quick_passwords, running
from voting.models import DIRECT, CastBallot
from web.http.errors import is_passing
from web.identity.roles import Role
from web.settings import Settings


class Restarting:
    def __init__(self, folder: Path) -> None:
        self.server: Any = own._start(own._binaries(), folder, durable=True)

    def start(self) -> None:
        port = make_url(self.server.admin_url).port
        self.control("-o", f"-h 127.0.0.1 -p {port} -k ''", "start")

    def control(self, *what: str) -> None:
        pg_ctl, _d, data, *_rest = self.server._stop
        user = self.server._user
        subprocess.run(
            [pg_ctl, "-D", data, "-w", "-l", f"{data}/log", *what],
            user=user.pw_uid if user else None,
            check=True,
            stdout=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def restarting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Restarting]]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="mandate-restart-", ignore_cleanup_errors=True) as name:
        database = Restarting(Path(name))
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("site"),
            base_url=BASE,
            log_level="error",
            database_url=database.server.new_database(),
            tick_seconds=1,
        )
        with pytest.MonkeyPatch.context() as patch, running(settings) as site:
            quick_passwords(patch)
            yield site, database
        database.server.stop()


def test_a_restart_is_503_and_a_ballot_is_counted_once(
    restarting: tuple[Site, Restarting],
) -> None:
    site, database = restarting
    scenario = Scenario(site.database).organise()
    election = scenario.prepare(DIRECT, constituencies=["K1"])
    (uuid,) = scenario.uuids(election)
    person = scenario.voters(uuid)[0]
    ballot = scenario.encrypt(uuid, person)
    voter = site.sign_in(Role.MEMBER, person_id=person)
    headers = {"x-csrf-token": voter.token(), "content-type": "application/json"}
    url = f"/api/v1/contests/{uuid}/ballots"

    def cast() -> Any:
        return voter.post(url, content=ballot, headers=headers)

    def others() -> set[int]:
        """A page for everyone, one for the signed-in, and one that writes."""
        anyone, form = site.browser(), {"login": "x", "password": "x", "code": "x"}
        answers = [
            anyone.get("/elections"),
            voter.get("/ballots"),
            anyone.post("/sign-in", data={**form, "csrf_token": "x"}),
            anyone.get(f"{url}/{'A' * 43}"),
        ]
        return {answer.status_code for answer in answers}

    first = cast()
    assert first.status_code == 200
    site.app.state.mailer.stop()  # threads of the site only fill the log while there is nothing
    database.control("-m", "immediate", "stop")
    for _ in range(2):  # connections of the pool that were cut, then new ones that nobody takes
        away = cast()
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert away.json()["status"] == 503
        page = site.browser().get("/elections")
        assert (page.status_code, page.headers["retry-after"]) == (503, "5")
        assert others() <= {503, 403}
    database.start()
    # the pool still holds dead connections: none of them is a fault of the program
    after = [cast() for _ in range(6)]
    assert {answer.status_code for answer in after} <= {200, 503}
    assert after[-1].status_code == 200
    again = {answer.json()["receipt"] for answer in after if answer.status_code == 200}
    assert again == {first.json()["receipt"]}
    assert others() <= {200, 403}
    with site.database.read() as uow:
        assert uow.session.scalar(select(func.count()).select_from(CastBallot)) == 1


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (psycopg.errors.AdminShutdown("x"), True),
        (psycopg.errors.CannotConnectNow("x"), True),
        (psycopg.errors.TooManyConnections("x"), True),
        (psycopg.errors.SerializationFailure("x"), True),
        (psycopg.errors.DeadlockDetected("x"), True),
        (psycopg.OperationalError("connection refused"), True),
        (psycopg.errors.UndefinedTable("x"), False),
        (psycopg.errors.UniqueViolation("x"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_passes_and_what_is_a_fault(error: Exception, passing: bool) -> None:
    kind = OperationalError if passing else ProgrammingError
    assert is_passing(kind("statement", None, error)) is passing


@pytest.mark.parametrize(
    ("said", "passing"),
    [
        ("database is locked", True),
        ("unable to open database file", True),
        ("no such table", False),
    ],
)
def test_on_sqlite_too(said: str, passing: bool) -> None:
    import sqlite3

    assert is_passing(OperationalError("x", None, sqlite3.OperationalError(said))) is passing
