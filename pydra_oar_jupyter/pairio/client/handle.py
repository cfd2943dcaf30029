"""The handle of a job: what it is and does, its outputs, and how it shows itself in a cell."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core import html
from pydra_oar_jupyter.pairio import loop, models
from pydra_oar_jupyter.pairio.client.console import Console
from pydra_oar_jupyter.pairio.client.errors import PairioJobFailed
from pydra_oar_jupyter.pairio.client.news import news
from pydra_oar_jupyter.pairio.client.outputs import Output, Outputs
from pydra_oar_jupyter.pairio.client.resources import Resources
from pydra_oar_jupyter.pairio.client.status import in_a_word, marked
from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from pydra_oar_jupyter.pairio.client.connection import Connection
    from pydra_oar_jupyter.pairio.models import JobStatus

_FRESH = 1.0  # how long what is known of a job that goes on is taken as its present, in seconds


class PairioJob:
    """A job of a Pairio service. Its fields, by the protocol's names, are attributes.

    ``status``, ``isRunnable``, ``error`` and ``canceled`` are the present ones: the service is
    asked if they may have changed. The other fields are as they were last told.

    Attributes:
        connection: the service that has it.
        snapshot: all fields, as they were last told.
        cached: it had ended before it was submitted: an earlier job of the same definition.
    """

    def __init__(self, facts: dict[str, Any], connection: Connection) -> None:
        self.connection = connection
        self.snapshot = models.PairioJob.model_validate(facts)
        self.cached = False
        self._told = time.monotonic()

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Out of a pickle, it is as it was then, by another machine's clock.
        vars(self).update(state, _told=-math.inf)

    def __getattr__(self, name: str) -> Any:
        if name in models.PairioJob.model_fields and "snapshot" in self.__dict__:
            return getattr(self.snapshot, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *models.PairioJob.model_fields})

    def __repr__(self) -> str:
        job = self.snapshot
        return f"<PairioJob {job.jobId} {self.name}: {in_a_word(job)}>"

    @property
    def name(self) -> str:
        """What it runs, such as "hello_world.hello_world_2"."""
        definition = self.snapshot.jobDefinition
        return f"{definition.appName}.{definition.processorName}"

    @property
    def job_url(self) -> str:
        """Its page."""
        return f"{self.connection.url}/job/{self.snapshot.jobId}"

    @property
    def status(self) -> JobStatus:
        """Where it is: "pending", "starting", "running", "completed" or "failed"."""
        return self._present().status

    @property
    def isRunnable(self) -> bool:  # noqa: N802 - the protocol's name
        """Whether all jobs that it depends on have completed."""
        return self._present().isRunnable

    @property
    def error(self) -> str | None:
        """Why it has failed; None if it hasn't."""
        return self._present().error

    @property
    def canceled(self) -> bool:
        """Whether somebody cancelled it."""
        return self._present().canceled

    @property
    def outputs(self) -> Outputs:
        """Its outputs by name."""
        return Outputs(self)

    @property
    def console(self) -> Console:
        """What it prints."""
        return Console(self)

    @property
    def resources(self) -> Resources:
        """What it uses of its machine over time."""
        return Resources(self)

    def get_output(self, name: str) -> Output:
        """An output, which an input's ``url`` takes: then that job waits for this one."""
        return self.outputs[name]

    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status.ended

    def refresh(self) -> PairioJob:
        """Ask the service how it is, if it hasn't ended; the handle itself."""
        return loop.run(self._refresh())

    async def arefresh(self) -> PairioJob:
        """`refresh`, awaited."""
        return await loop.hand(self._refresh())

    def wait_until_done(self, *, wait_sec: float | None = None) -> None:
        """Wait until it has ended, and print each change of its status.

        It prints the error of a job that failed, and raises nothing then; see `result`.

        Args:
            wait_sec: for how many seconds at most; None without an end.
        """
        told = None
        for job in loop.iterate(self.following(wait_sec)):
            if job.status != told:
                print(f"{self.job_url} {job.status}")
                told = job.status
        if not self.snapshot.status.ended:
            print(f"Status: {self.snapshot.status}")
        elif self.snapshot.error:
            print(f"Error: {self.snapshot.error}")

    def wait(self, timeout: float | None = None) -> PairioJob:
        """Wait until it has ended, well or not; the handle itself.

        Raises:
            TimeoutError: ``timeout`` seconds have passed; the job goes on.
        """
        return loop.run(self._wait(timeout))

    def result(self, timeout: float | None = None) -> Outputs:
        """Wait until it has ended; its outputs. ``await job`` is the same, awaited.

        Raises:
            PairioJobFailed: it failed or was cancelled; it says what the job says.
            TimeoutError: ``timeout`` seconds have passed; the job goes on.
        """
        return loop.run(self._result(timeout))

    def __await__(self) -> Generator[Any, None, Outputs]:
        """`result`, awaited in any event loop."""
        return loop.hand(self._result(None)).__await__()

    def cancel(self) -> None:
        """Stop it, running or not; one that has ended is left as it is.

        Raises:
            PairioError: it is not yours to cancel.
        """
        loop.run(self._cancel())

    async def acancel(self) -> None:
        """`cancel`, awaited."""
        await loop.hand(self._cancel())

    def changes(self) -> AsyncGenerator[models.PairioJob, None]:
        """Its snapshots for ``async for``: the present one, then each change, until it has ended.

        The service pushes them; one that can't is asked, less and less often.
        """
        return loop.each(self.following())

    async def following(
        self, seconds: float | None = None
    ) -> AsyncGenerator[models.PairioJob, None]:
        """`changes` on the loop of `loop.run`, for so many seconds at most."""
        if self.snapshot.status.ended:
            yield self.snapshot
            return
        seen = None
        coming = news(self.connection, self.snapshot.jobId)
        # A timeout of its own for each: what consumes a generator may take its time.
        end = None if seconds is None else time.monotonic() + seconds
        try:
            while True:
                left = None if end is None else max(0.0, end - time.monotonic())
                async with asyncio.timeout(left):
                    kind, fields = await anext(coming)
                if kind == "deleted":
                    raise PairioError(f"Job {self.snapshot.jobId} ({self.name}) was deleted.", 404)
                if kind == "job" and self._learn(fields) != seen:
                    seen = self.snapshot
                    yield seen
                    if seen.status.ended:
                        return
        except TimeoutError:
            return
        finally:
            await coming.aclose()

    def failure(self) -> PairioJobFailed:
        """The exception that tells how it failed; to be asked when it has."""
        return self._failure("")

    def _present(self) -> models.PairioJob:
        if time.monotonic() - self._told > _FRESH:
            self.refresh()
        return self.snapshot

    def _learn(self, facts: dict[str, Any]) -> models.PairioJob:
        job = models.PairioJob.model_validate(facts)
        # What was on its way longer may be older: an end is an end.
        if job.status.ended or not self.snapshot.status.ended:
            self.snapshot, self._told = job, time.monotonic()
        return self.snapshot

    async def _refresh(self) -> PairioJob:
        job = self.snapshot
        if not job.status.ended:
            answer = await self.connection.ask("getJob", jobId=job.jobId, includePrivateKey=False)
            self._learn(answer["job"])
        return self

    async def _wait(self, timeout: float | None) -> PairioJob:
        async for _ in self.following(timeout):
            pass
        if not self.snapshot.status.ended:
            raise TimeoutError(
                f"Job {self.snapshot.jobId} ({self.name}) has not ended after {timeout:g} s; "
                "it goes on."
            )
        return self

    async def _result(self, timeout: float | None) -> Outputs:
        await self._wait(timeout)
        if self.snapshot.status is models.JobStatus.FAILED:
            printed = ""
            with suppress(PairioError):
                printed = await self.console.last(10)
            raise self._failure(printed)
        return self.outputs

    async def _cancel(self) -> None:
        if (await self._refresh()).snapshot.status.ended:
            return
        try:
            await self.connection.ask_as_user("cancelJob", jobId=self.snapshot.jobId)
        except PairioError:
            if not (await self._refresh()).snapshot.status.ended:  # it ended meanwhile
                raise
        await self._refresh()

    def _failure(self, printed: str) -> PairioJobFailed:
        job = self.snapshot
        word = "was cancelled" if job.canceled else "failed"
        told = f"Job {job.jobId} ({self.name}) {word}: {job.error or 'it gave no reason'}"
        last = f"\nIts console output ended with:\n{printed}" if printed.strip() else ""
        return PairioJobFailed(f"{told}\nSee {self.job_url}{last}", self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        with suppress(PairioError):  # then as it was last told
            self.refresh()
        job = self.snapshot
        head = html.section(
            marked(job),
            " ",
            html.mono(self.name),
            " ",
            html.link(self.job_url, job.jobId),
            " ",
            html.faint(f"on {job.computeClientName}" if job.computeClientName else ""),
            html.faint(" (from the cache)" if self.cached else ""),
        )
        error = html.pre(job.error) if job.error else ""
        outputs = self.outputs._repr_html_() if job.status.ended and self.outputs else ""
        return {"text/plain": repr(self), "text/html": head + error + outputs}
