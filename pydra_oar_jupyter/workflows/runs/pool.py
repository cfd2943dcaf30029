"""The processes in which Pydra's worker cf runs the tasks of one run: they end with it."""

from __future__ import annotations

import ctypes
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pydra.engine  # noqa: F401 - first, or its workers can't be imported
from pydra.workers.cf import ConcurrentFuturesWorker

if TYPE_CHECKING:
    from pydra.workers.base import Worker

# From Linux's prctl.h: the signal that a process gets when the thread that started it ends.
_PR_SET_PDEATHSIG = 1


class OwnPool:
    """A pool of one run's own, in place of its worker's until the run has ended.

    The interrupt button sends its signal to the kernel's whole process group, and would end the
    tasks of runs that go on in the background: Pydra saves results without outputs then. And what
    is left of the usual pool when its process is killed waits for ever.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker if isinstance(worker, ConcurrentFuturesWorker) else None
        if self._worker:
            self._usual = self._worker.pool
            self._worker.pool = ProcessPoolExecutor(self._worker.n_procs, initializer=_set_apart)

    @property
    def used(self) -> bool:
        """Whether the run's tasks are in it."""
        return self._worker is not None

    def kill(self) -> set[int]:
        """End its processes, with those that they have started; their ids."""
        pids = set(self._worker.pool._processes or ()) if self._worker else set()
        for pid in pids:
            with suppress(ProcessLookupError):
                try:
                    os.killpg(pid, signal.SIGKILL)
                except ProcessLookupError:  # it has not begun, and is in this process's group
                    os.kill(pid, signal.SIGKILL)
        return pids

    def close(self) -> None:
        """Wait until its processes have ended."""
        if self._worker:
            self._worker.pool.shutdown(cancel_futures=True)
            self._worker.pool = self._usual


def _set_apart() -> None:
    os.setpgrp()
    with suppress(AttributeError, OSError):  # not on Linux
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
