"""A trustee who cannot shuffle: by the command, and on the commission's page."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit.database import Base, Database
from tests.voting.scenario import Scenario
from tests.voting.test_mixing import closed, trustee_ids
from tests.web.site import Site, site, site_settings  # noqa: F401 - fixtures
from voting.models import Election
from web.cli import app
from web.identity.roles import Role


def absences(scenario: Scenario, election_id: str) -> list[str | None]:
    with scenario.database.read() as uow:
        return [t.absence for t in uow.session.get_one(Election, election_id).trustees]


def test_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'mandate.sqlite'}"
    monkeypatch.setenv("MANDATE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MANDATE_DATABASE_URL", url)
    database = Database(url)
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    election_id = closed(scenario, singles=0, ring=(2, 3))

    def absent(number: str) -> Result:
        words = ["election", "absent", "direct-1", number, "--reason", "away"]
        return CliRunner().invoke(app, words)

    unknown = absent("4")
    assert unknown.exit_code == 1
    assert "There is no such trustee" in unknown.output
    assert absent("3").exit_code == 0
    assert absences(scenario, election_id) == [None, None, None]  # a second person signs
    scenario.sign_all()
    assert absences(scenario, election_id) == [None, None, "away"]
    assert "At least 2" in absent("1").output
    database.close()


def test_on_the_page(site: Site) -> None:  # noqa: F811 - the fixture
    scenario = Scenario(site.database).organise()
    election_id = closed(scenario, singles=0, ring=(2, 3))
    commission = site.sign_in(Role.COMMISSION)
    page = "/commission/direct-1"
    assert "Trustee 1" in commission.get(page).text
    form = {"trustee": trustee_ids(scenario, election_id)[0], "reason": "in hospital"}
    answer = commission.submit(f"{page}/absent", form, page=page)
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert "Waits for a second signature" in commission.get(page).text
    assert absences(scenario, election_id) == [None, None, None]
    scenario.sign_all()
    assert absences(scenario, election_id) == ["in hospital", None, None]
    shown = commission.get(page).text
    assert "in hospital" in shown
    assert "absent-trustee" not in shown  # of the two who are left nobody can be spared
