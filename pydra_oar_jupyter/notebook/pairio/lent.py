"""What a ``%%pairio`` cell is lent, the apps of its service, and what becomes of its value."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.notebook.pairio.reach import default_service
from pydra_oar_jupyter.pairio.client import Call, PairioJob, service, submit_job
from pydra_oar_jupyter.pairio.client.arguments import identifier
from pydra_oar_jupyter.pairio.client.definition import PairioJobDefinition
from pydra_oar_jupyter.pairio.models import PairioJobDefinition as SentDefinition
from pydra_oar_jupyter.pairio.models import PairioJobRequiredResources

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra_oar_jupyter.notebook.pairio_options import JobOptions
    from pydra_oar_jupyter.pairio.client import App
    from pydra_oar_jupyter.pairio.client.connection import Connection

WANTED = 'a job, such as hello_world.hello_world_2(name="world") or a PairioJobDefinition'


def apps(connection: Connection, service_name: str | None) -> dict[str, App]:
    """The apps of a service as names for a cell; none that would hide what Python has.

    Raises:
        PairioError: there is no such service, or it can't be asked.
    """
    found = service(service_name or default_service(), connection=connection)
    named = {identifier(app.__name__): app for app in found}
    return {
        name: app
        for name, app in named.items()
        if not (keyword.iskeyword(name) or hasattr(builtins, name))
    }


def submission(value: object, asked: JobOptions, connection: Connection) -> Callable[[], PairioJob]:
    """What submits the job that a cell has made.

    Raises:
        RequestError: it is none.
    """
    name = asked.service or default_service()
    if isinstance(value, Call):
        name, connection = value.service_name, value.connection
        if asked.service not in (None, name):
            raise RequestError(
                f"This job is for the service {name}, not for {asked.service}.",
                text=f"--service {asked.service}", at=10, length=len(asked.service or ""),
            )  # fmt: skip
        value = value.definition
    if not isinstance(value, PairioJobDefinition | SentDefinition):
        raise _no_job(value)
    definition = value
    resources = PairioJobRequiredResources(
        numCpus=asked.cpus, numGpus=asked.gpus, memoryGb=asked.memory, timeSec=asked.time
    )

    def submit() -> PairioJob:
        return submit_job(
            service_name=name,
            job_definition=definition,
            required_resources=resources,
            tags=asked.tags,
            skip_cache=asked.skip_cache,
            rerun_failing=asked.rerun_failing or asked.delete_failing,
            delete_failing=asked.delete_failing,
            connection=connection,
        )

    return submit


def _no_job(value: Any) -> RequestError:
    kind = type(value).__name__
    if isinstance(value, PairioJob):
        return RequestError(
            f"The cell ends with the job {value.jobId}, which is submitted already.",
            hint=f"%pairio job {value.jobId} shows it.",
        )
    if callable(value):
        return RequestError(
            f"The cell ends with {getattr(value, '__name__', kind)}, which is not called.",
            hint="Give its arguments in parentheses; () if there are none.",
        )
    return RequestError(
        f"This is of type {kind}, and no job.", hint=f"Its last line must be {WANTED}."
    )
