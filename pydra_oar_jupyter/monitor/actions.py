"""The verb ``act``: cancel, hold, resume, submit again."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.again import submit_again
from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import BackendError, OarError, RequestError, Unreachable
from pydra_oar_jupyter.core.job import Job, cancel_all, hold_all, resume_all
from pydra_oar_jupyter.monitor.keys import (
    Array,
    Node,
    OtherJob,
    PairioJob,
    Task,
    find,
    job_key,
    job_of,
    run_key,
)
from pydra_oar_jupyter.monitor.rows.runs import can_resume
from pydra_oar_jupyter.workflows.runs.run import Run
from pydra_oar_jupyter.workflows.snapshot import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pydra_oar_jupyter.monitor.keys import Thing

# How long the process that runs a run may take to cancel it before its jobs are deleted from
# here, in seconds.
_THERE = 5.0
# How long it is waited for what the scheduler says of a submission, in seconds.
_ANSWER = 5.0
_CHANGES: dict[str, Callable[[Sequence[Job]], None]] = {
    "cancel": cancel_all,
    "hold": hold_all,
    "resume": resume_all,
}


class Acts:
    """What came of one call.

    Attributes:
        done: the keys for which it was done, or of what was submitted again.
        problems: why not, by key.
    """

    def __init__(self) -> None:
        self.done: list[str] = []
        self.problems: dict[str, str] = {}

    def tell(self, keys: Iterable[str], problem: Exception | str | None) -> None:
        """Note that it was done for these, or why not. The first problem of a key stands."""
        for key in keys:
            if problem is not None:
                self.problems.setdefault(key, str(problem))
            elif key not in self.done:
                self.done.append(key)

    @contextmanager
    def about(self, key: str) -> Iterator[None]:
        """Note what is raised in here as why it was not done for this one."""
        try:
            yield
        except OarError as error:
            self.tell([key], error)


def act(*, action: str, keys: Sequence[str]) -> dict[str, Any]:
    """Do something with what these rows stand for, with one command for each scheduler.

    A run that another process runs is cancelled by that; if it does not within some seconds, the
    run's jobs are deleted from here.

    Args:
        action: ``cancel``, ``hold``, ``resume`` or ``again``.
        keys: of the rows.

    Returns:
        ``Acted`` of the protocol. What could not be done for one is done for the others.

    Raises:
        RequestError: there is no such action.
    """
    if action not in (*_CHANGES, "again"):
        raise RequestError(f"There is no action {action[:40]!r}.")
    acts, things = Acts(), {}
    for key in dict.fromkeys(keys):
        with acts.about(key):
            things[key] = find(key)
    if action == "again":
        for key, thing in things.items():
            with acts.about(key):
                _again(acts, key, thing)
    else:
        _change(acts, action, things)
    done = [key for key in acts.done if key not in acts.problems]
    return {"done": done, "problems": acts.problems}


def _change(acts: Acts, action: str, things: Mapping[str, Thing]) -> None:
    jobs: dict[Job, list[str]] = defaultdict(list)  # with the keys that they are of
    others: dict[str, dict[int, str]] = defaultdict(dict)
    runs: dict[str, Run] = {}
    for key, thing in things.items():
        with acts.about(key):
            match thing:
                case OtherJob():
                    others[thing.backend][thing.id] = key
                case PairioJob():
                    _change_pairio(acts, action, key, thing)
                case Run() if action == "cancel":
                    runs[key] = thing
                case _:
                    behind = _jobs_of(thing)
                    found = [job for job in behind if _fits(action, job)]
                    if not found:  # what has ended is as it was asked to be
                        ended = bool(behind) and action == "cancel"
                        acts.tell([key], None if ended else _NOTHING[action])
                    for job in found:
                        jobs[job].append(key)
    _change_jobs(acts, action, jobs)
    for backend, keys in others.items():
        change = getattr(get_backend(backend), "delete" if action == "cancel" else action)
        _in_one(acts, change, {id_: (id_, [key]) for id_, key in keys.items()})
    _cancel_runs(acts, runs)


_NOTHING = {
    "cancel": "Nothing of it goes on as a job of its own: cancel the run that it is in.",
    "hold": "Nothing of it waits for its resources.",
    "resume": "Nothing of it is held.",
}


def _jobs_of(thing: Thing) -> list[Job]:
    """The scheduler's jobs behind a row."""
    match thing:
        case Array():
            return list(thing.jobs)
        case Run():
            return thing.jobs
        case Node():
            of = thing.run
            path = thing.facts.path
            tasks = (task for task in of.progress.tasks if task.node[: len(path)] == path)
            return [job for task in tasks if (job := job_of(Task(of, task)))]
    job = job_of(thing)
    return [job] if job else []


