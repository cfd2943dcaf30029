"""Jobs of earlier days, written as kernels and their tracker would have."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.spool import JobSpec, Spool

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Ended:
    """A job that ended: its times are in seconds, how long ago it was submitted first."""

    name: str
    ago: float
    waited: float = 5.0
    ran: float = 60.0
    cores: int = 1
    kind: str = "cell"
    ending: Ending = Ending.FINISHED
    source: str = ""
    host: str = "oarnode1"
    output: str = ""


def write(root: Path, number: int, ended: Ended, *, backend: str = "local") -> None:
    """Put it into a spool, as a submission of its own."""
    spool = Spool(root)
    created = time.time() - ended.ago
    started = created + ended.waited
    spec = JobSpec(
        name=ended.name,
        kind=ended.kind,
        words=("-l", f"host=1/core={ended.cores},walltime=2:0:0"),
        directory=str(root),
        script="true",
        origin=Origin(label=ended.source),
        created=created,
    )
    job = spool.new_job()
    spool.add_job(job, spec)
    if ended.output:
        job.stdout.write_text(ended.output)
    submission = spool.new_submission(backend, [job])
    submission.ids, submission.created = [number], created
    submission.write()
    job.write_end(
        {
            "ending": ended.ending,
            "exit_code": {Ending.FINISHED: 0, Ending.EXITED: 1, Ending.RAISED: 1}.get(ended.ending),
            "detail": "",
            "id": number,
            "host": ended.host,
            "started": started,
            "ended": started + ended.ran,
        }
    )


def fill(root: Path, count: int) -> None:
    """Write so many of them, one a minute until now."""
    names = ("spectrum", "fit", "simulate", "reduce", "plot", "train")
    for number in range(count):
        job = Ended(
            f"{names[number % len(names)]}-{number}",
            ago=60.0 * (count - number),
            ran=float(number % 600),
            cores=1 + number % 4,
            kind="script",
            ending=Ending.EXITED if number % 10 == 9 else Ending.FINISHED,
            host=f"node{number % 8}",
        )
        write(root, number + 1, job)
