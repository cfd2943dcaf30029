"""Runs and Submitters that run tasks, in a cache that the nodes see."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import cloudpickle
import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
import pytest
from pydra.engine.submitter import Submitter
from pydra.workers.cf import ConcurrentFuturesWorker

from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.workflows.worker.batch import Owner
from tests.waiting import wait_until
from tests.workflows.runs import LONG, starting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.workflows.runs.run import Run
    from pydra_oar_jupyter.workflows.worker.oar import OarWorker

# What is not given to the Submitter, but when it is called.
_OF_CALL = {"rerun", "hooks", "raise_errors"}


@pytest.fixture
def place(spool: Path) -> Path:
    """A folder that the nodes see, gone after the test."""
    return spool.parent


@pytest.fixture
def trace(place: Path) -> Trace:
    return Trace(place / "trace")


class Trace:
    """The file in which tasks note that they ran."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def ran(self) -> Counter[int]:
        """How often each number's step ran."""
        return Counter(map(int, self.path.read_text().split())) if self.path.exists() else Counter()


def locks_in(cache: Path) -> list[Path]:
    return list(cache.glob("*.lock"))


def poisoned_in(cache: Path) -> list[Path]:
    """The results that would be taken for a success, and have no outputs."""
    found = []
    for path in cache.glob("*/_result.pklz"):
        with path.open("rb") as file:
            result = cloudpickle.load(file)
        if not result.errored and result.outputs is None:
            found.append(path)
    return found


def settled(cache: Path) -> bool:
    """Whether nothing in it would hold up or mislead the next run."""
    return not poisoned_in(cache) and not locks_in(cache)


class Going:
    """A Submitter at work, in a thread of its own."""

    def __init__(self, task: Any, options: dict[str, Any], call: dict[str, Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self.cache: Path = options["cache_root"]
        self._snapshot: Path | None = options.pop("snapshot", None)
        self._submitter: Submitter | None = None
        self._thread = threading.Thread(target=self._work, args=(task, options, call))
        self._thread.start()

    def _work(self, task: Any, options: dict[str, Any], call: dict[str, Any]) -> None:
        try:
            with Submitter(worker="oar", **options) as self._submitter:
                if self._snapshot:
                    self.worker.owner = Owner("", Origin(), self._snapshot, lambda: None)
                self.result = self._submitter(task, **call)
        except BaseException as error:
            self.error = error

    @property
    def worker(self) -> OarWorker:
        """Its worker, once it is there."""
        found = wait_until(lambda: self._submitter or self.error)
        assert self._submitter is not None, found
        worker: Any = self._submitter.worker
        return worker  # type: ignore[no-any-return]

    def jobs(self, count: int) -> list[Job]:
        """Its jobs, as soon as there are so many."""
        wait_until(lambda: len(self.worker.jobs) >= count, LONG)
        return list(self.worker.jobs.values())

    @property
    def names(self) -> list[str]:
        """The names of its jobs so far."""
        return sorted(job.name for job in self.worker.jobs.values())

    def job(self, name: str) -> Job:
        """Its job of that name, as soon as it is there."""
        wait_until(lambda: name in self.names, LONG)
        return next(job for job in self.worker.jobs.values() if job.name == name)

    def wait(self) -> Going:
        """Wait for its end."""
        self._thread.join(LONG)
        assert not self._thread.is_alive(), "the run does not end"
        return self

    @property
    def outputs(self) -> Any:
        """Wait for its end; its outputs."""
        self.wait()
        if self.error:
            raise self.error
        errors = self.result.errors or {}
        assert not self.result.errored, "".join(errors.get("error message", []))
        return self.result.outputs

    @property
    def failures(self) -> dict[str, BaseException]:
        """Wait for its end; what tasks have raised, by the names of their jobs."""
        self.wait()
        worker = self.worker
        return {worker.jobs[key].name: error for key, error in worker.failures.items()}

    @property
    def locks(self) -> list[Path]:
        """The locks in its cache."""
        return locks_in(self.cache)

    def cancel(self) -> None:
        """As a notebook's stop button does: from another thread."""
        loop = self.worker.loop

        def cancel() -> None:
            for task in asyncio.all_tasks(loop):
                task.cancel()

        loop.call_soon_threadsafe(cancel)


@pytest.fixture
def start(place: Path) -> Iterator[Callable[..., Run]]:
    """Submits tasks to the worker cf, with a cache of this test's."""
    yield from starting(place / "cache", "cf", n_procs=2)


@pytest.fixture
def go(place: Path) -> Iterator[Callable[..., Going]]:
    """Starts runs: a task, the Submitter's options, and those of its call."""
    started: list[Going] = []

    def start(task: Any, **options: Any) -> Going:
        given = {"cache_root": place / "cache", "oarsub_args": "-l core=1"} | options
        call = {name: given.pop(name) for name in given.keys() & _OF_CALL}
        going = Going(task, given, call)
        started.append(going)
        return going

    yield start
    for going in started:
        if going._thread.is_alive():
            going.cancel()
            going.wait()


@pytest.fixture(scope="module")
def pool() -> Iterator[ConcurrentFuturesWorker]:
    """Pydra's worker with two processes, which takes long to start."""
    worker = ConcurrentFuturesWorker(n_procs=2)
    yield worker
    worker.close()
