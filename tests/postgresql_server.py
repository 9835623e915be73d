"""A real PostgreSQL server for the tests: Debian's own binaries, a throw-away folder, loopback only."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy as sa

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
}


def binaries() -> Path | None:
    """Return the folder of the newest installed PostgreSQL's programs, or None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    if folders and (folders[-1] / "initdb").exists():
        return folders[-1]
    return Path(on_path).resolve().parent if on_path else None


class PostgresqlServer:
    """One server on a free port of the loopback; `stop` and `start` again keep its data."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="scv-postgresql-"))
        self._user = _unprivileged_user()
        if self._user:
            shutil.chown(self._folder, self._user)
        self.port = _free_port()
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "scv", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        options = " ".join(f"-c {name}='{value}'" for name, value in {"port": self.port, **SETTINGS}.items())
        self._run("pg_ctl", "-D", self._data, "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "fast", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://scv@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, encoding: str = "UTF8", template: str = "template0") -> str:
        """Make a database, empty or as the template is, and return its URL."""
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}'")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self._administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _administer(self, statement: str) -> None:
        engine = sa.create_engine(
            self.url("postgres").replace("postgresql:", "postgresql+psycopg2:"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        # pg_ctl's server inherits what it is given: never a pipe, or the caller waits for the server to end.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(command, stdout=said, stderr=said, cwd="/", user=self._user, check=False)
            said.seek(0)
            assert done.returncode == 0, said.read().decode()


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: return who runs it then, or None where we may ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
