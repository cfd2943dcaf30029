"""Pydra's worker for a workflow inside of one job: tasks on the cores that the job has."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import traceback
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
from pydra.engine.result import record_error
from pydra.workers.cf import ConcurrentFuturesWorker

from pydra_oar_jupyter.workflows.errors import TaskFailed
from pydra_oar_jupyter.workflows.inputs import inputs_in_words
from pydra_oar_jupyter.workflows.worker.kept import forget_result, kept_result, result_of_before
from pydra_oar_jupyter.workflows.worker.locks import note_process
from pydra_oar_jupyter.workflows.worker.once import Once
from pydra_oar_jupyter.workflows.worker.sources import know_sources
from pydra_oar_jupyter.workflows.worker.task import name_of
from pydra_oar_jupyter.workflows.worker.traces import keep_told, tell, to_raise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra.engine.job import Job as PydraJob
    from pydra.engine.result import Result

    from pydra_oar_jupyter.core.spool import JobDirectory

    # An exception as it is told, and pickled; b"" if it can't be.
    _Raised = tuple[dict[str, Any], bytes]


class CoresWorker(ConcurrentFuturesWorker):
    """As Pydra's pool of processes, but a task that dies takes no other with it.

    Args:
        directory: the job, which is told the processes.
        sources: those that they must know beside their files.
        most: how many may be at work at once, if the cores allow as many.

    Attributes:
        failure: what the first task that failed has raised.
    """

    def __init__(self, directory: JobDirectory, sources: Mapping[str, str], most: float) -> None:
        super().__init__(n_procs=int(min(cores(), most)))
        self.failure: Exception | None = None
        self._begin = partial(_begin, directory, sources)
        # Processes are forked from one without threads: a fork keeps locks that those hold.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        self._once = Once()
        # A process that dies breaks its pool, and with it the others of that.
        self._free = [self._new_pool() for _ in range(self.n_procs)]
        self._room = asyncio.Semaphore(self.n_procs)

    async def submit(self, job: PydraJob[Any], rerun: bool = False) -> Result[Any]:
        """Take a workflow."""

        async def work() -> Result[Any]:
            result_of_before(job, rerun)
            result: Result[Any] = await job.run_async(rerun=rerun)
            return result

        return await self._once.do(job.checksum, work)

    async def run(  # type: ignore[override]  # Pydra awaits it
        self, job: PydraJob[Any], rerun: bool = False
    ) -> Result[Any] | None:
        """Run one task.

        Raises what the task raised:

        Raises:
            TaskFailed: its process was ended.
        """

        async def work() -> Result[Any] | None:
            if found := result_of_before(job, rerun):
                return found
            try:
                async with self._room:
                    await self._compute(job, rerun)
            except Exception as error:
                self.failure = self.failure or error
                _report(job, error)
                raise
            return kept_result(job)

        return await self._once.do(job.checksum, work)

    async def _compute(self, job: PydraJob[Any], rerun: bool) -> None:
        pool = self._free.pop()
        work = cloudpickle.dumps(job), rerun
        try:
            raised = await self.loop.run_in_executor(pool, _run, *work)
        except BrokenProcessPool:
            pool = self._new_pool()
            raise TaskFailed(
                "The task's process was ended, from within (os._exit, a crash) or by the system, "
                "as when memory runs out."
            ) from None
        finally:
            self._free.append(pool)
        if raised:
            told, error = raised
            raise keep_told(to_raise(told, _loaded(error)), told)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, self._context, self._begin)

    def close(self) -> None:
        """End the processes."""
        for pool in self._free:
            pool.shutdown()


def _begin(directory: JobDirectory, sources: Mapping[str, str]) -> None:
    """What each process does first."""
    know_sources(sources)
    note_process(directory)


def _run(pickled: bytes, rerun: bool) -> _Raised | None:
    """Run a task in the pool; what it has raised, as what can be sent back for sure."""
    job: PydraJob[Any] = cloudpickle.loads(pickled)
    try:
        job.run(rerun=rerun)
    except BaseException as error:
        if not isinstance(error, Exception):  # sys.exit: Pydra has saved that as a success
            forget_result(job)
        words = inputs_in_words(job)
        error.add_note(f"It is of the task {name_of(job)}{words and f' ({words})'}.")
        return tell(error), _dumped(error)
    return None


def _report(job: PydraJob[Any], error: Exception) -> None:
    """Leave in the cache why it failed, if Pydra has not: its process was ended."""
    with suppress(OSError):
        job.cache_dir.mkdir(exist_ok=True)
        if not (job.cache_dir / "_error.pklz").exists():
            said = traceback.format_exception_only(error)
            record_error(job.cache_dir, error=said)  # type: ignore[no-untyped-call]  # Pydra's


def _dumped(error: BaseException) -> bytes:
    try:
        dumped: bytes = cloudpickle.dumps(error)
    except Exception:
        return b""
    return dumped


def _loaded(error: bytes) -> object:
    try:
        return pickle.loads(error)
    except Exception:  # not every type is made to be loaded again
        return None


def cores() -> int:
    """How many cores of this host the job has: its lines in OAR's file of nodes."""
    try:
        hosts = Path(os.environ["OAR_NODEFILE"]).read_text().split()
    except (KeyError, OSError):
        return len(os.sched_getaffinity(0))
    return max(1, hosts.count(hosts[0])) if hosts else 1
