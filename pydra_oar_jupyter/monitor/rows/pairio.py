"""Rows of Pairio's jobs: of the service that is named, else of the embedded one if it runs.

It is asked every few seconds, and tells of changes in between where it can. Nothing of Pairio's
client is imported before there is one.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.core.workers import background
from pydra_oar_jupyter.monitor.changes import kept
from pydra_oar_jupyter.monitor.keys import check, pairio_key
from pydra_oar_jupyter.monitor.pairio import service
from pydra_oar_jupyter.monitor.rows import row
from pydra_oar_jupyter.monitor.rows.jobs import user
from pydra_oar_jupyter.pairio.keys import api_url

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from pydra_oar_jupyter.monitor.rows import Row
    from pydra_oar_jupyter.pairio.client.connection import Connection
    from pydra_oar_jupyter.pairio.models import PairioJob as Snapshot

# How often jobs are asked for, in seconds; changes of those that are known are told in between.
_EVERY = 5.0
# How many jobs are shown, the newest; and of how many services changes are told.
_MOST, _SERVICES = 200, 5


class PairioRows:
    """The newest jobs of a service, followed in the background. Used from one thread."""

    def __init__(self, every: float = _EVERY) -> None:
        self._every = every
        self._following: Future[None] | None = None
        self._connection: Connection | None = None
        self._jobs: dict[str, Snapshot] = {}  # replaced as a whole, never changed
        self._shown: dict[str, Snapshot] = {}
        self._rows: dict[str, Row] = {}
        self._next = 0.0
        self._looking = threading.Lock()

    def rows(self) -> dict[str, Row]:
        """All of them by their keys, as far as is known now; it asks nobody and does not wait."""
        if time.monotonic() >= self._next and self._looking.acquire(blocking=False):
            self._next = time.monotonic() + self._every
            try:
                background(self._look)
            except RuntimeError:  # no thread can be started: it is looked again
                self._looking.release()
        jobs = self._jobs
        if jobs is not self._shown:
            made = (_row(job, self._connection) for job in jobs.values() if _has_key(job))
            self._rows = kept(self._rows, {one["key"]: one for one in made})
            self._shown = jobs
        return self._rows

    def close(self) -> None:
        """Nobody looks any more."""
        with self._looking:
            self._stop()

    def _stop(self) -> None:
        if self._following:
            self._following.cancel()
        self._following = self._connection = None
        self._jobs = {}

    def _look(self) -> None:
        """Follow the service that there is now, and none if there is none any more."""
        try:
            now = service()
            if now is self._connection:
                return
            self._stop()
            if now:
                from pydra_oar_jupyter.pairio import loop

                self._connection = now
                self._following = loop.begin(self._follow(now))
        except OarError:  # it is looked again
            pass
        finally:
            self._next = time.monotonic() + self._every
            self._looking.release()

    async def _follow(self, connection: Connection) -> None:
        """Keep the jobs up to date."""
        import asyncio

        listeners: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                # What is known stands where it does not answer now, or in other words.
                with suppress(OarError, KeyError, TypeError):
                    told = (await connection.ask("findJobs", limit=_MOST))["jobs"]
                    self._take(connection, _read(told))
                for name in {job.serviceName for job in self._jobs.values()} - listeners.keys():
                    if len(listeners) < _SERVICES:
                        listening = self._listen(connection, name)
                        listeners[name] = asyncio.create_task(listening)
                await asyncio.sleep(self._every)
        finally:
            for listener in listeners.values():
                listener.cancel()

    async def _listen(self, connection: Connection, name: str) -> None:
        """Take what a service tells of the jobs that are known."""
        with suppress(OarError, ValueError):  # one that tells no events is asked all the same
            async for kind, fields in connection.api.events(serviceName=name):
                if kind == "job":
                    self._take(connection, [*_read([fields]), *self._jobs.values()])

    def _take(self, connection: Connection, jobs: Iterable[Snapshot]) -> None:
        """Take jobs as they are now; of one that comes twice the first."""
        found: dict[str, Snapshot] = {}
        for job in jobs:
            before = self._jobs.get(job.jobId)
            if before and before.status.ended:  # an end is an end
                job = before
            found.setdefault(job.jobId, before if job == before else job)
        if connection is self._connection and list(found.values()) != list(self._jobs.values()):
            self._jobs = found


def _read(told: Iterable[object]) -> Iterator[Snapshot]:
    """Jobs as a service tells them, but for those of another version of Pairio."""
    from pydra_oar_jupyter.pairio.models import PairioJob

    for one in told:
        with suppress(ValueError):
            yield PairioJob.model_validate(one)


def _has_key(job: Snapshot) -> bool:
    """Whether its id is one that a row's key can hold: other services may have others."""
    try:
        return bool(check(pairio_key(job.jobId)))
    except RequestError:
        return False


def _row(job: Snapshot, connection: Connection | None) -> Row:
    from pydra_oar_jupyter.pairio.states import in_words, tone

    definition, needs = job.jobDefinition, job.requiredResources
    gpus = f", {needs.numGpus} GPU" if needs.numGpus else ""
    return row(
        pairio_key(job.jobId),
        "pairio",
        f"{definition.appName}.{definition.processorName}",
        in_words(job.status, canceled=job.canceled, waits=not job.isRunnable),
        tone(job.status, canceled=job.canceled),
        id=job.jobId,
        owner=job.userId,
        mine=job.userId == user() or api_url() is None,
        note=(job.error or "").strip().partition("\n")[0],
        node=job.computeClientName or "",
        resources=f"{needs.numCpus} CPU{gpus}, {needs.memoryGb:g} GB, {needs.timeSec:g} s",
        submitted=job.timestampCreatedSec,
        started=job.timestampStartedSec or 0.0,
        ended=job.timestampFinishedSec or 0.0,
        walltime=needs.timeSec,
        can=[] if job.status.ended else ["cancel"],
        source=connection.api.where if connection else "",
    )
