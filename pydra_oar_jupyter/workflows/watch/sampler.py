"""From a running Pydra job to snapshots of it, whichever its worker."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from copy import copy
from functools import cached_property
from itertools import zip_longest
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.workflows.inputs import inputs_in_words
from pydra_oar_jupyter.workflows.snapshot import (
    TASKS,
    RunSnapshot,
    RunState,
    TaskFacts,
    TaskState,
)
from pydra_oar_jupyter.workflows.watch.evidence import evidence_for
from pydra_oar_jupyter.workflows.watch.executions import Execution, Graph, graph_of
from pydra_oar_jupyter.workflows.watch.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydra.engine.job import Job as PydraJob

    from pydra_oar_jupyter.workflows.watch.places import Task


class Sampler:
    """Makes snapshots of a run while a Submitter runs it in another thread, or after that.

    Args:
        root: the job that ``Submitter.__call__`` makes of what it was given.
        name: what the run is called.
        worker: the name of Pydra's worker.
        started: when the run began, in seconds since the epoch: results that are older were found.
        rerun: whether the Submitter was told to run all again: no results are found then.
    """

    def __init__(
        self,
        root: PydraJob[Any],
        *,
        name: str,
        worker: str,
        started: float,
        rerun: bool = False,
    ) -> None:
        self._root: Any = root if _is_workflow(root) else _Single(root)
        self._name, self._worker, self._started = name, worker, started
        submitter: Any = root.submitter
        again = rerun and (submitter.propagate_rerun or not _is_workflow(root))
        self._evidence = evidence_for(submitter.worker, started, rerun=again)
        self._places: dict[str, Place] = {}
        self._graph: Graph | None = None
        self._alone: SimpleNamespace | None = None
        self._ended = 0.0
        self._lock = threading.Lock()

    def sample(self, state: RunState = RunState.RUNNING, error: str = "") -> RunSnapshot:
        """The run as it stands.

        Args:
            state: the run's, which only its Submitter's caller knows.
            error: for one that failed, what to tell before all else.
        """
        with self._lock:
            for place in self._places.values():
                place.clear()
            self._follow(state)
            tasks = self._chosen()
            now = time.time()
            if state.final:
                self._ended = self._ended or now
            checksum = self._root._checksum
            return RunSnapshot(
                name=self._name,
                worker=self._worker,
                state=state,
                nodes=tuple(place.facts() for place in self._places.values()),
                tasks=tuple(self._facts(task, where) for task, where in tasks),
                started=self._started,
                ended=self._ended,
                taken=now,
                cache_dir=f"{self._root.cache_root}/{checksum}" if checksum else "",
                error=error,
                trouble=self._trouble(task for task, _ in tasks),
            )

    def _follow(self, state: RunState) -> None:
        if self._graph is None and _is_workflow(self._root):
            self._graph = graph_of(self._root, self._places)
        if self._graph is None and (state.final or not _is_workflow(self._root)):
            self._graph = self._as_one_node()
        if self._alone and state is RunState.DONE:
            self._alone.successful = self._alone._tasks
        elif self._alone and state is RunState.FAILED:
            self._alone.errored = self._alone._tasks
        if self._graph:
            self._graph.follow(self._evidence, state)

    def _as_one_node(self) -> Graph:
        """What is no workflow, or came to no graph of its own, in the form of Pydra's nodes."""
        name = _name(self._root.task)
        place = self._places[name] = Place((name,), name, _is_workflow(self._root))
        self._alone = SimpleNamespace(
            _tasks={None: self._root},
            **{book: {} for book in ("blocked", "running", "successful", "errored", "unrunnable")},
        )
        return Graph([Execution(self._alone, place)])

    def _chosen(self) -> list[tuple[Task, TaskState]]:
        """The tasks that are named, with their states: some of each node, if not all can be."""
        places = [place for outer in self._places.values() for place in outer.all()]
        order = {place: number for number, place in enumerate(places)}
        chosen: list[tuple[Task, TaskState]] = []
        for kind, state in (
            ("failed", None),
            ("running", TaskState.RUNNING),
            ("ran", None),
            ("queued", TaskState.QUEUED),
            ("left", None),
        ):
            rows = zip_longest(*(reversed(getattr(place, kind)) for place in places))
            some = [task for row in rows for task in row if task][: TASKS - len(chosen)]
            some.sort(key=lambda task: (order[task.place], task.index or 0))
            chosen += [(task, state or task.state) for task in some]
        return chosen

    def _facts(self, task: Task, state: TaskState) -> TaskFacts:
        if task.inputs is None:
            task.inputs = ""
            with suppress(Exception):  # they are the user's objects
                task.inputs = inputs_in_words(task.job, task.place.split)
        if state is TaskState.FAILED and not any(task.cause):
            task.cause = self._evidence.cause(task)
        error, traceback = task.cause
        job = self._evidence.job(task)
        return TaskFacts(
            node=task.place.path,
            index=task.index,
            state=state,
            inputs=task.inputs,
            started=task.started,
            ended=task.ended,
            job=job.id if job else None,
            host=job.node if job else "",
            stdout=str(job.directory.stdout) if job else "",
            stderr=str(job.directory.stderr) if job else "",
            error=error,
            traceback=traceback,
        )

    def _trouble(self, tasks: Iterable[Task]) -> str:
        jobs = filter(None, map(self._evidence.job, tasks))
        return next((job.trouble.message for job in jobs if job.trouble), "")


class _Single:
    """A run's only job. Pydra may compute its checksum in another process only."""

    def __init__(self, job: PydraJob[Any]) -> None:
        self._job = job

    def __getattr__(self, name: str) -> Any:
        return getattr(self._job, name)

    @cached_property
    def _checksum(self) -> str:
        known: str | None = self._job._checksum
        try:
            return known or str(copy(self._job.task)._checksum)  # the task would keep hashes
        except Exception:  # of an input without a hash, which the Submitter will say
            return ""


def _is_workflow(job: Any) -> bool:
    return bool(job.task._task_type() == "workflow")


def _name(task: Any) -> str:
    """Of its class; of what is in it, if it is a workflow that the Submitter made for a split."""
    maker = getattr(getattr(task, "constructor", None), "__module__", None)
    inner = task.defn if maker == "pydra.engine.submitter" else task
    return type(inner).__name__
