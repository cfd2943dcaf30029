"""Runs of Pydra's tasks: submitted, shown, waited for, and found again in another kernel."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydra_oar_jupyter.core.errors import OarError, SpoolError
from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.core.spool import spool_root
from pydra_oar_jupyter.workflows.counts import good
from pydra_oar_jupyter.workflows.needed import need_pydra
from pydra_oar_jupyter.workflows.runs.directories import (
    Asked,
    RunDirectory,
    RunFacts,
    all_directories,
    directory_of,
    new_directory,
)
from pydra_oar_jupyter.workflows.runs.found import Found
from pydra_oar_jupyter.workflows.runs.results import failed_tasks, outputs_of, stop_of
from pydra_oar_jupyter.workflows.runs.thread import start_thread
from pydra_oar_jupyter.workflows.snapshot import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.workflows.graph.graph import WorkflowGraph
    from pydra_oar_jupyter.workflows.runs.live import Live
    from pydra_oar_jupyter.workflows.runs.stoppable import StoppableSubmitter
    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot, TaskFacts

# An interrupt that comes while another thread forks may wake nobody (CPython 3.11): how long it
# can go unnoticed, in seconds.
_LOOK = 0.5


class Source(Protocol):
    """Who knows where a run is."""

    ended: Future[RunSnapshot]

    @property
    def state(self) -> RunState:
        """Where it is."""

    def progress(self) -> RunSnapshot:
        """Where it is, in full."""

    def jobs(self) -> list[Job]:
        """The scheduler's jobs that run it."""

    def failure(self) -> BaseException:
        """What to raise for it, if it has failed."""

    def cancel(self) -> None:
        """Stop it."""


