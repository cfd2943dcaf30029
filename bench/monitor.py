"""A change among ten thousand jobs, and the size of what browsers load, beside jupyterlab-slurm.

The peer is fetched from the package index. It has no stream of changes: it reloads its table, each
minute unless it is told otherwise, so that a change is seen half of that late on average.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pydra_oar_jupyter
from bench.table import Table
from pydra_oar_jupyter.core.jobs import all_jobs
from tests.history import fill

if TYPE_CHECKING:
    from collections.abc import Callable

_JOBS, _CHANGES, _IDLE = 10_000, 10, 10.0
_PATIENCE = 120.0
_LAB = "share/jupyter/labextensions"


class _Viewer:
    """Keeps what a browser would be sent, and when."""

    def __init__(self) -> None:
        self.pushes: list[tuple[float, int, dict[str, Any]]] = []
        self._told = threading.Condition()

    def send(self, message: dict[str, Any]) -> None:
        size = len(json.dumps(message).encode())
        with self._told:
            self.pushes.append((time.time(), size, message))
            self._told.notify_all()

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> tuple[float, int]:
        """When the first push of that kind came, and its size in bytes."""

        def seen() -> tuple[float, int] | None:
            return next(((at, size) for at, size, push in self.pushes if wanted(push)), None)

        with self._told:
            found = self._told.wait_for(seen, _PATIENCE)
        if found is None:
            raise RuntimeError("the monitor did not tell of it")
        return found


def run() -> Table:
    table = Table(f"The monitor: a change among {_JOBS:,} jobs, medians of {_CHANGES}")
    with tempfile.TemporaryDirectory(prefix="bench-peer-") as folder:
        peer = Path(folder)
        _fetch(peer)
        _compare(table, peer, _in_a_spool(table))
    return table


def _in_a_spool(table: Table) -> float:
    """`_changes` in a spool of ten thousand jobs."""
    with tempfile.TemporaryDirectory(dir=Path.home(), prefix=".bench-") as folder:
        os.environ["PYDRA_OAR_SPOOL"] = folder
        all_jobs.cache_clear()
        try:
            fill(Path(folder), _JOBS)
            return _changes(table)
        finally:
            del os.environ["PYDRA_OAR_SPOOL"]
            all_jobs.cache_clear()


def _compare(table: Table, peer: Path, late: float) -> None:
    """The peer beside a change of ours that is pushed so many seconds late."""
    reload = _reload_interval(peer)
    table.add("jupyterlab-slurm's reload interval", reload, "s")
    table.add("its change is seen so many times later, on average", reload / 2 / late)
    ours = _size(Path(sys.prefix, _LAB, "pydra-oar-jupyter/static"))
    theirs = _size(peer / _LAB / "jupyterlab-slurm/static")
    widget = _size(Path(pydra_oar_jupyter.__file__).parent / "notebook/widgets/static")
    table.add("JavaScript of the side panel", ours / 1e3, "kB")
    table.add("of jupyterlab-slurm", theirs / 1e3, "kB")
    table.add("ratio", ours / theirs, most=0.5)
    table.add("JavaScript and styles of the widget in a cell", widget / 1e3, "kB")


def _changes(table: Table) -> float:
    """What changes cost; how long they take to be pushed, in seconds."""
    from pydra_oar_jupyter.monitor.feed import Feed
    from pydra_oar_jupyter.monitor.session import Session

    viewer = _Viewer()
    session = Session(Feed(), viewer.send)
    asked = time.time()
    session.receive({"id": 1, "ask": "follow", "with": {"everyone": False, "opened": []}})
    at, size = viewer.until(lambda push: push.get("whole") is True)
    table.add("all rows, from the first question", at - asked, "s")
    table.add("all rows", size / 1e6, "MB")
    before = time.process_time()
    time.sleep(_IDLE)
    table.add("CPU while nothing changes", (time.process_time() - before) / _IDLE, "s/s")
    late, sizes = zip(*(_change(viewer) for _ in range(_CHANGES)), strict=True)
    session.close()
    table.add("from a job's last event to its changed row", 1e3 * median(late), "ms", most=300)
    table.add("a changed row", median(sizes), "bytes", most=1000)
    return median(late)


def _change(viewer: _Viewer) -> tuple[float, int]:
    """A job of OAR that ends: how long after its last event that was pushed, and its size."""
    from pydra_oar_jupyter.core.pack import new_pack
    from pydra_oar_jupyter.core.request import Request

    pack = new_pack(Request.parse("-l core=1"), "script", "change", array=False)
    pack.add()
    pack.work("true")
    (job,) = pack.submit("oar")
    key = f"job:{job.directory.id}"
    ended = {"Finishing", "Terminated"}

    def tells(push: dict[str, Any]) -> bool:
        return any(
            row["key"] == key and row.get("state") in ended for row in push.get("changed", ())
        )

    at, size = viewer.until(tells)
    job.wait(_PATIENCE)
    wrote = max(json.loads(line)["time"] for line in job.directory.events.open())
    return at - wrote, size


def _fetch(place: Path) -> None:
    """Install the published jupyterlab-slurm there, without what it needs."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    subprocess.run([*command, "--prefix", str(place), "jupyterlab-slurm==4.1.0"], check=True)


def _reload_interval(peer: Path) -> float:
    (schema,) = (peer / _LAB / "jupyterlab-slurm/schemas").glob("*/*.json")
    return float(json.loads(schema.read_text())["properties"]["autoReloadRate"]["default"])


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
