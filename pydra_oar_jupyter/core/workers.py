"""Threads for what may block; none of them keeps the process alive."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def background(call: Callable[[], None]) -> None:
    """Run it in a thread of its own.

    Raises:
        RuntimeError: no thread can be started.
    """
    threading.Thread(target=call, name="oar-call", daemon=True).start()


class Workers:
    """Threads that share calls; they are started when they are needed, and end when idle."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._calls: deque[Callable[[], None]] = deque()
        self._running = 0

    def do(self, call: Callable[[], None]) -> None:
        """Make a call, which must not raise, once a thread is free for it. Returns at once.

        Raises:
            RuntimeError: no thread can be started; the call is not made.
        """
        with self._lock:
            if self._running < self._most:
                try:
                    background(self._work)
                except RuntimeError:
                    if not self._running:
                        raise
                else:
                    self._running += 1
            self._calls.append(call)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    self._running -= 1
                    return
                call = self._calls.popleft()
            call()
