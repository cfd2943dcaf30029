"""The pages: what there is, lists of jobs, and one for each job."""

from __future__ import annotations

import time
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response, StreamingResponse

from pydra_oar_jupyter.core.clean import plain
from pydra_oar_jupyter.pairio.service.errors import missing
from pydra_oar_jupyter.pairio.service.pages import finding, words
from pydra_oar_jupyter.pairio.service.pages.index import overview
from pydra_oar_jupyter.pairio.service.pages.job import job_and_kin, job_files
from pydra_oar_jupyter.pairio.service.state import InState, State
from pydra_oar_jupyter.pairio.service.tables import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

router = APIRouter(include_in_schema=False)
_QUIET = 15.0  # seconds after which a comment shows that events may still come
_STATIC = {
    "pages.css": "text/css",
    "pages.js": "text/javascript",
    "pages.svg": "image/svg+xml",
}


@router.get("/")
async def index(request: Request, state: InState) -> Response:
    """All services with their apps."""
    services = await run_in_threadpool(overview, state)
    return _page(state, request, "index.html", services=services, statuses=finding.STATUSES)


@router.get("/jobs")
async def jobs(request: Request, state: InState) -> Response:
    """The newest jobs, of those that are asked for."""
    wanted, page = finding.Wanted.of(request.query_params), finding.page_of(request.query_params)
    found, more = await run_in_threadpool(_find, state, wanted, page)
    facts = {"jobs": found, "more": more, "wanted": wanted, "page": page}
    return _page(state, request, "jobs.html", **facts, statuses=finding.STATUSES)


@router.get("/jobs/events")
async def jobs_events(state: InState, service: str = "") -> Response:
    """Server-sent events: ``job``, without facts, when any job of a service (or of all) changed."""
    names = await run_in_threadpool(_services, state, service)
    return StreamingResponse(
        _changes(state, names),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


@router.get("/job/{job_id}")
async def job(job_id: str, request: Request, state: InState) -> Response:
    """All about a job."""
    found = await run_in_threadpool(job_and_kin, state, job_id)
    if found is None:
        return _page(state, request, "missing.html", 404, job_id=job_id)
    files = await job_files(state.shelf.store, found["job"], _root(state, request))
    return _page(state, request, "job.html", **found, **files)


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """The style and the script of the pages."""
    if name not in _STATIC:
        raise missing("There is no such file.")
    headers = {"Cache-Control": "public, max-age=31536000", "X-Content-Type-Options": "nosniff"}
    return Response(_static(name), media_type=_STATIC[name], headers=headers)


def _find(state: State, wanted: finding.Wanted, page: int) -> Any:
    with state.read() as session:
        return finding.find(session, wanted, page)


def _services(state: State, name: str) -> list[str]:
    if name:
        return [name]
    with state.read() as session:
        return list(session.scalars(select(Service.service_name)))


async def _changes(state: State, services: list[str]) -> AsyncIterator[str]:
    with state.events.watch([("service", name) for name in services]) as watcher:
        yield ": here\n\n"
        while (news := await watcher.next(_QUIET)) is not None:
            yield "event: job\ndata: {}\n\n" if news[0] else ": still here\n\n"


def _page(
    state: State, request: Request, template: str, status: int = 200, **facts: Any
) -> Response:
    """A page that loads nothing but its own style and script, and images of jobs."""
    text = (
        _templates()
        .get_template(template)
        .render(root=_root(state, request), now=time.time(), **facts)
    )
    images = " ".join(filter(None, ("'self'", state.shelf.store.origin)))
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
            f"img-src {images}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(text, status, headers)


def _root(state: State, request: Request) -> str:
    """What the path of each link begins with: "" where the service has a host for itself."""
    return urlsplit(state.base_url(request)).path


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("pydra_oar_jupyter.pairio.service.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_said,
    )
    templates.globals["version"] = sha256(b"".join(map(_static, _STATIC))).hexdigest()[:8]
    templates.filters.update(words.FILTERS)
    templates.tests.update(words.TESTS)
    return templates


def _said(value: Any) -> Any:
    """What a page says of a value: strings of others without what it can't show."""
    if value is None:
        return ""
    return plain(value) if type(value) is str else value


@cache
def _static(name: str) -> bytes:
    return resources.files(__package__).joinpath("static", name).read_bytes()
