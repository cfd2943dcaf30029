"""The program itself: asks for jobs, claims them, and lets them be run."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.pairio.compute.calls import Calls
from pydra_oar_jupyter.pairio.compute.config import alone
from pydra_oar_jupyter.pairio.compute.tasks import Tasks
from pydra_oar_jupyter.pairio.compute.works import Works
from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable
from pydra_oar_jupyter.pairio.models import JobStatus, PairioJob

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydra_oar_jupyter.pairio.compute.config import Registration
    from pydra_oar_jupyter.pairio.compute.launch import Launcher

# The longest time between two questions, which also renew the leases, in seconds.
_HEARTBEAT = 10.0
# The shortest.
_BREATH = 0.1
# How long the scheduler may take to get what is on its way when this program ends, in seconds.
_PARTING = 30.0

log = logging.getLogger(__name__)


class ComputeClient:
    """Runs the jobs of a Pairio service.

    Args:
        registration: who it is.
        launcher: what runs the jobs.
        directory: its private directory; no other process may use it.
        exit_when_idle: `run` returns once there is nothing to do.
    """

    def __init__(
        self,
        registration: Registration,
        launcher: Launcher,
        directory: Path,
        *,
        exit_when_idle: bool = False,
    ) -> None:
        self._name, self._launcher, self._directory = registration.name, launcher, directory
        self._exit_when_idle = exit_when_idle
        self._wake = asyncio.Event()
        self._calls = Calls(registration)
        self._tasks, self._claims = Tasks(self._wake.set), Tasks(self._wake.set)
        self._works = Works(self._calls, launcher, self._tasks, registration.id)
        self._taking: set[str] = set()  # being claimed, and not submitted yet
        self._main: asyncio.Task[None] | None = None
        self._stopping = False

    async def run(self) -> None:
        """Work until `stop` is called, or there is nothing to do. Once only.

        Jobs that run are left running then: a later start takes them up.

        Raises:
            PairioError: another process is this compute client, or the service refuses it.
        """
        with alone(self._directory):
            if self._stopping:
                return
            listener = asyncio.create_task(self._listen())
            self._main = asyncio.create_task(self._ask_on())
            try:
                await self._main
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
            finally:
                listener.cancel()
                await self._part()
                await self._calls.close()

    def stop(self) -> None:
        """Take no more jobs, and let `run` return."""
        self._stopping = True
        if self._main:
            self._main.cancel()

    async def _ask_on(self) -> None:
        """Ask, again and again, and act upon the answers."""
        found = await asyncio.to_thread(self._launcher.recall)
        first, silent = True, False
        log.info("%s asks %s for jobs", self._name, self._calls.where)
        while True:
            self._wake.clear()
            asked, was_busy = time.monotonic(), self._is_busy
            try:
                offered, running = await self._calls.jobs(self._launcher.app_names)
            except PairioUnreachable as error:
                if not silent:
                    log.warning("%s Jobs that run go on; it is asked again.", error)
                silent = True
            else:
                if silent:
                    log.info("the service answers again")
                if first:
                    await self._works.take_up(found, running)
                first = silent = False
                self._works.follow(running, asked, {job.jobId for job in offered})
                self._find_lost(running, asked)
                self._take(offered)
                if self._exit_when_idle and not (was_busy or self._is_busy):
                    log.info("there is nothing more to do")
                    return
            await asyncio.sleep(max(_BREATH, time.monotonic() - asked))
            try:
                left = max(0.0, asked + _HEARTBEAT - time.monotonic())
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                continue

    @property
    def _is_busy(self) -> bool:
        return bool(self._works or self._tasks or self._claims)

    async def _listen(self) -> None:
        """Ask soon when the service says that something has changed."""
        try:
            async for _ in self._calls.changes():
                self._wake.set()
        except PairioError as error:
            log.warning("no news from the service: it is asked each %.0f s (%s)", _HEARTBEAT, error)

    def _find_lost(self, running: dict[str, Any], asked: float) -> None:
        """Start jobs that are ours and that we know nothing of, or say that they are lost.

        Their claim's answer was lost, or this is another process than the one that claimed them.
        """
        over = self._works.over_since(asked)
        starting = []
        for job_id, told in running.items():
            if job_id in over | self._taking or job_id in self._works or told["canceled"]:
                continue
            if told["status"] == JobStatus.STARTING:
                starting.append(PairioJob.model_validate(told))
            else:
                self._works.lose(job_id, told["jobPrivateKey"])
        self._begin(starting, claimed=True)

    def _take(self, offered: Sequence[PairioJob]) -> None:
        """Claim and start what is offered."""
        new = [
            job for job in offered if job.jobId not in self._taking and job.jobId not in self._works
        ]
        self._begin(new, claimed=False)

    def _begin(self, jobs: Sequence[PairioJob], *, claimed: bool) -> None:
        if jobs:
            self._taking.update(job.jobId for job in jobs)
            self._claims.spawn(self._start(jobs, claimed=claimed))

    async def _start(self, jobs: Sequence[PairioJob], *, claimed: bool) -> None:
        """Claim jobs, and submit those that we have got, together."""
        try:
            await self._works.submit(await self._calls.claim(jobs, claimed=claimed))
        finally:
            self._taking.difference_update(job.jobId for job in jobs)

    async def _part(self) -> None:
        """Let what is on its way to the scheduler arrive there, and leave all as it is."""
        await self._claims.finish(_PARTING)
        for work in self._works:
            try:
                await asyncio.to_thread(work.job.submitted, _PARTING)
            except (OarError, TimeoutError):
                continue
        if left := sum(not work.job.done() for work in self._works):
            log.info("%d of the jobs go on: started again, this compute client follows them", left)
        await self._claims.cancel()
        await self._tasks.cancel()
