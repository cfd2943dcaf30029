"""How long a run will still take, judged by what it has done so far."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from pydra_oar_jupyter.workflows.snapshot import TaskState

if TYPE_CHECKING:
    from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot

# What must be over before it tells something: so many tasks, in so many seconds.
_TASKS, _SECONDS = 3, 5.0
# Nodes of which nothing is known yet may hold such a part of the tasks that are left.
_UNKNOWN = 0.1
# Below so many seconds, it is told in steps of so many units of so many seconds.
_STEPS = ((600, 1, 60, "min"), (3600, 5, 60, "min"), (129600, 1, 3600, "h"), (inf, 1, 86400, "d"))


def node_left(node: NodeFacts, since: float, now: float) -> float | None:
    """The seconds until the last of a node's tasks ends; None where there is no ground to say.

    Tasks that run are taken to be halfway, on average. What came from the cache, or ran before
    `since`, took no time of this run.
    """
    done = node.counts.get(TaskState.DONE, 0) + node.counts.get(TaskState.FAILED, 0)
    running = node.counts.get(TaskState.RUNNING, 0)
    going = now - max(node.started, since)
    # With fewer done than running, those that were quick would speak for all.
    if not node.started or done < max(_TASKS, running) or going < _SECONDS:
        return None
    return going * (_remaining(node) - running / 2) / (done + running / 2)


def run_left(snapshot: RunSnapshot, now: float) -> float | None:
    """The seconds until a run ends; None where there is no ground to say.

    Nodes share the workers, so what each of them needs at its present pace goes on side by side.
    """
    rest = [node for node in snapshot.leaves() if _remaining(node)]
    if any(node.split and not node.expanded for node in rest):
        return None
    left = {node.path: node_left(node, snapshot.started, now) for node in rest}
    unknown = sum(_remaining(node) for node in rest if left[node.path] is None)
    known = [seconds for seconds in left.values() if seconds is not None]
    if not known or unknown > max(1, _UNKNOWN * sum(map(_remaining, rest))):
        return None
    return max(known)


def about(seconds: float | None) -> str:
    """``about 3 min``, ``about 2 h``: coarse, as it is a guess; "" for None."""
    if seconds is None:
        return ""
    if seconds < 60:
        return "less than a minute"
    _, step, unit, name = next(row for row in _STEPS if seconds < row[0])
    return f"about {max(1, round(seconds / unit / step)) * step} {name}"


def _remaining(node: NodeFacts) -> int:
    waits = (TaskState.WAITING, TaskState.QUEUED, TaskState.RUNNING)
    return sum(node.counts.get(state, 0) for state in waits)
