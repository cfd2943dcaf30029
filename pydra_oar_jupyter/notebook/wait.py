"""Waiting for jobs: their output and their status are shown meanwhile."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.cells.replay import Done, Exit, Replay, Started
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.notebook.facts import job_facts
from pydra_oar_jupyter.notebook.status import ArrayFacts, array_view, job_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.cells.replay import Item
    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.notebook.area import StatusArea
    from pydra_oar_jupyter.notebook.outputs import Outputs
    from pydra_oar_jupyter.notebook.status import View

# How often the jobs are looked at, in seconds.
_TICK = 0.05
# How long a job's last words may be shown late by NFS after it has ended, in seconds.
_LATE = 15.0
# From when on, and how often, a waiting job's place in the queue is asked for, in seconds.
_TURN_FIRST, _TURN_EVERY = 5.0, 60.0


def wait(
    jobs: Sequence[Job], area: StatusArea, outputs: Outputs, limit: int, labels: Sequence[str] = ()
) -> None:
    """Wait until all have ended and all that they show is shown.

    Args:
        jobs: the job, or those of an array in its order.
        area: where their status stands.
        outputs: where their output goes.
        limit: how many bytes of each stream are shown, for each job.
        labels: what tells the elements of an array apart; empty for a job alone. Each one's
            output is shown when it has ended, below its label.
    """
    names = labels or [""] * len(jobs)
    going = [(job, Followed(job, limit), name) for job, name in zip(jobs, names, strict=True)]
    turn = Turn(jobs[0])
    while going:
        area.refresh(lambda: live_view(jobs, array=bool(labels), ahead=turn.ahead()))
        left = []
        for job, followed, name in going:
            if not labels:
                items = followed.poll()
                outputs.show(items)
            elif job.done():
                followed.poll()
                if followed.over:
                    where = f"job {job.id} on {job.node}" if job.node else f"job {job.id}"
                    outputs.show_element(f"{name} · {where}", followed.items)
            if not followed.over:
                left.append((job, followed, name))
        if len(left) == len(going):
            time.sleep(_TICK)
        going = left
    for job in jobs:
        job.wait()


def live_view(
    jobs: Sequence[Job],
    *,
    array: bool,
    ahead: int | None = None,
    stopped: str = "",
) -> View:
    """The status of a job, or of an array."""
    if array:
        return array_view(ArrayFacts(tuple(job_facts(job) for job in jobs), stopped))
    return job_view(job_facts(jobs[0], ahead=ahead, stopped=stopped))


class Followed:
    """A job whose output is followed.

    Attributes:
        items: all that it showed.
        over: whether nothing more comes.
    """

    def __init__(self, job: Job, limit: int) -> None:
        self._job = job
        self._replay = Replay(job.directory, limit)
        self._ended = 0.0
        self._left = False
        self.items: list[Item] = []
        self.over = False

    def poll(self) -> list[Item]:
        """What is new."""
        last = self._last()
        try:
            items = self._replay.poll(last=last)
        except OSError:
            items = []  # the status area says so; it may be mended
        self.items += items
        for item in items:
            if isinstance(item, Started):
                self._left = False  # it was requeued
            elif isinstance(item, Exit):
                self._left = True
        said_all = self._left and self._job.done()
        self.over = last or said_all or any(isinstance(item, Done) for item in items)
        return items

    def _last(self) -> bool:
        """Whether nothing is to be waited for any more."""
        outcome = self._job.outcome
        if outcome is None:
            return False
        self._ended = self._ended or time.monotonic()
        # The job itself tells the end that it reaches; OAR tells of others.
        tells = outcome.ending in (Ending.FINISHED, Ending.RAISED, Ending.EXITED)
        return not tells or time.monotonic() - self._ended > _LATE


class Turn:
    """How many jobs are before one in its queue. Asked for rarely, and in the background."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._next = time.monotonic() + _TURN_FIRST
        self._ahead: int | None = None

    def ahead(self) -> int | None:
        """As far as it is known."""
        status = self._job.status
        if self._job.state is not JobState.WAITING or status is None or status.scheduled:
            return None
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TURN_EVERY
            threading.Thread(target=self._ask, name="oar-turn", daemon=True).start()
        return self._ahead

    def _ask(self) -> None:
        try:
            found = self._job.backend.jobs(everyone=True)
        except OarError:
            return  # the tracker's own questions say what is wrong
        status, own = self._job.status, self._job.id
        if status is not None and own is not None:
            same = [one for one in found if one.queue == status.queue]
            self._ahead = sum(1 for one in same if one.state is JobState.WAITING and one.id < own)
