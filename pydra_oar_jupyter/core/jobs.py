"""This user's jobs: submitting some, and finding all again, those of earlier kernels too."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import default_backend
from pydra_oar_jupyter.core.errors import OarError
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
    """All jobs of one spool, each known once in this process."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.tracker = Tracker(spool)
        self._known: dict[str, Job] = {}

    def submit(self, directories: Sequence[JobDirectory], backend: str | None = None) -> list[Job]:
        """Send jobs; their handles at once, before the scheduler has them."""
        name = backend or default_backend()
        records = [JobRecord(directory, name) for directory in directories]
        jobs = [self._add(record) for record in records]
        self.tracker.submit(records)
        return jobs

    def all(self) -> list[Job]:
        """Every job in the spool, the newest first."""
        sent: set[str] = set()
        found: list[Job] = []
        for submission in self.spool.submissions():
            sent.update(directory.id for directory in submission.jobs)
            found += reversed(self._recall(submission))
        unsent = [
            self._known.get(directory.id) or self._never_sent(directory)
            for directory in self.spool.jobs()
            if directory.id not in sent
        ]
        return [*(job for job in unsent if job), *found]

    def get(self, job_id: int, backend: str | None = None) -> Job:
        """The job of that id.

        Raises:
            OarError: no job of that id was submitted from here.
        """
        for job in self._known.values():
            if job.id == job_id and backend in (None, job.backend.name):
                return job
        for submission in self.spool.submissions():
            if backend not in (None, submission.backend):
                continue
            for job in self._recall(submission):
                if job.id == job_id:
                    return job
        raise OarError(
            f"Job {job_id} was not submitted from here (spool: {self.spool.root}). "
            "%oarstat shows all of your jobs that have not ended."
        )

    def _add(self, record: JobRecord) -> Job:
        job = make_job(record, record.directory.spec, self.tracker)
        return self._known.setdefault(record.directory.id, job)

    def _recall(self, submission: Submission) -> list[Job]:
        """The handles of a submission's jobs; those that go on are followed from now on."""
        ids: Sequence[int | None] = submission.ids or [None] * len(submission.jobs)
        jobs, open_records = [], []
        for directory, job_id in zip(submission.jobs, ids, strict=True):
            if directory.id not in self._known:
                if not directory.spec_file.exists():
                    continue  # removed by its owner
                record = JobRecord(directory, submission.backend, job_id)
                if not record.recall():
                    open_records.append(record)
                self._add(record)
            jobs.append(self._known[directory.id])
        if open_records and submission.ids:
            self.tracker.watch(open_records)
        elif open_records:
            self.tracker.recover(submission, open_records)
        return jobs

    def _never_sent(self, directory: JobDirectory) -> Job | None:
        spec = directory.spec
        if time.time() - spec.created < _ON_ITS_WAY:
            return None
        record = JobRecord(directory, default_backend())
        if not record.recall():
            record.end(Outcome(Ending.NEVER_SENT))
        return self._add(record)


@cache
def all_jobs() -> Jobs:
    """The jobs of this process's spool."""
    return Jobs(Spool())


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
