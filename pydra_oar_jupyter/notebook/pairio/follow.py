"""What a job tells, as it comes: where it is, and what it prints."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client.handle import PairioJob
    from pydra_oar_jupyter.pairio.models import PairioJob as Snapshot


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing more comes: the job has ended, or its service can't be asked any more."""

    error: PairioError | None = None


class Following:
    """Follows a job in the background, to its end.

    Args:
        job: its handle.
        most: how many letters of what it prints are told; None to tell nothing of it.
    """

    def __init__(self, job: PairioJob, most: int | None) -> None:
        self._job, self._most = job, most
        self._told: asyncio.Queue[Snapshot | str | Over] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def next(self, timeout: float) -> Snapshot | str | Over | None:
        """A change of it, or a part of what it prints; None after so many seconds without."""
        return loop.run(self._next(timeout))

    def stop(self) -> None:
        """Follow it no more."""
        loop.run(self._stop())

    async def _next(self, timeout: float) -> Snapshot | str | Over | None:
        if self._task is None:
            self._task = asyncio.create_task(self._follow())
        with suppress(TimeoutError):
            return await asyncio.wait_for(self._told.get(), timeout)
        return None

    async def _stop(self) -> None:
        if self._task:
            self._task.cancel()

    async def _follow(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._change())
                if self._most is not None:
                    tasks.create_task(self._print(self._most))
        except* PairioError as group:
            error = group.exceptions[0]
            assert isinstance(error, PairioError)
            self._told.put_nowait(Over(error))
        else:
            self._told.put_nowait(Over())

    async def _change(self) -> None:
        async for snapshot in self._job.following():
            self._told.put_nowait(snapshot)

    async def _print(self, left: int) -> None:
        async for text in self._job.console.following():
            if left <= 0:
                continue
            self._told.put_nowait(text[:left])
            left -= len(text)
            if left < 0:
                self._told.put_nowait("\n[it prints more: all of it is on the job's page]\n")
