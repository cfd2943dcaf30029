"""A cell that waits for a Pairio job: what it shows, and what comes of it."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydra_oar_jupyter.cells.replay import Value
from pydra_oar_jupyter.core.clean import coloured, plain
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.html import block, faint, section
from pydra_oar_jupyter.notebook.errors import show_plainly
from pydra_oar_jupyter.notebook.outputs import show_value
from pydra_oar_jupyter.notebook.pairio.follow import Following, Over
from pydra_oar_jupyter.notebook.pairio.takers import Takers
from pydra_oar_jupyter.notebook.pairio.view import job_view, output_head
from pydra_oar_jupyter.notebook.stop import patiently
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.notebook.area import StatusArea
    from pydra_oar_jupyter.pairio.client.handle import PairioJob

# Parts of the paths of what a job is made by.
PLUMBING = ("/pydantic/", "/pydantic_core/", "/asyncio/", "/concurrent/futures/")
# How often the time that a job takes is shown anew, in seconds.
_TICK = 1.0


def attend(area: StatusArea, job: PairioJob, most: int | None) -> None:
    """Show a job to its end.

    Args:
        area: where its status stands.
        job: its handle.
        most: how many letters of what it prints are shown; None to show nothing of it.

    Raises:
        PairioError: it was deleted, or its service can't be asked any more.
    """
    following, takers = Following(job, most), Takers(job)
    try:
        while True:
            match following.next(_TICK):
                case Over(error):
                    if error:
                        raise error
                    break
                case str() as text:
                    sys.stdout.write(coloured(text))
                    sys.stdout.flush()
            area.refresh(lambda: job_view(job, time.time(), trouble=takers.trouble()))
    finally:
        following.stop()
    if not job.snapshot.status.ended:
        raise PairioError(f"Job {job.jobId} was deleted.")
    area.show(job_view(job, time.time()))


def follow_on(area: StatusArea, job: PairioJob) -> None:
    """Show on where a job is, below this cell, in the background."""
    area.show(job_view(job, time.time()))

    def work() -> None:
        try:
            attend(area, job, None)
        except OarError as error:
            area.show(job_view(job, time.time(), trouble=str(error)))

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="pairio-paint", daemon=True).start()


def finished(shell: InteractiveShell, job: PairioJob, *, quiet: bool = False) -> None:
    """Show the outputs of a job that has ended, and make its handle the cell's value unless quiet.

    Raises:
        PairioJobFailed: it failed, or was cancelled.
    """
    if job.snapshot.status is JobStatus.FAILED:
        raise job.failure()
    outputs = job.outputs
    for output in outputs.values():
        text, html = output_head(output)
        shell.display_pub.publish({"text/plain": text, "text/html": html})
        if inside := output.preview():  # else the link above is all
            shell.display_pub.publish(dict(inside))
    if quiet:
        return
    places = ", ".join(f'.outputs["{name}"]' for name in outputs)
    show_job(shell, job, f"has {places}" if places else "has no outputs: it only prints")


def show_job(shell: InteractiveShell, job: PairioJob, what: str) -> None:
    """Make a job's handle the cell's value, in a line: the cell shows the rest already."""
    words = plain(f"job {job.jobId} of {job.name} {what}")
    html = section(block(faint(words)))
    show_value(shell, job, Value({"text/plain": words, "text/html": html}, {}))


@contextmanager
def attended(jobs: Sequence[PairioJob], area: StatusArea, *, keep: bool) -> Iterator[None]:
    """On an interrupt, cancel the job unless it is to be kept.

    Args:
        jobs: the one job, once there is one.
        area: where it is shown.
        keep: whether it goes on.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if not jobs:
            raise
        job = jobs[0]
        words = f"goes on.\n%pairio job {job.jobId} shows it" if keep else _cancel(job, area)
        show_plainly(interrupt, f"KeyboardInterrupt: job {job.jobId} {words}")
        raise


def _cancel(job: PairioJob, area: StatusArea) -> str:
    """What came of it, in words."""
    area.show(job_view(job, time.time(), trouble="being cancelled…"))
    try:
        if not patiently(job.cancel):
            return f"is being cancelled.\nIts service has not answered yet: see {job.job_url}"
    except OarError as error:
        return f"could not be cancelled.\n{error}"
    area.show(job_view(job, time.time()))
    return "was cancelled." if job.snapshot.canceled else f"had {job.snapshot.status} already."
