"""Uploads with a ticket, and downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from pydra_oar_jupyter.pairio.contents import HEAD, contents, media_type
from pydra_oar_jupyter.pairio.service.calls.shapes import ERRORS
from pydra_oar_jupyter.pairio.service.errors import Refused, missing, wrong
from pydra_oar_jupyter.pairio.service.files import tickets
from pydra_oar_jupyter.pairio.service.files.names import Place
from pydra_oar_jupyter.pairio.service.files.sending import described, redirected, sent
from pydra_oar_jupyter.pairio.service.state import BaseUrl, InState
from pydra_oar_jupyter.pairio.service.tables import Job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydra_oar_jupyter.pairio.service.state import State

router = APIRouter(tags=["files"], responses=ERRORS)
TOO_LARGE = 413


@router.put("/upload/{ticket_id}", response_class=JSONResponse)
async def upload(
    ticket_id: str,
    request: Request,
    state: InState,
    base: BaseUrl,
    expires: str = "",
    size: str = "",
    signature: str = "",
) -> dict[str, Any]:
    """Store a file, at the URL that getSignedUploadUrl gave: once, and no more than announced."""
    most = state.shelf.check(ticket_id, expires, size, signature)
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise _too_large(most)
    ticket, place = await run_in_threadpool(_take, state, ticket_id)
    body = _Body(request, most)
    try:
        await state.shelf.store.write(place, body.chunks(state, ticket_id), most)
    except BaseException as error:
        await run_in_threadpool(_give_back, state, ticket_id)
        if isinstance(error, ClientDisconnect):
            raise wrong("The upload broke off: nothing was stored.") from None
        raise
    await run_in_threadpool(_stored, state, ticket, place, place.url(base), body.size)
    return {"size": body.size}


@router.get(
    "/files/{path:path}",
    response_class=Response,
    responses={
        200: {"description": "The file"},
        206: {"description": "The range of it that was asked for"},
        307: {"description": "It is in a bucket, which hands it out"},
    },
)
async def download(path: str, request: Request, state: InState) -> Response:
    """A file of a job, or the range of it that is asked for."""
    return await _answer(path, request, state)


@router.head("/files/{path:path}", include_in_schema=False)
async def describe(path: str, request: Request, state: InState) -> Response:
    """What a download would say of the file."""
    return await _answer(path, request, state)


async def _answer(path: str, request: Request, state: State) -> Response:
    nothing = missing("There is no such file.")
    try:
        place = Place.at(path)
    except ValueError:
        raise nothing from None
    store, name = state.shelf.store, await run_in_threadpool(_called, state, place)
    if (kind := media_type(name)) is None:
        begin, size = await store.read(place, HEAD) or (b"", 0)
        kind = contents(begin, name, whole=size <= len(begin)).media_type
    headers = described(name, kind, sandboxed=not store.origin)
    head = request.method == "HEAD"
    found = await store.open(place, head=head, headers=headers)
    if found is None:
        raise nothing
    if isinstance(found, str):
        return redirected(found)
    return sent(found, headers, request.headers.get("range"), head=head)


class _Body:
    """What comes in, counted."""

    def __init__(self, request: Request, most: int) -> None:
        self.size = 0
        self._request, self._most = request, most

    async def chunks(self, state: State, ticket_id: str) -> AsyncIterator[bytes]:
        """The request's body; raises when it is too long, or may no longer be stored at its end."""
        async for chunk in self._request.stream():
            self.size += len(chunk)
            if self.size > self._most:
                raise _too_large(self._most)
            yield chunk
        await run_in_threadpool(_check, state, ticket_id)


def _take(state: State, ticket_id: str) -> tuple[tickets.Ticket, Place]:
    with state.write() as session:
        return tickets.take(session, ticket_id)


def _check(state: State, ticket_id: str) -> None:
    with state.read() as session:
        tickets.check(session, ticket_id)


def _give_back(state: State, ticket_id: str) -> None:
    with state.write() as session:
        tickets.give_back(session, ticket_id)


def _stored(state: State, ticket: tickets.Ticket, place: Place, url: str, size: int) -> None:
    with state.write() as session:
        tickets.stored(session, ticket, place, url, size)


def _called(state: State, place: Place) -> str:
    """The name of a file for those who save it."""
    if place.kind != "output":
        return place.name.rpartition("/")[2] or f"{place.kind}.txt"
    with state.read() as session:
        outputs = session.scalar(select(Job.outputs).where(Job.job_id == place.job))
    names = {output["name"]: output["fileBaseName"] for output in outputs or []}
    return str(names.get(place.name, place.name))


def _too_large(most: int) -> Refused:
    return Refused(TOO_LARGE, f"This upload URL takes {most:,} bytes at most.")
