"""A job as the service tells it: never with its key or its secrets, unless asked to."""

from __future__ import annotations

from pydra_oar_jupyter.pairio.models import PairioJob
from pydra_oar_jupyter.pairio.service.tables import Job


def view(job: Job, *, key: bool = False, secrets: bool = False) -> PairioJob:
    """A job to be told.

    Args:
        job: from the database.
        key: with its private key: for the compute client that is to run it.
        secrets: with its secrets: for the job itself.
    """
    definition = job.definition
    return PairioJob.model_validate(
        {
            "jobId": job.job_id,
            "jobPrivateKey": job.private_key if key else None,
            "serviceName": job.service_name,
            "userId": job.user_id,
            "batchId": job.batch_id,
            "tags": job.tags,
            "jobDefinition": definition,
            "jobDefinitionHash": job.definition_hash,
            "jobDependencies": job.dependencies,
            "requiredResources": {
                "numCpus": job.num_cpus,
                "numGpus": job.num_gpus,
                "memoryGb": job.memory_gb,
                "timeSec": job.time_sec,
            },
            "targetComputeClientIds": job.target_clients,
            "secrets": job.secrets if secrets else None,
            "inputFileUrlList": [file["url"] for file in definition["inputFiles"]],
            "outputFileUrlList": [output["url"] for output in job.outputs],
            "outputFileResults": job.outputs,
            "otherFileOutputs": job.other_files,
            "consoleOutputUrl": job.console_url,
            "resourceUtilizationLogUrl": job.resources_url,
            "timestampCreatedSec": job.created,
            "timestampStartingSec": job.starting,
            "timestampStartedSec": job.started,
            "timestampFinishedSec": job.finished,
            "canceled": job.canceled,
            "status": job.status,
            "isRunnable": job.unmet == 0,
            "error": job.error,
            "computeClientId": job.compute_client_id,
            "computeClientName": job.compute_client_name,
            "computeClientUserId": job.compute_client_user_id,
            "imageUri": job.image,
        }
    )
