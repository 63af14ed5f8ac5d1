"""`mandate demo` before it serves: a port that is taken, a folder that is somebody else's."""

from __future__ import annotations

import socket
from pathlib import Path

from typer.testing import CliRunner

from web.cli import app
from web.demo.script import settings_for
from web.demo.server import listen
from web.demo.tour import MARK, _clear

runner = CliRunner()


def test_a_port_that_is_taken_names_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = runner.invoke(app, ["demo", "--port", str(port), "--data", str(tmp_path / "new")])
    assert done.exit_code == 2
    assert f'make demo DEMO="--port {port % 65535 + 1}"' in done.output
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_not_the_demonstrations_is_left_alone(tmp_path: Path) -> None:
    """Also with --fresh: what is deleted was made by the demonstration."""
    (tmp_path / "letter.txt").write_text("mine")
    with listen() as free:
        port = free.getsockname()[1]
    for more in ([], ["--fresh"]):
        done = runner.invoke(app, ["demo", "--port", str(port), "--data", str(tmp_path), *more])
        assert done.exit_code == 2
        assert "nothing in it was changed" in done.output
    assert (tmp_path / "letter.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_demonstration_half_built_is_cleared(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    _clear(folder)
    (folder / "mandate.sqlite").touch()
    _clear(folder)
    assert [path.name for path in folder.iterdir()] == [MARK]


def test_the_port_refuses_until_the_data_are_there() -> None:
    with listen() as bound, socket.socket() as visitor:
        assert visitor.connect_ex(bound.getsockname()) != 0
    settings = settings_for(Path("x"), 8000, 9000)
    assert settings.base_url == "http://localhost:8000"
    assert {"127.0.0.1:8000", "127.0.0.1:9000"} <= set(settings.hosts)
