"""The database: short transactions, for reading or for writing, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, insert, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.service.tables import Base, SchemaVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

VERSION = 1
# How long SQLite waits for a writer of another process, in seconds.
_PATIENCE = 30
# Calls that use the database at once.
CONNECTIONS = 16


class Database:
    """A service's database. Safe for threads.

    Args:
        url: SQLAlchemy's.

    Raises:
        PairioError: it can't be used, or was made by another version.
    """

    def __init__(self, url: str) -> None:
        with _in_words():
            self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
            self._engine = _engine(url, self.is_sqlite)
        self._writing = self._engine.execution_options(writes=True)
        # SQLite has one writer; who waits for it in line waits for less than who asks again.
        self._writer = threading.Lock() if self.is_sqlite else nullcontext()

    def create(self) -> None:
        """Make the tables that are not there yet."""
        with _in_words(), self._writer, self._writing.begin() as connection:
            if not self.is_sqlite:  # two that start at once
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7237462)")
            Base.metadata.create_all(connection)
            found = connection.scalar(select(SchemaVersion.version))
            if found is None:
                connection.execute(insert(SchemaVersion).values(version=VERSION))
        if found not in (None, VERSION):
            raise PairioError(
                f"The database has the tables of version {found}, and this program those of "
                f"version {VERSION}: use the program that made it, or another database."
            )

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing."""
        with Session(self._engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are kept all, or none if the block raises."""
        with (
            self._writer,
            Session(self._writing, autoflush=False, expire_on_commit=False) as session,
        ):
            yield session
            session.commit()

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in a line what is wrong with the database that was named."""
    try:
        yield
    except (SQLAlchemyError, ImportError, OSError) as error:
        words = " ".join(str(getattr(error, "orig", None) or error).split())
        raise PairioError(f"The database can't be used: {words}.") from None


def _engine(url: str, is_sqlite: bool) -> Engine:
    if not is_sqlite:
        return create_engine(url, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True)
    path = make_url(url).database
    if path:
        _make_private(path)
    engine = create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args={"timeout": _PATIENCE, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(path: str) -> None:
    """Make the file, in which are keys of jobs and their secrets, if it is not there yet.

    One that is there is not opened: closing it again would end the locks that this process has on
    it, and another process would take away the log that is in use:
    https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _set_up(connection: Any, _record: Any) -> None:
    """A connection to SQLite: transactions begin where we say."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=FAST")  # jobs' secrets are taken out as they end


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
