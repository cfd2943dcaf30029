"""The service as a program for a web server."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from pydra_oar_jupyter.pairio.service.calls import (
    apps,
    clients,
    jobs,
    running,
    services,
    users,
    watching,
)
from pydra_oar_jupyter.pairio.service.errors import Refused
from pydra_oar_jupyter.pairio.service.files.routes import router as files
from pydra_oar_jupyter.pairio.service.jobs.leases import expire, grant_all
from pydra_oar_jupyter.pairio.service.pages.routes import router as pages
from pydra_oar_jupyter.pairio.service.state import State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response

    from pydra_oar_jupyter.pairio.service.settings import Settings

_log = logging.getLogger(__name__)
_CALLS = (jobs, running, apps, services, clients, users, watching)


def create_app(settings: Settings) -> FastAPI:
    """The service, ready to be served.

    Args:
        settings: how it runs.

    Raises:
        PairioError: its database or its files can't be used.
        SpoolError: its directory can't be made, or others can enter it.
    """
    state = State(settings)
    state.database.create()
    app = FastAPI(
        title="Pairio",
        summary="Jobs of apps on a network of compute clients",
        version="1",
        lifespan=_run,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.pairio = state
    for module in _CALLS:
        app.include_router(module.router)
    for router in (files, pages):
        app.include_router(router)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(IntegrityError, _overtaken)
    app.add_exception_handler(Exception, _failed)
    return app


@asynccontextmanager
async def _run(app: FastAPI) -> AsyncIterator[None]:
    state: State = app.state.pairio
    await run_in_threadpool(grant_all, state)
    looking = asyncio.create_task(_look_for_the_silent(state))
    yield
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking
    state.events.close()
    state.database.close()


async def _look_for_the_silent(state: State) -> None:
    """Take jobs from compute clients that have gone, as long as the service runs."""
    pause = min(5.0, state.settings.lease / 4)
    while True:
        await asyncio.sleep(pause)
        try:
            taken = await run_in_threadpool(expire, state)
        except Exception:
            _log.exception("Leases could not be looked at; this is tried again.")
        else:
            if taken:
                _log.warning("%d jobs were taken from compute clients that are silent.", taken)


def _answer(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status, headers)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return _answer(error.status, error.message, headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    more = len(error.errors()) - 1
    text = f"{where or 'The request'}: {first['msg']}" + (f" (and {more} more)" if more else "")
    return _answer(400, text[:2000])


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers) if error.headers else None
    message = f"{request.method} {request.url.path}: {error.detail}"
    return _answer(error.status_code, message, headers)


async def _overtaken(_request: Request, _error: Exception) -> Response:
    """Two made or removed the same at the same time: the second finds it so."""
    return _answer(400, "Somebody else has just changed this: look at it, and try again.")


async def _failed(_request: Request, _error: Exception) -> Response:
    return _answer(500, "The service has a fault; what is in its log tells more.")
