"""What is known of single jobs and of arrays."""

from __future__ import annotations

import shlex
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.monitor.details import Details, origin_of
from pydra_oar_jupyter.monitor.details.events import in_words
from pydra_oar_jupyter.monitor.details.traceback import traceback_of
from pydra_oar_jupyter.monitor.details.value import value_of
from pydra_oar_jupyter.monitor.keys import job_key
from pydra_oar_jupyter.monitor.logs import STREAMS
from pydra_oar_jupyter.monitor.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydra_oar_jupyter.core.backend import Backend
    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.state import JobStatus
    from pydra_oar_jupyter.monitor.keys import Array, OtherJob

# How many of a job's dependencies, events and nodes are told.
_MOST = 100


def job_details(job: Job) -> Details:
    """Of a job that was submitted from here; without the scheduler's part if that is silent.

    Raises:
        OarError: its files can't be read (any more).
    """
    spec, outcome = job.spec, job.outcome
    told = Details(
        asked=shlex.join(spec.words),
        folder=str(job.directory.path),
        directory=spec.directory,
        origin=None if spec.kind == "pairio" else origin_of(spec.origin),
        streams=list(STREAMS),
    )
    if submission := job.submission:
        told.command = job.backend.command(submission)
    status = job.status
    if job.id is not None:
        status = _ask(told, job.backend, job.id) or status
    if outcome:
        told.fact("How it ended", outcome)
        told.fact("Exit code", None if job.exit_code is None else str(job.exit_code))
    elif trouble := job.trouble:
        told.fact("Trouble", trouble.message)
    if spec.kind == "cell" and outcome:
        told.fact("Value", value_of(job.directory))
    if status:
        _add_status(told, status, job.backend.name)
    if len(job.progress) > 1:  # the row has one
        for _, words in filter(None, map(progress, job.progress)):
            told.fact("Progress", words)
    if outcome and not outcome.ok:
        told.advice = outcome.advice
        failure = str(job.failure(outcome)).split("\n")
        told.error = traceback_of(job) or "\n".join(x for x in failure if x != outcome.advice)
    return told


def array_details(array: Array) -> Details:
    """Of the jobs of one group.

    Raises:
        OarError: their files can't be read (any more).
    """
    first, jobs = array.jobs[0], array.jobs
    told = Details(
        asked=shlex.join(first.spec.words),
        directory=first.spec.directory,
        origin=origin_of(first.spec.origin),
    )
    if submission := first.submission:
        told.command, told.folder = first.backend.command(submission), str(submission.path)
    states = Counter(str(job.state) for job in jobs)
    told.fact("Jobs", ", ".join(f"{count} {state}" for state, count in states.items()))
    failed = [(job, job.outcome) for job in jobs if job.outcome and not job.outcome.ok]
    told.fact("Failed", ", ".join(str(job.id or job.name) for job, _ in failed[:_MOST]))
    if failed:
        job, outcome = failed[0]
        told.error = traceback_of(job) or str(job.failure(outcome))
        told.error = f"Of job {job.id or ''} {job.name}:\n{told.error}"
        told.advice = outcome.advice
    return told


def other_details(other: OtherJob) -> Details:
    """Of a job that was not submitted from here, as far as the scheduler tells."""
    told = Details()
    status = _ask(told, get_backend(other.backend), other.id)
    if status is None:
        return told
    told.asked = f"-l {status.resources}" if status.resources else ""
    told.command, told.directory = status.command, status.directory
    _add_status(told, status, other.backend)
    told.fact("Standard output", status.stdout_file)
    told.fact("Standard error", status.stderr_file)
    told.fact("Said", status.message)
    return told


def _ask(told: Details, backend: Backend, job_id: int) -> JobStatus | None:
    """What the scheduler says of it now; that it says nothing becomes a fact."""
    try:
        found = backend.status([job_id]).get(job_id)
    except OarError as error:
        told.fact("Scheduler", f"It does not answer: {error}")
        return None
    if found is None:
        told.fact("Scheduler", f"It does not know job {job_id} (any more).")
    return found


def _add_status(told: Details, status: JobStatus, backend: str) -> None:
    if len(nodes := dict.fromkeys(status.nodes)) > 1:
        told.fact("Nodes", ", ".join(list(nodes)[:_MOST]))
    told.fact("Project", status.project)
    told.fact("Types", ", ".join(status.types))
    if status.resubmitted_from:
        told.fact("In place of", f"job {status.resubmitted_from}")
    told.events += [
        {"time": event.time, "type": event.type, "text": in_words(event, status.owner)}
        for event in status.events[-_MOST:]
    ]
    told.dependencies += _dependencies(status.dependencies[:_MOST], backend)


def _dependencies(ids: Sequence[int], backend: str) -> Iterable[dict[str, str]]:
    for job_id in ids:
        key = name = ""
        with suppress(OarError):  # it was not submitted from here
            job = all_jobs().get(job_id, backend)
            key, name = job_key(job.directory.id), job.name
        yield {"key": key, "id": str(job_id), "name": name}
