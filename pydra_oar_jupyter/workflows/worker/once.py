"""One computation for all places of a workflow that need the same at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class Once:
    """What goes on in a loop, by what it computes.

    Attributes:
        tasks: all of the loop's tasks that compute something, or take part.
    """

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[Any]] = set()
        self._first: dict[str, asyncio.Task[Any]] = {}

    async def do(self, what: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work, or take part in what is done for the same already."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            if first := self._first.get(what):
                shared: T = await asyncio.shield(first)
                return shared
            self._first[what] = task
            try:
                return await work()
            finally:
                del self._first[what]
        finally:
            self.tasks.discard(task)
