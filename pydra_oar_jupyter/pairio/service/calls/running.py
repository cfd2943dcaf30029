"""Calls of compute clients, and of the jobs that they run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from pydra_oar_jupyter.pairio.models import JobStatus, PairioJob
from pydra_oar_jupyter.pairio.service.accounts import client_of
from pydra_oar_jupyter.pairio.service.calls.shapes import calls
from pydra_oar_jupyter.pairio.service.errors import wrong
from pydra_oar_jupyter.pairio.service.files.names import Kind, Place
from pydra_oar_jupyter.pairio.service.files.tickets import new_ticket
from pydra_oar_jupyter.pairio.service.jobs.leases import job_of
from pydra_oar_jupyter.pairio.service.jobs.offers import offer, renew
from pydra_oar_jupyter.pairio.service.jobs.status import set_status
from pydra_oar_jupyter.pairio.service.jobs.views import view
from pydra_oar_jupyter.pairio.service.state import BaseUrl, InState, Key
from pydra_oar_jupyter.pairio.service.tables import Job

router = calls("running jobs")


class GetRunnableJobsForComputeClientRequest(BaseModel):
    """What is there to do? ``appNames``: the apps that the compute client has; null: all."""

    type: Literal["getRunnableJobsForComputeClientRequest"]
    computeClientId: str
    appNames: Annotated[list[str], Field(max_length=1000)] | None = None


class GetRunnableJobsForComputeClientResponse(BaseModel):
    """Jobs to claim, and those that it has claimed; with their private keys."""

    type: Literal["getRunnableJobsForComputeClientResponse"] = (
        "getRunnableJobsForComputeClientResponse"
    )
    runnableJobs: list[PairioJob]
    runningJobs: list[PairioJob]


@router.post("/getRunnableJobsForComputeClient")
def get_runnable_jobs(
    request: GetRunnableJobsForComputeClientRequest, state: InState, key: Key
) -> GetRunnableJobsForComputeClientResponse:
    """Jobs for which a compute client has room, and those that it runs.

    This is also how it shows that it lives: the leases of its jobs begin anew.
    """
    settings = state.settings
    with state.write() as session:
        client = client_of(session, request.computeClientId, key)
        running = renew(session, client, settings.lease)
        offered = offer(session, client, running, request.appNames, settings.offer)
    return GetRunnableJobsForComputeClientResponse(
        runnableJobs=[view(job, key=True) for job in offered],
        runningJobs=[view(job, key=True) for job in running],
    )


class SetJobStatusRequest(BaseModel):
    """A job has come one step on; ``error``: why it failed."""

    type: Literal["setJobStatusRequest"]
    jobId: str
    computeClientId: str
    status: JobStatus
    error: str | None = None


class SetJobStatusResponse(BaseModel):
    """It is noted."""

    type: Literal["setJobStatusResponse"] = "setJobStatusResponse"


@router.post("/setJobStatus")
def set_job_status(request: SetJobStatusRequest, state: InState, key: Key) -> SetJobStatusResponse:
    """Claim a job (starting), or say that it runs, has completed or has failed."""
    lease = state.settings.lease
    with state.write() as session:
        job = job_of(session, request.jobId, key, lease)
        set_status(session, job, request.computeClientId, request.status, request.error, lease)
    return SetJobStatusResponse()


class GetSignedUploadUrlRequest(BaseModel):
    """A job wants to store a file of at most ``size`` bytes."""

    type: Literal["getSignedUploadUrlRequest"]
    jobId: str
    uploadType: Kind
    outputName: str | None = None
    otherName: str | None = None
    size: int


class GetSignedUploadUrlResponse(BaseModel):
    """Where to PUT it, once and within the hour, and where it can be read then."""

    type: Literal["getSignedUploadUrlResponse"] = "getSignedUploadUrlResponse"
    signedUrl: str
    downloadUrl: str


@router.post("/getSignedUploadUrl")
def get_signed_upload_url(
    request: GetSignedUploadUrlRequest, state: InState, key: Key, base: BaseUrl
) -> GetSignedUploadUrlResponse:
    """A URL to which a job can store a file."""
    names = {"output": request.outputName, "other": request.otherName}
    for kind, name in names.items():
        if (name is not None) != (kind == request.uploadType):
            raise wrong(f"{kind}Name is for files of the kind {kind}, which need it.")
    with state.write() as session:
        job = job_of(session, request.jobId, key, state.settings.lease)
        name = names.get(request.uploadType) or ""
        ticket = new_ticket(session, job, request.uploadType, name, request.size)
    return GetSignedUploadUrlResponse(
        signedUrl=state.shelf.upload_url(base, ticket),
        downloadUrl=_download_url(job, request.uploadType, name, base),
    )


def _download_url(job: Job, kind: Kind, name: str, base: str) -> str:
    """Where the file can be read: the job's own URLs are those that others depend on."""
    if kind == "consoleOutput":
        return job.console_url
    if kind == "resourceUtilizationLog":
        return job.resources_url
    known = {output["name"]: str(output["url"]) for output in job.outputs}
    if kind == "output":
        return known[name]
    return Place(job.service_name, job.job_id, kind, name).url(base)
