"""Upload what grows while a job runs: its console output and its use of the machine."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable
from pydra_oar_jupyter.pairio.sdk.uploads import Kind, upload
from pydra_oar_jupyter.pairio.sdk.watch import GONE, gone

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.http import Api

_WIDER = 1.5
_LONGEST = 60.0  # seconds
_SHARE = 10  # pauses are so many times as long as an upload took, up to _LONGEST


class Source(Protocol):
    """What grows."""

    @property
    def size(self) -> int:
        """It has news when this has grown."""

    def content(self) -> bytes:
        """All of it, as it is to be uploaded."""


class Growing:
    """The uploads of one source; each replaces the one before.

    Args:
        first, longest: the first pause between two looks, and how far pauses widen, in seconds.
    """

    def __init__(
        self, api: Api, job_id: str, kind: Kind, source: Source, *, first: float, longest: float
    ) -> None:
        self._api, self._job_id, self._kind, self._source = api, job_id, kind, source
        self._first, self._longest = first, longest
        self._sent = 0
        self._under_way: asyncio.Task[None] | None = None

    async def go(self) -> str:
        """Upload as it grows; return, in words, when the service refuses the job's key."""
        pause = self._first
        while True:
            await asyncio.sleep(pause)
            begin = time.monotonic()
            try:
                await self.flush()
            except PairioUnreachable:
                pass  # the next one brings all
            except PairioError as error:
                if error.status in GONE:
                    return gone(error)
            took = time.monotonic() - begin
            pause = max(min(_WIDER * pause, self._longest), min(_SHARE * took, _LONGEST))

    async def flush(self) -> None:
        """Upload if there is news.

        An upload that was left goes on, and this waits for it: it must not arrive after a newer.

        Raises:
            PairioError: the service refused, or can't be reached.
        """
        if self._under_way:
            await asyncio.gather(self._under_way, return_exceptions=True)
        if self._source.size > self._sent:
            self._under_way = asyncio.create_task(self._send())
            await asyncio.shield(self._under_way)

    async def _send(self) -> None:
        size = self._source.size
        await upload(self._api, self._job_id, self._kind, self._source.content())
        self._sent = size
