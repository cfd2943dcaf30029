"""How many tasks are in each state: in words, as one state, as the parts of a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.tones import COLOURS, MARKS
from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.tones import Tone

    Counts = Mapping[TaskState, int]

# In the order in which they are told: what is over, then what goes on, then the rest.
TONES: dict[TaskState, Tone] = {
    TaskState.DONE: "done",
    TaskState.CACHED: "cached",
    TaskState.FAILED: "failed",
    TaskState.RUNNING: "running",
    TaskState.QUEUED: "waiting",
    TaskState.WAITING: "idle",
    TaskState.SKIPPED: "stopped",
}
# And how a run looks.
RUN_TONES: dict[RunState, Tone] = {
    RunState.RUNNING: "running",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "stopped",
    RunState.INTERRUPTED: "stopped",
}
STATES = tuple(TONES)
# Those that have a result, and those in which a task stays.
GOOD = (TaskState.DONE, TaskState.CACHED)
OVER = (TaskState.DONE, TaskState.CACHED, TaskState.FAILED, TaskState.SKIPPED)


def mark(state: TaskState) -> str:
    """One letter for it."""
    return MARKS[TONES[state]]


def colour(state: TaskState) -> str:
    """As ``#rrggbb``."""
    return COLOURS[TONES[state]]


def occurring(counts: Counts) -> list[tuple[TaskState, int]]:
    """The states in which there are tasks."""
    return [(state, counts[state]) for state in STATES if counts.get(state, 0) > 0]


def in_words(counts: Counts) -> str:
    """Such as ``1,200 done, 3 failed, 12 running``."""
    return ", ".join(f"{number:,} {state}" for state, number in occurring(counts))


def over(counts: Counts) -> int:
    """How many will not change any more."""
    return sum(counts.get(state, 0) for state in OVER)


def good(counts: Counts) -> int:
    """How many have a result."""
    return sum(counts.get(state, 0) for state in GOOD)


def standing(counts: Counts) -> TaskState:
    """The one state that tells most of them all."""
    there = [state for state, _ in occurring(counts)]
    for state in (TaskState.FAILED, TaskState.RUNNING, TaskState.QUEUED):
        if state in there:
            return state
    if TaskState.WAITING in there or not there:
        # Those of a split that are over tell nothing of those that still have to wait.
        return TaskState.WAITING
    return TaskState.SKIPPED if TaskState.SKIPPED in there else there[0]
