"""A submission as the rows of the database, or why it is refused."""

from __future__ import annotations

import json
import os
import pwd
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from pydra_oar_jupyter.backends.local.files import language
from pydra_oar_jupyter.backends.local.rounds import QUEUES
from pydra_oar_jupyter.backends.local.schedule import alternatives, choose
from pydra_oar_jupyter.core.errors import Refused
from pydra_oar_jupyter.core.request import Request

if TYPE_CHECKING:
    import sqlite3

    from pydra_oar_jupyter.backends.local.cluster import Cluster, Levels
    from pydra_oar_jupyter.core.resources import Resources
    from pydra_oar_jupyter.core.spool import Submission

# The defaults of OAR's own configuration.
_WALLTIME = 2 * 3600
_LEVELS = (("resource_id", 1),)
_CHECKPOINT_SIGNAL = 12
_PROJECT = "default"

# An alternative as it is stored: its groups (SQL condition, hierarchy) and its walltime.
Stored: TypeAlias = "tuple[list[tuple[str, Levels]], int]"


def owner() -> str:
    """The name of this account."""
    return pwd.getpwuid(os.getuid()).pw_name


def admit(db: sqlite3.Connection, cluster: Cluster, submission: Submission) -> list[int]:
    """Enter a submission; its jobs' ids in order.

    Raises:
        Refused: this cluster can't run it.
    """
    request = Request.parse(submission.words)
    queue, types = _queue(request)
    not_before, longest = _reservation(request, queue)
    if request.resubmit:
        raise Refused("The embedded cluster can't resubmit a job. Submit it anew.")
    for id_ in request.after:
        if not db.execute("SELECT 1 FROM jobs WHERE id = ?", (id_,)).fetchone():
            raise Refused(f"There is no job {id_} to wait for.")
    stored = asked(request, longest)
    _check(cluster, request.properties or "", stored)
    db.execute(
        f"INSERT INTO submissions VALUES ({', '.join('?' * 19)})",  # noqa: S608 - of question marks
        (
            submission.id,
            str(submission.path),
            submission.tag,
            owner(),
            queue,
            request.project or _PROJECT,
            json.dumps(types),
            request.properties or "",
            " ".join(f"-l {one}" for one in request.resources),
            json.dumps(stored),
            request.directory or submission.directory,
            request.stdout or "",
            request.stderr or "",
            json.dumps(request.after),
            not_before,
            request.checkpoint or 0,
            request.signal or _CHECKPOINT_SIGNAL,
            request.notify or "",
            json.dumps(language()),
        ),
    )
    return _add_jobs(db, submission, "Hold" if request.hold else "Waiting", stored[0][1])


def _add_jobs(
    db: sqlite3.Connection, submission: Submission, state: str, walltime: int
) -> list[int]:
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
    first = (row[0] if row else 0) + 1
    now = time.time()
    ids = range(first, first + len(submission.jobs))
    db.executemany(
        "INSERT INTO jobs (id, submission, script, array_id, array_index, resubmitted_from, state,"
        " submitted, walltime) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)",
        (
            (id_, submission.id, str(job.script), first, index, state, now, walltime)
            for index, (id_, job) in enumerate(zip(ids, submission.jobs, strict=True), 1)
        ),
    )
    return list(ids)


def _queue(request: Request) -> tuple[str, list[str]]:
    """The queue and the types. The besteffort queue and the besteffort type go together."""
    queue = request.queue or "default"
    if queue not in QUEUES:
        raise Refused(f"The queue {queue} does not exist. There are: {', '.join(sorted(QUEUES))}.")
    types = list(request.types)
    if "besteffort" in types:
        queue = "besteffort"
    elif queue == "besteffort":
        types.append("besteffort")
    return queue, types


def _reservation(request: Request, queue: str) -> tuple[float, int | None]:
    """The date before which the job may not start, or 0, and its walltime if it has an end."""
    if not request.reservation:
        return 0.0, None
    if queue == "besteffort":
        raise Refused("Error: a job cannot both be of type besteffort and be a reservation.")
    now = datetime.now()
    start, _, end = request.reservation.partition(", ")
    begin = now if start == "now" else _moment(start, now)
    if start != "now" and begin.timestamp() < now.timestamp() - 1:
        raise Refused(f"Reservation not valid: {begin:%Y-%m-%d %H:%M:%S} is past.")
    length = int((_moment(end, begin) - begin).total_seconds()) if end else None
    return begin.timestamp(), length


def _moment(text: str, after: datetime) -> datetime:
    """A date, or the next time of day with that hour."""
    if " " in text:
        return datetime.fromisoformat(text)
    moment = datetime.combine(after.date(), datetime.strptime(text, "%H:%M:%S").time())
    return moment if moment >= after else moment + timedelta(days=1)


def asked(request: Request, longest: int | None = None) -> list[Stored]:
    """The alternatives of a request, with OAR's defaults for what it does not say.

    Args:
        request: what is asked.
        longest: the walltime, in seconds, whatever the request says of it; None to ask it.
    """
    default: list[Stored] = [([("", _LEVELS)], longest or _WALLTIME)]
    return [_stored(one, longest) for one in request.resources] or default


def _stored(resources: Resources, longest: int | None) -> Stored:
    groups: list[tuple[str, Levels]] = [
        (group.filter, group.levels or _LEVELS) for group in resources.groups
    ]
    return groups or [("", _LEVELS)], longest or resources.walltime or _WALLTIME


def _check(cluster: Cluster, condition: str, stored: list[Stored]) -> None:
    """Refuse what even an idle cluster can't give."""
    for (groups, _), wanted in zip(stored, alternatives(cluster, condition, stored), strict=True):
        if choose(cluster, wanted, cluster.all):
            continue
        taken = 0
        for (own, levels), (within, _) in zip(groups, wanted.groups, strict=True):
            got = cluster.choose(levels, within & ~taken, cluster.all)
            if not got:
                both = " and ".join(filter(None, (condition, own)))
                raise cluster.refusal(levels, both, within)
            taken |= got
