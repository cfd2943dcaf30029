"""The handle of a job that users hold: a future first, and then all that is known of the job."""

from __future__ import annotations

import asyncio
import importlib
import os
from concurrent.futures import TimeoutError as FutureTimeout
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import BackendError, JobFailed, SpoolError
from pydra_oar_jupyter.core.files import open_plain, tail
from pydra_oar_jupyter.core.outcome import Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from pydra_oar_jupyter.core.backend import Backend
    from pydra_oar_jupyter.core.outcome import Outcome
    from pydra_oar_jupyter.core.record import JobRecord
    from pydra_oar_jupyter.core.spool import JobDirectory, JobSpec, Submission
    from pydra_oar_jupyter.core.state import JobState, JobStatus, SchedulerEvent
    from pydra_oar_jupyter.core.tracker import Tracker
    from pydra_oar_jupyter.core.troubles import Trouble

# Kinds of jobs whose result is more than an exit code, by JobSpec.kind: "module:class".
KINDS = {
    "cell": "pydra_oar_jupyter.cells.job:CellJob",
    "pydra": "pydra_oar_jupyter.workflows.worker.task:TaskJob",
}


def make_job(record: JobRecord, kind: str, tracker: Tracker) -> Job:
    """The handle for a job of that kind."""
    if kind not in KINDS:
        return Job(record, tracker)
    module, _, name = KINDS[kind].partition(":")
    job: Job = getattr(importlib.import_module(module), name)(record, tracker)
    return job


class Job:
    """One job, wherever it is: being submitted, waiting, running or ended.

    It can be waited for (`wait`), awaited (``await job``) and looked up again in another kernel
    by its id (`pydra_oar_jupyter.job`). Times are seconds since the epoch, 0 for "not yet".
    """

    def __init__(self, record: JobRecord, tracker: Tracker) -> None:
        self._record = record
        self._tracker = tracker

    def __repr__(self) -> str:
        where = f" on {self.node}" if self.node else ""
        return f"<{type(self).__name__} {self.id or '…'} {self.name!r}: {self.state}{where}>"

    @property
    def id(self) -> int | None:
        """The scheduler's id; None until it has been submitted."""
        return self._record.id

    @property
    def name(self) -> str:
        """What people call it."""
        return self.spec.name

    @property
    def kind(self) -> str:
        """``cell``, ``script`` …"""
        return self.spec.kind

    @cached_property
    def spec(self) -> JobSpec:
        """What was asked.

        Raises:
            SpoolError: it can't be read any more.
        """
        return self.directory.spec

    @property
    def directory(self) -> JobDirectory:
        """Its directory in the spool."""
        return self._record.directory

    @property
    def submission(self) -> Submission | None:
        """What it was sent with, once it is."""
        return self._record.submission

    @property
    def backend(self) -> Backend:
        """What runs it."""
        return get_backend(self._record.backend)

    @property
    def state(self) -> JobState:
        """One of OAR's twelve states."""
        return self._record.state

    @property
    def status(self) -> JobStatus | None:
        """The scheduler's last answer about it, if it was asked already."""
        return self._record.snapshot()

    @property
    def trouble(self) -> Trouble | None:
        """What keeps it from being submitted or followed at the moment, if anything does."""
        return None if self.done() else self._tracker.trouble(self._record)

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while that is open."""
        return self._record.outcome

    @property
    def progress(self) -> list[dict[str, Any]]:
        """The latest report of each progress bar in it."""
        return list(self._record.progress.values())

    @property
    def node(self) -> str:
        """The node it runs on, the first one if it has several."""
        status = self._record.status
        return self._record.host or (status.nodes[0] if status and status.nodes else "")

    @property
    def started(self) -> float:
        """When it began to run."""
        status = self._record.status
        return self._record.started or (status.started if status else 0.0)

    @property
    def ended(self) -> float:
        """When it ended."""
        return self._record.ended

    @property
    def exit_code(self) -> int | None:
        """Its command's exit code, minus the signal if one killed it; None if there is none."""
        return self.outcome.exit_code if self.outcome else None

    @property
    def stdout(self) -> str:
        """What it has written to its standard output so far.

        Raises:
            SpoolError: it can't be read.
        """
        return _text(self.directory.stdout)

    @property
    def stderr(self) -> str:
        """What it has written to its standard error so far.

        Raises:
            SpoolError: it can't be read.
        """
        return _text(self.directory.stderr)

    @property
    def events(self) -> tuple[SchedulerEvent, ...]:
        """Its history as the scheduler keeps it, asked for now.

        Raises:
            BackendError: the scheduler does not answer.
        """
        if self.id is None:
            return ()
        status = self.backend.status([self.id]).get(self.id)
        return status.events if status else ()

    def done(self) -> bool:
        """Whether it has ended."""
        return self._record.future.done()

    def submitted(self, timeout: float | None = None) -> int:
        """Wait until the scheduler has it; its id.

        Raises:
            Refused: the scheduler won't take it.
            TimeoutError: ``timeout`` seconds have passed.
        """
        return self._record.sent.result(timeout)

    def wait(self, timeout: float | None = None) -> Outcome:
        """Wait until it has ended, and say how.

        Raises:
            TimeoutError: ``timeout`` seconds have passed; the job goes on.
        """
        try:
            return self._record.future.result(timeout)
        except FutureTimeout:
            raise TimeoutError(f"{self} has not ended after {timeout} s; it goes on.") from None

    def result(self, timeout: float | None = None) -> Any:
        """Wait until it has ended; 0, the exit code of a job that did what it was to do.

        Raises:
            JobFailed: it ended in another way.
            TimeoutError: ``timeout`` seconds have passed; the job goes on.
        """
        outcome = self.wait(timeout)
        if not outcome.ok:
            raise self.failure(outcome)
        return outcome.exit_code

    async def ending(self) -> Outcome:
        """`wait` without blocking the event loop."""
        return await asyncio.wrap_future(self._record.future)

    def __await__(self) -> Generator[Any, None, Any]:
        """``await job`` is `result`, without blocking the event loop."""
        yield from self.ending().__await__()
        return self.result()

    def cancel(self) -> None:
        """Delete it, running or not; one that has ended is left as it is.

        One that is still being submitted is deleted as soon as the scheduler has it.

        Raises:
            BackendError: the scheduler won't.
        """
        cancel_all([self])

    def hold(self) -> None:
        """Keep it from starting while it waits.

        Raises:
            BackendError: the scheduler won't.
        """
        hold_all([self])

    def resume(self) -> None:
        """Let it go on after a hold.

        Raises:
            BackendError: the scheduler won't.
        """
        resume_all([self])

    def failure(self, outcome: Outcome) -> JobFailed:
        """The exception that tells a person how it ended, and what to do."""
        where = f" on {self.node}" if self.node else ""
        lines = [f"Job {self.id or ''} {self.name!r}{where}: {outcome}.".replace("  ", " ")]
        if outcome.advice:
            lines.append(outcome.advice)
        if outcome.ending in (Ending.EXITED, Ending.KILLED) and (
            tail := _tail(self.directory.stderr)
        ):
            lines += ["The last lines of its standard error:", tail]
        return JobFailed("\n".join(lines), outcome)


