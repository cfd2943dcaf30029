"""Server-sent events: jobs as they change, and work for compute clients as it comes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastapi.responses import StreamingResponse
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from pydra_oar_jupyter.pairio.service.accounts import client_of, service_named
from pydra_oar_jupyter.pairio.service.calls.shapes import calls
from pydra_oar_jupyter.pairio.service.clients import services_of
from pydra_oar_jupyter.pairio.service.errors import unauthorized, wrong
from pydra_oar_jupyter.pairio.service.jobs.find import job_with_id
from pydra_oar_jupyter.pairio.service.jobs.views import view
from pydra_oar_jupyter.pairio.service.state import InState, KeyIfAny
from pydra_oar_jupyter.pairio.service.tables import Job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydra_oar_jupyter.pairio.service.events import Topic
    from pydra_oar_jupyter.pairio.service.state import State

router = calls("events")
# A comment is sent when nothing else was for so long, in seconds: proxies end idle connections.
QUIET = 15.0
_AT_ONCE = 500


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


@router.get("/events", response_class=EventStream)
async def events(
    state: InState,
    key: KeyIfAny,
    jobId: str | None = None,  # noqa: N803
    serviceName: str | None = None,  # noqa: N803
    computeClientId: str | None = None,  # noqa: N803
) -> EventStream:
    """Watch a job, the jobs of a service, or, with its key, the work for a compute client.

    ``event: job``: the job as it is now, first at once where one job is watched; ``deleted``:
    its id. ``event: console``: the size of its console output has changed. ``event: jobs``:
    it is time for the compute client to ask for jobs.
    """
    topics = await run_in_threadpool(_topics, state, key, jobId, serviceName, computeClientId)
    return EventStream(
        _stream(state, topics, jobId),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _topics(
    state: State,
    key: str | None,
    job_id: str | None,
    service_name: str | None,
    compute_client_id: str | None,
) -> list[Topic]:
    """What is to be watched, if it is there and may be."""
    if sum(one is not None for one in (job_id, service_name, compute_client_id)) != 1:
        raise wrong("Events are for one of jobId, serviceName and computeClientId.")
    for one in (job_id, service_name, compute_client_id):
        if one is not None and "\0" in one:
            raise wrong("A name can't hold a NUL.")
    with state.read() as session:
        if job_id is not None:
            return [("job", job_with_id(session, job_id).job_id)]
        if service_name is not None:
            return [("service", service_named(session, service_name).service_name)]
        if key is None:
            raise unauthorized("A compute client's events need its key.")
        client = client_of(session, str(compute_client_id), key)
        topics: list[Topic] = [("work", name) for name in services_of(session, client)]
        return [*topics, ("call", client.compute_client_id)]


async def _stream(state: State, topics: list[Topic], job_id: str | None) -> AsyncIterator[str]:
    with state.events.watch(topics) as watcher:
        if job_id is not None:
            for event in await run_in_threadpool(_jobs, state, [job_id]):
                yield event
        else:
            yield _event("jobs", "{}") if topics[-1][0] == "call" else ": here\n\n"
        while (news := await watcher.next(QUIET)) is not None:
            jobs, consoles, work = news
            if jobs:
                for event in await run_in_threadpool(_jobs, state, jobs):
                    yield event
            for one, size in consoles.items():
                yield _event("console", json.dumps({"jobId": one, "size": size}))
            if work:
                yield _event("jobs", "{}")
            if not (jobs or consoles or work):
                yield ": still here\n\n"


def _jobs(state: State, ids: list[str]) -> list[str]:
    """An event for each job, as it is now."""
    told: list[str] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        with state.read() as session:
            jobs = session.scalars(select(Job).where(Job.job_id.in_(some))).all()
        found = {job.job_id: job for job in jobs}
        for job_id in some:
            job = found.get(job_id)
            if job is None:
                told.append(_event("deleted", json.dumps({"jobId": job_id})))
            else:
                told.append(_event("job", view(job).model_dump_json()))
    return told


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
