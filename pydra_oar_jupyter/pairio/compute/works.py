"""The jobs that run here, from their submission to their end."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.job import cancel_all
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.pairio.compute.work import Work
from pydra_oar_jupyter.pairio.models import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.pairio.compute.calls import Calls
    from pydra_oar_jupyter.pairio.compute.launch import Claim, Launcher
    from pydra_oar_jupyter.pairio.compute.tasks import Tasks

# How long a program may go on after its job has ended, in seconds.
_GRACE = 30.0
# The pauses between two tries to end jobs, in seconds.
_RETRY, _RETRY_LONGEST = 1.0, 60.0

log = logging.getLogger(__name__)


class Works:
    """The jobs of one compute client, which the service counts among its own.

    Args:
        calls: its service.
        launcher: what submits them.
        tasks: what goes on in the background.
        own: the compute client's id.
    """

    def __init__(self, calls: Calls, launcher: Launcher, tasks: Tasks, own: str) -> None:
        self._calls, self._launcher, self._tasks, self._own = calls, launcher, tasks, own
        self._works: dict[str, Work] = {}  # by Pairio's id
        self._over: dict[str, float] = {}  # when we were done with a job, by time.monotonic()
        self._failing: set[str] = set()  # that never ran, while this is reported

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._works

    def __iter__(self) -> Iterator[Work]:
        return iter(list(self._works.values()))

    def __len__(self) -> int:
        return len(self._works)

    def over_since(self, asked: float) -> set[str]:
        """The jobs that we were not done with at that time, by time.monotonic(), but are by now."""
        self._over = {job_id: at for job_id, at in self._over.items() if at >= asked}
        return self._over.keys() | self._failing

    async def submit(self, claims: Sequence[Claim]) -> None:
        """Hand jobs to the scheduler, together, and follow them to their end."""
        results = await asyncio.to_thread(self._launcher.launch, claims)
        for claim, result in zip(claims, results, strict=True):
            job_id, key = claim.job.jobId, claim.job.jobPrivateKey or ""
            if isinstance(result, OarError):
                self._fail(job_id, key, f"It can't run here: {result}")
                continue
            work = Work(job_id, key, result, result.name)
            log.info("%s is submitted", work)
            self._works[job_id] = work
            self._tasks.spawn(self._watch(work))

    def lose(self, job_id: str, key: str) -> None:
        """Say that a job, which is ours, has no program any more."""
        words = "Nothing is left of its program on the compute client that ran it."
        self._fail(job_id, key, words)

    async def take_up(self, found: dict[str, list[Job]], running: dict[str, Any]) -> None:
        """Follow the jobs of an earlier process that are ours still, and end the others.

        Args:
            found: those that the launcher has, by Pairio's ids, the newest first.
            running: those that the service takes to be running here.
        """
        await asyncio.to_thread(self._launcher.sweep, [j for jobs in found.values() for j in jobs])
        others = []
        for job_id, jobs in found.items():
            told = running.get(job_id)
            for at, job in enumerate(jobs):
                key = str(told["jobPrivateKey"]) if told else ""
                work = Work(job_id, key, job, job.name, settled=at > 0 or told is None)
                if work.settled:
                    others.append(work)
                else:
                    log.info("%s is taken up", work)
                    self._works[job_id] = work
                self._tasks.spawn(self._watch(work))
        self._end([work for work in others if not work.job.done()])

    def follow(self, running: dict[str, Any], asked: float, offered: set[str]) -> None:
        """Look for jobs that are not ours any more, or are not to run any more.

        Args:
            running: those that the service takes to be running here, by id.
            asked: when it was asked, by time.monotonic().
            offered: the ids of those that it offers.
        """
        missing = []
        for work in self:
            if work.since > asked or work.job.done():
                continue
            told = running.get(work.job_id)
            if told and told["canceled"]:
                self._drop(work, "was cancelled")
            elif work.job_id in offered or (told and told["jobPrivateKey"] != work.key):
                self._drop(work, "was taken away: this compute client had been silent too long")
            elif told is None and not work.asked:
                work.asked = True
                missing.append(work)
        if missing:
            self._tasks.spawn(self._look_into(missing))

    async def _look_into(self, missing: Sequence[Work]) -> None:
        """What became of jobs that the service does not count among ours."""
        states = await asyncio.gather(*(self._calls.state(work.job_id) for work in missing))
        for work, state in zip(missing, states, strict=True):
            if state is None:  # it can't be told at the moment
                work.asked = False
            elif not state:
                self._drop(work, "was deleted")
            elif state["canceled"]:
                self._drop(work, "was cancelled")
            elif state["computeClientId"] != self._own:
                self._drop(work, "was taken away")
            elif JobStatus(state["status"]).ended:
                work.settled = True  # its program comes to its end now
                log.info("%s: %s", work, _ending(state))
                asyncio.get_running_loop().call_later(_GRACE, self._end, [work])
            else:
                work.asked = False

    async def _watch(self, work: Work) -> None:
        """Wait for the end of a job's program; report it if the program has not; clean up."""
        outcome = await work.job.ending()
        if not work.settled and outcome.ending is not Ending.NEVER_SENT:
            words = await asyncio.to_thread(work.failure, outcome)
            state = await self._calls.fail(work.job_id, work.key, words)
            if not work.settled:
                log.info("%s: %s", work, _ending(state) if state else "it is not ours any more")
        if self._works.get(work.job_id) is work:
            self._leave(work.job_id)
        # What a program that failed has said stays until the next start.
        keep = not work.settled and outcome.ending is not Ending.NEVER_SENT and not outcome.ok
        try:
            await asyncio.to_thread(self._launcher.clean, work.job, keep=keep)
        except OarError as error:
            log.warning("%s: %s", work, error)

    def _fail(self, job_id: str, key: str, words: str) -> None:
        """Report a job as failed that does not run."""
        log.warning("job %s failed: %s", job_id, words)
        self._failing.add(job_id)
        self._tasks.spawn(self._report(job_id, key, words))

    async def _report(self, job_id: str, key: str, words: str) -> None:
        await self._calls.fail(job_id, key, words)
        self._leave(job_id)
        self._failing.discard(job_id)

    def _leave(self, job_id: str) -> None:
        """Be done with a job."""
        self._works.pop(job_id, None)
        self._over[job_id] = time.monotonic()

    def _drop(self, work: Work, why: str) -> None:
        """End a job that is not ours, or not to run any more."""
        log.info("%s %s", work, why)
        work.settled = True
        self._leave(work.job_id)
        self._end([work])

    def _end(self, works: Sequence[Work]) -> None:
        if works:
            self._tasks.spawn(self._cancel(works))

    async def _cancel(self, works: Sequence[Work]) -> None:
        """Delete the core's jobs, as often as it takes."""
        pause = _RETRY
        while True:
            try:
                await asyncio.to_thread(cancel_all, [work.job for work in works])
            except OarError as error:
                log.warning("jobs can't be ended yet: %s", error)
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _RETRY_LONGEST)


def _ending(state: dict[str, Any]) -> str:
    """How a job ended, in the service's words."""
    return f"{state['status']}: {state['error']}" if state["error"] else str(state["status"])
