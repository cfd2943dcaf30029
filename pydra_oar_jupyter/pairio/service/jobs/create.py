"""Making a job, or finding that it has been made."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field
from sqlalchemy import func, insert, select

from pydra_oar_jupyter.pairio.models import (
    JobStatus,
    PairioAppProcessor,
    PairioJobDefinition,
    PairioJobRequiredResources,
    PairioJobSecret,
)
from pydra_oar_jupyter.pairio.service.accounts import need, need_self, user_of
from pydra_oar_jupyter.pairio.service.errors import wrong
from pydra_oar_jupyter.pairio.service.events import job_changed, work_for_service
from pydra_oar_jupyter.pairio.service.files.names import Place
from pydra_oar_jupyter.pairio.service.jobs.delete import delete_jobs
from pydra_oar_jupyter.pairio.service.jobs.ends import MOST_ERROR
from pydra_oar_jupyter.pairio.service.jobs.find import newest_of_definition
from pydra_oar_jupyter.pairio.service.jobs.move import files_of
from pydra_oar_jupyter.pairio.service.names import Label
from pydra_oar_jupyter.pairio.service.specification import check_definition, read_specification
from pydra_oar_jupyter.pairio.service.tables import (
    ComputeClient,
    Job,
    JobDependency,
    JobFile,
    JobTag,
    JobTarget,
    ServiceApp,
    User,
)
from pydra_oar_jupyter.pairio.service.tokens import digest, new_id, new_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_URL = re.compile(r"https?://[^\s\x00-\x20]{1,8000}", re.IGNORECASE)
_FILE_NAME = re.compile(r"(?!\.\.?$)[^/\\\x00-\x1f\x7f]{0,255}")


class JobOrder(BaseModel):
    """What is asked for by createJob.

    ``userId`` may be empty: it is the key's. ``skipCache``: a new job even where there is one
    of this definition. ``rerunFailing``: a new one where that has failed, which is then deleted
    with ``deleteFailing``.
    """

    serviceName: str
    userId: str = ""
    batchId: Label = ""
    tags: Annotated[list[Label], Field(max_length=100)] = []
    jobDefinition: PairioJobDefinition
    requiredResources: PairioJobRequiredResources
    secrets: list[PairioJobSecret] | None = None
    jobDependencies: Annotated[list[str], Field(max_length=10_000)] = []
    targetComputeClientIds: Annotated[list[str], Field(max_length=1000)] | None = None
    skipCache: bool = False
    rerunFailing: bool = False
    deleteFailing: bool = False


def admit(session: Session, order: JobOrder, key: str) -> tuple[User, PairioAppProcessor]:
    """Who orders it, and the processor that it is for.

    Raises:
        Refused: it isn't allowed, or makes no sense.
    """
    user = user_of(session, key)
    need_self(user, order.userId or user.user_id)
    service = need(session, order.serviceName, user, "create_jobs")
    definition = order.jobDefinition
    app = session.get(ServiceApp, (service.service_name, definition.appName))
    if app is None:
        raise wrong(f"The service {service.service_name!r} has no app {definition.appName!r}.")
    processor = check_definition(definition, read_specification(app.specification))
    _check_words(order)
    _check_targets(session, order.targetComputeClientIds)
    return user, processor


def cached(session: Session, order: JobOrder, definition_hash: str) -> Job | None:
    """The job that has been made of that definition, if it answers this order."""
    if order.skipCache:
        return None
    found = newest_of_definition(session, order.serviceName, definition_hash)
    if found is not None and found.status == JobStatus.FAILED.value and order.rerunFailing:
        return None
    return found


def add_tags(session: Session, job: Job, tags: Sequence[str]) -> None:
    """Give a job the tags that it hasn't yet."""
    new = [tag for tag in dict.fromkeys(tags) if tag not in job.tags]
    if new:
        job.tags = [*job.tags, *new]
        session.execute(insert(JobTag), [{"tag": tag, "job_id": job.job_id} for tag in new])
        job_changed(session, job)


