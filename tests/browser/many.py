"""A spool with more ended jobs than anybody looks through."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.spool import JobSpec, Spool

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("spectrum", "fit", "simulate", "reduce", "plot", "train")


def fill(root: Path, count: int) -> None:
    """Write so many ended jobs, a submission each, as kernels and their tracker would."""
    spool = Spool(root)
    now = time.time()
    for number in range(count):
        created = now - 60 * (count - number)
        spec = JobSpec(
            name=f"{NAMES[number % len(NAMES)]}-{number}",
            kind="script",
            words=("-l", f"host=1/core={1 + number % 4},walltime=1:0:0"),
            directory=str(root),
            script="true",
            created=created,
        )
        job = spool.new_job()
        spool.add_job(job, spec)
        submission = spool.new_submission("local", [job])
        submission.ids, submission.created = [number + 1], created
        submission.write()
        failed = number % 10 == 9
        job.write_end(
            {
                "ending": Ending.EXITED if failed else Ending.FINISHED,
                "exit_code": int(failed),
                "detail": "",
                "id": number + 1,
                "host": f"node{number % 8}",
                "started": created + 5,
                "ended": created + 5 + number % 600,
            }
        )
