"""A Pairio job as the status area shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line, xml
from pydra_oar_jupyter.core.html import block, faint, link, section
from pydra_oar_jupyter.core.units import duration, in_bytes
from pydra_oar_jupyter.notebook.status import View
from pydra_oar_jupyter.notebook.words import ticking
from pydra_oar_jupyter.pairio.models import JobStatus

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.tones import Tone
    from pydra_oar_jupyter.pairio.client.handle import PairioJob
    from pydra_oar_jupyter.pairio.client.outputs import Output
    from pydra_oar_jupyter.pairio.models import PairioJob as Snapshot


def job_view(handle: PairioJob, now: float, *, trouble: str = "") -> View:
    """A job as it was told last, live or ended; ``now`` is in seconds since the epoch."""
    job = handle.snapshot
    tone, state = _state(job, cached=handle.cached)
    times = "" if handle.cached else _times(job, now)
    parts = (line(handle.name), state, times, f"job {line(job.jobId)}")
    shown = tuple(part for part in parts if part)
    return View(tone, shown, trouble=trouble, link=handle.job_url)


def output_head(output: Output) -> tuple[str, str]:
    """The line above an output: what it is called, and where it is. As text and as HTML."""
    size = f" · {in_bytes(output.size)}" if output.size is not None else ""
    text = f"── {line(output.name)} ({line(output.fileBaseName)}){size} ──"
    name = f"<b>{xml(line(output.name))}</b> "
    return text, section(block(name + link(output.url, line(output.fileBaseName)) + faint(size)))


def _state(job: Snapshot, *, cached: bool) -> tuple[Tone, str]:
    where = f" on {line(job.computeClientName)}" if job.computeClientName else ""
    match job.status:
        case JobStatus.PENDING if not job.isRunnable:
            count = len(job.jobDependencies)
            return "waiting", f"waiting for {f'{count} other jobs' if count > 1 else 'another job'}"
        case JobStatus.PENDING:
            return "waiting", "waiting for a compute client"
        case JobStatus.STARTING:
            return "running", f"starting{where}"
        case JobStatus.RUNNING:
            return "running", f"running{where}"
        case JobStatus.COMPLETED:
            return ("cached", "from cache") if cached else ("done", f"completed{where}")
    error = line((job.error or "failed").strip().partition("\n")[0], 160)
    return ("stopped", error) if job.canceled else ("failed", error)


def _times(job: Snapshot, now: float) -> str:
    created, started = job.timestampCreatedSec, job.timestampStartedSec
    if job.status.ended:
        if not started or not job.timestampFinishedSec:
            return ""
        waited = f" (waited {duration(started - created)})" if started - created >= 0.1 else ""
        return duration(job.timestampFinishedSec - started) + waited
    span = ticking(max(0.0, now - (started or created)))
    shown = (f"{span:.0f} s" if span < 60 else duration(span)) if span else ""
    limit = duration(job.requiredResources.timeSec)
    return f"{shown} of {limit}" if started and shown else shown
