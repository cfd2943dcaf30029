"""The nodes of a run as people see them, and its tasks.

In a nested workflow that is split, a place stands for a node in all elements of it.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.workflows.snapshot import TASKS, NodeFacts, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydra_oar_jupyter.workflows.watch.executions import Graph

Index = int | None
Tasks = dict[Index, "Task"]


@dataclass(eq=False, slots=True)
class Task:
    """One of Pydra's jobs.

    Attributes:
        place: the node that it is a task of.
        index: its place in the split; None if there is none.
        job: Pydra's job.
        state: in which it ended.
        started, ended: seconds since the epoch, 0 for not yet.
        graph: what is in it, if it is a workflow that has begun.
        inputs, cause: in words, once they have been looked for.
    """

    place: Place
    index: Index
    job: Any
    state: TaskState = TaskState.QUEUED
    started: float = 0.0
    ended: float = 0.0
    graph: Graph | None = None
    inputs: str | None = None
    cause: tuple[str, str] = ("", "")

    def end(self, state: TaskState, at: float = 0.0) -> None:
        """Note how it ended; and when, if it ran. A beginning that nobody saw was just before."""
        self.state, self.ended = state, at
        self.started = min(self.started or at, at)


@dataclass(eq=False)
class Place:
    """One node of a snapshot.

    Attributes:
        path, task, split, combined, after: as in `NodeFacts`.
        workflow: whether its tasks are workflows.
        places: the nodes in it, by name.
        failed, ran, left: tasks that ended: so, with success, and not at all.
        running, queued: tasks that have not, at this sample.
        unknown, skipped: how many elements have no tasks yet, and never have any.
    """

    path: tuple[str, ...]
    task: str
    workflow: bool = False
    split: tuple[str, ...] = ()
    combined: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    places: dict[str, Place] = field(default_factory=dict)
    failed: list[Task] = field(default_factory=list)
    ran: deque[Task] = field(default_factory=lambda: deque(maxlen=TASKS))
    left: list[Task] = field(default_factory=list)
    running: list[Task] = field(default_factory=list)
    queued: list[Task] = field(default_factory=list)
    unknown: int = 0
    skipped: int = 0
    _over: Counter[TaskState] = field(default_factory=Counter)
    _running: int = 0
    _queued: int = 0
    _blocked: int = 0
    _started: float = 0.0
    _ended: float = 0.0

    def clear(self) -> None:
        """Forget what is true at one sample only."""
        self._running = self._queued = self._blocked = 0
        self.running.clear()
        self.queued.clear()
        for place in self.places.values():
            place.clear()

    def take_ended(self, task: Task) -> None:
        """Count a task that has ended."""
        self._over[task.state] += 1
        self._span(task)
        if self.workflow and not (task.state is TaskState.FAILED and _failed_itself(task)):
            return  # what is in it is told instead
        if task.state is TaskState.FAILED:
            _add(self.failed, [task])
        elif task.state is TaskState.SKIPPED:
            _add(self.left, [task])
        else:
            self.ran.append(task)

    def take_going(self, tasks: Tasks, running: Tasks, blocked: int) -> None:
        """Count those tasks of an element that have not ended."""
        self._running += len(running)
        self._blocked += blocked
        self._queued += len(tasks) - len(running) - blocked
        for task in running.values():
            self._span(task)
        if not self.workflow:
            _add(self.running, running.values())
            _add(self.queued, (task for index, task in tasks.items() if index not in running))

    def facts(self, *, begun: bool = True) -> NodeFacts:
        """What a snapshot says of it; ``begun``: so have all elements of what it is in."""
        waiting = self.unknown + self._blocked
        going = {
            TaskState.WAITING: waiting,
            TaskState.QUEUED: self._queued,
            TaskState.RUNNING: self._running,
            TaskState.SKIPPED: self.skipped,
        }
        counts = self._over + Counter(going)
        all_begun = begun and not waiting and not self._queued
        over = all_begun and not self._running
        nodes = tuple(place.facts(begun=all_begun) for place in self.places.values())
        started = [self._started, *(node.started for node in nodes)]
        ended = max(self._ended, *(node.ended for node in nodes), 0.0)
        return NodeFacts(
            path=self.path,
            task=self.task,
            counts={state: counts[state] for state in TaskState if counts[state]},
            expanded=begun and not self.unknown and not self.skipped,
            split=self.split,
            combined=self.combined,
            after=self.after,
            started=min(filter(None, started), default=0.0),
            ended=ended if over else 0.0,
            nodes=nodes,
        )

    def all(self) -> Iterator[Place]:
        """It and the nodes in it."""
        yield self
        for place in self.places.values():
            yield from place.all()

    def _span(self, task: Task) -> None:
        if task.started:
            self._started = min(self._started or task.started, task.started)
        self._ended = max(self._ended, task.ended)


def _failed_itself(task: Task) -> bool:
    return task.graph is None or not task.graph.failed


def _add(named: list[Task], tasks: Any) -> None:
    named += islice(tasks, max(0, TASKS - len(named)))
