"""What Pydra's cache holds of a task, for a run that is about to want it.

Pydra (1.0a12) tells by the results in its cache how a run goes, and takes a failure of an earlier
run for one of this run.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydra.engine.result import load_result

if TYPE_CHECKING:
    from pydra.engine.job import Job as PydraJob
    from pydra.engine.result import Result


def kept_result(job: PydraJob[Any]) -> Result[Any] | None:
    """A result that is no failure. (The job's own `result` would take note of one.)"""
    try:
        found = load_result(job.checksum, job.all_caches)
    except Exception:  # of other versions, or half a file: it is computed again
        return None
    return found if found and not found.errored and found.outputs is not None else None


def result_of_before(job: PydraJob[Any], rerun: bool) -> Result[Any] | None:
    """What an earlier run has left, if it counts; else it is removed."""
    if not rerun and (found := kept_result(job)):
        return found
    forget_result(job)
    return None


def forget_result(job: PydraJob[Any]) -> None:
    """Leave no result of it in the cache."""
    with suppress(OSError):
        (job.cache_dir / "_result.pklz").unlink(missing_ok=True)
