"""A PostgreSQL of the tests' own, with Debian's programs, on a socket that nobody else reaches."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRAMS = Path("/usr/lib/postgresql/15/bin")


class PostgreSQL:
    """A running server."""

    def __init__(self, folder: Path, user: str) -> None:
        self._folder, self._user = folder, user
        self._numbers = itertools.count(1)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"pairio{next(self._numbers)}"
        socket = ["-h", self._folder, "-U", self._user]
        subprocess.run([_PROGRAMS / "createdb", *socket, name], check=True)
        return f"postgresql+psycopg://{self._user}@/{name}?host={self._folder}"


def missing() -> str:
    """Why there can be no server; "" if there can."""
    if (_PROGRAMS / "initdb").exists():
        return ""
    return f"there is no PostgreSQL 15 in {_PROGRAMS}: apt-get install postgresql-15"


@contextmanager
def postgresql(*, durable: bool = True) -> Iterator[PostgreSQL]:
    """Start a server and end it; one that need not be ``durable`` waits for no disk."""
    account = "postgres" if os.getuid() == 0 else None  # its programs refuse root
    user = account or "pairio"
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path has to be short
    data, run = folder / "data", {"user": account, "cwd": folder, "check": True}
    if account:
        shutil.chown(folder, account)
    initdb = [_PROGRAMS / "initdb", "-D", data, "-U", user, "-A", "trust", "-E", "UTF8"]
    options = f"-k {folder} -c listen_addresses='' -c max_connections=50"
    if not durable:
        initdb.append("--no-sync")
        options += " -c fsync=off"
    control = [_PROGRAMS / "pg_ctl", "-D", data, "-w", "-s", "-t", "60"]
    try:
        subprocess.run([*initdb, "--no-instructions"], stdout=subprocess.DEVNULL, **run)
        subprocess.run([*control, "-l", folder / "log", "-o", options, "start"], **run)
        yield PostgreSQL(folder, user)
    finally:
        if (data / "postmaster.pid").exists():
            subprocess.run([*control, "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """A running server. Where there is none, the test is skipped, aloud, or fails if it must."""
    if why := missing():
        if os.environ.get("PYDRA_OAR_CLUSTER_TESTS") == "required":
            pytest.fail(why)
        pytest.skip(why)
    with postgresql(durable=False) as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; "" is SQLite, in the service's folder. See `each_database`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return ""
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    return server.new_database()


# For a test, or a module's `pytestmark`: on SQLite, and then on PostgreSQL.
each_database = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
