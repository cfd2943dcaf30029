"""Find jobs, services and apps."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, TypeVar

from pydra_oar_jupyter.core import html
from pydra_oar_jupyter.core.clean import xml
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.pairio import loop, models
from pydra_oar_jupyter.pairio.client.calls import App, Service
from pydra_oar_jupyter.pairio.client.connection import connection as connection_or
from pydra_oar_jupyter.pairio.client.handle import PairioJob
from pydra_oar_jupyter.pairio.client.status import marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydra_oar_jupyter.pairio.client.connection import Connection

FILTERS = (
    "appName", "batchId", "computeClientId", "inputFileUrl", "jobId", "limit", "outputFileUrl",
    "processorName", "serviceName", "status", "tags", "userId",
)  # fmt: skip
T = TypeVar("T")


class Table(list[T]):
    """A list that shows itself as a table."""

    def __init__(
        self, items: Iterable[T], headings: tuple[str, ...], row: Callable[[T], tuple[str, ...]]
    ) -> None:
        super().__init__(items)
        self._headings, self._row = headings, row

    def _repr_html_(self) -> str:
        if not self:
            return html.section(html.faint("None."))
        return html.table(self._headings, map(self._row, self))


async def _jobs(*, connection: Connection | None = None, **filters: Any) -> Table[PairioJob]:
    """The newest jobs of which all that is given is true, the newest first.

    Args:
        connection: the service to ask; None for the one that PAIRIO_API_URL names.
        filters: serviceName, appName, processorName, userId, status, tags, batchId, jobId,
            computeClientId, inputFileUrl, outputFileUrl, and limit: how many at most.

    Raises:
        RequestError: a filter is unknown.
        PairioError: the service refuses.
    """
    for name in filters:
        if name not in FILTERS:
            hint = did_you_mean(name, FILTERS) or f"There are {', '.join(FILTERS)}."
            raise RequestError(f"Jobs are not found by {name!r}.", hint=hint)
    asked = connection_or(connection)
    given = {name: value for name, value in filters.items() if value is not None}
    found = (await asked.ask("findJobs", **given))["jobs"]
    headings = ("status", "job", "runs", "tags", "created", "")
    return Table((PairioJob(one, asked) for one in found), headings, _job_row)


async def _job(job_id: str, *, connection: Connection | None = None) -> PairioJob:
    """The job of that id.

    Raises:
        PairioError: there is none.
    """
    asked = connection_or(connection)
    answer = await asked.ask("getJob", jobId=job_id, includePrivateKey=False)
    return PairioJob(answer["job"], asked)


async def _services(*, connection: Connection | None = None) -> Table[models.PairioService]:
    """The services that there are, with their owners and users."""
    answer = await connection_or(connection).ask("getServices")
    found = map(models.PairioService.model_validate, answer["services"])
    return Table(found, ("service", "owner", "users"), _service_row)


async def _service(name: str | None = None, *, connection: Connection | None = None) -> Service:
    """A service, whose attributes are its apps.

    Args:
        name: the service's; None for the one that PAIRIO_SERVICE_NAME names.
        connection: the service of the network to ask; None for the one of PAIRIO_API_URL.

    Raises:
        PairioError: there is none of that name.
    """
    asked = connection_or(connection)
    named = {"serviceName": _service_name(name)}
    facts = models.PairioService.model_validate((await asked.ask("getService", **named))["service"])
    found = (await asked.ask("getServiceApps", **named))["serviceApps"]
    return Service(facts, [models.PairioServiceApp.model_validate(one) for one in found], asked)


async def _apps(name: str | None = None, *, connection: Connection | None = None) -> Table[App]:
    """The apps of a service, whose attributes are their processors; arguments as of `service`."""
    found = await _service(name, connection=connection)
    return Table(found, ("app", "description", "processors"), _app_row)


jobs, ajobs = loop.waiting(_jobs, "jobs"), loop.awaited(_jobs, "ajobs")
job, ajob = loop.waiting(_job, "job"), loop.awaited(_job, "ajob")
services, aservices = loop.waiting(_services, "services"), loop.awaited(_services, "aservices")
service, aservice = loop.waiting(_service, "service"), loop.awaited(_service, "aservice")
apps, aapps = loop.waiting(_apps, "apps"), loop.awaited(_apps, "aapps")


def _service_name(name: str | None) -> str:
    if found := name or os.environ.get("PAIRIO_SERVICE_NAME"):
        return found
    raise RequestError(
        "No service is named.", hint='Such as service("hello_world_service"); services() lists all.'
    )


def _job_row(one: PairioJob) -> tuple[str, ...]:
    facts = one.snapshot
    created = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(facts.timestampCreatedSec))
    return (
        marked(facts),
        html.link(one.job_url, facts.jobId),
        html.mono(one.name),
        xml(", ".join(facts.tags)),
        xml(created),
        xml((facts.error or "")[:200]),
    )


def _service_row(one: models.PairioService) -> tuple[str, ...]:
    users = ", ".join(user.userId for user in one.users)
    return html.mono(one.serviceName), xml(one.userId), xml(users)


def _app_row(one: App) -> tuple[str, ...]:
    processors = ", ".join(processor.__name__ for processor in one)
    description = one.facts.appSpecification.description
    return html.mono(one.__name__), xml(description), html.mono(processors)
