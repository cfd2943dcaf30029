"""Submit a job. The answer to that may be lost; then the job is looked up, not made twice."""

from __future__ import annotations

import asyncio
import secrets as tokens
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.client.connection import connection as connection_or
from pydra_oar_jupyter.pairio.client.definition import sendable
from pydra_oar_jupyter.pairio.client.handle import PairioJob
from pydra_oar_jupyter.pairio.errors import PairioUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydra_oar_jupyter.pairio.client.connection import Connection
    from pydra_oar_jupyter.pairio.client.definition import AnyDefinition
    from pydra_oar_jupyter.pairio.models import PairioJobRequiredResources

# When to look for a job whose making was not answered: it may be at work still. In seconds.
_LOOKS = (0.0, 1.0, 3.0, 6.0)


async def _submit(
    *,
    service_name: str,
    job_definition: AnyDefinition,
    required_resources: PairioJobRequiredResources,
    tags: Sequence[str] = (),
    skip_cache: bool = False,
    rerun_failing: bool = False,
    delete_failing: bool = False,
    secrets: Mapping[str, str] | None = None,
    target_compute_clients: Sequence[str] | None = None,
    connection: Connection | None = None,
) -> PairioJob:
    """Submit a job, or find that there is one of the same definition; its handle.

    Args:
        service_name: the service that has the app.
        job_definition: what it computes; an input may be an output of another job.
        required_resources: what it needs.
        tags: words to find it by.
        skip_cache: make a new job, even if there is one of the same definition.
        rerun_failing: make a new job if the one that there is has failed.
        delete_failing: delete that failed one then.
        secrets: variables of its environment that nobody else is to see.
        target_compute_clients: ids of the compute clients that may run it; None for all.
        connection: the service to ask; None for the one that PAIRIO_API_URL names.

    Raises:
        PairioError: the service refuses it, or there is no key.
        PairioUnreachable: the service gives no answer.
    """
    definition, dependencies = sendable(job_definition)
    fields: dict[str, Any] = {
        "serviceName": service_name,
        "userId": "",  # the service knows it by the key
        "batchId": "",
        "tags": list(tags),
        "jobDefinition": definition,
        "requiredResources": required_resources.model_dump(),
        "secrets": [{"name": name, "value": value} for name, value in (secrets or {}).items()],
        "jobDependencies": dependencies,
        "skipCache": skip_cache,
        "rerunFailing": rerun_failing,
        "deleteFailing": delete_failing,
    }
    if target_compute_clients is not None:
        fields["targetComputeClientIds"] = list(target_compute_clients)
    if skip_cache or rerun_failing:
        # The definition alone doesn't tell the new job from an earlier one.
        fields["batchId"] = f"once-{tokens.token_hex(8)}"
    asked = connection_or(connection)
    try:
        facts = (await asked.ask_as_user("createJob", again=False, **fields))["job"]
    except PairioUnreachable as lost:
        facts = await _look_up(asked, fields, lost)
    job = PairioJob(facts, asked)
    job.cached = job.snapshot.status.ended and not job.snapshot.error
    return job


submit_job = loop.waiting(_submit, "submit_job")
asubmit_job = loop.awaited(_submit, "asubmit_job")


async def _look_up(
    asked: Connection, fields: dict[str, Any], lost: PairioUnreachable
) -> dict[str, Any]:
    """The job that was made, though the service didn't say so.

    Raises:
        PairioUnreachable: there is none, and it isn't certain that there won't be.
    """
    if not lost.sent:
        raise lost
    for pause in _LOOKS:
        await asyncio.sleep(pause)
        if found := await _made(asked, fields):
            return found
    if not fields["batchId"]:
        # The service itself makes no second job of one definition.
        made: dict[str, Any] = (await asked.ask_as_user("createJob", **fields))["job"]
        return made
    raise PairioUnreachable(
        f"{lost} It has made no job so far, but it may do so yet. Look with "
        f"jobs(batchId={fields['batchId']!r}) before you submit it again."
    )


async def _made(asked: Connection, fields: dict[str, Any]) -> dict[str, Any] | None:
    """What the service answers if it has done as these fields of createJob ask."""
    named = {"serviceName": fields["serviceName"]}
    found: list[dict[str, Any]] = []
    if fields["batchId"]:
        found = (await asked.ask("findJobs", **named, batchId=fields["batchId"], limit=1))["jobs"]
    if not found and not fields["skipCache"]:
        definition = {"jobDefinition": fields["jobDefinition"]}
        known = await asked.ask("findJobByDefinition", **named, **definition)
        if known["found"] and not (fields["rerunFailing"] and known["job"]["status"] == "failed"):
            found = [known["job"]]
    return found[0] if found else None
