"""How much CPU and memory a job's processes use, over time."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.sdk.family import Family


class Meter:
    """Lines of JSON in the form of the published monitor, one a sample.

    ``cpu.percent`` and ``virtual_memory.used`` and ``.percent`` are the job's own: percent of one
    CPU, as ``top`` has it, and resident bytes. All else is the machine's.
    """

    def __init__(self, family: Family) -> None:
        self._family = family
        self._lines: list[bytes] = []
        self._then, self._spent = time.monotonic(), 0.0

    @property
    def size(self) -> int:
        """How many samples there are."""
        return len(self._lines)

    def content(self) -> bytes:
        """All samples."""
        return b"".join(self._lines)

    def sample(self) -> None:
        """Take one more."""
        # What ended processes had used is in the times of those that waited for them.
        mine = os.times()
        spent, resident = mine.children_user + mine.children_system, 0
        for process in self._family.members():
            with suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                spent += times.user + times.system + times.children_user + times.children_system
                resident += process.memory_info().rss
        now = time.monotonic()
        percent = 100 * max(0.0, spent - self._spent) / max(now - self._then, 1e-3)
        self._then, self._spent = now, spent
        self._lines.append(_line(percent, resident))


def _line(percent: float, resident: int) -> bytes:
    memory = psutil.virtual_memory()
    disk, net = psutil.disk_io_counters(), psutil.net_io_counters()
    record: dict[str, Any] = {
        "timestamp": time.time(),
        "cpu": {"percent": round(percent, 1)},
        "virtual_memory": {
            **memory._asdict(),
            "used": resident,
            "percent": round(100 * resident / memory.total, 2),
        },
        "disk_io_counters": disk and disk._asdict(),
        "net_io_counters": net and net._asdict(),
        "gpu": None,
    }
    return json.dumps(record).encode() + b"\n"
