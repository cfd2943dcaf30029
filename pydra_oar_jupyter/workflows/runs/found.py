"""A run of another process: of a kernel that ended, or of one that goes on elsewhere."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.process import alive
from pydra_oar_jupyter.workflows.runs.results import failure_of
from pydra_oar_jupyter.workflows.snapshot import RunState
from pydra_oar_jupyter.workflows.worker.locks import OnTheirWay

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.workflows.runs.directories import RunDirectory, RunFacts
    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot

# How often it is looked at, in seconds.
_LOOK = 1.0
# For how long one of another machine may say nothing, in seconds; else it writes each second.
_SILENT = 300.0


class Found:
    """Says where a run is by what is in its directory.

    Args:
        facts: what is known of it.
        directory: where it is.

    Attributes:
        ended: done with its last snapshot.
    """

    def __init__(self, facts: RunFacts, directory: RunDirectory) -> None:
        self.ended: Future[RunSnapshot] = Future()
        self.ended.set_running_or_notify_cancel()  # whoever awaits it and gives up ends nothing
        self._facts, self._directory = facts, directory
        self._job: Job | None = None
        self._cancelled = False
        if (found := self._look()).state.final:
            self.ended.set_result(found)
        else:
            threading.Thread(target=self._follow, name="pydra-run-follow", daemon=True).start()

    def cancel(self) -> None:
        """Delete the job that all of it runs in, or have the process cancel it that runs it.

        Raises:
            OarError: the scheduler won't; or the wish can't be written down.
        """
        if self.ended.done():
            return
        if self._job is None:
            self._directory.ask_to_stop()
            return
        self._cancelled = True
        self._job.cancel()

    @property
    def state(self) -> RunState:
        """Where it is."""
        return self.progress().state

    def progress(self) -> RunSnapshot:
        """Where it is, in full."""
        return self.ended.result() if self.ended.done() else self._look()

    def jobs(self) -> list[Job]:
        """The scheduler's jobs that run it, as far as its last snapshot names them."""
        snapshot = self.progress()
        ids = {snapshot.job, *(task.job for task in snapshot.tasks)} - {None}
        found = []
        for id_ in sorted(id_ for id_ in ids if id_ is not None):
            with suppress(OarError):  # its files were removed
                found.append(all_jobs().get(id_, self._facts.backend or None))
        return found

    def failure(self) -> BaseException:
        """What to raise for it, if it has failed."""
        return failure_of(self.progress())

    def _follow(self) -> None:
        while True:
            with suppress(OarError):  # a file can't be read: it may be mended
                if (found := self._look()).state.final:
                    self.ended.set_result(found)
                    return
            time.sleep(_LOOK)

    def _look(self) -> RunSnapshot:
        snapshot = self._read()
        if snapshot.state.final:
            return snapshot
        if self._facts.one_job and (job := self._job_of(snapshot)):
            snapshot = replace(snapshot, job=job.id)
            # What the job wrote last may have come since.
            return self._ended_with(job, self._read()) if job.done() else snapshot
        if self._goes_on(snapshot):
            return snapshot
        snapshot = self._read()  # it may have ended since
        if snapshot.state.final:
            return snapshot
        return self._note(replace(snapshot, state=RunState.INTERRUPTED, ended=snapshot.taken))

    def _read(self) -> RunSnapshot:
        return self._directory.snapshot() or self._facts.snapshot()

    def _goes_on(self, snapshot: RunSnapshot) -> bool:
        """Whether the process that runs it does."""
        known = alive(self._facts.process)
        return time.time() - snapshot.taken < _SILENT if known is None else known

    def _job_of(self, snapshot: RunSnapshot) -> Job | None:
        """The job in which all of it runs, if it was submitted."""
        if self._job is None and snapshot.cache_dir:
            place, spool = Path(snapshot.cache_dir), all_jobs().spool.root
            if noted := OnTheirWay(place.parent, spool).find(place.name):
                self._job = all_jobs().find(noted.job)
        return self._job

    def _ended_with(self, job: Job, snapshot: RunSnapshot) -> RunSnapshot:
        """Where it is when its job has ended, which mostly says that itself."""
        outcome = job.wait()
        snapshot = replace(snapshot, job=job.id)
        if snapshot.state.final:
            return snapshot
        state, error = RunState.DONE, ""
        if outcome.ending is Ending.DELETED and self._cancelled:
            state = RunState.CANCELLED
        elif not outcome.ok:
            state, error = RunState.FAILED, str(job.failure(outcome))
        return self._note(replace(snapshot, state=state, error=error, ended=job.ended))

    def _note(self, snapshot: RunSnapshot) -> RunSnapshot:
        """Write down how it ended, as nobody else will."""
        with suppress(OarError):  # then it is worked out again
            snapshot.write(self._directory.snapshot_file)
        return snapshot
