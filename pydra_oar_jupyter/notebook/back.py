"""What ended jobs left, taken into the notebook: names, value, exception."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.cells.job import CellJob
from pydra_oar_jupyter.cells.result import CellResult
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.notebook.errors import add_lines, show_plainly
from pydra_oar_jupyter.notebook.outputs import show_value
from pydra_oar_jupyter.notebook.words import spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.cells.replay import Value
    from pydra_oar_jupyter.core.job import Job


def take(shell: InteractiveShell, job: Job, shown: Value | None) -> None:
    """Take a job's names and value, or raise what ended it.

    Raises:
        JobFailed: it ended without a result.
        Refused: the scheduler did not take it.
        BaseException: what the cell raised.
    """
    result = _result(job)
    shell.user_ns.update(result.names)
    for name in result.deleted:
        shell.user_ns.pop(name, None)
    _warn(result.missing)
    if result.error is not None:
        raise result.error
    show_value(shell, result.value, shown)


def take_all(shell: InteractiveShell, jobs: Sequence[Job], labels: Sequence[str]) -> Any:
    """Take the names of an array's jobs as lists; their values as a list, or None.

    Raises:
        JobFailed: one ended without a result.
        BaseException: what the first that failed has raised; the rest is said below it.
    """
    failed = [job for job in jobs if not (job.outcome and job.outcome.ok)]
    if failed:
        first = failed[0]
        error = _error(first)
        note = f"That is {labels[jobs.index(first)]}, job {first.id}. " if first.id else ""
        note += f"{len(failed)} of {len(jobs)} failed."
        if good := sorted(job.id for job in jobs if job.id and job.outcome and job.outcome.ok):
            note += (
                f"\nWhat the others computed ({spans(good)}) is kept:"
                f"\n  from pydra_oar_jupyter import job; job({good[0]}).names"
            )
        add_lines(error, note)
        raise error
    if jobs[0].kind != "cell":
        return None
    results = [_result(job) for job in jobs]
    names = dict.fromkeys(name for result in results for name in result.names)
    lists = {name: _together([result.names.get(name) for result in results]) for name in names}
    shell.user_ns.update(lists)
    missing: dict[str, str] = {}
    for result in results:
        missing |= result.missing
    _warn(missing)
    values = [result.value for result in results]
    return values if any(value is not None for value in values) else None


def _together(values: list[Any]) -> Any:
    """A list, in order; but a module that each has imported is that module here."""
    first = values[0]
    return first if isinstance(first, ModuleType) and values.count(first) == len(values) else values


def _result(job: Job) -> CellResult:
    if job.wait().ending is Ending.REFUSED:
        job.submitted()  # it raises the scheduler's words
    if isinstance(job, CellJob):
        return job.outputs()
    job.result()
    return CellResult()


def _error(job: Job) -> BaseException:
    try:
        result = _result(job)
    except Exception as error:
        show_plainly(error)
        return error
    assert result.error is not None
    return result.error


def _warn(missing: Mapping[str, str]) -> None:
    if missing:
        sys.stderr.write(f"Not brought back: {'; '.join(missing.values())}\n")
