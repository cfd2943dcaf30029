"""The handle of an array: several jobs that were submitted as one."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.job import cancel_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.state import JobState


class JobArray:
    """Jobs in the order of their array; most verbs of a job, for all of them at once."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = list(jobs)

    def __len__(self) -> int:
        return len(self.jobs)

    def __iter__(self) -> Iterator[Job]:
        return iter(self.jobs)

    def __getitem__(self, index: int) -> Job:
        return self.jobs[index]

    def __repr__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in self.states.items())
        return f"<JobArray of {len(self)} {self.jobs[0].name!r}: {states}>"

    @property
    def states(self) -> Counter[JobState]:
        """How many of its jobs are in each state."""
        return Counter(job.state for job in self.jobs)

    def done(self) -> bool:
        """Whether all have ended."""
        return all(job.done() for job in self.jobs)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all have ended.

        Raises:
            TimeoutError: ``timeout`` seconds have passed; the jobs go on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        for job in self.jobs:
            job.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))

    def result(self, timeout: float | None = None) -> list[Any]:
        """Wait until all have ended; their results, in order.

        Raises what the first one raises that failed; the others' results can be had from
        their own handles.
        """
        self.wait(timeout)
        return [job.result() for job in self.jobs]

    def cancel(self) -> None:
        """Delete those that have not ended, with one command.

        Raises:
            BackendError: the scheduler won't.
        """
        cancel_all(self.jobs)
