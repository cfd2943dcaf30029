"""What is new of one job: pushed by its service, asked for where it pushes nothing."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from pydra_oar_jupyter.pairio.client.connection import Connection

# Between two questions, in seconds: at first, and at most.
_SOON, _SELDOM = 2.0, 30.0
# How long a service may be away, such as for its restart, before who waits is told, in seconds.
_PATIENCE = 300.0


async def news(
    connection: Connection, job_id: str
) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
    """News without end: ("job", its fields), at first the present ones; ("console", its size).

    It says ("deleted", …) when somebody deletes the job.

    Raises:
        PairioError: there is no such job (any more).
        PairioUnreachable: the service gave no answer for minutes.
    """
    events: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def follow() -> None:
        # Where it refuses, such as one without events, asking tells more.
        with suppress(PairioError):
            async with connection.streams:
                async for event in connection.api.events(jobId=job_id):
                    events.put_nowait(event)

    follower = asyncio.create_task(follow())
    heard, pause = time.monotonic(), _SOON
    try:
        while True:
            try:
                async with asyncio.timeout(pause):
                    event = await events.get()
                pause = _SELDOM  # asking only makes sure
            except TimeoutError:
                pause = min(1.5 * pause, _SELDOM)
                try:
                    answer = await connection.ask("getJob", jobId=job_id, includePrivateKey=False)
                except PairioUnreachable:
                    if time.monotonic() - heard > _PATIENCE:
                        raise
                    continue
                event = ("job", answer["job"])
            heard = time.monotonic()
            yield event
    finally:
        follower.cancel()
        await asyncio.gather(follower, return_exceptions=True)
