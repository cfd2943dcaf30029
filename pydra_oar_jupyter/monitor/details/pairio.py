"""What is known of Pairio's jobs, with the job of the cluster that runs one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.monitor.details import Details
from pydra_oar_jupyter.monitor.details.jobs import job_details
from pydra_oar_jupyter.monitor.keys import pairio_key, pairio_key_behind
from pydra_oar_jupyter.monitor.pairio import find

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.job import Job

# How many inputs, outputs and parameters are told.
_MOST = 100


def pairio_details(job_id: str) -> Details:
    """Of a job of the service that there is.

    Raises:
        OarError: there is no service, it does not answer, or it has no such job.
    """
    found = find(job_id)
    from pydra_oar_jupyter.pairio.client.status import in_a_word

    job, told = found.snapshot, Details(streams=["stdout"])
    definition = job.jobDefinition
    told.command = f"{definition.appName}.{definition.processorName}"
    told.fact("State", in_a_word(job))
    told.fact("Service", job.serviceName)
    told.fact("Compute client", job.computeClientName)
    told.fact("Image", job.imageUri)
    told.fact("Tags", ", ".join(job.tags))
    for parameter in definition.parameters[:_MOST]:
        told.fact(parameter.name, json.dumps(parameter.value, ensure_ascii=False))
    for file in definition.inputFiles[:_MOST]:
        told.fact(f"Input {file.name}", file.url)
    for output in job.outputFileResults[:_MOST]:
        told.fact(f"Output {output.name}", output.url)
    told.fact("Page", found.job_url)
    told.error = job.error or ""
    told.dependencies = [
        {"key": pairio_key(other), "id": other, "name": ""} for other in job.jobDependencies[:_MOST]
    ]
    if behind := _behind(job_id):
        _add_job(told, behind)
    return told


def _add_job(told: Details, job: Job) -> None:
    """The job of the cluster: what was asked of the scheduler, and what that says."""
    found = job_details(job)
    told.asked, told.command = found.asked, found.command
    told.folder, told.directory, told.events = found.folder, found.directory, found.events
    told.advice = found.advice
    told.fact("Job", job.id)
    told.facts += found.facts


def _behind(job_id: str) -> Job | None:
    """The job of the cluster that a compute client has submitted from here for it, if any."""
    for job in all_jobs().all():
        try:
            if job.kind == "pairio" and pairio_key_behind(job) == pairio_key(job_id):
                return job
        except OarError:  # removed at this moment
            continue
    return None
