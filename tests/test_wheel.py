"""The wheel, in an empty environment outside of the checkout: what people install and start."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from audit.clock import utc_now
from audit.database import Base, Database
from tests.frontend.live import DESKTOP, chromium, context_for, free_port
from tests.postgres import Postgres
from tests.voting.scenario import Scenario
from tests.voting.test_record import log_of
from tests.web.site import Site
from voting import publication
from voting.models import DIRECT, Election
from voting.record import write_folder
from web.app import create_app
from web.http.csrf import session_cookie
from web.identity.roles import Role
from web.settings import Settings

ROOT = Path(__file__).parents[1]
BASE_MB = 60  # of libraries, ours included
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what git has, without the bundle: the hook builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "bench/")):
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / "source" / name)
    modules = Path(
        "web", "frontend", "node_modules"
    )  # as `npm ci` left them here: not fetched anew
    shutil.copytree(ROOT / modules, folder / "source" / modules, symlinks=True)
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, *build, str(folder / "source")], check=True)
    (found,) = folder.glob("*.whl")
    return found


class Installed:
    """An empty environment, and the wheel in it."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        self.wheel = wheel
        venv.create(folder / "venv")  # without pip, which takes longest: ours installs into it
        self.bin = folder / "venv" / "bin"
        # the versions that are locked; their hashes are not taken: pip would want one of the wheel
        locked = (ROOT / "requirements" / "test.txt").read_text()
        self.constraints = folder / "constraints.txt"
        self.constraints.write_text(re.sub(r" \\\n|    --hash=\S+( \\)?\n?", "\n", locked))

    def install(self, extras: str = "") -> None:
        what = [f"{self.wheel}{extras}", "--constraint", str(self.constraints)]
        into = ["--python", str(self.bin / "python"), "install", "--no-compile"]
        command = [sys.executable, *PIP, *into, *what]
        subprocess.run(command, cwd=self.folder, check=True)

    def mandate(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "mandate", *words],
            cwd=self.folder,
            env=self.environment(settings),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return {**kept, **settings}

    def python(self, code: str) -> str:
        command = [self.bin / "python", "-c", code]
        done = subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    made = Installed(tmp_path_factory.mktemp("installed"), wheel)
    made.install()
    return made


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    database = Database(f"sqlite:///{folder / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    election_id = scenario.run(DIRECT, constituencies=["K3"])
    log = log_of(database, folder)
    with database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        write_folder(folder / "direct-1", publication.source_of(uow, election, log))
    database.close()
    return folder / "direct-1"


def test_the_wheel_has_the_bundle_and_not_its_source(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    bundled = {path.name for path in (ROOT / "web" / "static" / "bundle").glob("*.js")}
    assert bundled
    assert {f"web/static/bundle/{name}" for name in bundled} <= names
    assert "web/py.typed" in names
    assert not [name for name in names if name.startswith(("web/frontend/", "tests/", "bench/"))]


def test_the_base_is_small_verifies_and_names_what_it_lacks(
    installed: Installed, record: Path
) -> None:
    assert installed.python("import web; print(web.__file__)").startswith(str(installed.folder))
    libraries = next((installed.folder / "venv" / "lib").glob("*/site-packages"))
    files = [path for path in libraries.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in files) < BASE_MB * 1_000_000
    for absent in ("fastapi", "sqlalchemy", "PIL", "babel", "alembic"):
        assert not (libraries / absent).exists()
    done = installed.mandate("verify", str(record))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VALID" in done.stdout
    for words in (["serve"], ["db", "upgrade"], ["log", "rotate"]):
        done = installed.mandate(*words)
        assert done.returncode == 2
        assert "pip install 'mandate-elections[server]'" in done.stderr
    assert installed.mandate("--help").returncode == 0


@pytest.fixture(scope="module")
def server(installed: Installed) -> Installed:
    """The same environment, with the service. What wants the base alone has run before."""
    installed.install("[server,postgres]")
    return installed


@contextmanager
def serving(server: Installed, port: int, settings: dict[str, str]) -> Iterator[None]:
    command = [server.bin / "mandate", "serve", "--port", str(port)]
    environment = server.environment(settings)
    with subprocess.Popen(command, cwd=server.folder, env=environment) as process:
        try:
            deadline = time.monotonic() + 60
            while not _ready(f"http://127.0.0.1:{port}/readyz"):
                assert process.poll() is None, "the site ended"
                assert time.monotonic() < deadline, "the site does not start"
                time.sleep(0.2)
            yield
        finally:
            process.terminate()


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own loopback
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_site_starts_and_the_booth_opens(
    server: Installed, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    port = free_port()
    settings = {"MANDATE_DATA_DIR": str(tmp_path), "MANDATE_BASE_URL": f"http://127.0.0.1:{port}"}
    if kind == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        settings["MANDATE_DATABASE_URL"] = postgres.new_database()
    done = server.mandate("serve", **settings)
    assert done.returncode == 1
    assert "mandate db upgrade" in done.stderr
    assert server.mandate("db", "upgrade", **settings).returncode == 0
    added = server.mandate("user", "add", "zhou", "--name", "周敏", "--role", "admin", **settings)
    assert added.returncode == 0, added.stderr
    enrol = re.search(r"\S+/enrol/\S+", added.stdout)
    assert enrol
    site, token, uuid = _open_ballot(settings)
    with serving(server, port, settings), chromium() as browser:
        page = browser.new_page()
        page.goto(enrol[0])
        expect(page.locator("input[type=password]").first).to_be_visible()
        context = context_for(browser, site, token, viewport=DESKTOP)
        booth = context.new_page()
        booth.goto(f"/ballots/{uuid}")
        booth.click("main form button.big")
        expect(booth.locator("#step-choose")).to_be_visible(timeout=30_000)


def _open_ballot(settings: dict[str, str]) -> tuple[Site, str, str]:
    """An election that is open now, written by this checkout into the site's database."""
    given = {name.removeprefix("MANDATE_").lower(): value for name, value in settings.items()}
    app = create_app(Settings.model_validate(given))
    site = Site(app)
    scenario = Scenario(site.database)
    scenario.clock.move_to(utc_now() - timedelta(days=3, hours=1))
    election = scenario.organise().prepare(DIRECT, constituencies=["K1"])
    (uuid,) = scenario.uuids(election)
    site.database.clock = utc_now
    person = scenario.voters(uuid)[0]
    client = site.sign_in(Role.MEMBER, person_id=person)
    token = client.cookies[session_cookie(False)]
    site.database.close()
    return site, token, uuid
