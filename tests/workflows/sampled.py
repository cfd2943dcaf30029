"""Runs in threads of their own, whose snapshots are taken, and what these tell."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
from pydra.engine.submitter import Submitter

from pydra_oar_jupyter.workflows.snapshot import RunState
from pydra_oar_jupyter.workflows.watch.sampler import Sampler
from tests.waiting import wait_until
from tests.workflows.conftest import LONG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra.engine.job import Job as PydraJob

    from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot, TaskState


class Noting(Submitter):
    """A Submitter whose job can be had: what a run's own Submitter does."""

    def __init__(self, **options: Any) -> None:
        self.root: Future[PydraJob[Any]] = Future()
        super().__init__(**options)

    def submit(self, job: PydraJob[Any], rerun: bool = False) -> None:
        self.root.set_result(job)
        super().submit(job, rerun)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "root": None}


class Going:
    """A run in a thread of its own, and its sampler."""

    def __init__(self, task: Any, worker: Any, cache: Path, *, rerun: bool = False) -> None:
        self.error: BaseException | None = None
        # By the clock that stamps files, results of earlier runs are older.
        before = time.time()
        wait_until(lambda: time.time() > before + 0.02)
        self.started = time.time()
        self._submitter: Future[Noting] = Future()
        self._thread = threading.Thread(target=self._work, args=(task, worker, cache, rerun))
        self._thread.start()
        root = self._submitter.result(LONG).root.result(LONG)
        self.root = root
        self.sampler = Sampler(root, name="run", worker="any", started=self.started, rerun=rerun)

    def _work(self, task: Any, worker: Any, cache: Path, rerun: bool) -> None:
        submitter = Noting(cache_root=cache, worker=worker)
        self._submitter.set_result(submitter)
        try:
            submitter(task, raise_errors=True, rerun=rerun)
        except BaseException as error:
            self.error = error
        submitter.loop.close()

    def until(self, seen: Callable[[RunSnapshot], object]) -> RunSnapshot:
        """The first snapshot of which that is true."""
        found: list[RunSnapshot] = []

        def look() -> bool:
            found[:] = [self.sampler.sample()]
            return bool(seen(found[0]))

        wait_until(look, LONG)
        return found[0]

    def until_counts(self, *path: str, **counts: int) -> RunSnapshot:
        """The first snapshot in which a node's tasks are in these states."""
        return self.until(lambda snapshot: told(snapshot, *path) == counts)

    def end(self, state: RunState = RunState.DONE) -> RunSnapshot:
        """Wait for its end, which must be so; the last snapshot."""
        self._thread.join(LONG)
        assert not self._thread.is_alive(), "the run does not end"
        if state is RunState.DONE and self.error:
            raise self.error
        assert state is RunState.DONE or self.error
        return self.sampler.sample(state)

    def cancel(self) -> None:
        """As whoever holds the run does."""
        loop = self._submitter.result().loop

        def cancel() -> None:
            for task in asyncio.all_tasks(loop):
                task.cancel()

        loop.call_soon_threadsafe(cancel)


def node(snapshot: RunSnapshot, *path: str) -> NodeFacts:
    nodes = {found.path: found for found in [*snapshot.nodes, *snapshot.leaves()]}
    return nodes[path]


def told(snapshot: RunSnapshot, *path: str) -> dict[str, int]:
    """How many of a node's tasks are in which state, by the states' names; {} if there is none."""
    try:
        counts = node(snapshot, *path).counts
    except KeyError:
        return {}
    return {state.name.lower(): count for state, count in counts.items()}


def named(snapshot: RunSnapshot) -> list[tuple[str, TaskState]]:
    return [(task.name, task.state) for task in snapshot.tasks]
