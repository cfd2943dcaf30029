"""Leases: a compute client that falls silent loses its jobs, and others get them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from pydra_oar_jupyter.pairio.models import JobStatus
from pydra_oar_jupyter.pairio.service.errors import unauthorized
from pydra_oar_jupyter.pairio.service.events import (
    job_changed,
    work_for_client,
    work_for_service,
)
from pydra_oar_jupyter.pairio.service.jobs.ends import fail
from pydra_oar_jupyter.pairio.service.jobs.find import job_with_id
from pydra_oar_jupyter.pairio.service.tables import Job
from pydra_oar_jupyter.pairio.service.tokens import new_key, same

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pydra_oar_jupyter.pairio.service.state import State

HELD = (JobStatus.STARTING.value, JobStatus.RUNNING.value)


def job_of(session: Session, job_id: str, key: str, lease: float) -> Job:
    """That job, locked, if the key is its own; its lease is renewed.

    Args:
        session: of a transaction that writes.
        job_id: the job's.
        key: its private key.
        lease: for how many seconds.
    """
    job = job_with_id(session, job_id, lock=True)
    need_key(job, key)
    if job.status in HELD:
        job.lease_until = time.time() + lease
    return job


def need_key(job: Job, key: str) -> None:
    """Refuse a key that isn't the job's."""
    if not same(job.private_key, key):
        raise unauthorized(
            f"This isn't the private key of job {job.job_id}. A job gets a new one when it is "
            "taken from a compute client that was silent for too long."
        )


def expire(state: State) -> int:
    """Take jobs from compute clients that have been silent for too long; how many."""
    now = time.time()
    lapsed = Job.status.in_(HELD) & (Job.lease_until < now)
    with state.read() as session:
        ids = session.scalars(select(Job.job_id).where(lapsed).order_by(Job.number)).all()
    taken = 0
    for job_id in ids:  # one at a time: nobody waits long
        with state.write() as session:
            job = session.scalar(
                select(Job).where(Job.job_id == job_id, lapsed).with_for_update(skip_locked=True)
            )
            if job is not None:
                _take(session, job, state.settings.attempts)
                taken += 1
    return taken


def grant_all(state: State) -> None:
    """Let all leases begin anew: nobody could renew one while the service was down."""
    with state.write() as session:
        session.execute(
            update(Job)
            .where(Job.status.in_(HELD))
            .values(lease_until=time.time() + state.settings.lease)
        )


def _take(session: Session, job: Job, most: int) -> None:
    job.attempts += 1
    work_for_client(session, job.compute_client_id)
    if job.attempts >= most:
        times = "once" if job.attempts == 1 else f"{job.attempts} times"
        fail(session, job, f"Compute client {job.compute_client_name} fell silent ({times}).")
        return
    job_changed(session, job)  # tells those who watch the compute client that it had
    job.status = JobStatus.PENDING.value
    job.private_key = new_key()
    job.compute_client_id = job.compute_client_name = job.compute_client_user_id = None
    job.starting = job.started = job.lease_until = None
    job.outputs = [{**output, "size": None} for output in job.outputs]
    work_for_service(session, job.service_name)
