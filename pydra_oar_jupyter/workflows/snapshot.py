"""A run as it stands at one moment: plain values that are written to a file, and drawn.

Whoever runs a workflow makes snapshots of it: a notebook's kernel, or a job that has the whole
workflow in it. Whoever shows it reads snapshots, and nothing else.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.files import checked, read_json, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


class TaskState(StrEnum):
    """Where a task is, in the order of its life."""

    WAITING = "waiting"  # for what it depends on
    QUEUED = "queued"  # with the worker, or in the scheduler's queue
    RUNNING = "running"
    DONE = "done"
    CACHED = "from cache"
    FAILED = "failed"
    SKIPPED = "not run"  # as something that it depends on failed


class RunState(StrEnum):
    """Where a run is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # the process that ran it is gone

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self is not RunState.RUNNING


@dataclass(frozen=True)
class TaskFacts:
    """One task: an input of a node's split, or the node itself if it has none.

    Attributes:
        node: the names of the nodes that it is in, from the outermost to its own.
        index: its place in the split; None if there is none.
        state: where it is.
        inputs: its inputs in a few words, such as ``x=3, y='a'``.
        started, ended: seconds since the epoch, 0 for not yet.
        job: the scheduler's id of its job; None if it has none.
        host: the node of the cluster that runs it, or "".
        stdout, stderr: the paths of its job's output, or "".
        error: for a failed one, the last line of what it raised, or how its job ended.
        traceback: for a failed one, all of it, or "".
    """

    node: tuple[str, ...]
    index: int | None = None
    state: TaskState = TaskState.QUEUED
    inputs: str = ""
    started: float = 0.0
    ended: float = 0.0
    job: int | None = None
    host: str = ""
    stdout: str = ""
    stderr: str = ""
    error: str = ""
    traceback: str = ""

    @property
    def name(self) -> str:
        """Such as ``fit.smooth[3]``."""
        return ".".join(self.node) + (f"[{self.index}]" if self.index is not None else "")


@dataclass(frozen=True)
class NodeFacts:
    """One node of a workflow, with all tasks of its split.

    A node in a nested workflow that is itself split stands for its tasks in all elements of it.

    Attributes:
        path: the names of the nodes that it is in, from the outermost to its own.
        task: the name of its task's class.
        counts: how many of its tasks are in each state; states with none are left out. While it
            is not known how many there will be, one that waits.
        expanded: whether it is known how many there are.
        split, combined: the names of the fields that it is split over, and combined by.
        after: the names, in the same workflow, of the nodes whose outputs it takes.
        started, ended: of its first task and its last, in seconds since the epoch, 0 for not yet.
        nodes: for a nested workflow, those in it.
    """

    path: tuple[str, ...]
    task: str = ""
    counts: dict[TaskState, int] = field(default_factory=dict)
    expanded: bool = False
    split: tuple[str, ...] = ()
    combined: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    started: float = 0.0
    ended: float = 0.0
    nodes: tuple[NodeFacts, ...] = ()

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]

    @property
    def total(self) -> int:
        """How many tasks it has, as far as is known."""
        return sum(self.counts.values())

    def leaves(self) -> list[NodeFacts]:
        """The nodes in it that are no workflows; itself if it is none."""
        return [leaf for node in self.nodes for leaf in node.leaves()] if self.nodes else [self]


@dataclass(frozen=True)
class RunSnapshot:
    """A run as it stands.

    Attributes:
        name: of its task.
        worker: the name of Pydra's worker.
        state: where it is.
        nodes: of the outermost workflow; a task that is no workflow is one node.
        tasks: those that failed, first, then those that run, then others; at most `TASKS` of them.
        started, ended: seconds since the epoch, 0 for not yet.
        taken: when it was made.
        cache_dir: where the run's own result is, in Pydra's cache; "" until that is known.
        error: for one that failed, what to tell before all else; "" if tasks tell it.
        trouble: what keeps its jobs from being submitted or followed at the moment, or "".
        job: the scheduler's id of the one job that all of it runs in; None if it is not one.
    """

    name: str
    worker: str
    state: RunState = RunState.RUNNING
    nodes: tuple[NodeFacts, ...] = ()
    tasks: tuple[TaskFacts, ...] = ()
    started: float = 0.0
    ended: float = 0.0
    taken: float = field(default_factory=time.time)
    cache_dir: str = ""
    error: str = ""
    trouble: str = ""
    job: int | None = None

    def leaves(self) -> list[NodeFacts]:
        """All nodes that are no workflows."""
        return [leaf for node in self.nodes for leaf in node.leaves()]

    @property
    def counts(self) -> dict[TaskState, int]:
        """How many tasks are in each state, those of nested workflows and not these themselves."""
        counts: dict[TaskState, int] = {}
        for node in self.leaves():
            for state, number in node.counts.items():
                counts[state] = counts.get(state, 0) + number
        return counts

    def write(self, path: Path) -> None:
        """Write it to a file, whole.

        Raises:
            SpoolError: it can't be written.
        """
        write_atomically(path, json.dumps(asdict(self)))


# How many tasks a snapshot names at most: it stays small with ten thousand.
TASKS = 100


def read_snapshot(path: Path) -> RunSnapshot | None:
    """The snapshot in a file; None if there is none yet.

    Raises:
        SpoolError: it can't be read, or is of another version.
    """
    if not path.exists():
        return None
    try:
        facts = read_json(path)
        nodes = tuple(_node(node) for node in facts.pop("nodes"))
        tasks = tuple(
            checked(
                TaskFacts(
                    **{**task, "node": tuple(task["node"]), "state": TaskState(task["state"])}
                )
            )
            for task in facts.pop("tasks")
        )
        state = RunState(facts["state"])
        return checked(RunSnapshot(**{**facts, "state": state}, nodes=nodes, tasks=tasks))
    except SpoolError:
        raise
    except Exception as error:  # whatever else is in it
        raise SpoolError(f"{path} can't be read, or is of another version: {error!r}") from None


def _node(facts: dict[str, Any]) -> NodeFacts:
    return checked(
        NodeFacts(
            **{
                **facts,
                **{name: tuple(facts[name]) for name in ("path", "split", "combined", "after")},
                "counts": {
                    TaskState(state): int(count) for state, count in facts["counts"].items()
                },
                "nodes": tuple(_node(node) for node in facts["nodes"]),
            }
        )
    )
