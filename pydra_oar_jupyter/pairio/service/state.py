"""What the calls of one service share, and how they come to it."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from pydra_oar_jupyter.core.files import private_directory
from pydra_oar_jupyter.pairio.service.database import Database
from pydra_oar_jupyter.pairio.service.errors import unauthorized, wrong
from pydra_oar_jupyter.pairio.service.events import Events
from pydra_oar_jupyter.pairio.service.files.shelf import Shelf
from pydra_oar_jupyter.pairio.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

# The published client writes it with a colon at times.
_BEARER = re.compile(r"Bearer:?\s+([!-~]+)\s*", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class State:
    """One service: its settings, its database, and who watches."""

    def __init__(self, settings: Settings) -> None:
        private_directory(settings.data)
        self.settings = settings
        self.shelf = Shelf(settings)
        self.database = Database(settings.database)
        self.events = Events()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that changes nothing."""
        with self.database.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are kept and then told, or neither if the block raises."""
        with self.database.write() as session:
            yield session
        told = self.events.publish(session)
        if told.deleted:
            asyncio.run(self._remove(told.deleted))

    async def _remove(self, jobs: list[tuple[str, str]]) -> None:
        for service_name, job_id in jobs:
            await self.shelf.remove(service_name, job_id)

    def base_url(self, request: Request) -> str:
        """Where the service is reached from outside, without a slash at the end."""
        if self.settings.url:
            return self.settings.url.rstrip("/")
        host = request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            raise wrong("The request names no usable Host.")
        return f"{request.url.scheme}://{host}"


async def _state(request: Request) -> State:
    found: State = request.app.state.pairio
    return found


async def _base_url(request: Request) -> str:
    return (await _state(request)).base_url(request)


async def _given_key(request: Request) -> str | None:
    found = _BEARER.fullmatch(request.headers.get("authorization", ""))
    return found[1] if found else None


_HEADER = APIKeyHeader(
    name="Authorization",
    auto_error=False,
    scheme_name="Key",
    description="`Bearer KEY`: a user's API key, a compute client's key or a job's private key.",
)


async def _needed_key(
    key: Annotated[str | None, Depends(_given_key)],
    _header: Annotated[str | None, Security(_HEADER)],
) -> str:
    if key is None:
        raise unauthorized("This call needs a key, in the header “Authorization: Bearer KEY”.")
    return key


InState = Annotated[State, Depends(_state)]
Key = Annotated[str, Depends(_needed_key)]
KeyIfAny = Annotated[str | None, Depends(_given_key)]
BaseUrl = Annotated[str, Depends(_base_url)]
