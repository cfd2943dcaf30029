"""Removing jobs, with all that is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from pydra_oar_jupyter.pairio.models import JobStatus
from pydra_oar_jupyter.pairio.service.events import changes, job_changed, work_for_client
from pydra_oar_jupyter.pairio.service.jobs.ends import fail_dependents
from pydra_oar_jupyter.pairio.service.tables import Job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def delete_jobs(session: Session, jobs: Sequence[Job]) -> None:
    """Remove jobs; those that wait for them fail. Their files go once this is committed.

    Args:
        session: of a transaction that writes.
        jobs: locked by it.
    """
    ids = [job.job_id for job in jobs]
    for job in jobs:
        job_changed(session, job)
        changes(session).deleted.append((job.service_name, job.job_id))
        work_for_client(session, job.compute_client_id)
    session.execute(delete(Job).where(Job.job_id.in_(ids)))
    for job in jobs:
        session.expunge(job)
        if job.status != JobStatus.COMPLETED.value:
            fail_dependents(session, job.job_id, "was deleted.")
