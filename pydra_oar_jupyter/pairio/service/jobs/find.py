"""Jobs by what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from sqlalchemy import bindparam, select

from pydra_oar_jupyter.pairio.models import JobStatus
from pydra_oar_jupyter.pairio.service.errors import missing
from pydra_oar_jupyter.pairio.service.tables import Job, JobFile, JobTag
from pydra_oar_jupyter.pairio.service.tokens import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

MOST = 1000
# Made once: these are for the calls that come most often.
_WITH_ID = select(Job).where(Job.job_id == bindparam("job_id"))
_LOCKED = _WITH_ID.with_for_update()
_NEWEST = (
    select(Job)
    .where(
        Job.service_name == bindparam("service"),
        Job.definition_hash == bindparam("hash"),
        Job.canceled.is_(False),
    )
    .order_by(Job.number.desc())
    .limit(1)
)


class JobFilters(BaseModel):
    """What jobs are looked for: those of which all that is given is true.

    ``tags``: those that have all of them. ``status``: one, or any of several. ``limit``: how many
    at most, the newest first.
    """

    userId: str | None = None
    jobId: str | None = None
    processorName: str | None = None
    appName: str | None = None
    computeClientId: str | None = None
    batchId: str | None = None
    tags: str | list[str] | None = None
    serviceName: str | None = None
    inputFileUrl: str | None = None
    outputFileUrl: str | None = None
    status: JobStatus | list[JobStatus] | None = None
    limit: int = Field(default=100, ge=1, le=MOST)


def find_jobs(session: Session, filters: JobFilters) -> Sequence[Job]:
    """The newest jobs that fit, the newest first."""
    query = select(Job).order_by(Job.number.desc()).limit(filters.limit)
    for column, value in (
        (Job.user_id, filters.userId),
        (Job.job_id, filters.jobId),
        (Job.processor_name, filters.processorName),
        (Job.app_name, filters.appName),
        (Job.compute_client_id, filters.computeClientId),
        (Job.batch_id, filters.batchId),
        (Job.service_name, filters.serviceName),
    ):
        if value is not None:
            query = query.where(column == value)
    if filters.status is not None:
        several = filters.status if isinstance(filters.status, list) else [filters.status]
        query = query.where(Job.status.in_([one.value for one in several]))
    for tag in [filters.tags] if isinstance(filters.tags, str) else filters.tags or []:
        query = query.where(Job.job_id.in_(select(JobTag.job_id).where(JobTag.tag == tag)))
    for role, url in (("input", filters.inputFileUrl), ("output", filters.outputFileUrl)):
        if url is not None:
            own = JobFile.url_digest == digest(url), JobFile.role == role
            query = query.where(Job.job_id.in_(select(JobFile.job_id).where(*own)))
    return session.scalars(query).all()


def job_with_id(session: Session, job_id: str, *, lock: bool = False) -> Job:
    """That job; locked until the transaction ends, if it is to be changed."""
    found = session.scalar(_LOCKED if lock else _WITH_ID, {"job_id": job_id})
    if found is None:
        raise missing(f"There is no job {job_id!r}.")
    return found


def newest_of_definition(session: Session, service_name: str, definition_hash: str) -> Job | None:
    """The answer from the cache: a cancelled job is none."""
    return session.scalar(_NEWEST, {"service": service_name, "hash": definition_hash})