def _fits(action: str, job: Job) -> bool:
    """Whether that can be done with it; of one alone the scheduler says why not."""
    return not job.done() and (action == "cancel" or job.id is not None)


def _change_jobs(acts: Acts, action: str, jobs: Mapping[Job, list[str]]) -> None:
    by_backend: dict[str, dict[int, tuple[Job, list[str]]]] = defaultdict(dict)
    for job, keys in jobs.items():
        if job.id is not None:
            by_backend[job.backend.name][job.id] = job, keys
        else:  # it is deleted as soon as the scheduler has it
            cancel_all([job])
            acts.tell(keys, None)
    for found in by_backend.values():
        _in_one(acts, _CHANGES[action], found)


def _in_one(
    acts: Acts, change: Callable[[Any], None], things: Mapping[int, tuple[Any, list[str]]]
) -> None:
    """Change them with one command, which does what it can and says for which it can't.

    Args:
        acts: where to tell of it.
        change: the command.
        things: what it takes, and the keys that it is for, by the scheduler's ids.
    """
    refused: dict[int, str] = {}
    try:
        change([thing for thing, _ in things.values()])
    except OarError as error:
        unnamed = not isinstance(error, BackendError) or isinstance(error, Unreachable)
        refused = dict.fromkeys(things, str(error)) if unnamed else _refused(str(error), things)
    for id_, (_, keys) in things.items():
        acts.tell(keys, refused.get(id_))


def _refused(message: str, ids: Iterable[int]) -> dict[int, str]:
    """Which of these the scheduler has refused, and why; all, if it names none."""
    found = {}
    for id_ in ids:
        about = re.compile(rf"(?<!\d){id_}(?!\d)")
        if lines := [line for line in message.splitlines() if about.search(line)]:
            found[id_] = "\n".join(lines)
    return found or dict.fromkeys(ids, message)


def _cancel_runs(acts: Acts, runs: Mapping[str, Run]) -> None:
    going = {}
    for key, run in runs.items():
        with acts.about(key):
            run.cancel()
            going[key] = run
    deadline = time.monotonic() + _THERE
    for key, run in going.items():
        with acts.about(key):
            with suppress(TimeoutError):
                run.wait(max(0.0, deadline - time.monotonic()))
            # Of one that was interrupted jobs may go on; and its process may not listen.
            left = {job: [key] for job in run.jobs if not job.done()}
            if left:
                _change_jobs(acts, "cancel", left)
            else:
                acts.tell([key], None)


def _change_pairio(acts: Acts, action: str, key: str, job: PairioJob) -> None:
    from pydra_oar_jupyter.monitor.pairio import find as find_pairio

    if action != "cancel":
        raise OarError(f"Pairio's jobs know no {action}.")
    find_pairio(job.id).cancel()
    acts.tell([key], None)


def _again(acts: Acts, key: str, thing: Thing) -> None:
    match thing:
        case Run() if can_resume(thing):
            acts.tell([run_key(thing.resume().id)], None)
        case Run():
            acts.tell([key], _why_not(thing))
        case Job() | Array():
            _tell_of_new(acts, submit_again([thing] if isinstance(thing, Job) else thing.jobs))
        case _:
            acts.tell([key], "It can't be submitted again by itself.")


def _why_not(run: Run) -> str:
    if not run.done():
        return "It goes on."
    if run.state is RunState.DONE:
        return "It is done: its outputs are in the cache."
    return f"Call run({run.id!r}).resume() in a notebook, where its tasks then run."


def _tell_of_new(acts: Acts, jobs: Sequence[Job]) -> None:
    """Take what the scheduler says of a submission; it may say it later."""
    with suppress(TimeoutError):
        jobs[0].submitted(_ANSWER)
    acts.tell((job_key(job.directory.id) for job in jobs), None)
