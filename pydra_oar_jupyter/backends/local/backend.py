"""The embedded cluster, seen from the front end."""

from __future__ import annotations

import json
import shlex
import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.backends.local import ending, processes
from pydra_oar_jupyter.backends.local.admission import admit, owner
from pydra_oar_jupyter.backends.local.answers import SCHEDULE, STATUS, allocation_of, status_of
from pydra_oar_jupyter.backends.local.cluster import Cluster, this_machine
from pydra_oar_jupyter.backends.local.files import language, login_environment
from pydra_oar_jupyter.backends.local.rounds import (
    QUEUES,
    Orders,
    cluster_of,
    forecast,
    is_due,
    run_round,
)
from pydra_oar_jupyter.backends.local.store import (
    add_event,
    changing,
    create,
    database,
    ids_in,
    load,
    reading,
)
from pydra_oar_jupyter.core.errors import BackendError, SpoolError
from pydra_oar_jupyter.core.spool import spool_root
from pydra_oar_jupyter.core.state import Resource

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from pydra_oar_jupyter.core.spool import Submission
    from pydra_oar_jupyter.core.state import Allocation, JobStatus

# These jobs, and those that were resubmitted for them.
_FAMILY = """
WITH RECURSIVE family (id) AS (
    SELECT value FROM json_each(?)
    UNION SELECT jobs.id FROM jobs JOIN family ON jobs.resubmitted_from = family.id
        WHERE jobs.resubmitted_from > 0
)
"""
_OF_FAMILY = "WHERE jobs.id IN (SELECT id FROM family)"
_LIVE = "WHERE state IN ('Waiting', 'Hold', 'toLaunch', 'Running') ORDER BY jobs.id"


class Backend:
    """This machine as an OAR of its own (`core.backend.Backend`)."""

    name = "local"
    polls = (0.2, 2.0)

    @property
    def _path(self) -> Path:
        return database(spool_root())

    def submit(self, submission: Submission) -> list[int]:
        """Enter its jobs and start what can be started; once, however often it is called."""
        create(self._path)
        with changing(self._path) as db:
            if known := _ids_of(db, submission):
                return known
            _refresh(db)
            ids = admit(db, cluster_of(db), submission)
            orders = run_round(db)
        self._obey(orders)
        return ids

    def find(self, submission: Submission) -> list[int]:
        """The ids that it has got."""
        if not self._path.exists():
            return []
        with reading(self._path) as db:
            return _ids_of(db, submission)

    def command(self, submission: Submission) -> str:
        """The oarsub that would do the same."""
        words = ["oarsub", *submission.words, "-n", submission.tag, "-d", submission.directory]
        if len(submission.jobs) > 1:
            return shlex.join([*words, "--array-param-file", str(submission.params), "/bin/sh"])
        return shlex.join([*words, f"/bin/sh {shlex.quote(str(submission.jobs[0].script))}"])

    def status(self, ids: Collection[int]) -> dict[int, JobStatus]:
        """These jobs and those that replace them."""
        self._heal()
        return {
            status.id: status for status in self._ask(_FAMILY + STATUS + _OF_FAMILY, ids_in(ids))
        }

    def jobs(self, *, everyone: bool = False) -> list[JobStatus]:
        """The jobs that have not ended; of everyone, as the cluster has one user."""
        del everyone
        self._heal()
        return self._ask(STATUS + _LIVE)

    def resources(self) -> list[Resource]:
        """This machine's cores, with the jobs that hold them."""
        if not self._path.exists():
            held: dict[int, list[int]] = {}
            cluster = Cluster(this_machine())
        else:
            self._heal()
            with reading(self._path) as db:
                cluster, held = cluster_of(db), _held(db)
            cluster = cluster if cluster.resources else Cluster(this_machine())
        return [
            Resource(
                one["resource_id"],
                one["host"],
                one["state"],
                one,
                tuple(held.get(one["resource_id"], ())),
            )
            for one in cluster.resources
        ]

    def schedule(self, since: float, until: float) -> list[Allocation]:
        """The jobs that have resources, and the plan for those that wait."""
        if not self._path.exists():
            return []
        self._heal()
        with reading(self._path) as db:
            db.execute("BEGIN")  # one state of the database for all of it
            rows = db.execute(SCHEDULE, (until, since)).fetchall()
            cluster = cluster_of(db)
            starts = forecast(db, cluster, time.time())
        found = (allocation_of(row, cluster, starts.get(row["id"])) for row in rows)
        inside = (one for one in found if one and one.start < until and one.stop >= since)
        return sorted(inside, key=lambda one: (one.start, one.job))

    def queues(self) -> list[str]:
        """The names of the queues."""
        return list(QUEUES)

    def delete(self, ids: Sequence[int]) -> None:
        """End jobs; those that run are killed by their supervisors."""
        self._change(ids, "delete", _delete)

    def hold(self, ids: Sequence[int]) -> None:
        """Keep waiting jobs from starting."""
        self._change(ids, "hold", _hold)

    def resume(self, ids: Sequence[int]) -> None:
        """Let held jobs go on."""
        self._change(ids, "resume", _resume)

    def _change(
        self,
        ids: Sequence[int],
        verb: str,
        change: Callable[[sqlite3.Connection, sqlite3.Row], str],
    ) -> None:
        """Change each of these jobs that can be, then say which could not."""
        create(self._path)
        query = "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
        with changing(self._path) as db:
            rows = {row["id"]: row for row in db.execute(query, (ids_in(ids),))}
            problems = {
                id_: change(db, rows[id_]) if id_ in rows else "there is no such job of yours."
                for id_ in ids
            }
            orders = run_round(db)
        self._obey(orders)
        if any(problems.values()):
            lines = (f"Cannot {verb} {id_}: {why}" for id_, why in problems.items() if why)
            raise BackendError("\n".join(lines))

    def _ask(self, query: str, *values: str) -> list[JobStatus]:
        if not self._path.exists():
            return []
        with reading(self._path) as db:
            return [status_of(row) for row in db.execute(query, values)]

    def _heal(self) -> None:
        """Run a round if one is due that nobody has run."""
        if self._path.exists() and is_due(self._path):
            with changing(self._path) as db:
                orders = run_round(db)
            self._obey(orders)

    def _obey(self, orders: Orders) -> None:
        """Carry out what a round has found. What fails is found again by a later one."""
        for supervisor in orders.stop:
            processes.nudge(supervisor)
        words = [*map(str, orders.launch), *([f"@{orders.wake}"] if orders.wake else [])]
        if not words:
            return
        try:
            log = self._path.with_suffix(".log")
            processes.start_apart([str(self._path), *words], log, login_environment(language()))
        except OSError as error:
            raise SpoolError(f"No process can be started for the jobs: {error}.") from error


