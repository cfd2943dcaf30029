"""How a job ends, in OAR's states, exit codes and event types."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING

from pydra_oar_jupyter.backends.local import processes
from pydra_oar_jupyter.backends.local.files import mark_of
from pydra_oar_jupyter.backends.local.store import add_event, load
from pydra_oar_jupyter.core.outcome import NODE_LOST

if TYPE_CHECKING:
    import sqlite3

# An idempotent job that ends so, after a minute, asks to be run again.
_AGAIN, _AGAIN_AFTER = 99, 60.0


class Cause(StrEnum):
    """Why a job was ended from outside; the first two are what `stop` holds."""

    USER = "user"
    BESTEFFORT = "besteffort"
    WALLTIME = "walltime"
    LOST = "lost"


def end_exited(db: sqlite3.Connection, id_: int, status: int) -> None:
    """The job's command ended by itself, with this wait status."""
    add_event(db, id_, "SWITCH_INTO_TERMINATE_STATE", f"[bipbip {id_}] Ask to change the job state")
    row = _end(db, id_, "Terminated", status)
    took = row["ended"] - row["started"]
    if status >> 8 == _AGAIN and took > _AGAIN_AFTER and "idempotent" in load(row, "types"):
        _resubmit(db, row, "type idempotent & exit code = 99 & duration > 60s")


def end_killed(db: sqlite3.Connection, id_: int, cause: Cause) -> None:
    """The job was killed by its supervisor."""
    row = _row(db, id_)
    if cause is Cause.LOST:
        end_lost(db, id_)
        return
    if cause is Cause.WALLTIME:
        times = f"from {row['started']:.0f} with {row['walltime']}; current time={time.time():.0f}"
        add_event(db, id_, "FRAG_JOB_REQUEST", f"User root requested to frag the job {id_}")
        add_event(db, id_, "WALLTIME", f"[sarko] Job [{id_}] {times} (Elapsed)")
    where = load(row, "nodes")[0]
    add_event(
        db, id_, "SEND_KILL_JOB", f"[Leon] Send the kill signal to oarexec on {where} for job {id_}"
    )
    add_event(db, id_, "SWITCH_INTO_ERROR_STATE", f"[bipbip {id_}] Ask to change the job state")
    _end(db, id_, "Error", None)
    if cause is Cause.BESTEFFORT and "idempotent" in load(row, "types"):
        _resubmit(db, row, "a besteffort and idempotent job")


def end_unstarted(db: sqlite3.Connection, id_: int, kind: str, why: str) -> None:
    """The job's command could not be started, for a reason that has this event type."""
    add_event(db, id_, "SWITCH_INTO_ERROR_STATE", f"[bipbip {id_}] Ask to change the job state")
    add_event(db, id_, kind, f"[bipbip {id_}] {why}")
    _end(db, id_, "Error", None)


def end_lost(db: sqlite3.Connection, id_: int) -> None:
    """The job's supervisor is gone: the machine was restarted, or it was killed.

    What still lives of the job is killed.
    """
    row = _row(db, id_)
    processes.kill_all(mark_of(row))
    where = load(row, "nodes")[0]
    add_event(
        db,
        id_,
        NODE_LOST,
        f"The process that watches over the job {id_} on {where} is gone: it was killed, or the "
        "machine was restarted",
    )
    _end(db, id_, "Error", None)


def end_waiting(db: sqlite3.Connection, id_: int) -> None:
    """The job was deleted before it began."""
    db.execute("UPDATE jobs SET message = 'Job killed by Leon directly' WHERE id = ?", (id_,))
    _end(db, id_, "Error", None)


def _row(db: sqlite3.Connection, id_: int) -> sqlite3.Row:
    query = (
        "SELECT jobs.*, submissions.path, submissions.types "
        "FROM jobs JOIN submissions ON submissions.id = jobs.submission WHERE jobs.id = ?"
    )
    row: sqlite3.Row = db.execute(query, (id_,)).fetchone()
    return row


def _end(db: sqlite3.Connection, id_: int, state: str, status: int | None) -> sqlite3.Row:
    db.execute(
        "UPDATE jobs SET state = ?, exit_code = ?, ended = ?, scheduled = 0 WHERE id = ?",
        (state, status, time.time(), id_),
    )
    return _row(db, id_)


def _resubmit(db: sqlite3.Connection, row: sqlite3.Row, why: str) -> None:
    """Queue a job that does the same once more."""
    new = db.execute(
        "INSERT INTO jobs (submission, script, array_id, array_index, resubmitted_from, state,"
        " submitted, walltime) VALUES (?, ?, ?, ?, ?, 'Waiting', ?, ?)",
        (
            row["submission"],
            row["script"],
            row["array_id"],
            row["array_index"],
            row["id"],
            time.time(),
            row["walltime"],
        ),
    ).lastrowid
    add_event(
        db,
        row["id"],
        "RESUBMIT_JOB_AUTOMATICALLY",
        f"[bipbip {row['id']}] the job {row['id']} is {why} so we resubmit it (new id = {new})",
    )
