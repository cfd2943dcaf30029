"""The interrupt button: jobs are deleted, or left to go on, and it is said which."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.job import cancel_all
from pydra_oar_jupyter.notebook.errors import show_plainly
from pydra_oar_jupyter.notebook.wait import live_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.notebook.area import StatusArea

# How long the scheduler may take to delete jobs before that goes on in the background, in seconds.
_PATIENCE = 15.0


@contextmanager
def stopping(jobs: Sequence[Job], area: StatusArea, *, keep: bool) -> Iterator[None]:
    """On an interrupt, delete the jobs unless they are to be kept; then raise it on."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if not jobs:
            raise
        array = len(jobs) > 1
        if keep:
            words, note = "goes on", _how_to_get(jobs)
        else:
            area.show(live_view(jobs, array=array, stopped="being deleted…"))
            words, note = _delete(jobs)
        area.show(live_view(jobs, array=array, stopped=words))
        which = "the array" if array else f"job {jobs[0].id}" if jobs[0].id else "the job"
        message = f"KeyboardInterrupt: {which} {words}." + (f"\n{note}" if note else "")
        show_plainly(interrupt, message)
        raise


def in_full(call: Callable[[], None]) -> None:
    """Do it to its end, even if it is interrupted meanwhile: that is raised after it.

    What it shows comes below the cell that runs, in later cells too.
    """
    future: Future[None] = Future()

    def work() -> None:
        try:
            call()
            future.set_result(None)
        except BaseException as error:
            future.set_exception(error)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="oar-submit", daemon=True).start()
    try:
        future.result()
    except KeyboardInterrupt:
        wait([future])
        raise


def _how_to_get(jobs: Sequence[Job]) -> str:
    first = jobs[0].id
    if first is None:
        return "%oar jobs shows it; %oar get and its number bring its output, names and value"
    return f"%oar get {first} brings its output, names and value; %oardel {first} deletes it"


def patiently(call: Callable[[], object]) -> bool:
    """Do it in a thread that a second interrupt does not end; whether it is done in time.

    Raises:
        OarError: it has failed.
    """
    failed: list[OarError] = []

    def work() -> None:
        try:
            call()
        except OarError as error:
            failed.append(error)

    thread = threading.Thread(target=work, name="oar-delete", daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if failed:
        raise failed[0]
    return not thread.is_alive()


def _delete(jobs: Sequence[Job]) -> tuple[str, str]:
    """Delete them; what came of it, in words."""
    try:
        if not patiently(lambda: cancel_all(jobs)):
            return "is being deleted", "The scheduler has not answered yet; %oarstat -u tells."
    except OarError as error:
        return "could not be deleted", str(error)
    if any(job.id is None for job in jobs):
        return "is deleted as soon as the scheduler has it", ""
    return "was deleted", ""
