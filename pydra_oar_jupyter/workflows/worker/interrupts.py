"""Ctrl-C while Pydra's loop runs in the main thread."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def cancelled_by_interrupt() -> Iterator[None]:
    """Let an interrupt cancel the current task, and raise KeyboardInterrupt when that has ended.

    Else it comes up wherever the loop happens to be, and what the task has begun is never taken
    back. asyncio.run does the same. A second interrupt acts at once.
    """
    usual = signal.default_int_handler
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    interrupted = False

    def interrupt(*signal_and_frame: Any) -> None:
        nonlocal interrupted
        if interrupted:
            usual(*signal_and_frame)
        interrupted = True
        loop.call_soon_threadsafe(task.cancel)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if interrupted:
            raise KeyboardInterrupt from None
