"""Rows of the database in the words of the core: statuses, and who has which resources when."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pydra_oar_jupyter.backends.local.files import output_files
from pydra_oar_jupyter.backends.local.store import load
from pydra_oar_jupyter.core.state import Allocation, JobState, JobStatus, SchedulerEvent

if TYPE_CHECKING:
    import sqlite3

    from pydra_oar_jupyter.backends.local.cluster import Cluster
    from pydra_oar_jupyter.backends.local.schedule import Start

STATUS = """
SELECT jobs.*, submissions.*, submissions.resources AS wanted,
       (SELECT json_group_array(json_array(type, description, time))
        FROM events WHERE events.job = jobs.id) AS events
FROM jobs JOIN submissions ON submissions.id = jobs.submission
"""
# Jobs that have resources, or have had them, between two times; and those that may get some.
SCHEDULE = """
SELECT jobs.*, submissions.name, submissions.owner, submissions.queue
FROM jobs JOIN submissions ON submissions.id = jobs.submission
WHERE state IN ('Waiting', 'toLaunch', 'Running') OR (started > 0 AND started < ? AND ended >= ?)
"""


def status_of(row: sqlite3.Row) -> JobStatus:
    """A row of `STATUS`."""
    stdout, stderr = output_files(row)
    return JobStatus(
        id=row["id"],
        state=JobState(row["state"]),
        name=row["name"],
        owner=row["owner"],
        queue=row["queue"],
        project=row["project"],
        types=tuple(load(row, "types")),
        properties=row["properties"],
        resources=row["wanted"],
        nodes=tuple(load(row, "nodes")),
        submitted=row["submitted"],
        scheduled=row["scheduled"],
        started=row["started"],
        ended=row["ended"],
        walltime=row["walltime"],
        exit_code=row["exit_code"],
        message=row["message"],
        events=tuple(SchedulerEvent(*event) for event in load(row, "events")),
        array_id=row["array_id"],
        array_index=row["array_index"],
        resubmitted_from=row["resubmitted_from"],
        dependencies=tuple(load(row, "after")),
        command=f"/bin/sh {shlex.quote(row['script'])}",
        directory=row["directory"],
        stdout_file=stdout,
        stderr_file=stderr,
    )


def allocation_of(row: sqlite3.Row, cluster: Cluster, planned: Start | None) -> Allocation | None:
    """A row of `SCHEDULE`; None for a job that waits and has no planned start."""
    state = JobState(row["state"])
    if state is JobState.WAITING:
        if not planned:
            return None
        start, stop = planned.time, planned.time + planned.walltime
        resources = [one["resource_id"] for one in cluster.members(planned.resources)]
    else:
        start = row["started"] or row["scheduled"]
        stop = row["ended"] if state.final else start + row["walltime"]
        resources = load(row, "resources")
    return Allocation(
        row["id"],
        state,
        start,
        stop,
        tuple(resources),
        row["name"],
        row["owner"],
        row["queue"] == "besteffort",
    )
