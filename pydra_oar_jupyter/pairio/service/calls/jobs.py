"""Calls of those who want jobs done: made, found, read, cancelled and deleted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select

from pydra_oar_jupyter.pairio.models import PairioJob, PairioJobDefinition
from pydra_oar_jupyter.pairio.service.accounts import (
    client_of,
    may,
    need_self,
    service_named,
    user_of,
)
from pydra_oar_jupyter.pairio.service.calls.shapes import calls
from pydra_oar_jupyter.pairio.service.errors import missing, unauthorized
from pydra_oar_jupyter.pairio.service.jobs.create import JobOrder, admit, cached, create
from pydra_oar_jupyter.pairio.service.jobs.delete import delete_jobs
from pydra_oar_jupyter.pairio.service.jobs.find import (
    JobFilters,
    find_jobs,
    job_with_id,
    newest_of_definition,
)
from pydra_oar_jupyter.pairio.service.jobs.leases import job_of
from pydra_oar_jupyter.pairio.service.jobs.status import cancel
from pydra_oar_jupyter.pairio.service.jobs.views import view
from pydra_oar_jupyter.pairio.service.state import BaseUrl, InState, Key, KeyIfAny
from pydra_oar_jupyter.pairio.service.tables import Job
from pydra_oar_jupyter.pairio.service.tokens import same

router = calls("jobs")


class CreateJobRequest(JobOrder):
    """A job is wanted."""

    type: Literal["createJobRequest"]


class CreateJobResponse(BaseModel):
    """The new job, or the one of this definition that there was."""

    type: Literal["createJobResponse"] = "createJobResponse"
    job: PairioJob


@router.post("/createJob")
def create_job(
    request: CreateJobRequest, state: InState, key: Key, base: BaseUrl
) -> CreateJobResponse:
    """Make a job, or give the newest one of the same definition."""
    definition_hash = request.jobDefinition.hash
    with state.read() as session:
        user, processor = admit(session, request, key)
        job = cached(session, request, definition_hash)
    if job is None or not set(request.tags) <= set(job.tags):
        with state.write() as session:
            job = create(session, request, user.user_id, processor.image, definition_hash, base)
    return CreateJobResponse(job=view(job))


class FindJobByDefinitionRequest(BaseModel):
    """Is there a job of this definition?"""

    type: Literal["findJobByDefinitionRequest"]
    serviceName: str
    jobDefinition: PairioJobDefinition


class FindJobByDefinitionResponse(BaseModel):
    """The newest job of it that was not cancelled."""

    type: Literal["findJobByDefinitionResponse"] = "findJobByDefinitionResponse"
    found: bool
    job: PairioJob | None


@router.post("/findJobByDefinition")
def find_job_by_definition(
    request: FindJobByDefinitionRequest, state: InState
) -> FindJobByDefinitionResponse:
    """The newest job of a definition that was not cancelled, if there is one."""
    with state.read() as session:
        job = newest_of_definition(session, request.serviceName, request.jobDefinition.hash)
    return FindJobByDefinitionResponse(found=job is not None, job=view(job) if job else None)


class FindJobsRequest(JobFilters):
    """Which jobs are there?"""

    type: Literal["findJobsRequest"]


class FindJobsResponse(BaseModel):
    """Jobs, the newest first."""

    type: Literal["findJobsResponse"] = "findJobsResponse"
    jobs: list[PairioJob]


@router.post("/findJobs")
def find(request: FindJobsRequest, state: InState) -> FindJobsResponse:
    """The newest jobs of which all that is given is true."""
    with state.read() as session:
        found = find_jobs(session, request)
    return FindJobsResponse(jobs=[view(job) for job in found])


class GetJobRequest(BaseModel):
    """How is this job?

    Its private key is told to the compute client that runs it, and its secrets to the job: to
    whom has that private key.
    """

    type: Literal["getJobRequest"]
    jobId: str
    includePrivateKey: bool = False
    computeClientId: str | None = None


class GetJobResponse(BaseModel):
    """The job as it is now."""

    type: Literal["getJobResponse"] = "getJobResponse"
    job: PairioJob


@router.post("/getJob")
def get_job(request: GetJobRequest, state: InState, key: KeyIfAny) -> GetJobResponse:
    """A job as it is now."""
    with state.read() as session:
        job = job_with_id(session, request.jobId)
        if request.includePrivateKey:
            client_id = request.computeClientId
            if key is None or not client_id or job.compute_client_id != client_id:
                raise unauthorized("A job's private key is for the compute client that runs it.")
            client_of(session, client_id, key)
    is_own = key is not None and same(key, job.private_key)
    if key is not None and is_own:
        with state.write() as session:
            job = job_of(session, request.jobId, key, state.settings.lease)
    return GetJobResponse(job=view(job, key=request.includePrivateKey, secrets=is_own))


class CancelJobRequest(BaseModel):
    """Stop this job."""

    type: Literal["cancelJobRequest"]
    jobId: str


class CancelJobResponse(BaseModel):
    """It is stopped."""

    type: Literal["cancelJobResponse"] = "cancelJobResponse"


@router.post("/cancelJob")
def cancel_job(request: CancelJobRequest, state: InState, key: Key) -> CancelJobResponse:
    """Stop a job: for its user and for those who administer its service."""
    with state.write() as session:
        user = user_of(session, key)
        job = job_with_id(session, request.jobId, lock=True)
        if job.user_id != user.user_id:
            service = service_named(session, job.service_name)
            if not may(session, service, user, "admin"):
                raise unauthorized(f"Job {job.job_id} is {job.user_id}'s.")
        cancel(session, job, user.user_id)
    return CancelJobResponse()


class DeleteJobsRequest(BaseModel):
    """Remove these jobs."""

    type: Literal["deleteJobsRequest"]
    userId: str
    jobIds: Annotated[list[str], Field(max_length=1000)]


class DeleteJobsResponse(BaseModel):
    """They are removed."""

    type: Literal["deleteJobsResponse"] = "deleteJobsResponse"


@router.post("/deleteJobs")
def delete(request: DeleteJobsRequest, state: InState, key: Key) -> DeleteJobsResponse:
    """Remove jobs of the user's own, and their files: all of those that are named, or none."""
    with state.write() as session:
        user = user_of(session, key)
        need_self(user, request.userId)
        ids = request.jobIds
        query = select(Job).where(Job.job_id.in_(ids)).order_by(Job.number).with_for_update()
        jobs = session.scalars(query).all()
        if unknown := set(ids) - {job.job_id for job in jobs}:
            raise missing(f"There is no job {min(unknown)!r}: none was deleted.")
        for job in jobs:
            if job.user_id != request.userId:
                raise unauthorized(f"Job {job.job_id} is {job.user_id}'s: none was deleted.")
        delete_jobs(session, jobs)
    return DeleteJobsResponse()
