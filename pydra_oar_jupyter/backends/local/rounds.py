"""A round: find jobs that were lost, plan the others, and say what has to be done now.

It is one transaction; its orders are carried out when that is kept. Orders that get lost with
the process that had them are given again by a later round.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.backends.local import processes
from pydra_oar_jupyter.backends.local.cluster import Cluster
from pydra_oar_jupyter.backends.local.ending import end_lost
from pydra_oar_jupyter.backends.local.schedule import (
    Alternative,
    Holding,
    Waiting,
    alternatives,
    plan,
)
from pydra_oar_jupyter.backends.local.store import add_event, load, reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from pydra_oar_jupyter.backends.local.schedule import Plan, Start

# The higher goes first, as in OAR.
QUEUES = {"admin": 10, "default": 2, "besteffort": 0}
# A supervisor that has not begun after so many seconds is started once more.
_LAUNCH_TIME = 5.0

_LIVE = """
SELECT jobs.*, submissions.queue, submissions.alternatives, submissions.properties AS condition,
       submissions.after, submissions.not_before
FROM jobs JOIN submissions ON submissions.id = jobs.submission
WHERE state IN ('Waiting', 'Hold', 'toLaunch', 'Running') ORDER BY jobs.id
"""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a round found to do.

    Attributes:
        launch: jobs that need a supervisor.
        stop: supervisors that have to end their jobs.
        wake: when a round is to be run in any case, in seconds since the epoch; 0 for never.
    """

    launch: Sequence[int] = ()
    stop: Sequence[str] = ()
    wake: float = 0.0


def cluster_of(db: sqlite3.Connection) -> Cluster:
    """The resources as the file has them."""
    rows = db.execute("SELECT properties FROM resources ORDER BY id")
    return Cluster([json.loads(row[0]) for row in rows])


def run_round(db: sqlite3.Connection) -> Orders:
    """Run a round in the transaction that is open."""
    now = time.time()
    running = db.execute("SELECT * FROM jobs WHERE state = 'Running'")
    for row in running.fetchall():
        if not processes.runs(row["supervisor"]):
            end_lost(db, row["id"])
    cluster = cluster_of(db)
    live = db.execute(_LIVE).fetchall()
    waiting = [row for row in live if row["state"] == "Waiting"]
    planned = _plan(cluster, live, now)
    for row in waiting:
        start = planned.starts.get(row["id"])
        if row["id"] in planned.launch and start:
            _assign(db, cluster, row["id"], start, now)
        else:
            _note_plan(db, row, start)
    for id_ in planned.preempt:
        _preempt(db, id_)
    late = [
        row["id"]
        for row in live
        if row["state"] == "toLaunch" and row["scheduled"] < now - _LAUNCH_TIME
    ]
    for id_ in late:
        db.execute("UPDATE jobs SET scheduled = ? WHERE id = ?", (now, id_))
    stop = db.execute("SELECT supervisor FROM jobs WHERE state = 'Running' AND stop != ''")
    return Orders(
        [*planned.launch, *late], [row[0] for row in stop.fetchall()], _wake(db, waiting, now)
    )


def forecast(db: sqlite3.Connection, cluster: Cluster, now: float) -> dict[int, Start]:
    """The planned starts of the jobs that wait."""
    return _plan(cluster, db.execute(_LIVE).fetchall(), now).starts


def _plan(cluster: Cluster, live: Sequence[sqlite3.Row], now: float) -> Plan:
    holding = [row for row in live if row["state"] in ("toLaunch", "Running")]
    waiting = [row for row in live if row["state"] == "Waiting"]
    return plan(
        cluster,
        [_holding(cluster, row, now) for row in holding],
        _waiting(cluster, waiting, {row["id"] for row in live}),
        now,
    )


def is_due(path: Path) -> bool:
    """Whether a round has something to do that no change has announced; a quick look."""
    now = time.time()
    with reading(path) as db:
        late = db.execute(
            "SELECT 1 FROM jobs WHERE (state = 'toLaunch' AND scheduled < ?)"
            " OR (state = 'Waiting' AND scheduled BETWEEN 1 AND ?)"
            " OR (state = 'Running' AND stop != '')",
            (now - _LAUNCH_TIME, now),
        ).fetchone()
        running = db.execute("SELECT supervisor FROM jobs WHERE state = 'Running'").fetchall()
    return late is not None or not all(processes.runs(row["supervisor"]) for row in running)


def _holding(cluster: Cluster, row: sqlite3.Row, now: float) -> Holding:
    end = (row["started"] or now) + row["walltime"]
    resources = cluster.set_of(load(row, "resources"))
    # One that is past its walltime is about to end.
    return Holding(row["id"], resources, max(end, now + 1), row["queue"] == "besteffort")


def _waiting(cluster: Cluster, rows: Sequence[sqlite3.Row], live: set[int]) -> list[Waiting]:
    """The jobs that are not held, in the order in which they are served."""
    known: dict[str, tuple[Alternative, ...]] = {}
    for row in rows:
        if row["submission"] not in known:
            stored = load(row, "alternatives")
            known[row["submission"]] = alternatives(cluster, row["condition"], stored)
    return [
        Waiting(
            row["id"],
            known[row["submission"]],
            row["not_before"],
            tuple(live.intersection(load(row, "after"))),
            row["queue"] == "besteffort",
        )
        for row in sorted(rows, key=lambda row: (-QUEUES[row["queue"]], row["id"]))
    ]


def _assign(db: sqlite3.Connection, cluster: Cluster, id_: int, start: Start, now: float) -> None:
    """Give a job its resources."""
    members = cluster.members(start.resources)
    resources = [one["resource_id"] for one in members]
    nodes = sorted({one["network_address"] for one in members})
    db.execute(
        "UPDATE jobs SET state = 'toLaunch', scheduled = ?, walltime = ?, message = '', "
        "resources = ?, nodes = ? WHERE id = ?",
        (now, start.walltime, json.dumps(resources), json.dumps(nodes), id_),
    )


def _note_plan(db: sqlite3.Connection, row: sqlite3.Row, start: Start | None) -> None:
    """Write down a planned start, if it is another than before."""
    # A start that is due, and can't be yet, stays so.
    time_ = start.time if start else 0.0
    if time_ != row["scheduled"]:
        db.execute("UPDATE jobs SET scheduled = ? WHERE id = ?", (time_, row["id"]))


def _preempt(db: sqlite3.Connection, id_: int) -> None:
    """Ask for the end of a besteffort job, unless that has been done."""
    asked = db.execute(
        "UPDATE jobs SET stop = 'besteffort' WHERE id = ? AND state = 'Running' AND stop = ''",
        (id_,),
    )
    if asked.rowcount:
        add_event(db, id_, "BESTEFFORT_KILL", f"[MetaSched] kill the besteffort job {id_}")
        add_event(db, id_, "FRAG_JOB_REQUEST", f"User root requested to frag the job {id_}")


def _wake(db: sqlite3.Connection, waiting: Sequence[sqlite3.Row], now: float) -> float:
    """When the first job with a date may start, unless a process waits for that already."""
    dates = [row["not_before"] for row in waiting if row["not_before"] > now]
    if not dates:
        return 0.0
    wakers = db.execute("SELECT process, time FROM waker WHERE time <= ?", (min(dates),))
    awake = any(processes.runs(row["process"]) for row in wakers.fetchall())
    return 0.0 if awake else min(dates)
