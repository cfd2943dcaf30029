"""What the schedulers were asked last, kept for some seconds: many viewers cost one question."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydra_oar_jupyter.backends.local.cluster import Cluster
from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import BackendError
from pydra_oar_jupyter.core.jobs import all_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydra_oar_jupyter.core.backend import Backend
    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.state import Allocation, Resource

_T = TypeVar("_T")

# How long an answer is good, in seconds.
AGE = 5.0
# The schedule is asked to its end, and from a whole quarter of an hour on, so that views of
# other times can use the answer too. A long past is asked while somebody looks at it.
_FUTURE, _STEP, _LOOKED_AT = 366 * 86400.0, 900.0, 60.0


class _Kept(Generic[_T]):
    """One answer, or why there was none. Those who come while it is fetched wait for it."""

    def __init__(self, fetch: Callable[[], _T]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._since = float("-inf")
        self._answer: _T | BackendError

    def get(self) -> _T:
        with self._lock:
            if time.monotonic() - self._since > AGE:
                try:
                    self._answer = self._fetch()
                except BackendError as error:
                    self._answer = error
                self._since = time.monotonic()
            answer = self._answer
        if isinstance(answer, BackendError):
            raise type(answer)(*answer.args)
        return answer

    def forget(self) -> None:
        with self._lock:
            self._since = float("-inf")


class Scheduler:
    """What one backend has answered. Calls may come from any thread.

    All raise `BackendError` when the scheduler gave none.
    """

    def __init__(self, backend: Backend) -> None:
        self.name = backend.name
        self.backend = backend
        self._resources = _Kept(self.backend.resources)
        self._cluster = _Kept(lambda: _cluster(self.resources()))
        self._queues = _Kept(self.backend.queues)
        self._jobs = _Kept(lambda: _submitted(self.name))
        self._lock = threading.Lock()
        self._first = float("inf")  # since when the schedule is asked
        self._looked = 0.0  # when somebody wanted to know it from there on
        self._schedule = _Kept(lambda: self.backend.schedule(self._first, time.time() + _FUTURE))

    def resources(self) -> Sequence[Resource]:
        """What the cluster consists of."""
        return self._resources.get()

    def cluster(self) -> Cluster:
        """The same, as sets in which conditions and hierarchies can be looked up."""
        return self._cluster.get()

    def queues(self) -> Sequence[str]:
        """The names of its queues; empty if they can't be told."""
        return self._queues.get()

    def jobs(self) -> dict[int, Job]:
        """The jobs that were submitted from here, by the scheduler's ids."""
        return self._jobs.get()

    def schedule(self, since: float, until: float) -> list[Allocation]:
        """Who has which resources between two times, and who will."""
        first = since // _STEP * _STEP
        with self._lock:
            if first < self._first:
                self._first = first
                self._schedule.forget()
            elif first > self._first and time.monotonic() - self._looked > _LOOKED_AT:
                self._first = first
            if first <= self._first:
                self._looked = time.monotonic()
        return [one for one in self._schedule.get() if one.start < until and one.stop >= since]


def scheduler(backend: str) -> Scheduler:
    """What the backend of that name answers; "" is the one that is used when none is named.

    Raises:
        RequestError: there is none of that name.
    """
    found = get_backend(backend)
    with _lock:
        if found.name not in _made or _made[found.name].backend is not found:
            _made[found.name] = Scheduler(found)
        return _made[found.name]


_made: dict[str, Scheduler] = {}
_lock = threading.Lock()


def _submitted(backend: str) -> dict[int, Job]:
    return {
        job.id: job
        for job in all_jobs().all()
        if job.id is not None and job.backend.name == backend
    }


def _cluster(resources: Sequence[Resource]) -> Cluster:
    """Resources with the same properties each; one that has not a property has no value of it."""
    tables: list[dict[str, Any]] = [
        {
            **{name.lower(): value for name, value in one.properties.items()},
            "resource_id": one.id,
            "host": one.host,
            "state": one.state,
        }
        for one in resources
    ]
    for table in tables:
        table.setdefault("network_address", table["host"])
    names = sorted({
        name for table in tables for name, value in table.items()
        if name.isidentifier() and isinstance(value, str | int | float | None)
    })  # fmt: skip
    return Cluster([{name: table.get(name) for name in names} for table in tables])
