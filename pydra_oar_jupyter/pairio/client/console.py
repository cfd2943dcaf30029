"""What a job prints: all so far, or as it comes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core import html
from pydra_oar_jupyter.core.clean import coloured, printed
from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.client.news import news
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import PairioJob as Snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from pydra_oar_jupyter.pairio.client.handle import PairioJob

_TAIL = 40_000  # of it in a cell, in bytes


class Console:
    """The console output of a job, which is uploaded as it grows.

    ``for part in job.console.follow()`` and ``async for part in job.console`` bring what is new,
    until the job has ended.
    """

    def __init__(self, job: PairioJob) -> None:
        self._job = job

    def __repr__(self) -> str:
        return f"<Console of job {self._job.snapshot.jobId}>"

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """All so far; "" if there is nothing yet."""
        return loop.run(self._text(0))

    async def atext(self) -> str:
        """`text`, awaited."""
        return await loop.hand(self._text(0))

    def tail(self, lines: int = 10) -> str:
        """Its last lines."""
        return loop.run(self.last(lines))

    def follow(self) -> Generator[str, None, None]:
        """What is new as it comes, until the job has ended; wait for the next with each.

        A line that is not at its end yet may come again, whole, after a carriage return.
        """
        return loop.iterate(self.following())

    def __aiter__(self) -> AsyncGenerator[str, None]:
        """`follow`, awaited."""
        return loop.each(self.following())

    async def last(self, lines: int) -> str:
        """`tail`, for the loop."""
        return "\n".join((await self._text(-_TAIL)).rstrip("\n").split("\n")[-lines:])

    async def _text(self, start: int) -> str:
        return (await self._bytes(start)).decode(errors="replace")

    async def _bytes(self, start: int) -> bytes:
        try:
            return await self._job.connection.api.get(self._job.snapshot.consoleOutputUrl, start)
        except PairioError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return b""  # it has printed nothing yet
            raise

    async def following(self) -> AsyncGenerator[str, None]:
        """`follow` on the loop of `loop.run`."""
        start = 0  # of the line that is not at its end yet, in bytes
        line = b""  # what of that line was told
        async for kind, fields in news(self._job.connection, self._job.snapshot.jobId):
            if kind == "deleted":
                return
            ended = kind == "job" and Snapshot.model_validate(fields).status.ended
            if kind == "console" and int(fields.get("size", start)) < start:
                start, line = 0, b""  # the job has begun anew, elsewhere
            found = await self._bytes(start)
            if found != line and found:
                new = found[len(line) :] if found.startswith(line) else b"\r" + found
                start += found.rfind(b"\n") + 1
                line = found[found.rfind(b"\n") + 1 :]
                yield new.decode(errors="replace")
            if ended:
                return

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        text = loop.run(self._text(-_TAIL))
        where = html.link(self._job.snapshot.consoleOutputUrl, "all of it")
        more = html.section(where) if len(text) >= _TAIL else ""
        return {
            "text/plain": coloured(text),
            "text/html": more + html.pre(printed(text) or "(nothing)"),
        }
