"""The cluster's file: one SQLite database for each machine, ``<spool>/local/<host>.db``.

It is opened for each question and each change, never kept open: kernels, their threads and the
supervisors share it. Only one machine uses a file, so that its locks hold on NFS too.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import SpoolError, Unreachable
from pydra_oar_jupyter.core.files import private_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_VERSION = 1
_PATIENCE = 30.0  # seconds to wait for another's change

# Lists are JSON. An empty text or a zero means "none"; exit_code alone can be NULL.
_SCHEMA = """
CREATE TABLE resources (id INTEGER PRIMARY KEY, properties TEXT NOT NULL);
CREATE TABLE submissions (
    id TEXT PRIMARY KEY,                -- the spool's
    path TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, queue TEXT NOT NULL,
    project TEXT NOT NULL, types TEXT NOT NULL, properties TEXT NOT NULL,
    resources TEXT NOT NULL,            -- the -l, as they were written
    alternatives TEXT NOT NULL,         -- admission.Stored, each
    directory TEXT NOT NULL, stdout TEXT NOT NULL, stderr TEXT NOT NULL,
    after TEXT NOT NULL, not_before REAL NOT NULL,
    checkpoint INTEGER NOT NULL, signal INTEGER NOT NULL, notify TEXT NOT NULL,
    environment TEXT NOT NULL
);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    submission TEXT NOT NULL REFERENCES submissions (id),
    script TEXT NOT NULL,
    array_id INTEGER NOT NULL, array_index INTEGER NOT NULL,
    resubmitted_from INTEGER NOT NULL,
    state TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT '',
    submitted REAL NOT NULL,
    scheduled REAL NOT NULL DEFAULT 0,  -- the planned start; in toLaunch, since when
    started REAL NOT NULL DEFAULT 0,
    ended REAL NOT NULL DEFAULT 0,
    walltime INTEGER NOT NULL,
    exit_code INTEGER,
    resources TEXT NOT NULL DEFAULT '[]',
    nodes TEXT NOT NULL DEFAULT '[]',
    supervisor TEXT NOT NULL DEFAULT '',
    stop TEXT NOT NULL DEFAULT ''       -- why it is to be ended: user or besteffort
);
CREATE INDEX state ON jobs (state);
CREATE INDEX submitted ON jobs (submission);
CREATE INDEX replacing ON jobs (resubmitted_from) WHERE resubmitted_from > 0;
CREATE TABLE events (
    job INTEGER NOT NULL, type TEXT NOT NULL, description TEXT NOT NULL, time REAL NOT NULL
);
CREATE INDEX history ON events (job);
CREATE TABLE waker (process TEXT NOT NULL, time REAL NOT NULL);
"""


def database(root: Path) -> Path:
    """This machine's file, in the spool of that root."""
    return root / "local" / f"{os.uname().nodename}.db"


def create(path: Path) -> None:
    """Make the file where there is none.

    Raises:
        SpoolError: it can't be made, or it is of another version.
    """
    try:
        if path.exists() and _version(path) == _VERSION:
            return
        private_directory(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    with changing(path) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise SpoolError(
                f"{path} was written by another version of pydra_oar_jupyter. Use that one until "
                "its jobs have ended, then remove the file."
            )


def _version(path: Path) -> int:
    with reading(path) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection on which nothing is changed.

    Raises:
        SpoolError: the file can't be used.
        Unreachable: others use it for too long.
    """
    try:
        if not path.exists():
            raise SpoolError(f"{path} is gone, and the embedded cluster's jobs with it.")
        db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            yield db
        finally:
            db.close()
    except sqlite3.Error as error:
        raise _trouble(path, error) from error


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection with a transaction: kept at the end, undone by an exception.

    Raises:
        SpoolError: the file can't be used.
        Unreachable: others use it for too long.
    """
    with reading(path) as db:
        # Removing the journal's file would cost another second of fsync for a thousand jobs.
        db.execute("PRAGMA journal_mode = PERSIST")
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")


def add_event(db: sqlite3.Connection, job: int, kind: str, description: str) -> None:
    """Add a line to a job's history."""
    db.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (job, kind, description, time.time()))


def load(row: sqlite3.Row, name: str) -> Any:
    """A column that holds JSON."""
    return json.loads(row[name])


def ids_in(ids: Iterable[int]) -> str:
    """Ids as the argument of ``IN (SELECT value FROM json_each(?))``."""
    return json.dumps([int(id_) for id_ in ids])


def _trouble(path: Path, error: sqlite3.Error) -> SpoolError | Unreachable:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Unreachable(f"{path} has been in use by others for {_PATIENCE:.0f} seconds.")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return SpoolError(
            f"{path} is damaged ({error}). Move it away: the embedded cluster begins anew, and "
            "what its jobs wrote stays in the spool."
        )
    return _unwritable(path, str(error))


def _unwritable(path: Path, why: str) -> SpoolError:
    return SpoolError(
        f"{path} can't be used: {why}. Make room there, mend its rights, or choose another place "
        "for the spool with PYDRA_OAR_SPOOL."
    )
