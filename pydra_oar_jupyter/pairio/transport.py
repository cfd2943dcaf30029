"""Requests to one Pairio service: made again where that is safe and needed, or told in words."""

from __future__ import annotations

import asyncio
import os
import random
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable
from pydra_oar_jupyter.pairio.keys import Key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

PATIENCE = 30.0  # how long a call is repeated, in seconds
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
# A site's proxy has no business with what runs on this machine.
_DIRECT = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}
LATER = (429, 502, 503, 504)
# The request did not leave, so it is safe to send it again whatever it asks for.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_BROKEN = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


class Transport:
    """The connections to one service, for one event loop.

    Args:
        where: what the service is called in errors.
        patience: for how many seconds a request is repeated that gets no usable answer.
        first: for how many, if nobody has ever answered there: its address may be wrong.
    """

    def __init__(self, where: str, patience: float, first: float) -> None:
        self._where, self._patience, self._first = where, patience, first
        self._answered = False
        self._opened: httpx.AsyncClient | None = None
        self._pid = 0

    @property
    def client(self) -> httpx.AsyncClient:
        """What sends requests."""
        # A process that was forked can't use what its parent opened.
        if self._opened is None or self._pid != os.getpid():
            self._opened = httpx.AsyncClient(timeout=_TIMEOUT, mounts=_DIRECT)
            self._pid = os.getpid()
        return self._opened

    async def repeated(
        self, attempt: Callable[[], Awaitable[httpx.Response]], again: bool = True
    ) -> httpx.Response:
        """What an attempt brings, after as many as are safe and needed, with widening pauses.

        Args:
            attempt: sends the request with `client`.
            again: it is safe to repeat. If not, it is repeated only where it was never sent.

        Raises:
            PairioUnreachable: there was no usable answer.
        """
        begin, pause = time.monotonic(), 0.1
        while True:
            asked, sent = 0.0, True
            try:
                response = await attempt()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                why = str(error) or type(error).__name__
                sent = not isinstance(error, _UNSENT)
                safe = not sent or (again and isinstance(error, _BROKEN))
            else:
                self._answered = True
                if response.status_code not in LATER:
                    return response
                why = said(response)
                safe = again or response.status_code == HTTPStatus.TOO_MANY_REQUESTS
                if (after := response.headers.get("Retry-After", "")).isdecimal():
                    asked = float(after)
            wait = max(asked, pause * random.uniform(0.75, 1.25))
            patience = self._patience if self._answered or sent else self._first
            if not safe or time.monotonic() + wait > begin + patience:
                raise PairioUnreachable(f"No usable answer from {self._where}: {why}.", sent=sent)
            await asyncio.sleep(wait)
            pause = min(2 * pause, 5.0)

    async def close(self) -> None:
        """Close the connections."""
        if self._opened:
            await self._opened.aclose()
            self._opened = None


class Bearer(httpx.Auth):
    """The header with a key, put on last so that no traceback's variables hold it in clear."""

    def __init__(self, key: str | None) -> None:
        self._key = key and Key(key)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


def check(response: httpx.Response, what: str) -> None:
    """Raise if a file's answer is an error.

    Raises:
        PairioError: in words that begin with ``what``.
    """
    status = response.status_code
    if status == HTTPStatus.NOT_FOUND:
        raise PairioError(f"{what}: there is nothing at that URL (any more).", status)
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise PairioError(f"{what}: {said(response)}.", status)


def said(response: httpx.Response) -> str:
    """The status of an answer, and the service's words if it has some."""
    words = ""
    try:
        answer = response.json()
        words = str(answer.get("error", "")) if isinstance(answer, dict) else ""
    except (ValueError, httpx.ResponseNotRead):
        pass
    return words or f"{response.status_code} {response.reason_phrase}".strip()
