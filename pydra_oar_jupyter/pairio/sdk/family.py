"""The processes of a job: the child, and whatever that has started."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from pydra_oar_jupyter.pairio.sdk import prctl

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable

GRACE = 3.0  # seconds between SIGTERM and SIGKILL
_STUCK = 10.0  # seconds that a process may take to end by SIGKILL


class Family:
    """All descendants of this process, those too that left their group or lost their parent."""

    def __init__(self) -> None:
        prctl.adopt_orphans()
        self._self = psutil.Process()
        self.child: Process | None = None

    def members(self) -> list[psutil.Process]:
        """Those that run. Ended ones that nobody else waits for are let go."""
        found = []
        for process in self._self.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
                elif process.ppid() == os.getpid() and not self._awaited(process.pid):
                    os.waitpid(process.pid, os.WNOHANG)
        return found

    async def end(self) -> None:
        """End them all: asked first, then killed. What a broken disk holds fast is left alone."""
        self._tell(psutil.Process.terminate)
        began = time.monotonic()
        while self.members() and (took := time.monotonic() - began) < GRACE + _STUCK:
            if took > GRACE:
                self._tell(psutil.Process.kill)  # again and again, as they may still fork
            await asyncio.sleep(0.05)
        if self.child:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.child.wait(), _STUCK)

    def _awaited(self, pid: int) -> bool:
        return self.child is not None and self.child.pid == pid

    def _tell(self, what: Callable[[psutil.Process], None]) -> None:
        for process in self.members():
            with suppress(psutil.Error):
                what(process)
