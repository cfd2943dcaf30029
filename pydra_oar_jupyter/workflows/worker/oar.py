"""Pydra's worker for OAR: each task is a job, those that are ready together are one array."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence  # noqa: TC003 - attrs reads them
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pydra.engine  # noqa: F401 - first, or pydra.workers.base can't be imported
from pydra.workers.base import Worker, ensure_non_negative

from pydra_oar_jupyter.core.backend import default_backend, get_backend
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.surroundings import Surroundings
from pydra_oar_jupyter.workflows.errors import TaskFailed
from pydra_oar_jupyter.workflows.worker.audit import keep_place
from pydra_oar_jupyter.workflows.worker.batch import Batch, Owner
from pydra_oar_jupyter.workflows.worker.caches import check_cache_root
from pydra_oar_jupyter.workflows.worker.constructed import forget_constructed
from pydra_oar_jupyter.workflows.worker.interrupts import cancelled_by_interrupt
from pydra_oar_jupyter.workflows.worker.kept import forget_result, kept_result, result_of_before
from pydra_oar_jupyter.workflows.worker.locks import held_elsewhere
from pydra_oar_jupyter.workflows.worker.once import Once

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydra.engine.job import Job as PydraJob
    from pydra.engine.result import Result

    from pydra_oar_jupyter.core.job import Job

logger = logging.getLogger("pydra.worker")

# How long a file system may take to show here what a node has written, in seconds.
_LATE = 60.0


@attrs.define(kw_only=True)
class OarWorker(Worker):
    """Run Pydra's tasks as jobs of OAR, or of the embedded cluster where there is none.

    ::

        with Submitter(worker="oar", oarsub_args="-l host=1/core=2,walltime=1") as submit:
            result = submit(workflow)

    Tasks that become ready at the same time go out as one array, all are watched with one
    question, and what is in the cache is not submitted. A job that OAR submits again after a
    preemption (``-t besteffort -t idempotent``) is followed.

    Args:
        oarsub_args: options of oarsub for each task's job, as at the prompt.
        poll_delay: taken for the sake of scripts: how often OAR is asked is decided for all jobs
            together.
        one_job: run a whole workflow inside one job, its tasks on that job's cores.
        backend: what runs the jobs, ``oar`` or ``local``; else as for all jobs, which is its value
            from then on.
        allow_local_cache: take a cache root that seems to be on this machine alone.
        python: the interpreter on the nodes.
        setup: lines of shell that a login bash runs first on the node.
        env: variables of the jobs' environment.

    Attributes:
        jobs: the handle of each task's job, by the task's checksum.
        failures: what each failed task raised, by its checksum.
        cached: the checksums of tasks whose results were there already.
        owner: the run that its jobs are of, if it can be seen.

    Raises:
        RequestError: the options are not oarsub's, or there is no such backend.
    """

    _plugin_name: ClassVar[str] = "oar"

    oarsub_args: str = ""
    poll_delay: int = attrs.field(default=1, converter=ensure_non_negative)
    one_job: bool = False
    backend: str | None = None
    allow_local_cache: bool = False
    python: str = sys.executable
    setup: Sequence[str] = ()
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    jobs: dict[str, Job] = attrs.field(factory=dict, init=False, repr=False, eq=False)
    failures: dict[str, BaseException] = attrs.field(factory=dict, init=False, repr=False, eq=False)
    cached: set[str] = attrs.field(factory=set, init=False, repr=False, eq=False)
    owner: Owner | None = attrs.field(default=None, init=False, repr=False, eq=False)
    _batch: Batch = attrs.field(init=False, repr=False, eq=False)
    _room: asyncio.Semaphore | None = attrs.field(default=None, init=False, repr=False, eq=False)
    _once: Once = attrs.field(factory=Once, init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        request = Request.parse(self.oarsub_args)
        if request.array or request.array_param_file:
            raise RequestError("--array is for scripts: tasks that are alike are an array anyway.")
        request.check()
        self.backend = name = self.backend or default_backend()
        get_backend(name)
        self._batch = Batch(request, name, self.python, Surroundings(self.env, self.setup))

    def __getstate__(self) -> dict[str, Any]:
        """What a job in which a workflow runs needs of it: nearly nothing, and no secret."""
        return {"oarsub_args": self.oarsub_args, "python": self.python}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Such a worker submits nothing any more."""
        self.__init__(**state)  # type: ignore[misc]  # attrs wrote it

    async def submit(self, job: PydraJob[Any], rerun: bool = False) -> Result[Any]:
        """Take a job of Pydra's: a workflow, or the task that it was asked for.

        Raises:
            RequestError: its cache root can't be used.
        """
        if not self.allow_local_cache:
            check_cache_root(job.cache_root, self._batch.backend)
        do = self._compute_task if self.one_job or not job.is_async else self._go_through
        work = partial(do, job, rerun)
        if self._once.tasks:  # a workflow in the one that goes on
            return await self._once.do(job.checksum, work)
        if job.submitter:
            # Pydra pickles it with each workflow, and there may be secrets among the variables.
            job.submitter.worker_kwargs = {}
        keep_place(job)
        forget_constructed()
        with cancelled_by_interrupt():
            try:
                return await self._once.do(job.checksum, work)
            finally:
                try:
                    while self._once.tasks:  # it was stopped, and they are not aware of it yet
                        await asyncio.wait(self._once.tasks)
                finally:
                    self.close()

    async def run(  # type: ignore[override]  # Pydra awaits it
        self, job: PydraJob[Any], rerun: bool = False
    ) -> Result[Any]:
        """Run one task; return when its result is in the cache.

        Raises what the task raised, or what became of its job:

        Raises:
            JobFailed: it ended without a result (walltime, deletion, a lost node …).
            SubmissionError: OAR won't take it.
            PackingError: the task can't be pickled.
            TaskFailed: it can't be loaded on the node, or its result can't be seen here.
        """
        return await self._once.do(job.checksum, partial(self._compute_task, job, rerun))

    async def _go_through(self, job: PydraJob[Any], rerun: bool) -> Result[Any]:
        """Have the tasks of a workflow run."""
        result_of_before(job, rerun)
        if words := held_elsewhere(job.lockfile):
            logger.warning(words)
        try:
            result: Result[Any] = await job.run_async(rerun=rerun)
        except Exception:
            raise
        except BaseException:  # stopped: Pydra has saved a result without outputs, as a success
            forget_result(job)
            raise
        return result

    async def _compute_task(self, job: PydraJob[Any], rerun: bool) -> Result[Any]:
        if found := result_of_before(job, rerun):
            self.cached.add(job.checksum)
            return found
        try:
            async with self._place(job):
                await self._compute(job, rerun=rerun)
            return await self._awaited_result(job)
        except Exception as error:
            self.failures[job.checksum] = error
            raise

    def close(self) -> None:
        """Delete the jobs that have not ended."""
        self._batch.close()

    @asynccontextmanager
    async def _place(self, job: PydraJob[Any]) -> AsyncIterator[None]:
        """A place among those that may run at once. (Pydra's own count forgets those that run.)"""
        most = job.submitter.max_concurrent if job.submitter else float("inf")
        if most == float("inf"):
            yield
            return
        self._room = self._room or asyncio.Semaphore(int(most))
        async with self._room:
            yield

    async def _compute(self, job: PydraJob[Any], *, rerun: bool) -> None:
        """Have it computed: by the job that does so already, or by one of its own."""
        if not rerun and (going := self._batch.going(job)):
            self.jobs[job.checksum] = going
            await self._batch.ending(going, job)
            if kept_result(job):
                return
        handle = await self._batch.add(job, rerun=rerun, owner=self.owner)
        self.jobs[job.checksum] = handle
        outcome = await self._batch.ending(handle, job)
        if not outcome.ok:
            raise handle.error(outcome)

    async def _awaited_result(self, job: PydraJob[Any]) -> Result[Any]:
        """Its result, once the file system shows it."""
        pause, waited = 0.05, 0.0
        while waited < _LATE:
            with suppress(OSError):
                list(job.cache_dir.iterdir())  # NFS looks again whether there is more
            if found := kept_result(job):
                return found
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(2.0, pause * 1.5)
        handle = self.jobs[job.checksum]
        raise TaskFailed(
            f"Job {handle.id} {handle.name!r} has done its work, but no result is to be seen in "
            f"{job.cache_dir} after {_LATE:.0f} s. Is that folder the same on the nodes as here?"
        )
