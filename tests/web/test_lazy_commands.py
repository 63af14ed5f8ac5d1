"""The list of commands is there at once; each command brings only what it needs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from web.cli import COMMANDS, app
from web.commands import log
from web.commands.lazy import Lazy, group_of

ROOT = Path(__file__).parents[2]
BASE = [name for name, lazy in COMMANDS.items() if lazy.extra is None]
SERVER_ONLY = (
    *("alembic", "argon2", "babel", "fastapi", "httptools", "icalendar", "multipart"),
    *("PIL", "psycopg", "pydantic_settings", "pyotp", "python_calamine", "python_multipart"),
    *("rfc3161_client", "segno", "sqlalchemy", "structlog", "uvloop", "webauthn"),
)
WITHOUT = f"""
import sys
sys.modules.update(dict.fromkeys({SERVER_ONLY!r}))  # importing one of them fails
from web.cli import app
app()
"""


def mandate(*words: str) -> subprocess.CompletedProcess[str]:
    """The command on a machine that has the base installation alone."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *words], cwd=ROOT, capture_output=True, text=True
    )


def test_the_base_has_what_auditors_trustees_and_voters_need() -> None:
    needed = {"verify", "log", "receipt", "ballot", "archive", "trustee", "witness"}
    assert needed <= set(BASE)
    script = WITHOUT.replace("app()", "import importlib") + "".join(
        f"importlib.import_module({COMMANDS[name].place.partition(':')[0]!r})\n" for name in BASE
    )
    script += "import voting.record, voting.record.verify"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_command_whose_extra_is_missing_names_it() -> None:
    for words, name in ((["serve"], "serve"), (["log", "rotate"], "rotate")):
        done = mandate(*words)
        assert done.returncode == 2
        assert f"{name}' needs the extra 'server'" in done.stderr
        assert "pip install 'mandate-elections[server]'" in done.stderr
        assert "Traceback" not in done.stderr


def test_settings_that_need_an_extra_name_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MANDATE_DATA_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for name, value, words, extra in (
        ("MANDATE_TSA_URL", "https://tsa.example", "serve", "timestamps"),
        ("MANDATE_DATABASE_URL", "postgresql+psycopg://nobody@localhost/x", "db check", "postgres"),
    ):
        monkeypatch.setenv(name, value)
        done = CliRunner().invoke(app, words.split())
        assert done.exit_code == 2, done.output
        assert f"pip install 'mandate-elections[{extra}]'" in done.stderr


def test_a_module_of_ours_that_is_missing_is_a_fault_and_no_missing_extra() -> None:
    broken = typer.Typer(cls=group_of({"broken": Lazy("web.no_such_room:x", "Broken.", "server")}))
    broken.callback()(lambda: None)
    found = CliRunner().invoke(broken, ["broken"])
    assert isinstance(found.exception, ModuleNotFoundError)


@pytest.mark.parametrize("group", [app, log.app], ids=["mandate", "log"])
def test_the_list_says_what_the_command_says(group: typer.Typer) -> None:
    command = typer.main.get_command(group)
    for name, lazy in command.table.items():  # type: ignore[attr-defined]
        said = (command.commands[name].help or "").split("\n\n")[0]  # type: ignore[attr-defined]
        assert lazy.help == " ".join(said.split()), name


def test_the_list_imports_none_of_the_commands() -> None:
    script = "import sys; from web.cli import app; app(['--help'], standalone_mode=False);"
    script += "print(sorted(m for m in sys.modules if m.startswith('web.')), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip() == str(["web.cli", "web.commands", "web.commands.lazy"])


def test_private_and_moving_parts_have_an_upper_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = [*project["dependencies"], *project["optional-dependencies"]["server"]]
    for name in ("pynacl", "uvicorn", "sqlalchemy"):
        assert any(need.startswith(name) and ",<" in need for need in needs), name
