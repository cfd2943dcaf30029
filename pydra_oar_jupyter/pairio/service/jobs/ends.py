"""What the end of a job means for those that need it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import select

from pydra_oar_jupyter.pairio.models import JobStatus
from pydra_oar_jupyter.pairio.service.events import job_changed, work_for_service
from pydra_oar_jupyter.pairio.service.tables import Job, JobDependency

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

MOST_ERROR = 10_000
_AT_ONCE = 500


def complete(session: Session, job: Job) -> None:
    """Let a job be completed, and those be runnable that waited for it last."""
    _end(session, job, JobStatus.COMPLETED)
    for waiting in _pending_on(session, [job.job_id]):
        waiting.unmet -= 1
        job_changed(session, waiting)
        if waiting.unmet == 0:
            work_for_service(session, waiting.service_name)


def fail(session: Session, job: Job, error: str, *, canceled: bool = False) -> None:
    """Let a job have failed, and all that can't run without it."""
    _end(session, job, JobStatus.FAILED, error[:MOST_ERROR], canceled=canceled)
    fail_dependents(session, job.job_id, f"failed: {error}")


def fail_dependents(session: Session, job_id: str, why: str) -> None:
    """Let all have failed that need a job which won't complete.

    Args:
        session: of a transaction that has locked the job.
        job_id: the job's.
        why: what became of it: "failed: …" or "was deleted".
    """
    error = f"Job {job_id}, on which it depends, {why}"[:MOST_ERROR]
    ids: Sequence[str] = [job_id]
    while ids:
        failed = _pending_on(session, ids)
        for job in failed:
            _end(session, job, JobStatus.FAILED, error)
        session.flush()
        ids = [job.job_id for job in failed]


def _end(
    session: Session,
    job: Job,
    status: JobStatus,
    error: str | None = None,
    *,
    canceled: bool = False,
) -> None:
    job.status, job.error, job.canceled = status.value, error, canceled
    job.finished = time.time()
    job.lease_until = None
    job.secrets = []  # nobody needs them any more
    job_changed(session, job)


def _pending_on(session: Session, ids: Sequence[str]) -> list[Job]:
    """The pending jobs that need one of these. Locked, in the order that all lock them in."""
    found: list[Job] = []
    for some in _parts(ids):
        needing = select(JobDependency.job_id).where(JobDependency.needs.in_(some))
        found += session.scalars(
            select(Job)
            .where(Job.job_id.in_(needing), Job.status == JobStatus.PENDING.value)
            .order_by(Job.number)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    return list(dict.fromkeys(found))


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
