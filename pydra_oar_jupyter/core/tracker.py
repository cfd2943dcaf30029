"""The one loop that submits jobs and watches them.

A thread of its own: it gathers submissions that arrive together, reads what the jobs write, and
asks each scheduler about all of its jobs in one question, the more rarely the longer they take.
What may block (the scheduler's commands) runs outside the loop.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import OarError, Refused, SpoolError, Unreachable
from pydra_oar_jupyter.core.outcome import Ending, Outcome
from pydra_oar_jupyter.core.polls import SharedPolls
from pydra_oar_jupyter.core.process import alive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydra_oar_jupyter.core.record import JobRecord
    from pydra_oar_jupyter.core.spool import Spool, Submission

# How long jobs are gathered after the last one came, in seconds.
_GATHER = 0.02
# How often the jobs' events are looked at, in seconds: at least, and for each job watched.
_LOOK, _LOOK_PER_JOB = 0.05, 0.0002
# By how much the pause between two questions grows each time.
_WIDEN = 1.5
# How long a submitting command may live on after its kernel, in seconds.
_ARRIVING = 30.0
# The longest pause before a scheduler that did not answer is tried again, in seconds.
_RETRY = 30.0


class Tracker:
    """Submits and watches all jobs of this process. Calls may come from any thread."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._wake = threading.Condition()
        self._inbox: list[JobRecord] = []
        self._arrived = 0.0
        self._active: list[JobRecord] = []
        self._pollers: dict[str, _Poller] = {}
        self._thread: threading.Thread | None = None
        self._troubles: dict[str, Trouble] = {}

    def submit(self, records: Sequence[JobRecord]) -> None:
        """Send these jobs, with those that come at the same time. Returns at once."""
        with self._wake:
            self._inbox.extend(records)
            self._arrived = time.monotonic()
            self._start()

    def watch(self, records: Sequence[JobRecord]) -> None:
        """Follow jobs that were submitted before. Returns at once."""
        with self._wake:
            self._active.extend(record for record in records if record.outcome is None)
            for record in records:
                self._poller(record.backend).soon()
            self._start()

    def recover(self, submission: Submission, records: Sequence[JobRecord]) -> None:
        """Find out what became of jobs whose kernel ended while it sent them. Returns at once."""
        background(partial(self._recover, submission, records))

    def trouble(self, record: JobRecord) -> Trouble | None:
        """What keeps this job from being submitted or followed at the moment, if anything does."""
        return self._troubles.get(record.backend) or self._troubles.get(str(record.directory.path))

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="oar-tracker", daemon=True)
            self._thread.start()
        self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait(self._pause())
                batch = self._gathered()
                active = list(self._active)
            if batch:
                self._send(batch)
            for record in active:
                self._look(record)
            with self._wake:
                self._active = [record for record in self._active if record.outcome is None]
                by_backend = defaultdict(list)
                for record in self._active:
                    by_backend[record.backend].append(record)
            for name, poller in list(self._pollers.items()):
                poller.tend(by_backend[name])

    def _pause(self) -> float | None:
        if self._inbox:
            return _GATHER
        return max(_LOOK, _LOOK_PER_JOB * len(self._active)) if self._active else None

    def _gathered(self) -> list[JobRecord]:
        if not self._inbox or time.monotonic() - self._arrived < _GATHER:
            return []
        batch, self._inbox = self._inbox, []
        return batch

    def _look(self, record: JobRecord) -> None:
        place = str(record.directory.path)
        try:
            record.read_events()
        except OSError as error:
            message = f"{place} can't be read: {error.strerror}. The job goes on; it is tried again"
            self._troubled(place, message)
        else:
            self._troubles.pop(place, None)

    def _poller(self, backend: str) -> _Poller:
        if backend not in self._pollers:
            shared = SharedPolls(get_backend(backend), self.spool.root / "polls" / backend)
            self._pollers[backend] = _Poller(shared, get_backend(backend).polls, self._told)
        return self._pollers[backend]

    def _told(self, backend: str, problem: OarError | None) -> None:
        if problem is None:
            self._troubles.pop(backend, None)
        else:
            self._troubled(backend, str(problem))

    def _troubled(self, key: str, message: str) -> None:
        since = self._troubles[key].since if key in self._troubles else time.time()
        self._troubles[key] = Trouble(since, message)

    def _send(self, batch: list[JobRecord]) -> None:
        """Send jobs that ask for the same as one array, each array from a thread of its own."""
        alike = defaultdict(list)
        for record in batch:
            try:
                spec = record.directory.spec
            except (OSError, SpoolError, ValueError) as error:
                self._refuse([record], error)
                continue
            alike[record.backend, spec.words, spec.directory, spec.name, spec.group].append(record)
        for records in alike.values():
            background(partial(self._deliver, records))

    def _deliver(self, records: list[JobRecord]) -> None:
        name = records[0].backend
        try:
            submission = self.spool.new_submission(name, [record.directory for record in records])
            ids = self._deliver_once(submission)
            for record, job_id in zip(records, ids, strict=True):
                record.set_id(job_id)
            submission.ids = ids
            submission.write()
        except Exception as error:  # whatever it was, those who wait must hear of it
            self._refuse(records, error)
            return
        self.watch(records)

    def _deliver_once(self, submission: Submission) -> list[int]:
        """Submit, as often as it takes to be sure, and never twice."""
        backend = get_backend(submission.backend)
        pause = 1.0
        while True:
            try:
                ids = backend.find(submission) if pause > 1 else []
                ids = ids or backend.submit(submission)
            except Refused as refusal:
                submission.refused = str(refusal)
                submission.write()
                raise
            except Unreachable as problem:
                self._told(submission.backend, problem)
                time.sleep(pause)
                pause = min(pause * 2, _RETRY)
            else:
                self._told(submission.backend, None)
                return ids

    def _recover(self, submission: Submission, records: Sequence[JobRecord]) -> None:
        while not submission.ids and not submission.refused:
            # First whether the sender lives: it may have written the ids just before it ended.
            sending = alive(submission.sender) or time.time() - submission.created < _ARRIVING
            try:
                submission.reload()
                submission.ids = submission.ids or get_backend(submission.backend).find(submission)
            except (OarError, OSError) as problem:
                self._troubled(submission.backend, str(problem))
            else:
                self._troubles.pop(submission.backend, None)
                if not submission.ids and not submission.refused and not sending:
                    for record in records:
                        record.end(Outcome(Ending.NEVER_SENT))
                    return
            if not submission.ids:
                time.sleep(1)
        if submission.refused:
            self._refuse(records, Refused(submission.refused))
            return
        submission.write()
        places = [job.id for job in submission.jobs]
        for record in records:
            record.set_id(submission.ids[places.index(record.directory.id)])
        self.watch(records)

    def _refuse(self, records: Sequence[JobRecord], error: Exception) -> None:
        for record in records:
            if not record.sent.done():
                record.sent.set_exception(error)
            record.end(Outcome(Ending.REFUSED, detail=str(error)))


