"""Submitting again what has ended: the same request, and the same files go in."""

from __future__ import annotations

import dataclasses
import secrets
import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError, SpoolError
from pydra_oar_jupyter.core.files import link, write_atomically
from pydra_oar_jupyter.core.jobs import all_jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.spool import JobDirectory

# The kinds of jobs of which all that goes in is in their directories, and nothing else waits for.
_KINDS = ("cell", "script")
# What goes in, as it is; and the scripts that name the job's own directory.
_INPUTS = ("payload.pkl", "element.pkl", "script", "env")
_SCRIPTS = ("job.sh", "setup")
# Those of them that a job needs if a script of its names them.
_NAMED = ("script", "setup")


def can_again(job: Job) -> bool:
    """Whether it can be submitted again, as far as can be told without looking at its files."""
    return job.kind in _KINDS and job.done()


def submit_again(jobs: Sequence[Job]) -> list[Job]:
    """Submit these once more, all of an array together; the new jobs' handles at once.

    Args:
        jobs: jobs that have ended; one alone, or the jobs of an array in their order.

    Raises:
        OarError: one can't run again, or what went into it is not there any more; nothing was
            submitted.
        SpoolError: the spool can't be written.
    """
    known = all_jobs()
    group = secrets.token_hex(8) if len(jobs) > 1 else ""
    made: list[JobDirectory] = []
    try:
        for job in jobs:
            _check(job, alone=not group)
            made.append(_copy(job))
            lines = _renamed(job.spec.script, job.directory, made[-1])
            new = dataclasses.replace(job.spec, script=lines, group=group, created=time.time())
            known.spool.add_job(made[-1], new)
    except BaseException:
        for directory in made:
            known.spool.discard(directory)
        raise
    return known.submit(made, jobs[0].backend.name)


def _check(job: Job, *, alone: bool) -> None:
    which = f"Job {job.id or ''} {job.name!r}"
    if job.kind not in _KINDS:
        raise OarError(f"{which} is a part of something else: submit that again.")
    if not job.done():
        raise OarError(f"{which} goes on: it can be submitted again once it has ended.")
    siblings = len(job.submission.jobs) if job.submission else 1
    if alone and siblings > 1 and job.kind == "script":
        raise OarError(
            f"{which} would not get its number in the array: submit the whole array again."
        )


def _copy(job: Job) -> JobDirectory:
    """A new directory with all that goes in."""
    old, new = job.directory, all_jobs().spool.new_job()
    needed = {"job.sh", "payload.pkl"} if job.kind == "cell" else {"job.sh"}
    try:
        for name in _INPUTS:
            if (source := old.path / name).exists():
                link(source, new.path / name)
        for name in _SCRIPTS:
            if (source := old.path / name).exists():
                text = _renamed(source.read_text(), old, new)
                write_atomically(new.path / name, text)
                needed |= {one for one in _NAMED if f"{new.id}/{one}" in text}
        missing = sorted(name for name in needed if not (new.path / name).exists())
    except OSError as error:
        all_jobs().spool.discard(new)
        raise SpoolError(f"{old.path} can't be copied: {error.strerror}.") from error
    if missing:
        all_jobs().spool.discard(new)
        raise OarError(
            f"What went into job {job.id or ''} {job.name!r} is not all there any more: "
            f"{old.path / missing[0]} is missing. Run its cell again."
        )
    return new


def _renamed(text: str, old: JobDirectory, new: JobDirectory) -> str:
    """With the new directory for the old one; the path to both may be quoted in any way."""
    return text.replace(old.id, new.id)
