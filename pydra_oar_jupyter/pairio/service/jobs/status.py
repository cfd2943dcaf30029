"""A job's way: claimed, running, completed or failed; or cancelled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from pydra_oar_jupyter.pairio.models import JobStatus
from pydra_oar_jupyter.pairio.service.accounts import client_named
from pydra_oar_jupyter.pairio.service.errors import wrong
from pydra_oar_jupyter.pairio.service.events import job_changed, work_for_client
from pydra_oar_jupyter.pairio.service.jobs.ends import complete, fail
from pydra_oar_jupyter.pairio.service.jobs.leases import HELD
from pydra_oar_jupyter.pairio.service.tables import ComputeClientService, Job

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def set_status(
    session: Session,
    job: Job,
    compute_client_id: str,
    status: JobStatus,
    error: str | None,
    lease: float,
) -> None:
    """Take a job one step on, as its compute client says.

    Args:
        session: of a transaction that writes.
        job: locked by it.
        compute_client_id: who says so.
        status: where the job is now.
        error: why it failed; for that only.
        lease: for how many seconds a claim holds.
    """
    if (status is JobStatus.FAILED) != bool(error):
        raise wrong("A job that failed needs an error; others must not have one.")
    if status is JobStatus.STARTING:
        _claim(session, job, compute_client_id, lease)
        return
    if job.compute_client_id != compute_client_id:
        raise wrong(f"Job {job.job_id} isn't run by the compute client {compute_client_id!r}.")
    if job.status == status.value and not job.canceled:
        return  # told twice: the first answer was lost
    if job.status not in HELD or status is JobStatus.PENDING:
        was = "cancelled" if job.canceled else job.status
        raise wrong(f"Job {job.job_id} is {was}: it can't become {status.value}.")
    if status is JobStatus.RUNNING:
        job.status, job.started = status.value, time.time()
        job_changed(session, job)
    elif status is JobStatus.FAILED:
        fail(session, job, str(error))
    else:
        lacking = [output["name"] for output in job.outputs if output["size"] is None]
        if lacking:
            raise wrong(f"The output {lacking[0]!r} of job {job.job_id} was not uploaded.")
        complete(session, job)


def cancel(session: Session, job: Job, user_id: str) -> None:
    """Let a job that has not ended have failed at once; its compute client is called."""
    if job.canceled:
        return
    if JobStatus(job.status).ended:
        raise wrong(f"Job {job.job_id} has {job.status} already.")
    work_for_client(session, job.compute_client_id)
    fail(session, job, f"Cancelled by {user_id}.", canceled=True)


def _claim(session: Session, job: Job, compute_client_id: str, lease: float) -> None:
    client = client_named(session, compute_client_id)
    if session.get(ComputeClientService, (compute_client_id, job.service_name)) is None:
        raise wrong(f"{client.name} runs no jobs of the service {job.service_name!r}.")
    if job.target_clients and compute_client_id not in job.target_clients:
        raise wrong(f"Job {job.job_id} is meant for other compute clients.")
    now = time.time()
    claimed = session.execute(
        update(Job)
        .where(Job.job_id == job.job_id, Job.status == JobStatus.PENDING.value, Job.unmet == 0)
        .values(
            status=JobStatus.STARTING.value,
            starting=now,
            compute_client_id=compute_client_id,
            compute_client_name=client.name,
            compute_client_user_id=client.user_id,
            lease_until=now + lease,
            offered_to=None,
            offered_until=0.0,
        )
        .returning(Job.number)
        .execution_options(synchronize_session=False)
    ).first()
    if claimed is None:
        whose = f" by {job.compute_client_name}" if job.compute_client_name else ""
        raise wrong(f"Job {job.job_id} can't be claimed: it is {job.status}{whose}.")
    session.scalar(
        select(Job).where(Job.job_id == job.job_id).execution_options(populate_existing=True)
    )
    job_changed(session, job)
