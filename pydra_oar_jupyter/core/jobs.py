"""This user's jobs: submitting some, and finding all again, those of earlier kernels too."""

from __future__ import annotations

import itertools
import os
import threading
import time
from functools import cache
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import BACKENDS, default_backend
from pydra_oar_jupyter.core.errors import OarError, SpoolError
from pydra_oar_jupyter.core.job import Job, make_job
from pydra_oar_jupyter.core.outcome import Ending, Outcome
from pydra_oar_jupyter.core.record import JobRecord
from pydra_oar_jupyter.core.spool import Spool
from pydra_oar_jupyter.core.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.core.spool import JobDirectory, Submission

# How long a job may be on its way from its directory to a submission, in seconds.
_ON_ITS_WAY = 60.0


class Jobs:
    """All jobs of one spool, each known once in this process. Calls may come from any thread."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.tracker = Tracker(spool)
        self._lock = threading.RLock()
        self._known: dict[str, Job] = {}
        self._settled: dict[str, Submission] = {}  # those that don't change any more

    def submit(self, directories: Sequence[JobDirectory], backend: str | None = None) -> list[Job]:
        """Send jobs; their handles at once, before the scheduler has them."""
        name = backend or default_backend()
        records = [JobRecord(directory, name) for directory in directories]
        with self._lock:
            jobs = [self._add(record, record.directory.spec.kind) for record in records]
        self.tracker.submit(records)
        return jobs

    def all(self) -> list[Job]:
        """Every job in the spool, the newest first."""
        with self._lock:
            submissions, whole = self._submissions()
            sent = {directory.id for submission in submissions for directory in submission.jobs}
            unsent = [id_ for id_ in self.spool.job_ids() if id_ not in sent]
            # A job may belong to a submission that can't be read: nothing is known of it then.
            lost = [self._known.get(id_) or (self._never_sent(id_) if whole else None)
                    for id_ in unsent]  # fmt: skip
            found = [reversed(self._recall(submission)) for submission in submissions]
            return [*(job for job in lost if job), *itertools.chain.from_iterable(found)]

    def get(self, job_id: int, backend: str | None = None) -> Job:
        """The job of that id, or the one that the scheduler submitted in its place.

        Raises:
            OarError: no job of that id was submitted from here.
        """
        with self._lock:
            submissions, _ = self._submissions()
            here = [one for one in submissions if backend in (None, one.backend)]
            for submission in here:
                if job_id in submission.ids:
                    at = submission.ids.index(job_id)
                    if found := self._recall(submission, slice(at, at + 1)):
                        return found[0]
            # The scheduler submits only such jobs again, with another id.
            again = [one for one in here if "idempotent" in one.words]
            for job in itertools.chain(self._known.values(), *map(self._recall, again)):
                if job.id == job_id and backend in (None, job.backend.name):
                    return job
        raise OarError(
            f"Job {job_id} was not submitted from here (spool: {self.spool.root}). "
            "%oarstat shows all of your jobs that have not ended."
        )

    def find(self, directory: str) -> Job | None:
        """The job whose directory in the spool has that id; None if there is none."""
        with self._lock:
            if known := self._known.get(directory):
                return known
        if not self.spool.job(directory).path.is_dir():  # listing all takes its time
            return None
        return next((job for job in self.all() if job.directory.id == directory), None)

    def forget(self, older_than: float) -> int:
        """Remove the jobs that ended more than so many seconds ago, with all of their files.

        Handles that are still held can say how theirs ended, and no more. Returns how many it
        were.
        """
        with self._lock:
            self.all()  # what kernels that died left open is ended where that is known
            removed = self.spool.remove_ended(time.time() - older_than)
            for id_ in removed:
                self._known.pop(id_, None)
            self._settled.clear()
        return len(removed)

    def discard(self, job: Job) -> None:
        """Remove a job that has ended, with all of its files, and forget it.

        A handle that is still held can say how it ended, and no more.
        """
        self.spool.discard(job.directory)
        submission = job.submission
        if submission:
            self.spool.discard_empty(submission)
        with self._lock:
            self._known.pop(job.directory.id, None)
            if submission and not submission.path.exists():
                self._settled.pop(submission.id, None)

    def _submissions(self) -> tuple[list[Submission], bool]:
        """Those that can be read, the newest first; and whether that is all of them."""
        found, whole = [], True
        for id_ in self.spool.submission_ids():
            try:
                submission = self._settled.get(id_) or self.spool.submission(id_)
            except SpoolError:
                whole = False
                continue
            if submission is None:
                continue
            if submission.backend not in BACKENDS:  # of another version
                whole = False
                continue
            if submission.ids or submission.refused:
                self._settled[id_] = submission
            found.append(submission)
        return sorted(found, key=lambda submission: submission.created, reverse=True), whole

    def _add(self, record: JobRecord, kind: str) -> Job:
        return self._known.setdefault(record.directory.id, make_job(record, kind, self.tracker))

    def _recall(self, submission: Submission, part: slice = slice(None)) -> list[Job]:
        """The handles of a submission's jobs; those that go on are followed from now on."""
        ids: Sequence[int | None] = submission.ids or [None] * len(submission.jobs)
        jobs, open_records = [], []
        for directory, job_id in zip(submission.jobs[part], ids[part], strict=False):
            if directory.id not in self._known:
                record = JobRecord(directory, submission.backend, job_id)
                record.submission = submission
                try:
                    ended = record.recall()
                except SpoolError:
                    ended = False
                if not ended:
                    if not directory.spec_file.exists():
                        continue  # removed by its owner
                    open_records.append(record)
                self._add(record, submission.kind)
            jobs.append(self._known[directory.id])
        if open_records and submission.ids:
            self.tracker.watch(open_records)
        elif open_records:
            self.tracker.recover(submission, open_records)
        return jobs

    def _never_sent(self, id_: str) -> Job | None:
        """The handle of a job that belongs to no submission, if it will never."""
        directory = self.spool.job(id_)
        try:
            spec = directory.spec
        except (OSError, SpoolError, ValueError, TypeError, KeyError):
            return None  # not a job yet, or removed at this moment
        if time.time() - spec.created < _ON_ITS_WAY:
            return None
        record = JobRecord(directory, default_backend())
        if not record.recall():
            record.end(Outcome(Ending.NEVER_SENT))
        return self._add(record, spec.kind)


@cache
def all_jobs() -> Jobs:
    """The jobs of this process's spool."""
    return Jobs(Spool())


# Threads don't survive a fork, and a lock that one held stays held: the child begins anew.
os.register_at_fork(after_in_child=all_jobs.cache_clear)


def jobs() -> list[Job]:
    """Every job submitted from notebooks of this user, the newest first."""
    return all_jobs().all()


def job(job_id: int, backend: str | None = None) -> Job:
    """The handle of a job by the scheduler's id, in a new kernel too.

    Raises:
        OarError: no job of that id was submitted from here.

    Example::

        job(154).result()
    """
    return all_jobs().get(job_id, backend)
