"""What a run that has ended has to give: its outputs, or the exception that tells why not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.workflows.errors import RunStopped, TaskFailed
from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot, TaskFacts


def outputs_of(snapshot: RunSnapshot, caches: Sequence[str]) -> Any:
    """The outputs of a run that is done, from Pydra's cache.

    Raises:
        OarError: they are not there any more.
    """
    import pydra.engine  # noqa: F401 - first, or what is loaded may not find all of Pydra
    from pydra.engine.result import load_result

    place = Path(snapshot.cache_dir)
    result = load_result(place.name, [Path(cache) for cache in caches])
    if result is None or result.errored:
        raise OarError(
            f"The result of {snapshot.name} is not in {place} any more. Its run's resume() "
            "computes it again, or what of it is missing."
        )
    return result.outputs


def failed_tasks(snapshot: RunSnapshot) -> tuple[TaskFacts, ...]:
    """Those of a run that failed, as far as they are named."""
    return tuple(task for task in snapshot.tasks if task.state is TaskState.FAILED)


def failure_of(
    snapshot: RunSnapshot,
    raised: BaseException | None = None,
    failures: Mapping[str, BaseException] | None = None,
) -> BaseException:
    """What to raise for a run that has failed.

    Args:
        snapshot: its last one.
        raised: what its Submitter raised, if that is known.
        failures: what each failed task raised, the first one first, if its worker tells.
    """
    failed = failed_tasks(snapshot)
    if not failed:
        if isinstance(raised, Exception):
            return raised
        return TaskFailed(f"{snapshot.name} failed: {snapshot.error or 'nobody knows why'}")
    error = next(iter((failures or {}).values()), None) or _failure(failed[0])
    if others := snapshot.counts.get(TaskState.FAILED, 1) - 1:
        what = "1 other task has" if others == 1 else f"{others} other tasks have"
        error.add_note(f"{what} failed as well: the run's `errors` has them.")
    return error


def _failure(task: TaskFacts) -> TaskFailed:
    which = f"{task.name} ({task.inputs})" if task.inputs else task.name
    return TaskFailed(f"{which} failed: {task.error}\n{task.traceback}".rstrip())


def stop_of(id_: str, snapshot: RunSnapshot) -> RunStopped:
    """What to raise for a run that was stopped."""
    how = "was cancelled"
    if snapshot.state is RunState.INTERRUPTED:
        how = "was interrupted: the process that ran it is gone"
    return RunStopped(
        f"Run {id_} of {snapshot.name} {how}. run({id_!r}).resume() goes on from what is in the "
        "cache."
    )
