"""A sleep that signals end."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class Alarm:
    """While it is in use, SIGTERM rings it, and SIGTERM and SIGCHLD end its sleep.

    No signal gets lost between looking and sleeping: each writes a byte to a pipe.
    """

    def __init__(self) -> None:
        self.rang = False

    def __enter__(self) -> Alarm:
        self._ear, mouth = os.pipe()
        self._mouth = mouth
        os.set_blocking(self._ear, False)
        os.set_blocking(mouth, False)
        signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: self._ring())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(-1)
        os.close(self._ear)
        os.close(self._mouth)

    def _ring(self) -> None:
        self.rang = True

    def sleep(self, seconds: float) -> None:
        """Sleep until a signal or the time is over."""
        select.select([self._ear], [], [], max(0.0, seconds))
        with suppress(BlockingIOError):
            while os.read(self._ear, 512):
                pass