def _ids_of(db: sqlite3.Connection, submission: Submission) -> list[int]:
    query = "SELECT id FROM jobs WHERE submission = ? AND resubmitted_from = 0 ORDER BY id"
    return [row[0] for row in db.execute(query, (submission.id,))]


def _refresh(db: sqlite3.Connection) -> None:
    """Bring the resources up to what the machine has."""
    there = this_machine()
    if cluster_of(db).resources != there:
        db.execute("DELETE FROM resources")
        rows = ((one["resource_id"], json.dumps(one)) for one in there)
        db.executemany("INSERT INTO resources VALUES (?, ?)", rows)


def _held(db: sqlite3.Connection) -> dict[int, list[int]]:
    held: dict[int, list[int]] = {}
    rows = db.execute("SELECT id, resources FROM jobs WHERE state IN ('toLaunch', 'Running')")
    for row in rows:
        for resource in load(row, "resources"):
            held.setdefault(resource, []).append(row["id"])
    return held


def _delete(db: sqlite3.Connection, row: sqlite3.Row) -> str:
    id_ = row["id"]
    if row["state"] in ("Terminated", "Error") or row["stop"]:
        return ""
    add_event(db, id_, "FRAG_JOB_REQUEST", f"User {owner()} requested to frag the job {id_}")
    if row["state"] == "Running":
        db.execute("UPDATE jobs SET stop = 'user' WHERE id = ?", (id_,))
    else:
        ending.end_waiting(db, id_)
    return ""


def _hold(db: sqlite3.Connection, row: sqlite3.Row) -> str:
    if row["state"] != "Waiting":
        return "the job is not in the right state: only a waiting job can be held."
    db.execute("UPDATE jobs SET state = 'Hold', scheduled = 0 WHERE id = ?", (row["id"],))
    why = f"User {owner()} launched oarhold on the job {row['id']}"
    add_event(db, row["id"], "HOLD_WAITING_JOB", why)
    return ""


def _resume(db: sqlite3.Connection, row: sqlite3.Row) -> str:
    if row["state"] != "Hold":
        return "the job is not in the Hold or Suspended state."
    db.execute("UPDATE jobs SET state = 'Waiting' WHERE id = ?", (row["id"],))
    why = f"User {owner()} launched oarresume on the job {row['id']}"
    add_event(db, row["id"], "RESUME_JOB", why)
    return ""
