"""The cluster as a picture: its hosts, and who has what of them when."""

from __future__ import annotations

import heapq
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import INTERNAL
from pydra_oar_jupyter.core.spool import own_name
from pydra_oar_jupyter.monitor.keys import job_key, other_key
from pydra_oar_jupyter.monitor.rows.jobs import ended_tone, tone, user
from pydra_oar_jupyter.monitor.schedulers import scheduler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.state import Allocation, Resource

# The most bars that are sent: this user's, then those nearest to now.
MOST = 20_000
# The longest time that is shown, in seconds.
_LONGEST = 92 * 86400.0
_WORST = ("Dead", "Suspected", "Absent", "Alive")


def cluster(*, backend: str, since: float, until: float) -> dict[str, Any]:
    """The hosts as they are now, and the jobs on them between two times (``Cluster``).

    Raises:
        RequestError: there is no such backend, or the times are not right.
        BackendError: the scheduler does not answer.
    """
    if not 0 <= since < until <= since + _LONGEST:
        raise RequestError("The picture can show at most 92 days, from the earlier to the later.")
    known, now = scheduler(backend), time.time()
    resources = known.resources()
    hosts = {one.id: one.host for one in resources}
    ours = known.jobs()

    def rank(one: Allocation) -> tuple[bool, float]:
        mine = one.job in ours or one.owner == user()
        return not mine, max(one.start - now, now - one.stop, 0.0)

    shown = heapq.nsmallest(MOST, known.schedule(since, until), key=rank)
    return {
        "backend": known.name,
        "now": now,
        "from": since,
        "to": until,
        "hosts": _hosts(resources),
        "jobs": [_bar(one, ours.get(one.job), hosts, known.name) for one in shown],
    }


def _bar(
    one: Allocation, job: Job | None, hosts: Mapping[int, str], backend: str
) -> dict[str, Any]:
    outcome = job.outcome if job and one.state.final else None
    # The schedule keeps what a job was given until the scheduler has seen its end.
    ended = job.ended if job and job.ended else one.stop
    return {
        "id": str(one.job),
        "key": job_key(job.directory.id) if job else other_key(backend, one.job),
        "name": own_name(one.name),
        "owner": one.owner,
        "mine": bool(job) or one.owner == user(),
        "state": one.state.value,
        # The schedule does not tell whether a command failed.
        "tone": ended_tone(outcome) if outcome else tone(one.state),
        "start": one.start,
        "stop": max(one.start, min(one.stop, ended)),
        "forecast": one.forecast,
        "hosts": Counter(hosts[id_] for id_ in one.resources if id_ in hosts),
    }


def _hosts(resources: Sequence[Resource]) -> list[dict[str, Any]]:
    groups: dict[str, list[Resource]] = defaultdict(list)
    for one in resources:
        groups[one.host].append(one)
    return [
        {
            "name": name,
            "state": min((one.state for one in group), key=_badness),
            "resources": len(group),
            "free": sum(one.free for one in group),
            "properties": _common(group),
        }
        for name, group in groups.items()
    ]


def _badness(state: str) -> int:
    return _WORST.index(state) if state in _WORST else 0


def _common(group: Sequence[Resource]) -> dict[str, str]:
    """The properties that have one value on a host."""
    found = {}
    for name in sorted(group[0].properties):
        values = {one.properties.get(name) for one in group}
        if len(values) == 1 and name.lower() not in INTERNAL and name != "jobs":
            value = values.pop()
            found[name] = "" if value is None else str(value)
    return {name: value for name, value in found.items() if value}
