"""A running workflow, followed from one sample to the next.

What has ended is counted in its place and left alone from then on, so that a sample costs as much
as goes on. Pydra's thread changes what is read here at any moment; nothing is changed from here.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState
from pydra_oar_jupyter.workflows.watch.places import Place, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydra_oar_jupyter.workflows.watch.evidence import Evidence
    from pydra_oar_jupyter.workflows.watch.places import Tasks

Key = TypeVar("Key")
Value = TypeVar("Value")


class Graph:
    """A workflow that has begun: its nodes, until they are over.

    Args:
        executions: its nodes, none before one that it needs.

    Attributes:
        failed: whether a task in it has.
    """

    def __init__(self, executions: list[Execution]) -> None:
        self.failed = False
        self._waiting = executions
        self._going: list[Execution] = []
        self._past: set[str] = set()  # the names of nodes that are over
        self._dead: set[str] = set()  # and of those after which none can run
        self._heeded = -1  # how many of both the nodes that wait have been told of

    def follow(self, evidence: Evidence, state: RunState) -> None:
        """Take what has happened since the last sample; ``state``: the workflow's own."""
        turn, self._going = self._going, []
        while True:
            for execution in turn:
                execution.follow(evidence, state)
                if execution.failed:
                    self.failed = True
                if execution.failed or execution.skipped:
                    self._dead.add(execution.name)
                if execution.over:
                    self._past.add(execution.name)
                else:
                    self._going.append(execution)
            if self._heeded == len(self._past) + len(self._dead):
                return
            self._heeded = len(self._past) + len(self._dead)
            turn = self._released()

    def _released(self) -> list[Execution]:
        """The nodes that need not wait any more; those that wait in vain are skipped."""
        waiting, self._waiting = self._waiting, []
        released = []
        for execution in waiting:
            if not self._dead.isdisjoint(execution.place.after):
                execution.skip()
                self._dead.add(execution.name)
            elif self._past.issuperset(execution.place.after):
                released.append(execution)
            else:
                self._waiting.append(execution)
        return released


class Execution:
    """One of Pydra's NodeExecutions: those of its tasks that have not ended.

    Attributes:
        place: the node that it is an element of.
        name: the node's.
        failed: whether one of its tasks has.
        skipped: whether it never has a task.
        over: whether nothing can happen to it any more.
    """

    def __init__(self, node: Any, place: Place) -> None:
        self.place, self.name = place, place.path[-1]
        self.failed = self.skipped = self.over = False
        self._node = node
        self._tasks: Tasks | None = None
        self._running: Tasks = {}
        self._booked = {"successful": 0, "errored": 0}
        place.unknown += 1

    def skip(self) -> None:
        """Note that it never has a task."""
        self.skipped = self.over = True
        self.place.unknown -= 1
        self.place.skipped += 1

    def follow(self, evidence: Evidence, state: RunState) -> None:
        """Take what has happened since the last sample; ``state``: of the workflow around it."""
        if self._tasks is None and not self._expand():
            if self._node.unrunnable or state.final:
                self.skip()
            return
        tasks = self._tasks or {}
        if self._node.successful or self._node.errored:
            for task in self._booked_now(tasks, evidence):
                self._end(task, tasks, evidence)
        for task in evidence.ended(tasks):
            self._end(task, tasks, evidence)
        if self.place.workflow:
            self._follow_within(tasks, evidence, state)
        elif tasks:
            self._look_for_running(tasks, evidence)
        if state.final:
            for task in list(tasks.values()):
                evidence.note_end_of_run(task, state)
                self._end(task, tasks, evidence)
        self.place.take_going(tasks, self._running, len(self._node.blocked))
        self.over = not tasks

    def _expand(self) -> bool:
        """Take its tasks, if Pydra has made them all."""
        if self._node._tasks is None or self._node.blocked is None:
            return False
        jobs = _copy(self._node._tasks)
        self._tasks = {index: Task(self.place, index, job) for index, job in jobs.items()}
        self.place.unknown -= 1
        return True

    def _booked_now(self, tasks: Tasks, evidence: Evidence) -> Iterator[Task]:
        """Those whose end Pydra has booked since the last sample, with it noted in them."""
        for name, note in (
            ("successful", evidence.note_success),
            ("errored", evidence.note_failure),
        ):
            book = getattr(self._node, name)
            if len(book) == self._booked[name]:
                continue
            indices = list(_copy(book))  # it grows at its end only
            for index in islice(indices, self._booked[name], None):
                if task := tasks.get(index):
                    _unfold(task)
                    note(task)
                    yield task
            self._booked[name] = len(indices)

    def _look_for_running(self, tasks: Tasks, evidence: Evidence) -> None:
        booked = self._node.running
        for index, (_, since) in (_copy(booked) if booked else {}).items():
            if index in tasks and index not in self._running:
                evidence.note_start(tasks[index], since.timestamp())
                self._running[index] = tasks[index]
        evidence.look_for_running(tasks, self._running)

    def _follow_within(self, tasks: Tasks, evidence: Evidence, state: RunState) -> None:
        for index, task in tasks.items():
            if graph := _unfold(task):
                self._running[index] = task
                graph.follow(evidence, state)

    def _end(self, task: Task, tasks: Tasks, evidence: Evidence) -> None:
        """Count one that has ended, and what was left in it."""
        del tasks[task.index]
        self._running.pop(task.index, None)
        self.failed = self.failed or task.state is TaskState.FAILED
        if graph := _unfold(task):
            failed = task.state is TaskState.FAILED
            graph.follow(evidence, RunState.FAILED if failed else RunState.DONE)
        self.place.take_ended(task)


def graph_of(job: Any, places: dict[str, Place], path: tuple[str, ...] = ()) -> Graph | None:
    """What is in a job of Pydra's that is a workflow; None until it has begun.

    Args:
        job: Pydra's job.
        places: the nodes in it, by name; new ones are added.
        path: the names of the nodes that it is in, and its own.
    """
    if (found := job.return_values.get("exec_graph")) is None:
        return None
    executions = []
    for node in list(found.nodes):
        if node.name not in places:
            places[node.name] = _place(node, path, found.predecessors[node.name])
        executions.append(Execution(node, places[node.name]))
    return Graph(executions)


def _unfold(task: Task) -> Graph | None:
    if task.graph is None and task.place.workflow:
        task.graph = graph_of(task.job, task.place.places, task.place.path)
    return task.graph


def _place(node: Any, path: tuple[str, ...], needs: list[Any]) -> Place:
    state = node.node.state
    return Place(
        path=(*path, node.name),
        task=type(node._task).__name__,
        workflow=node._task._task_type() == "workflow",
        split=_fields(node, state.splitter_rpn if state else ()),
        combined=_fields(node, state.combiner if state else ()),
        after=tuple(dict.fromkeys(other.name for other in needs)),
    )


def _fields(node: Any, names: Any) -> tuple[str, ...]:
    """Names of fields as Pydra has them, in its order of operands and operators; own ones short."""
    return tuple(name.removeprefix(f"{node.name}.") for name in names if name not in (".", "*"))


def _copy(book: Mapping[Key, Value]) -> dict[Key, Value]:
    """A dictionary that another thread may add to at this moment."""
    while True:
        try:
            return dict(book)
        except RuntimeError:  # it did
            continue