class Run:
    """A Pydra task, mostly a workflow, on its way through one of Pydra's workers.

    It can be waited for (`wait`), awaited (``await run``) and looked up again in another kernel
    by its id (`pydra_oar_jupyter.run`).

    Attributes:
        id: its name in the spool.
        name: of its task.
        worker: the name of Pydra's worker.
        backend: what runs its jobs; "" if its worker submits none of ours.
        directory: where it is written down.
    """

    def __init__(self, directory: RunDirectory, facts: RunFacts, source: Source) -> None:
        self.id, self.name, self.worker = directory.id, facts.name, facts.worker
        self.backend = facts.backend
        self.directory = directory.path
        self._facts, self._files, self._source = facts, directory, source

    def __repr__(self) -> str:
        snapshot = self.progress
        counts = snapshot.counts
        tasks = f", {good(counts)} of {sum(counts.values())} tasks done" if counts else ""
        return f"<Run {self.id} of {self.name} on {self.worker}: {snapshot.state}{tasks}>"

    @property
    def created(self) -> float:
        """When it was submitted, in seconds since the epoch."""
        return self._facts.created

    @property
    def origin(self) -> Origin:
        """Where it came from."""
        return self._facts.origin

    @property
    def state(self) -> RunState:
        """Where it is."""
        return self._source.state

    @property
    def progress(self) -> RunSnapshot:
        """Where it is, node by node."""
        return self._source.progress()

    @property
    def errors(self) -> tuple[TaskFacts, ...]:
        """The tasks that have failed so far; of very many, some."""
        return failed_tasks(self.progress)

    @property
    def graph(self) -> WorkflowGraph:
        """Its workflow as a picture, with its states as they are now."""
        from pydra_oar_jupyter.workflows.graph.graph import WorkflowGraph

        return WorkflowGraph(self.progress)

    @property
    def jobs(self) -> list[Job]:
        """The scheduler's jobs that run it; of another process's, as far as is told."""
        return self._source.jobs()

    @property
    def outputs(self) -> Any:
        """Its outputs; None if it is not done, or they are not in the cache any more."""
        if self.state is not RunState.DONE:
            return None
        try:
            return self.result()
        except OarError:
            return None

    def done(self) -> bool:
        """Whether it has ended."""
        return self._source.ended.done()

    def wait(self, timeout: float | None = None) -> RunSnapshot:
        """Wait until it has ended; its last snapshot, which says how.

        Raises:
            TimeoutError: ``timeout`` seconds have passed; the run goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _LOOK if deadline is None else max(0.0, deadline - time.monotonic())
            with suppress(FutureTimeout):
                return self._source.ended.result(min(left, _LOOK))
            if left < _LOOK:
                raise TimeoutError(f"{self} has not ended after {timeout} s; it goes on.")

    def result(self, timeout: float | None = None) -> Any:
        """Wait until it has ended; its task's outputs.

        They are read from Pydra's cache each time: a handle keeps no gigabyte alive. Those of a
        split are lists, in its order.

        Raises:
            TaskFailed: a task has failed: which, and its traceback.
            RunStopped: it was cancelled, or the process that ran it is gone.
            OarError: the outputs are not in the cache any more.
            TimeoutError: ``timeout`` seconds have passed; the run goes on.

        With the worker oar it raises what the first task that failed has raised; and what Pydra
        has raised, if no task did.
        """
        snapshot = self.wait(timeout)
        if snapshot.state is RunState.DONE:
            return outputs_of(snapshot, self._facts.caches)
        if snapshot.state is RunState.FAILED:
            raise self._source.failure()
        raise stop_of(self.id, snapshot)

    def __await__(self) -> Generator[Any, None, Any]:
        """``await run`` is `result`, without blocking the event loop."""
        yield from asyncio.wrap_future(self._source.ended).__await__()
        return self.result()

    def cancel(self) -> None:
        """Stop it, and return at once; one that has ended is left as it is.

        What is done stays in the cache, and another run goes on from there. The jobs of the
        worker oar are deleted, the processes of cf are ended with all that they have started.
        A task of debug runs to its end, as no thread can be stopped; what other workers have
        submitted to their schedulers goes on there.

        One that another process runs is cancelled there, a second or so later.

        Raises:
            OarError: the scheduler won't delete its job; or that process can't be told.
        """
        self._source.cancel()

    def resume(self) -> Run:
        """Submit the same again: what is in the cache is not computed again.

        Raises:
            OarError: the task could not be kept, or can't be loaded here.
            RequestError: it can't be run any more, such as for a folder that is gone.
        """
        asked = self._files.asked()
        return submit(asked.task, asked.worker, **{**asked.options, "rerun": False})


def submit(
    task: Any,
    worker: str = "oar",
    *,
    cache_root: str | Path | None = None,
    rerun: bool = False,
    max_concurrent: int | None = None,
    hooks: Any = None,
    environment: Any = None,
    readonly_caches: Sequence[str | Path] | None = None,
    source: Origin | str = "",
    **worker_options: Any,
) -> Run:
    """Run a Pydra task in the background; its handle at once.

    Args:
        task: what python.define, shell.define or workflow.define made, with its inputs; it may
            be split.
        worker: the name of Pydra's worker: oar, cf, debug, slurm …
        cache_root: where results are kept; else a folder that the nodes share.
        rerun: compute again what is in the cache.
        max_concurrent: how many tasks may be on their way at once.
        hooks: Pydra's TaskHooks.
        environment: Pydra's environment, such as a container.
        readonly_caches: other folders to look for results in.
        source: where it comes from: in words, or the cell.
        worker_options: the worker's own, such as ``oarsub_args="-l core=2"``.

    Raises:
        RequestError: the task can't run as it is, there is no such worker, or it has no such
            option; nothing runs.
        SpoolError: the run can't be written down.
        OarError: Pydra is not installed here.

    Example::

        run = submit(Workflow(x=3), oarsub_args="-l host=1/core=1,walltime=1")
        run.result()
    """
    need_pydra()
    from pydra_oar_jupyter.workflows.runs import checks
    from pydra_oar_jupyter.workflows.runs.live import Live
    from pydra_oar_jupyter.workflows.runs.stoppable import StoppableSubmitter

    checks.check_task(task)
    checks.check_worker(worker, worker_options)
    root = checks.usable_cache_root(cache_root, worker, worker_options)
    readonly: list[Any] = [Path(c).expanduser().resolve() for c in readonly_caches or ()]
    given = {
        "cache_root": root,
        "rerun": rerun,
        "max_concurrent": max_concurrent,
        "hooks": hooks,
        "environment": environment,
        "readonly_caches": readonly,
        "source": source,
        **worker_options,
    }
    asked = Asked(task, worker, given)
    facts = RunFacts(
        name=type(task).__name__,
        worker=worker,
        caches=(str(root), *map(str, readonly)),
        one_job=bool(worker_options.get("one_job")),
        backend=checks.backend_of(worker, worker_options),
        origin=source if isinstance(source, Origin) else Origin(source),
    )
    directory = new_directory()
    directory.create(facts, asked)
    live = Live(facts, directory, asked)
    make = partial(
        StoppableSubmitter,
        worker=worker,
        cache_root=root,
        environment=environment,
        readonly_caches=readonly,
        max_concurrent=float("inf") if max_concurrent is None else max_concurrent,
        **worker_options,
    )
    try:
        _start(live, make, partial(_call, task=task, hooks=hooks, rerun=rerun))
    except BaseException:
        live.cancel()
        directory.remove()
        raise
    return remember(Run(directory, facts, live))


def _start(
    live: Live,
    make: Callable[[], StoppableSubmitter],
    call: Callable[[StoppableSubmitter], object],
) -> None:
    """Make a Submitter in a thread of its own, and let it go there; raises what making it does."""
    made: Future[None] = Future()

    def work() -> None:
        try:
            submitter = make()  # it takes the loop of the thread that makes it
            submitter.control = live
        except BaseException as error:
            made.set_exception(error)
            return
        made.set_result(None)
        live.execute(submitter, partial(call, submitter), loop=submitter.loop, close=True)

    start_thread(work)
    made.result()


def _call(submitter: StoppableSubmitter, task: Any, hooks: Any, *, rerun: bool) -> object:
    return submitter(task, hooks=hooks, raise_errors=True, rerun=rerun)


def runs() -> list[Run]:
    """All runs in the spool, those of earlier kernels too, the newest first.

    Raises:
        SpoolError: they can't be listed.
    """
    found = []
    for directory in all_directories():
        with suppress(SpoolError):  # of another version, or removed at this moment
            found.append(_recall(directory))
    return sorted(found, key=lambda run: run.created, reverse=True)


def run(id: str) -> Run:  # noqa: A002 - as people call it
    """The handle of a run by its id, in a new kernel too.

    Raises:
        OarError: there is no run of that id.
        SpoolError: it can't be read.

    Example::

        run("3fa94c01").result()
    """
    if directory := directory_of(id):
        return _recall(directory)
    raise OarError(
        f"There is no run {id!r} here (spool: {spool_root()}). runs() has all, "
        "%pydra runs shows them."
    )


def remember(run: Run) -> Run:
    """Let it be the one handle of this run in this process."""
    return _known.setdefault(run.directory, run)


def forget(run: Run) -> None:
    """Let it be gone with its last holder."""
    _known.pop(run.directory, None)


def _recall(directory: RunDirectory) -> Run:
    if known := _known.get(directory.path):
        return known
    facts = directory.facts()
    return remember(Run(directory, facts, Found(facts, directory)))


_known: dict[Path, Run] = {}
# Threads don't survive a fork: to the child its parent's runs are another process's.
os.register_at_fork(after_in_child=_known.clear)
