"""Who is told of what, as it happens: jobs to those who watch them, work to compute clients.

What changes in a transaction is noted in its session, and told once it is committed. A watcher
that is slow is told of the last state only, so that nothing piles up.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from pydra_oar_jupyter.pairio.service.tables import Job

# ("job", its id), ("service", its name): its jobs; ("client", its id): its jobs;
# ("work", a service's name), ("call", a compute client's id): time to ask for jobs.
Topic = tuple[str, str]


@dataclass
class Changes:
    """What a transaction has changed."""

    jobs: dict[str, set[Topic]] = field(default_factory=dict)
    consoles: dict[str, int] = field(default_factory=dict)
    work: set[Topic] = field(default_factory=set)
    # The service's name and the id of each job that is no more.
    deleted: list[tuple[str, str]] = field(default_factory=list)


def changes(session: Session) -> Changes:
    """What this transaction has changed so far, to add to."""
    found: Changes = session.info.setdefault("changes", Changes())
    return found


def job_changed(session: Session, job: Job) -> None:
    """Tell those who watch this job, its service's or its compute client's."""
    topics = {("job", job.job_id), ("service", job.service_name)}
    if job.compute_client_id:
        topics.add(("client", job.compute_client_id))
    changes(session).jobs.setdefault(job.job_id, set()).update(topics)


def console_grew(session: Session, job_id: str, size: int) -> None:
    """Tell those who watch this job that there is more console output, in bytes."""
    changes(session).consoles[job_id] = size


def work_for_service(session: Session, service_name: str) -> None:
    """Let the compute clients of a service ask for jobs."""
    changes(session).work.add(("work", service_name))


def work_for_client(session: Session, compute_client_id: str | None) -> None:
    """Let a compute client ask: something is different about its jobs."""
    if compute_client_id:
        changes(session).work.add(("call", compute_client_id))


class Watcher:
    """What is to be told to one who watches. Used in the event loop only."""

    def __init__(self) -> None:
        self._jobs: dict[str, None] = {}
        self._consoles: dict[str, int] = {}
        self._work = False
        self._closed = False
        self._news = asyncio.Event()

    def tell(self, jobs: list[str], consoles: dict[str, int], *, work: bool) -> None:
        """Add to it."""
        self._jobs.update(dict.fromkeys(jobs))
        self._consoles.update(consoles)
        self._work |= work
        self._news.set()

    def close(self) -> None:
        """Nothing more comes."""
        self._closed = True
        self._news.set()

    async def next(self, patience: float) -> tuple[list[str], dict[str, int], bool] | None:
        """The jobs that changed, the sizes of console outputs, whether there is work; or None.

        All are empty when nothing has happened within ``patience`` seconds.
        """
        try:
            await asyncio.wait_for(self._news.wait(), patience)
        except TimeoutError:
            return [], {}, False
        if self._closed:
            return None
        told = list(self._jobs), self._consoles, self._work
        self._jobs, self._consoles, self._work = {}, {}, False
        self._news.clear()
        return told


class Events:
    """Brings what has changed to those who watch it. One for each service's process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._watchers: dict[Topic, set[Watcher]] = {}

    @contextmanager
    def watch(self, topics: list[Topic]) -> Iterator[Watcher]:
        """Watch these topics. For use in the event loop."""
        self._loop = asyncio.get_running_loop()
        watcher = Watcher()
        with self._lock:
            for topic in topics:
                self._watchers.setdefault(topic, set()).add(watcher)
        try:
            yield watcher
        finally:
            with self._lock:
                for topic in topics:
                    self._watchers[topic].discard(watcher)
                    if not self._watchers[topic]:
                        del self._watchers[topic]

    def publish(self, session: Session) -> Changes:
        """Tell what a committed transaction has changed, and return it. From any thread."""
        found = changes(session)
        if not self._watchers or self._loop is None:
            return found
        told: dict[Watcher, tuple[list[str], dict[str, int], bool]] = {}
        with self._lock:
            for job_id, topics in found.jobs.items():
                for watcher in self._of(topics):
                    told.setdefault(watcher, ([], {}, False))[0].append(job_id)
            for job_id, size in found.consoles.items():
                for watcher in self._of({("job", job_id)}):
                    told.setdefault(watcher, ([], {}, False))[1][job_id] = size
            for watcher in self._of(found.work):
                jobs, consoles, _ = told.get(watcher, ([], {}, False))
                told[watcher] = jobs, consoles, True
        if told and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_tell, told)
        return found

    def close(self) -> None:
        """Let all who watch go. For use in the event loop."""
        with self._lock:
            for watcher in self._of(set(self._watchers)):
                watcher.close()

    def _of(self, topics: set[Topic]) -> set[Watcher]:
        none: set[Watcher] = set()
        return none.union(*(self._watchers.get(topic, none) for topic in topics))


def _tell(told: dict[Watcher, tuple[list[str], dict[str, int], bool]]) -> None:
    for watcher, (jobs, consoles, work) in told.items():
        watcher.tell(jobs, consoles, work=work)
