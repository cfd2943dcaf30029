"""Notice that a running job is not to run on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.http import Api

_PAUSE = 10.0  # seconds between two questions where no event comes
GONE = (401, 404)  # statuses in HTTP: the job's key is no longer good, or there is no such job


async def until_over(api: Api, job_id: str) -> str:
    """Wait until the service has the job running no more; what it is instead.

    The service's events only say when to ask: what counts is what getJob answers.
    """
    news = asyncio.Event()
    listening = asyncio.create_task(_listen(api, job_id, news))
    try:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _PAUSE)
            news.clear()
            try:
                answer = await api.call("getJob", {"jobId": job_id, "includePrivateKey": False})
            except PairioUnreachable:
                continue
            except PairioError as error:
                if error.status in GONE:
                    return gone(error)
            else:
                if words := _over(answer["job"]):
                    return words
    finally:
        listening.cancel()


def gone(error: PairioError) -> str:
    """What became of a job whose key the service refuses, or that it does not know."""
    return f"The service refuses this process: {error}"


async def _listen(api: Api, job_id: str, news: asyncio.Event) -> None:
    with suppress(PairioError):  # a service without events
        async with aclosing(api.events(jobId=job_id)) as events:
            async for name, _ in events:
                if name == "job":
                    news.set()


def _over(job: dict[str, Any]) -> str:
    if job["canceled"]:
        return "The job was cancelled."
    return "" if job["status"] == "running" else f"The job is {job['status']} for the service."
