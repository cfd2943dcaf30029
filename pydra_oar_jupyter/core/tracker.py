"""The one loop that submits jobs and watches them.

A thread of its own: it gathers submissions that arrive together, reads what the jobs write, and
has each scheduler asked about all of its jobs. What may block runs outside the loop.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import defaultdict
from concurrent.futures import wait
from functools import partial
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.delivery import deliver, recover
from pydra_oar_jupyter.core.errors import OarError, SpoolError
from pydra_oar_jupyter.core.outcome import Ending, Outcome
from pydra_oar_jupyter.core.poller import Poller
from pydra_oar_jupyter.core.polls import SharedPolls
from pydra_oar_jupyter.core.troubles import Troubles
from pydra_oar_jupyter.core.workers import Workers, background

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.core.record import JobRecord
    from pydra_oar_jupyter.core.spool import Spool, Submission
    from pydra_oar_jupyter.core.troubles import Trouble

# How long jobs are gathered after the last one came, and after the first, in seconds.
_GATHER, _GATHER_LONGEST = 0.02, 0.5
# How long an interpreter that ends waits for jobs that are on their way, in seconds.
_PARTING = 5.0
# How often the jobs' events are looked at, in seconds: at least, and for each job watched.
_LOOK, _LOOK_PER_JOB = 0.05, 0.0002
# How many submissions to one scheduler are on their way at a time.
_SENDERS = 4
# The tracker's own key among the troubles.
_OWN = "tracker"


class Tracker:
    """Submits and watches all jobs of this process. Calls may come from any thread."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._wake = threading.Condition()
        self._inbox: list[JobRecord] = []
        self._first = self._last = 0.0  # when they came
        self._leaving: set[JobRecord] = set()
        self._active: list[JobRecord] = []
        self._pollers: dict[str, Poller] = {}
        self._senders: dict[str, Workers] = {}
        self._troubles = Troubles()
        self._thread: threading.Thread | None = None

    def submit(self, records: Sequence[JobRecord]) -> None:
        """Send these jobs, with those that come at the same time. Returns at once."""
        with self._wake:
            self._last = time.monotonic()
            self._first = self._first if self._inbox else self._last
            self._inbox.extend(records)
            self._leaving.update(records)
            self._start()

    def watch(self, records: Sequence[JobRecord]) -> None:
        """Follow jobs that the scheduler has. Returns at once."""
        with self._wake:
            self._active.extend(record for record in records if record.outcome is None)
            for record in records:
                self._poller(record.backend).soon()
            self._start()

    def recover(self, submission: Submission, records: Sequence[JobRecord]) -> None:
        """Find out what became of jobs whose kernel ended while it sent them. Returns at once."""
        background(partial(self._recover, submission, records))

    def ask_soon(self, backend: str) -> None:
        """Have a scheduler asked soon: something of its jobs was changed."""
        with self._wake:
            self._poller(backend).soon()
            self._wake.notify()

    def trouble(self, record: JobRecord) -> Trouble | None:
        """What keeps this job from being submitted or followed at the moment, if anything does."""
        return self._troubles.of(str(record.directory.path), record.backend, _OWN)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="oar-tracker", daemon=True)
            self._thread.start()
            atexit.register(self._part, os.getpid())
        self._wake.notify()

    def _part(self, process: int) -> None:
        if os.getpid() != process:
            return  # a fork: nothing leaves from here
        with self._wake:
            futures = [record.sent for record in self._leaving if not record.sent.done()]
        wait(futures, _PARTING)

    def _run(self) -> None:
        while True:
            try:
                self._look_after_all()
            except Exception as error:  # it must not end: the other jobs go on
                problem = OarError(f"a job can't be looked after ({error!r}); it goes on")
                self._troubles.note(_OWN, problem)
            else:
                self._troubles.note(_OWN, None)

    def _look_after_all(self) -> None:
        with self._wake:
            self._wake.wait(self._pause())
            batch = self._gathered()
            active = list(self._active)
        self._send(batch)
        for record in active:
            self._look(record)
        with self._wake:
            self._active = [record for record in self._active if record.outcome is None]
            self._leaving = {record for record in self._leaving if not record.sent.done()}
            active, pollers = list(self._active), dict(self._pollers)
        by_backend = defaultdict(list)
        for record in active:
            by_backend[record.backend].append(record)
        for name, poller in pollers.items():
            poller.tend(by_backend[name])

    def _pause(self) -> float | None:
        if self._inbox:
            return _GATHER
        return max(_LOOK, _LOOK_PER_JOB * len(self._active)) if self._active else None

    def _gathered(self) -> list[JobRecord]:
        now = time.monotonic()
        more = now - self._last < _GATHER and now - self._first < _GATHER_LONGEST
        if more or not self._inbox:
            return []
        batch, self._inbox = self._inbox, []
        return batch

    def _look(self, record: JobRecord) -> None:
        place = record.directory.path
        problem = None
        try:
            record.read_events()
        except Exception as error:
            why = (isinstance(error, OSError) and error.strerror) or repr(error)
            problem = SpoolError(f"{place} can't be read: {why}; the job goes on")
        self._troubles.note(str(place), problem)

    def _poller(self, backend: str) -> Poller:
        if backend not in self._pollers:
            shared = SharedPolls(get_backend(backend), self._spool.root / "polls" / backend)
            self._pollers[backend] = Poller(shared, self._troubles)
        return self._pollers[backend]

    def _send(self, batch: list[JobRecord]) -> None:
        """Send jobs that ask for the same as one array, a few arrays at a time."""
        alike = defaultdict(list)
        for record in batch:
            try:
                spec = record.directory.spec
            except (OSError, SpoolError, ValueError) as error:
                self._refuse([record], error)
                continue
            name = "" if spec.group else spec.name
            what = (spec.words, spec.directory, name, spec.kind, spec.group)
            alike[record.backend, *what].append(record)
        for (backend, *_), records in alike.items():
            workers = self._senders.setdefault(backend, Workers(_SENDERS))
            try:
                workers.do(partial(self._deliver, records))
            except RuntimeError as error:  # no thread can be started
                self._refuse(records, error)

    def _deliver(self, records: list[JobRecord]) -> None:
        directories = [record.directory for record in records]
        try:
            submission = self._spool.new_submission(records[0].backend, directories)
            for record in records:
                record.submission = submission
            deliver(submission, self._troubles)
        except Exception as error:  # whatever it was, those who wait must hear of it
            self._refuse(records, error)
            return
        self._sent(submission, records)

    def _recover(self, submission: Submission, records: Sequence[JobRecord]) -> None:
        try:
            arrived = recover(submission, self._troubles)
        except Exception as error:  # as above
            self._refuse(records, error)
            return
        if arrived:
            self._sent(submission, records)
        else:
            for record in records:
                record.end(Outcome(Ending.NEVER_SENT))

    def _sent(self, submission: Submission, records: Sequence[JobRecord]) -> None:
        places = (directory.id for directory in submission.jobs)
        ids = dict(zip(places, submission.ids, strict=True))
        for record in records:
            record.set_id(ids[record.directory.id])
        self.watch(records)

    def _refuse(self, records: Sequence[JobRecord], error: Exception) -> None:
        for record in records:
            record.refuse(error)