class Trouble:
    """Something that does not answer, since when (seconds since the epoch), and in words."""

    def __init__(self, since: float, message: str) -> None:
        self.since, self.message = since, message


class _Poller:
    """Decides when one scheduler is asked, and asks it outside the tracker's loop."""

    def __init__(
        self,
        shared: SharedPolls,
        pauses: tuple[float, float],
        told: Callable[[str, OarError | None], None],
    ) -> None:
        self._shared = shared
        self._shortest, self._longest = pauses
        self._told = told
        self._pause = self._shortest
        self._next = 0.0
        self._asking = False
        self._watching = False

    def soon(self) -> None:
        """New jobs: ask again after the shortest pause."""
        self._pause = self._shortest
        self._next = min(self._next or float("inf"), time.monotonic() + self._shortest)

    def tend(self, records: list[JobRecord]) -> None:
        """Ask about these jobs, all that are followed, if it is time to."""
        if not records:
            if self._watching:
                self._watching = False
                self._shared.leave()
            return
        self._watching = True
        now = time.monotonic()
        if any(record.urgent for record in records):
            self._pause = self._shortest
            self._next = min(self._next, now + self._shortest)
        if now >= self._next and not self._asking:
            self._asking = True
            background(partial(self._ask, records))

    def _ask(self, records: list[JobRecord]) -> None:
        ids = {record.id for record in records if record.id is not None}
        backend = self._shared.backend.name
        try:
            answers = self._shared.ask(ids, max_age=self._pause)
            if answers is not None:
                for record in records:
                    record.take(answers, time.time())
                self._told(backend, None)
        except OarError as problem:
            self._told(backend, problem)
        finally:
            self._next = time.monotonic() + self._until_next(records)
            self._pause = min(self._pause * _WIDEN, self._longest)
            self._asking = False

    def _until_next(self, records: list[JobRecord]) -> float:
        """The pause, cut short for a walltime that runs out meanwhile."""
        now = time.time()
        ends = [
            record.status.started + record.status.walltime + self._shortest - now
            for record in records
            if record.status and record.status.started and record.status.walltime
        ]
        soonest = min((end for end in ends if end > 0), default=self._longest)
        return min(self._pause, max(soonest, self._shortest))


def background(call: Callable[[], None]) -> None:
    """Run it in a thread that does not keep the process from ending."""
    threading.Thread(target=call, name="oar-call", daemon=True).start()
