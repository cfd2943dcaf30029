"""What a compute client says to its service."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydra_oar_jupyter.pairio.compute.launch import Claim
from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable
from pydra_oar_jupyter.pairio.http import Api
from pydra_oar_jupyter.pairio.models import JobStatus, PairioJob, PairioServiceApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from pydra_oar_jupyter.pairio.compute.config import Registration

# How many calls about single jobs are on their way at a time.
_AT_ONCE = 16
# The pause before a report that did not get through is sent again, in seconds.
_RETRY = 5.0
_UNKNOWN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)

log = logging.getLogger(__name__)


class Calls:
    """The calls of one compute client. Used in one event loop."""

    def __init__(self, registration: Registration) -> None:
        self._api = Api(registration.url, registration.key)
        self._id, self._name = registration.id, registration.name
        self._few = asyncio.Semaphore(_AT_ONCE)

    @property
    def where(self) -> str:
        """The service's address, without a path that may be a secret."""
        return urlsplit(self._api.url).netloc

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def changes(self) -> AsyncIterator[None]:
        """One item for each time that it is worth asking.

        Raises:
            PairioError: the service tells no such thing.
        """
        async for name, _ in self._api.events(computeClientId=self._id):
            if name == "jobs":
                yield

    async def jobs(self, apps: list[str] | None) -> tuple[list[PairioJob], dict[str, Any]]:
        """Jobs that are offered, and those of ours that the service takes to be running, by id.

        Args:
            apps: the apps whose jobs can run here; None: any.

        Raises:
            PairioUnreachable: there was no usable answer.
            PairioError: the service does not know this compute client.
        """
        fields = {"computeClientId": self._id, "appNames": apps}
        try:
            answer = await self._api.call("getRunnableJobsForComputeClient", fields)
        except PairioError as error:
            if error.status not in _UNKNOWN:
                raise PairioUnreachable(str(error), error.status) from None
            raise PairioError(
                f"The service at {self.where} does not know the compute client {self._name!r} "
                f"({error}). Remove its directory, and it is registered anew.",
                error.status,
            ) from None
        offered = [PairioJob.model_validate(job) for job in answer["runnableJobs"]]
        # Of a thousand running jobs only a few fields are of interest: they are not validated.
        return offered, {str(job["jobId"]): job for job in answer["runningJobs"]}

    async def state(self, job_id: str) -> dict[str, Any] | None:
        """A job as the service tells it; empty if there is none, None if there is no answer."""
        try:
            async with self._few:
                fields = {"jobId": job_id, "includePrivateKey": False}
                job: dict[str, Any] = (await self._api.call("getJob", fields))["job"]
                return job
        except PairioUnreachable:
            return None
        except PairioError as error:
            return {} if error.status == HTTPStatus.NOT_FOUND else None

    async def claim(self, jobs: Sequence[PairioJob], *, claimed: bool) -> list[Claim]:
        """Those of these jobs that we have got, with their secrets.

        Args:
            jobs: with their private keys.
            claimed: they are ours already.
        """
        apps = {(job.serviceName, job.jobDefinition.appName) for job in jobs}
        found = dict(
            zip(apps, await asyncio.gather(*(self._app(*app) for app in apps)), strict=True)
        )
        claims = await asyncio.gather(
            *(
                self._claim(job, found[job.serviceName, job.jobDefinition.appName], claimed)
                for job in jobs
            )
        )
        return [claim for claim in claims if claim]

    async def _app(self, service: str, name: str) -> PairioServiceApp | PairioError:
        try:
            fields = {"serviceName": service, "appName": name}
            answer = await self._api.call("getServiceApp", fields)
            return PairioServiceApp.model_validate(answer["serviceApp"])
        except PairioError as error:
            return error

    async def _claim(
        self, job: PairioJob, app: PairioServiceApp | PairioError, claimed: bool
    ) -> Claim | None:
        """One of them; None if another has it, or if it has failed for good or for now."""
        if isinstance(app, PairioUnreachable):
            return None
        key = job.jobPrivateKey or ""
        async with self._few:
            try:
                if not claimed:
                    await self._set(job.jobId, key, JobStatus.STARTING, again=False)
                fields = {"jobId": job.jobId, "includePrivateKey": False}
                told = (await self._api.call("getJob", fields, key=key))["job"]
            except PairioError as error:
                # What was claimed and not told is found among the running ones, next time.
                log.info("job %s is not taken: %s", job.jobId, error)
                return None
        whole = PairioJob.model_validate(told).model_copy(update={"jobPrivateKey": key})
        processors = [] if isinstance(app, PairioError) else app.appSpecification.processors
        wanted = job.jobDefinition.processorName
        if processor := next((one for one in processors if one.name == wanted), None):
            return Claim(whole, processor)
        why = str(app) if isinstance(app, PairioError) else f"There is no processor {wanted!r}."
        await self.fail(job.jobId, key, f"It can't run: {why}")
        return None

    async def fail(self, job_id: str, key: str, words: str) -> dict[str, Any] | None:
        """Report a job as failed, unless it has ended, however long that takes.

        Returns it as the service tells it then; None if it is not ours any more.
        """
        while True:
            state = await self.state(job_id)
            if state == {} or (state and state["computeClientId"] != self._id):
                return None
            if state and JobStatus(state["status"]).ended:
                return state
            try:
                if state:
                    async with self._few:
                        await self._set(job_id, key, JobStatus.FAILED, words)
                    return {**state, "status": JobStatus.FAILED.value, "error": words}
            except PairioUnreachable:
                pass
            except PairioError as error:
                log.info("job %s: the service took no report of its end: %s", job_id, error)
                return None
            await asyncio.sleep(_RETRY)

    async def _set(
        self,
        job_id: str,
        key: str,
        status: JobStatus,
        error: str | None = None,
        *,
        again: bool = True,
    ) -> None:
        fields: dict[str, Any] = {
            "jobId": job_id,
            "computeClientId": self._id,
            "status": status.value,
        }
        if error is not None:
            fields["error"] = error
        await self._api.call("setJobStatus", fields, key=key, again=again)
