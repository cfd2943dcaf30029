"""One event loop, in a thread of this process, where all talk with services happens.

So the same connections serve code that waits and code that awaits, whichever loop that runs in.
"""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
    from concurrent.futures import Future

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_pid = 0


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it on the loop and wait for what it returns; an interrupt cancels it."""
    future = _submit(coroutine)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def begin(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run it on the loop, and wait for nothing; cancelling the future cancels it."""
    return _submit(coroutine)


async def hand(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it on the loop, and await it in any other; cancelling this cancels it."""
    return await asyncio.wrap_future(_submit(coroutine))


def waiting(function: Callable[P, Coroutine[Any, Any, T]], name: str) -> Callable[P, T]:
    """The function for code that waits, by that name."""

    @functools.wraps(function)
    def wait(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(function(*args, **kwargs))

    wait.__name__ = wait.__qualname__ = name
    return wait


def awaited(
    function: Callable[P, Coroutine[Any, Any, T]], name: str
) -> Callable[P, Coroutine[Any, Any, T]]:
    """The function for code that awaits in whichever loop, by that name."""

    @functools.wraps(function)
    async def wait(*args: P.args, **kwargs: P.kwargs) -> T:
        return await hand(function(*args, **kwargs))

    wait.__name__ = wait.__qualname__ = name
    return wait


async def each(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """What a generator that is made for the loop yields, in a loop of any other."""
    try:
        while (found := await hand(_next(items))) is not None:
            yield found[0]
    finally:
        await hand(_close(items))


def iterate(items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    """What a generator that is made for the loop yields, for code that waits."""
    try:
        while (found := run(_next(items))) is not None:
            yield found[0]
    finally:
        run(_close(items))


async def _next(items: AsyncGenerator[T, None]) -> tuple[T] | None:
    try:
        return (await anext(items),)
    except StopAsyncIteration:
        return None


async def _close(items: AsyncGenerator[T, None]) -> None:
    await items.aclose()


def _submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    loop = _running()
    try:
        here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    if here is loop:
        coroutine.close()
        raise RuntimeError("This would wait on the very loop that it runs in: await it instead.")
    return asyncio.run_coroutine_threadsafe(coroutine, loop)


def _running() -> asyncio.AbstractEventLoop:
    """The loop; a new one after a fork, as threads stay behind in the parent."""
    global _loop, _pid
    with _lock:
        if _loop is None or _pid != os.getpid():
            _loop, _pid = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_loop.run_forever, name="pairio", daemon=True).start()
        return _loop
