"""Which jobs people mean: by number, or by the variable that holds a handle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.array import JobArray
from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.resources import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def job_ids(words: Sequence[str], names: Mapping[str, Any], backend: str) -> list[int]:
    """The scheduler's numbers of these jobs: numbers, or variables that hold handles.

    Raises:
        RequestError: a word is neither, or its job belongs to another backend.
        Refused: a job of these was refused.
    """
    found: list[int] = []
    for word in words:
        if word.isascii() and word.isdigit():
            found.append(int(word))
            continue
        for job in handles(word, names):
            if job.backend.name != backend:
                raise RequestError(
                    f"Job {job.id} of {word!r} runs on {job.backend.name!r}, not on {backend!r}.",
                    hint=f"Add --backend {job.backend.name}.",
                )
            found.append(job.submitted())
    return found


def handles(word: str, names: Mapping[str, Any]) -> list[Job]:
    """The handles in the variable of that name.

    Raises:
        RequestError: there is no such variable, or no handle in it.
    """
    value = names.get(word)
    if isinstance(value, Job):
        return [value]
    if isinstance(value, JobArray) or (
        isinstance(value, list) and value and all(isinstance(one, Job) for one in value)
    ):
        return list(value)
    if word in names:
        raise RequestError(f"{word} is a {type(value).__name__}, not the handle of a job.")
    known = [name for name, one in names.items() if isinstance(one, Job | JobArray)]
    raise RequestError(
        f"{word!r} is neither the number of a job nor a variable that holds one.",
        hint=did_you_mean(word, known),
    )


def find(word: str, names: Mapping[str, Any], backend: str | None = None) -> list[Job]:
    """One job of ours; all jobs of an array if its first one is named.

    Raises:
        OarError: no such job was submitted from here.
    """
    if not (word.isascii() and word.isdigit()):
        return handles(word, names)
    return with_siblings(all_jobs().get(int(word), backend))


def with_siblings(job: Job) -> list[Job]:
    """The jobs of the array that this one is the first of, in order; else this one."""
    if not job.spec.group:
        return [job]
    group = [one for one in all_jobs().all() if one.spec.group == job.spec.group]
    if any(one.id is None for one in group):
        raise OarError(f"The array of job {job.id} is being submitted. Try again in a moment.")
    group.sort(key=lambda one: one.id or 0)
    return group if group[0] is job else [job]
