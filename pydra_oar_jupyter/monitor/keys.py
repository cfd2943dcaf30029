"""The keys of rows, and what they stand for.

=======================  ==================================================================
``job:<directory>``      a job, by the id of its directory in the spool
``array:<group>``        the jobs of one group
``run:<id>``             a Pydra run
``node:<run>/<path>``    a node of it: the names of the nodes that it is in, and its own
``task:<run>/<name>``    a task of it
``pairio:<id>``          a Pairio job
``oar:<backend>/<id>``   a job that was not submitted from here, by the scheduler's id
=======================  ==================================================================

Names in keys are quoted as in URLs. Keys come from browsers: whatever has another form is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydra_oar_jupyter.core.backend import BACKENDS
from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.workflows.runs.run import Run, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot, TaskFacts

# The longest key, in characters.
LONGEST = 1000
_QUOTED = r"[A-Za-z0-9_.~%\[\]-]+"
_FORMS = {
    "job": re.compile(r"[0-9a-z]{10}"),
    "array": re.compile(r"[0-9a-f]{16}"),
    "run": re.compile(r"[0-9a-f]{8}"),
    "node": re.compile(rf"([0-9a-f]{{8}})/{_QUOTED}(?:/{_QUOTED})*"),
    "task": re.compile(rf"([0-9a-f]{{8}})/{_QUOTED}"),
    "pairio": re.compile(r"[0-9a-f]{20}"),
    "oar": re.compile(r"([a-z]+)/([0-9]{1,18})"),
}


@dataclass(frozen=True)
class Array:
    """Jobs that were submitted together, in their order."""

    group: str
    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class Node:
    """A node of a run, as the run's last snapshot has it."""

    run: Run
    facts: NodeFacts


@dataclass(frozen=True)
class Task:
    """A task of a run, as the run's last snapshot has it."""

    run: Run
    facts: TaskFacts


@dataclass(frozen=True)
class PairioJob:
    """A Pairio job, by its id."""

    id: str


@dataclass(frozen=True)
class OtherJob:
    """A job that was not submitted from here, by the scheduler's id."""

    backend: str
    id: int


Thing = Job | Array | Run | Node | Task | PairioJob | OtherJob


def check(key: str) -> tuple[str, re.Match[str]]:
    """The kind of a key, and the match of what follows it.

    Raises:
        RequestError: it is no key.
    """
    kind, colon, rest = key[: LONGEST + 1].partition(":")
    if colon and len(key) <= LONGEST and kind in _FORMS and (match := _FORMS[kind].fullmatch(rest)):
        return kind, match
    raise RequestError(f"{key[:80]!r} is no key of a row.")


def find(key: str) -> Thing:
    """What a key stands for.

    Raises:
        RequestError: it is no key.
        OarError: there is nothing of that key, or not any more.
    """
    kind, match = check(key)
    match kind:
        case "job":
            if found := all_jobs().find(match[0]):
                return found
            raise OarError("That job is not there any more: its files were removed.")
        case "array":
            return _array(match[0])
        case "run":
            return run(match[0])
        case "node":
            return _node(run(match[1]), key)
        case "task":
            return _task(run(match[1]), key)
        case "pairio":
            return PairioJob(match[0])
    if match[1] not in BACKENDS:
        raise RequestError(f"There is no backend {match[1]!r}.")
    return OtherJob(match[1], int(match[2]))


def job_of(thing: Thing) -> Job | None:
    """The one job of the scheduler that writes its output; None if there is none, or several."""
    match thing:
        case Job():
            return thing
        case Task():
            return _job(thing.run, thing.facts.job)
        case Run():
            return _job(thing, thing.progress.job)
    return None


def job_key(directory: str) -> str:
    """Of a job, by its directory's id in the spool."""
    return f"job:{directory}"


def array_key(group: str) -> str:
    """Of the jobs of a group."""
    return f"array:{group}"


def run_key(id_: str) -> str:
    """Of a run."""
    return f"run:{id_}"


def node_key(run_id: str, path: tuple[str, ...]) -> str:
    """Of a node of a run."""
    return f"node:{run_id}/{'/'.join(map(_quoted, path))}"


def task_keys(run_id: str, snapshot: RunSnapshot) -> dict[str, TaskFacts]:
    """The tasks that a snapshot names, by their keys.

    In a nested workflow that is split, several may have one name: their jobs tell them apart.
    """
    names = Counter(task.name for task in snapshot.tasks)
    keys: dict[str, TaskFacts] = {}
    for number, task in enumerate(snapshot.tasks):
        more = "" if names[task.name] == 1 else f"~{task.job or f'n{number}'}"
        keys[f"task:{run_id}/{_quoted(task.name)}{more}"] = task
    return keys


def pairio_key(id_: str) -> str:
    """Of a Pairio job."""
    return f"pairio:{id_}"


def pairio_key_behind(job: Job) -> str:
    """Of the Pairio job that a job of the cluster runs.

    A compute client notes it, with its own id, as ``pairio:<id>@<client>``.
    """
    return job.spec.source.rpartition("@")[0]


def other_key(backend: str, id_: int) -> str:
    """Of a job that was not submitted from here."""
    return f"oar:{backend}/{id_}"


def _quoted(name: str) -> str:
    return quote(name, safe="[]", errors="replace")


def _array(group: str) -> Array:
    jobs = []
    for job in reversed(all_jobs().all()):  # the newest is the first, and the last of its array
        try:
            if job.spec.group == group:
                jobs.append(job)
        except OarError:  # removed at this moment
            continue
    if not jobs:
        raise OarError("That array is not there any more: its jobs' files were removed.")
    return Array(group, tuple(jobs))


def _node(of: Run, key: str) -> Node:
    for facts in _all_nodes(of.progress.nodes):
        if node_key(of.id, facts.path) == key:
            return Node(of, facts)
    raise OarError(f"Run {of.id} has no such node.")


def _all_nodes(nodes: tuple[NodeFacts, ...]) -> Iterator[NodeFacts]:
    for node in nodes:
        yield node
        yield from _all_nodes(node.nodes)


def _task(of: Run, key: str) -> Task:
    if facts := task_keys(of.id, of.progress).get(key):
        return Task(of, facts)
    raise OarError(f"Run {of.id} does not name that task (any more): it names a hundred of them.")


def _job(of: Run, job_id: int | None) -> Job | None:
    if job_id is None:
        return None
    try:
        return all_jobs().get(job_id, of.backend or None)
    except OarError:  # its files were removed
        return None