def cancel_all(jobs: Sequence[Job]) -> None:
    """Delete those that have not ended, all of one backend, with one command.

    Those that are still being submitted are deleted as soon as the scheduler has them.

    Raises:
        BackendError: the scheduler won't.
    """
    going = {job: job.id for job in jobs if not job.done()}
    if ids := [job_id for job_id in going.values() if job_id is not None]:
        first = next(iter(going))
        try:
            first.backend.delete(ids)
        except BackendError:  # it may have deleted some
            first._tracker.ask_soon(first.backend.name)
            raise
    for job, job_id in going.items():
        job._record.expect_end(job_id)


def hold_all(jobs: Sequence[Job]) -> None:
    """Keep those from starting that wait, all of one backend, with one command.

    Raises:
        BackendError: the scheduler won't.
    """
    _change_all(jobs, jobs[0].backend.hold)


def resume_all(jobs: Sequence[Job]) -> None:
    """Let those go on that are held, all of one backend, with one command.

    Raises:
        BackendError: the scheduler won't.
    """
    _change_all(jobs, jobs[0].backend.resume)


def _change_all(jobs: Sequence[Job], change: Callable[[list[int]], None]) -> None:
    change([job.submitted() for job in jobs])
    jobs[0]._tracker.ask_soon(jobs[0].backend.name)


def _text(path: Path) -> str:
    try:
        with os.fdopen(open_plain(path), errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SpoolError(f"{path} can't be read: {error.strerror}.") from error


def _tail(path: Path, lines: int = 10) -> str:
    text = tail(path, 8192).decode(errors="replace")
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])
