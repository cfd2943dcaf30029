"""What is known of one job, put together from its events and the scheduler's answers.

Only the tracker changes a record, from several threads; handles read it.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import Refused, SpoolError
from pydra_oar_jupyter.core.events import EventLog
from pydra_oar_jupyter.core.files import checked
from pydra_oar_jupyter.core.outcome import Ending, Outcome, from_shell, from_status
from pydra_oar_jupyter.core.state import JobState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.spool import JobDirectory, Submission
    from pydra_oar_jupyter.core.state import JobStatus

# How long a file may be shown late by NFS after the scheduler said that the job ended, in seconds.
_LATE = 10.0
# How long a job that the scheduler never heard of, or hears of no more, is asked for, in seconds.
_UNKNOWN = 60.0
# How many progress bars are kept: a loop in a loop has one for each round.
_BARS = 10
# The exit code, and the time in seconds, after which OAR submits an idempotent job again.
_AGAIN, _AGAIN_AFTER = 99, 60.0


class JobRecord:
    """One job as far as it is known.

    Attributes:
        directory: its directory in the spool.
        backend: the name of the backend that it was given to.
        submission: what it was sent with, once it is.
        id: the scheduler's id, None until it is known. It changes when the scheduler
            submits a preempted job again.
        status: the scheduler's last answer, if any.
        host: the node on which it started, or "".
        started, ended: by the job's own events, in seconds since the epoch; 0 for not yet.
        progress: the latest report of each progress bar, by the bar's name; of many, those that
            are not full, and the latest.
        future: done when the outcome is known.
    """

    def __init__(self, directory: JobDirectory, backend: str, job_id: int | None = None) -> None:
        self.directory = directory
        self.backend = backend
        self.submission: Submission | None = None
        self.id = job_id
        self.status: JobStatus | None = None
        self.host = ""
        self.started = 0.0
        self.ended = 0.0
        self.progress: dict[str, dict[str, Any]] = {}
        self.sent: Future[int] = Future()
        self.future: Future[Outcome] = Future()
        # Whoever awaits a job and gives up cancels its future, which must not end the job.
        self.sent.set_running_or_notify_cancel()
        self.future.set_running_or_notify_cancel()
        self._lock = threading.RLock()
        self._left: Outcome | None = None
        self._deleted: int | None = None
        self._final_since = 0.0
        self._missing_since = 0.0
        if job_id is not None:
            self.sent.set_result(job_id)

    @cached_property
    def _log(self) -> EventLog:
        return EventLog(self.directory.events)

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while that is open."""
        return self.future.result() if self.future.done() else None

    @property
    def state(self) -> JobState:
        """OAR's state, from whichever knows more: the job's events or the scheduler."""
        if outcome := self.outcome:
            return outcome.state
        status = self.status.state if self.status else JobState.WAITING
        if self.ended:
            return JobState.FINISHING
        return JobState.RUNNING if self.started and status.pending else status

    @property
    def urgent(self) -> bool:
        """Whether the scheduler is to be asked soon: it is being ended, and only it can say so."""
        ending = self._deleted is not None or self._left is not None or self._overdue
        return ending and self.outcome is None

    @property
    def escaped(self) -> bool:
        """Whether it is to be deleted still: it had no id then, or was submitted again before."""
        return self._deleted not in (None, self.id) and self.outcome is None

    @property
    def _overdue(self) -> bool:
        status = self.status
        if status is None or not status.started or not status.walltime:
            return False
        return status.started + status.walltime < time.time()

    def set_id(self, job_id: int) -> None:
        """Note the scheduler's id."""
        with self._lock:
            self.id = job_id
            if not self.sent.done():
                self.sent.set_result(job_id)

    def expect_end(self, job_id: int | None) -> None:
        """Note that it was deleted, by the id that it had then; None: that it is to be."""
        self._deleted = job_id or 0

    def refuse(self, error: Exception) -> None:
        """Note that it was not submitted, and why."""
        with self._lock:
            if not self.sent.done():
                self.sent.set_exception(error)
            self.end(Outcome(Ending.REFUSED, detail=str(error)))

    def end(self, outcome: Outcome) -> None:
        """Note how it ended, in its directory too. The first word stands."""
        with self._lock:
            if self.future.done():
                return
            facts = {
                "ending": outcome.ending,
                "exit_code": outcome.exit_code,
                "detail": outcome.detail,
                "id": self.id,
                "host": self.host,
                "started": self.started,
                "ended": self.ended,
            }
            with suppress(SpoolError):  # a full disk: another kernel will work it out again
                self.directory.write_end(facts)
            self._settle(outcome)

    def _settle(self, outcome: Outcome) -> None:
        if self.id is not None and not self.sent.done():
            self.sent.set_result(self.id)
        elif not self.sent.done():  # nobody may wait for an id that never comes
            self.sent.set_exception(Refused(str(outcome)))
        self.future.set_result(outcome)

    def recall(self) -> bool:
        """Take what was noted in the directory; whether it says that the job has ended."""
        try:
            end = self.directory.read_end()
            if end is None:
                return False
            outcome = checked(Outcome(Ending(end["ending"]), end["exit_code"], end["detail"]))
            self.id = None if end["id"] is None else int(end["id"])
            self.host, self.started = str(end["host"]), float(end["started"])
            self.ended = float(end["ended"])
        except (ValueError, KeyError, TypeError, OverflowError):
            return False  # not whole: it is worked out again
        self._settle(outcome)
        return True

    def read_events(self) -> None:
        """Take what the job has written since the last time.

        Raises:
            OSError: its events are there and can't be read.
        """
        with self._lock:
            for event in self._log.poll():
                self._take_event(event)

    def _take_event(self, event: dict[str, Any]) -> None:
        match event:
            case {"event": "start"}:
                self._start(event)
            case {"event": "progress", "bar": bar}:
                self.progress[str(bar)] = event
                if len(self.progress) > _BARS:
                    full = (b for b, e in self.progress.items() if e.get("done") == e.get("total"))
                    del self.progress[next(full, next(iter(self.progress)))]
            case {"event": "done", "ok": ok}:
                self.ended = _time(event)
                self.end(Outcome(Ending.FINISHED, 0) if ok else Outcome(Ending.RAISED, 1))
            case {"event": "exit", "code": int(code)}:
                self.ended = _time(event)
                self._exit(from_shell(code))

    def _start(self, event: Mapping[str, Any]) -> None:
        # A job that was requeued starts again: what it said the first time is void.
        self.started, self.ended, self._left = _time(event), 0.0, None
        self.host = str(event.get("host", ""))
        self.progress.clear()
        job_id = event.get("job_id")
        if isinstance(job_id, int) and self.id is not None and job_id > self.id:
            self._go_on_as(job_id)  # the scheduler will say the same

    def _go_on_as(self, job_id: int) -> None:
        self.id, self.status, self._final_since = job_id, None, 0.0

    def _exit(self, outcome: Outcome) -> None:
        # A signal may be the scheduler's; and it may run again what exits with 99.
        if outcome.ending is Ending.KILLED or outcome.exit_code == _AGAIN:
            self._left = outcome
        else:
            self.end(outcome)

    def take(
        self, answers: Mapping[int, JobStatus], successors: Mapping[int, int], now: float
    ) -> None:
        """Take the scheduler's answers about many jobs.

        Args:
            answers: by the jobs' ids.
            successors: the ids of jobs that were submitted in the place of others, by those'.
            now: when they were given, by a clock of seconds that nobody sets.

        Raises:
            OSError: the job's events are there and can't be read.
        """
        with self._lock:
            if self.id is None or self.future.done():
                return
            while self.id in successors:
                self._go_on_as(successors[self.id])
                self.host, self.started, self.ended, self._left = "", 0.0, 0.0, None
            status = answers.get(self.id)
            if status is None:
                self._miss(now)
                return
            self._missing_since = 0.0
            self.status = status
            if status.state.final:
                self._final_since = self._final_since or now
                self._close(status, now - self._final_since)

    def _miss(self, now: float) -> None:
        self._missing_since = self._missing_since or now
        if now - self._missing_since > _UNKNOWN:
            self.read_events()
            self.end(Outcome(Ending.FAILED, detail="the scheduler does not know it any more"))

    def _close(self, status: JobStatus, final_for: float) -> None:
        """Say how it ended, by the scheduler's word, unless the job's own is still to come."""
        self.read_events()
        if self.id != status.id:
            return  # it has started again meanwhile
        verdict = from_status(status)
        # The script's own word may be shown late, unless the script was killed with its command.
        late = verdict.ending in (Ending.FINISHED, Ending.EXITED) and not self._left
        if (late or _runs_again(status, verdict)) and final_for < _LATE:
            return
        if self._left and verdict.ending in (Ending.FAILED, Ending.EXITED, Ending.KILLED):
            verdict = self._left
        self.ended = self.ended or status.ended
        self.end(verdict)

    def snapshot(self) -> JobStatus | None:
        """The scheduler's last answer, with the state as it is known now."""
        return self.status and dataclasses.replace(self.status, state=self.state)


def _runs_again(status: JobStatus, verdict: Outcome) -> bool:
    """Whether the scheduler submits it again: preempted, or by its own wish after a minute."""
    wished = verdict.exit_code == _AGAIN and status.ended - status.started > _AGAIN_AFTER
    return "idempotent" in status.types and (wished or verdict.ending is Ending.PREEMPTED)


def _time(event: Mapping[str, Any]) -> float:
    time = event.get("time", 0.0)
    return float(time) if isinstance(time, int | float) else 0.0