def create(
    session: Session,
    order: JobOrder,
    user_id: str,
    image: str,
    definition_hash: str,
    base: str,
) -> Job:
    """The job, made or found.

    Args:
        session: of a transaction that writes.
        order: what was asked for, admitted.
        user_id: whose it is.
        image: of the processor.
        definition_hash: the definition's.
        base: the service's URL.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Two at once of one definition: the second is the first one's. SQLite has one writer.
        lock = func.hashtextextended(f"{order.serviceName}/{definition_hash}", 0)
        session.execute(select(func.pg_advisory_xact_lock(lock)))
    found = cached(session, order, definition_hash)
    if found is not None:
        add_tags(session, found, order.tags)
        return found
    if order.deleteFailing and order.rerunFailing and not order.skipCache:
        _delete_failed(session, order.serviceName, definition_hash, user_id)
    return _insert(session, order, user_id, image, definition_hash, base)


def _insert(
    session: Session, order: JobOrder, user_id: str, image: str, definition_hash: str, base: str
) -> Job:
    job_id = new_id()
    definition, resources = order.jobDefinition, order.requiredResources
    needed = _needed(session, order)
    failed = next((one for one in needed if one.status == JobStatus.FAILED.value), None)
    place = order.serviceName, job_id
    outputs = [
        {
            "name": file.name,
            "fileBaseName": file.fileBaseName,
            "url": Place(*place, "output", file.name).url(base),
            "size": None,
        }
        for file in definition.outputFiles
    ]
    now = time.time()
    job = Job(
        job_id=job_id,
        private_key=new_key(),
        service_name=order.serviceName,
        user_id=user_id,
        batch_id=order.batchId,
        app_name=definition.appName,
        processor_name=definition.processorName,
        tags=list(dict.fromkeys(order.tags)),
        definition=definition.model_dump(),
        definition_hash=definition_hash,
        dependencies=[one.job_id for one in needed],
        num_cpus=resources.numCpus,
        num_gpus=resources.numGpus,
        memory_gb=resources.memoryGb,
        time_sec=resources.timeSec,
        target_clients=order.targetComputeClientIds or None,
        secrets=[secret.model_dump() for secret in order.secrets or []],
        outputs=outputs,
        console_url=Place(*place, "consoleOutput").url(base),
        resources_url=Place(*place, "resourceUtilizationLog").url(base),
        created=now,
        image=image,
        unmet=sum(one.status != JobStatus.COMPLETED.value for one in needed),
    )
    if failed is not None:
        error = f"Job {failed.job_id}, on which it depends, failed: {failed.error}"
        job.status, job.error, job.finished = JobStatus.FAILED.value, error[:MOST_ERROR], now
    session.add(job)
    session.flush()
    _add_rows(session, job)
    job_changed(session, job)
    if job.unmet == 0:
        work_for_service(session, job.service_name)
    return job


def _add_rows(session: Session, job: Job) -> None:
    """What the job is found by."""
    ids = {"job_id": job.job_id}
    for table, rows in (
        (JobTag, [{"tag": tag, **ids} for tag in job.tags]),
        (JobFile, files_of(job)),
        (JobDependency, [{"needs": needs, **ids} for needs in job.dependencies]),
        (JobTarget, [{"compute_client_id": one, **ids} for one in job.target_clients or []]),
    ):
        if rows:
            session.execute(insert(table), rows)


def _needed(session: Session, order: JobOrder) -> Sequence[Job]:
    """The jobs that it depends on: those named, and those whose outputs it reads.

    They are locked: none ends before this one waits for it.
    """
    named = list(dict.fromkeys(order.jobDependencies))
    urls = [digest(file.url) for file in order.jobDefinition.inputFiles]
    if not named and not urls:
        return []
    writing = select(JobFile.job_id).where(JobFile.role == "output", JobFile.url_digest.in_(urls))
    found = session.scalars(
        select(Job)
        .where(Job.job_id.in_(named) | Job.job_id.in_(writing))
        .order_by(Job.number)
        .with_for_update(read=True)
    ).all()
    known = {one.job_id for one in found}
    if unknown := [job_id for job_id in named if job_id not in known]:
        raise wrong(f"The job depends on {unknown[0]!r}, and there is no such job.")
    return found


def _delete_failed(session: Session, service_name: str, definition_hash: str, user_id: str) -> None:
    failed = newest_of_definition(session, service_name, definition_hash)
    if failed is not None and failed.user_id == user_id:
        delete_jobs(session, [failed])


def _check_words(order: JobOrder) -> None:
    inputs, outputs = order.jobDefinition.inputFiles, order.jobDefinition.outputFiles
    for name in [one.fileBaseName for one in inputs] + [one.fileBaseName for one in outputs]:
        if not _FILE_NAME.fullmatch(name):
            raise wrong(f"{name!r:.300} can't be the name of a file.")
    for input_file in inputs:
        if not _URL.fullmatch(input_file.url):
            raise wrong(
                f"The input {input_file.name!r} needs a URL that begins with http:// or https://, "
                f"not {input_file.url!r:.300}."
            )
    names = [secret.name for secret in order.secrets or []]
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise wrong(f"A secret becomes an environment variable; {name!r:.300} can't be one.")
    if len(set(names)) < len(names):
        raise wrong("A secret is named twice.")


def _check_targets(session: Session, ids: Sequence[str] | None) -> None:
    if not ids:
        return
    if len(set(ids)) < len(ids):
        raise wrong("A compute client is named twice in targetComputeClientIds.")
    query = select(ComputeClient.compute_client_id).where(ComputeClient.compute_client_id.in_(ids))
    if unknown := set(ids) - set(session.scalars(query)):
        raise wrong(f"There is no compute client {min(unknown)!r}.")
