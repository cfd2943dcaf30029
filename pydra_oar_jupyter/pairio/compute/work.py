"""A job that this compute client runs: the core's handle of it, and how it is spoken of."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.files import tail
from pydra_oar_jupyter.core.outcome import Ending

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.outcome import Outcome

# How much of a program's standard error is told, in bytes and lines.
_TAIL, _LINES = 4096, 10


@dataclass(eq=False)
class Work:
    """One job that is claimed and submitted.

    Attributes:
        job_id: Pairio's.
        key: the job's private key.
        job: the core's handle.
        name: what people call it.
        since: from when on the service must know it as ours, by time.monotonic().
        settled: it has ended as far as the service goes, or is not ours: nothing is reported.
        asked: whether the service was asked why it does not tell of it any more.
    """

    job_id: str
    key: str = field(repr=False)
    job: Job
    name: str
    since: float = field(default_factory=time.monotonic)
    settled: bool = False
    asked: bool = False

    def __str__(self) -> str:
        """Such as ``job 4f2 (hello_world.hello_world_1)``."""
        return f"job {self.job_id} ({self.name})"

    def failure(self, outcome: Outcome) -> str:
        """Why it failed, for who created it; its private key is not in there."""
        match outcome.ending:
            case Ending.REFUSED:
                why = f"It can't run here: {outcome}"
            case Ending.WALLTIME:
                why = "It was ended by the scheduler, as it took longer than its timeSec allows"
            case Ending.FINISHED:
                why = "Its program ended without saying whether the job has completed"
            case _:
                why = f"Its program did not come to its end: {outcome}"
        lines = [f"{why}."]
        said = tail(self.job.directory.stderr, _TAIL).decode(errors="replace").splitlines()
        if said:
            lines += ["The last lines of its standard error:", *said[-_LINES:]]
        return "\n".join(lines).replace(self.key, "…") if self.key else "\n".join(lines)
