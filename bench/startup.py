"""What a Pydra task's process does before the task runs, beside Pydra's own way and the floor."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.table import Table
from pydra_oar_jupyter.core.spool import Spool
from pydra_oar_jupyter.core.surroundings import import_places
from pydra_oar_jupyter.workflows.worker.task import pack_task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra.engine.job import Job

_ROUNDS = 20
_FLOOR = "import pydra.engine.job, sys, time; print((time.time(), len(sys.modules)))"
_THEIRS = 'from pydra.engine.job import load_and_run; load_and_run("{}", rerun=True)'


def run() -> Table:
    os.environ["NO_ET"] = "1"
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        ways = {"ours": _ours(Path(folder)), "Pydra's own": _theirs(Path(folder))}
        ways["only Pydra's import"] = [sys.executable, "-c", _FLOOR]
        begun: dict[str, list[float]] = {way: [] for way in ways}
        ended: dict[str, list[float]] = {way: [] for way in ways}
        modules = dict.fromkeys(ways, 0)
        for turn in range(_ROUNDS + 1):
            for way, command in ways.items():
                start = time.time()
                printed = subprocess.run(
                    command, check=True, stdout=subprocess.PIPE, text=True
                ).stdout
                end = time.time()
                first_line, modules[way] = ast.literal_eval(printed)
                if turn:  # the first is not counted: files are new to the machine
                    begun[way].append(1000 * (first_line - start))
                    ended[way].append(1000 * (end - start))
    table = Table(f"The start-up of a Pydra task, medians of {_ROUNDS}")
    for way in ways:
        table.add(f"to the task's first line, {way}", median(begun[way]), "ms")
    for way in ways:
        table.add(f"modules loaded by then, {way}", modules[way])
    for way in ways:
        table.add(f"the process from start to end, {way}", median(ended[way]), "ms")
    return table


def _job(folder: Path, worker: str) -> Job:
    """A task that prints when it begins, and how many modules there are then."""
    import pydra.engine.job
    from pydra.compose import python
    from pydra.engine.submitter import Submitter

    @python.define
    def Begin() -> None:  # noqa: N802 - a class, once it is defined
        import sys
        import time

        print((time.time(), len(sys.modules)))

    submitter = Submitter(worker=worker, cache_root=folder / worker)
    job = pydra.engine.job.Job(Begin(), submitter=submitter, name="begin")
    job.checksum  # noqa: B018 - Pydra asks for it before it hands a job to its worker
    return job


def _ours(folder: Path) -> Sequence[str]:
    directory = Spool(folder / "spool").new_job()
    job, places = _job(folder, "oar"), import_places()
    lines = pack_task(directory, job, sys.executable, places, rerun=True)
    return ["/bin/sh", "-c", f"job={directory.path}\n{lines}"]


def _theirs(folder: Path) -> Sequence[str]:
    """What Pydra's workers for schedulers write into the scripts that they submit."""
    from pydra.engine.job import save

    save(folder / "script", job=_job(folder, "slurm"))
    return [sys.executable, "-c", _THEIRS.format(folder / "script" / "_job.pklz")]
