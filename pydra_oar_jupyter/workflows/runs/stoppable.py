"""A Submitter that can be stopped at any moment, and is not misled by what earlier runs have left.

Both is of Pydra 1.0a12. When it is interrupted, it saves a result for what it was at, with errored
False and without outputs, which the next run takes for a success
(``pydra.engine.job.Job.run_async``, its ``finally``). And it looks into its cache for the end of
tasks that have only just been started: if a task failed in an earlier run, it finds that
failure there (``Job.result``, ``NodeExecution.update_status``).
"""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import pydra.engine  # noqa: F401 - first, or its workers can't be imported
from pydra.engine.result import load_result
from pydra.engine.submitter import Submitter

from pydra_oar_jupyter.workflows.errors import RunStopped
from pydra_oar_jupyter.workflows.worker.audit import keep_place
from pydra_oar_jupyter.workflows.worker.constructed import forget_constructed
from pydra_oar_jupyter.workflows.worker.locks import locks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Set
    from pathlib import Path

    from pydra.engine.job import Job as PydraJob

# How long it may take from the making of a lock until its holder's name is in it, in seconds.
_NAMING = 0.3


class Control(Protocol):
    """Who is told what a Submitter does, and can stop it.

    Attributes:
        rerun: whether all is computed again.
    """

    rerun: bool

    def begin(self, job: PydraJob[Any]) -> None:
        """Take note of the job that all others belong to."""

    def check(self) -> None:
        """Raise RunStopped if the run is to stop."""


class StoppableSubmitter(Submitter):
    """Pydra's Submitter, in which what is stopped counts as failed, and not as done.

    It is stopped by cancelling the tasks of its loop, or by `Control.check` between two tasks.
    """

    control: Control
    begun: set[str]  # the checksums of tasks that were given to the worker
    plain: ClassVar[type[Submitter]] = Submitter

    def begin(self, job: PydraJob[Any]) -> None:
        """Get ready to run a job, of which all others are parts."""
        self.begun = set()
        self.control.begin(job)
        keep_place(job)
        forget_constructed()
        forget_earlier(job, rerun=self.control.rerun)

    def submit(self, job: PydraJob[Any], rerun: bool = False) -> None:
        """Run a job to its end."""
        self.begin(job)
        super().submit(job, rerun=rerun)

    async def expand_workflow_async(self, workflow_task: PydraJob[Any], rerun: bool) -> None:
        """Run what is in a workflow."""
        try:
            await super().expand_workflow_async(workflow_task, rerun)
        except asyncio.CancelledError:
            # An Exception is saved as a failure, while Pydra still holds the workflow's lock.
            raise RunStopped("The run was stopped.") from None

    def get_runnable_tasks(self, graph: Any) -> list[PydraJob[Any]]:
        """The tasks that can run now."""
        tasks: list[PydraJob[Any]] = super().get_runnable_tasks(graph)
        for job in tasks:
            if job.checksum not in self.begun:
                self.begun.add(job.checksum)
                forget_earlier(job, rerun=self.control.rerun and self.propagate_rerun)
        return tasks if self.worker.is_async else _Checked(tasks, self.control)

    def __reduce__(self) -> Any:
        """The tasks that leave this process take Pydra's own Submitter with them."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[no-untyped-call]  # Pydra's
        for own in ("control", "begun"):
            state.pop(own, None)
        return object.__new__, (self.plain,), state


class _Checked(list["PydraJob[Any]"]):
    """Tasks that are run one after the other: not the next one, once the run is to stop."""

    def __init__(self, tasks: list[PydraJob[Any]], control: Control) -> None:
        super().__init__(tasks)
        self._control = control

    def __iter__(self) -> Iterator[PydraJob[Any]]:
        for job in super().__iter__():
            self._control.check()
            yield job


def stoppable(submitter: Submitter, control: Control) -> StoppableSubmitter:
    """A Submitter that does as this one would, with the same worker."""
    kind = type(submitter)
    own: Any = StoppableSubmitter
    if kind is not Submitter:
        own = type(kind.__name__, (StoppableSubmitter, kind), {"plain": kind})
    copied: StoppableSubmitter = object.__new__(own)
    vars(copied).update(vars(submitter), control=control)
    return copied


def forget_earlier(job: PydraJob[Any], *, rerun: bool) -> None:
    """Remove a result that does not count: a failure, or any if it is to be computed again."""
    if rerun or (job.cache_dir / "_error.pklz").exists():
        (job.cache_dir / "_result.pklz").unlink(missing_ok=True)


def forget_stopped(root: PydraJob[Any], killed: Set[int] = frozenset()) -> None:
    """Remove what was saved in place of results for the jobs of a run that was stopped.

    Args:
        root: the job that all others are parts of.
        killed: the processes of this machine that were ended: their locks go as well, as other
            machines can't know whose they are.
    """
    for job in _not_over(root):
        with suppress(Exception):  # half a file, or of another version: Pydra won't take it either
            result = load_result(job.checksum, [job.cache_root], retries=1)
            # A success always has outputs, be it of whichever run.
            if result and (result.errored or result.outputs is None):
                (job.cache_dir / "_result.pklz").unlink(missing_ok=True)
        for lock in locks_of(job.cache_dir) if killed else ():
            with suppress(OSError, ValueError):
                if _void(lock, killed):
                    lock.unlink()


def _void(lock: Path, killed: Set[int]) -> bool:
    """Whether the holder of a lock was one of these."""
    text, made = lock.read_text(), lock.stat()
    if text:
        pid, host, *_ = [*text.split("\n"), ""]
        return int(pid) in killed and host.split("?")[0] == socket.gethostname()
    # Its holder was ended just before it wrote its name, or is just about to.
    time.sleep(_NAMING)
    return not lock.read_text() and lock.stat().st_ctime_ns == made.st_ctime_ns


def _not_over(job: PydraJob[Any]) -> Iterator[PydraJob[Any]]:
    """A job and those in it that have begun and are not known to have ended well."""
    yield job
    graph = job.return_values.get("exec_graph")
    for node in graph.nodes if graph else ():
        for index, inner in (node._tasks or {}).items():
            if index not in node.successful and index not in (node.blocked or {}):
                yield from _not_over(inner)
