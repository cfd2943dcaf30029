"""What is known of single tasks beside Pydra's own books, which run late.

It is asked from another thread than Pydra's and changes nothing: it reads attributes of a job,
as the job's properties load results and compute checksums, and keep both.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState
from pydra_oar_jupyter.workflows.watch.causes import cause_in_exception, cause_in_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.workflows.watch.places import Task, Tasks

# How much the clock that stamps files may lag behind the other: a tick of the kernel, in seconds.
_LAG = 0.01
# Tasks begin nearly in the order of their split: how many are looked at beyond the last begun.
_AHEAD = 50


@runtime_checkable
class JobsOfTasks(Protocol):
    """A worker that runs each task as a job of its own. All by the tasks' checksums."""

    jobs: Mapping[str, Job]
    failures: Mapping[str, BaseException]
    cached: Set[str]


def evidence_for(worker: object, started: float, *, rerun: bool) -> Evidence:
    """What tells of the tasks of a worker, in a run that began then."""
    if isinstance(worker, JobsOfTasks):
        return JobEvidence(worker, started, rerun=rerun)
    if getattr(worker, "is_async", True):
        return Evidence(started, rerun=rerun)
    return OrderlyEvidence(started, rerun=rerun)


class Evidence:
    """What the files in Pydra's cache tell, whichever the worker."""

    def __init__(self, started: float, *, rerun: bool) -> None:
        self._started, self._rerun = started, rerun

    def ended(self, _: Tasks, /) -> Iterator[Task]:
        """Those of the tasks that Pydra does not know to have ended, with that noted in them."""
        return iter(())

    def look_for_running(self, tasks: Tasks, running: Tasks) -> None:
        """Bring up to date which of the tasks run."""
        misses = 0
        for index, task in tasks.items():
            if index in running:
                continue
            if since := _locked(task.job):
                self.note_start(task, since)
                running[index] = task
                misses = 0
            elif (misses := misses + 1) > _AHEAD:
                return

    def note_start(self, task: Task, since: float) -> None:
        """Note in it since when it runs; a lock may be older than the run."""
        task.started = max(since, self._started)

    def note_success(self, task: Task) -> None:
        """Note in it when it ended, or that its result was there before."""
        written = _written(task.job)
        if self._ran(task, written):
            task.end(TaskState.DONE, written if self._new(written) else time.time())
        else:
            task.end(TaskState.CACHED)

    def note_failure(self, task: Task) -> None:
        """Note in it that it failed, and when."""
        written = _written(task.job) or _time(_report(task.job))
        task.end(TaskState.FAILED, written if self._new(written) else time.time())

    def note_end_of_run(self, task: Task, state: RunState) -> None:
        """Note in it what became of it, when its run has ended and Pydra's books are closed."""
        written, failed = _written(task.job), bool(_time(_report(task.job)))
        if state not in (RunState.DONE, RunState.FAILED):
            task.end(TaskState.SKIPPED)  # Pydra saves empty results when it is stopped
        elif failed and self._new(written):
            self.note_failure(task)
        elif not failed and (self._new(written) or (written and state is RunState.DONE)):
            self.note_success(task)
        else:
            task.end(TaskState.SKIPPED)

    def cause(self, task: Task) -> tuple[str, str]:
        """Why it failed: a line, and all of it."""
        return cause_in_file(Path(_report(task.job)))

    def job(self, _: Task, /) -> Job | None:
        """The scheduler's job that runs it, if that is known."""
        return None

    def _ran(self, task: Task, written: float, /) -> bool:
        """Whether a task with a result has run, rather than found it."""
        if task.place.workflow:
            return task.graph is not None
        return self._rerun or not self._old(written)

    def _new(self, written: float) -> bool:
        return written > self._started - _LAG

    def _old(self, written: float) -> bool:
        return written > 0 and not self._new(written)


class OrderlyEvidence(Evidence):
    """For workers that run one task after the other in this process, as the debug worker.

    Pydra books a node's tasks when the last of them has ended.
    """

    def ended(self, tasks: Tasks, /) -> Iterator[Task]:
        """Those of the tasks that Pydra does not know to have ended, with that noted in them."""
        for task in list(tasks.values()):
            if not (_in_memory(task.job) or self._found(task.job)):
                return  # a failure is the end of the run
            self.note_success(task)
            yield task

    def look_for_running(self, tasks: Tasks, running: Tasks) -> None:
        """Bring up to date whether the first of the tasks runs."""
        index, task = next(iter(tasks.items()))
        if since := _locked(task.job):
            self.note_start(task, since)
            running[index] = task

    def _found(self, job: Any) -> bool:
        """Whether its result is of an earlier run, and was no failure."""
        return not self._rerun and self._old(_written(job)) and not _time(_report(job))

    def _ran(self, task: Task, _: float, /) -> bool:
        return _in_memory(task.job)


class JobEvidence(Evidence):
    """For workers that run each task as a job of its own."""

    def __init__(self, worker: JobsOfTasks, started: float, *, rerun: bool) -> None:
        super().__init__(started, rerun=rerun)
        self._worker = worker

    def look_for_running(self, tasks: Tasks, running: Tasks) -> None:
        """Bring up to date which of the tasks run."""
        jobs = self._worker.jobs
        running.clear()  # a job that was preempted waits again
        for index, task in tasks.items():
            job = jobs.get(task.job._checksum)
            if job and (started := _started(job)) and not self._of_old(job):
                task.started = started
                running[index] = task

    def note_success(self, task: Task) -> None:
        """Note in it when it ended, or that its result was there before."""
        job = self.job(task)
        if job and not self._of_old(job):
            task.started = _started(job)
            task.end(TaskState.DONE, job.ended)
        elif task.job._checksum in self._worker.cached:
            task.end(TaskState.CACHED)
        else:
            super().note_success(task)

    def note_failure(self, task: Task) -> None:
        """Note in it that it failed, and when."""
        super().note_failure(task)
        if job := self.job(task):
            task.started, task.ended = _started(job), job.ended

    def cause(self, task: Task) -> tuple[str, str]:
        """Why it failed: a line, and all of it."""
        if error := self._worker.failures.get(task.job._checksum):
            return cause_in_exception(error)
        return super().cause(task)

    def job(self, task: Task, /) -> Job | None:
        """The scheduler's job that runs it, if that is known."""
        return self._worker.jobs.get(task.job._checksum)

    def _of_old(self, job: Job) -> bool:
        """Whether it is of an earlier run of the same worker."""
        return 0 < job.ended < self._started


def _started(job: Job) -> float:
    try:
        return job.started
    except AttributeError:  # the answer that it was read from is void since this moment
        return 0.0


def _report(job: Any) -> str:
    """The file in which Pydra reports why it failed."""
    return f"{job.cache_root}/{job._checksum}/_error.pklz"


def _locked(job: Any) -> float:
    """Since when a process works on it, by its lock; 0 for none."""
    return _time(f"{job.cache_root}/{job._checksum}.lock")


def _written(job: Any) -> float:
    """When its result was written, in whichever of its caches; 0 for not yet."""
    times = (_time(f"{cache}/{job._checksum}/_result.pklz") for cache in job.all_caches)
    return next(filter(None, times), 0.0)


def _in_memory(job: Any) -> bool:
    """Whether it ran to its end in this process."""
    return job._cached_result is not None


def _time(path: str) -> float:
    try:
        return os.stat(path).st_mtime  # noqa: PTH116 - thousands of paths, and Path takes longer
    except OSError:
        return 0.0
