"""From jobs to the facts that the status area shows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.status import JobFacts
from pydra_oar_jupyter.notebook.words import ticking

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.job import Job


def job_facts(job: Job, *, ahead: int | None = None, stopped: str = "") -> JobFacts:
    """What is known of a job at this moment, without asking anybody."""
    now, status = time.time(), job.status
    return JobFacts(
        name=job.name,
        asked=job.spec.created,
        now=now,
        id=job.id,
        state=job.state,
        after=status.dependencies if status else (),
        ahead=ahead,
        scheduled=status.scheduled if status else 0.0,
        node=job.node,
        started=job.started,
        ended=job.ended,
        walltime=status.walltime if status else None,
        progress=tuple(job.progress),
        trouble=_trouble(job, now),
        outcome=job.outcome,
        stopped=stopped,
    )


def _trouble(job: Job, now: float) -> str:
    """What keeps it from being submitted or followed at the moment, in words."""
    found = job.trouble
    if found is None or not found.lasts:
        return ""
    message = found.message.rstrip(".")
    if "goes on" not in message:
        message += "; it is tried again" if job.id is None else "; the job goes on"
    return f"{message} (for {duration(ticking(now - found.since))} now)"
