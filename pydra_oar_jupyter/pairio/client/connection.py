"""Which service this process asks, and as whom."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.http import Api
from pydra_oar_jupyter.pairio.keys import Key, api_key, api_url

# A person waits for the first answer, and may have mistyped the address, in seconds.
_FIRST = 3.0
_STREAMS = 20  # connections at most for jobs' events; the other jobs are asked after


class Connection:
    """A service and a user of it. Its methods run on the loop of `loop.run`.

    Args:
        url: the service's; None for the one that PAIRIO_API_URL names.
        key: the user's; None for PAIRIO_API_KEY's or the key file's, read when it is needed.

    Raises:
        PairioError: no service is named.
    """

    def __init__(self, url: str | None = None, key: str | None = None) -> None:
        if not (url := url or api_url()):
            raise PairioError(
                "No Pairio service is named: set PAIRIO_API_URL. For one of your own: "
                "python -m pydra_oar_jupyter pairio serve --demo, or a cell with %%pairio."
            )
        self.api = Api(url, first=_FIRST)
        self.streams = asyncio.Semaphore(_STREAMS)
        self._key = Key(key) if key else None

    def __repr__(self) -> str:
        return f"<Connection with {self.api.where}>"

    def __reduce__(self) -> tuple[type[Connection], tuple[str]]:
        # A key goes into no pickle: who reads one asks with the key that is there.
        return type(self), (self.url,)

    @property
    def url(self) -> str:
        """The service's base."""
        return self.api.url

    async def ask(self, name: str, **fields: Any) -> dict[str, Any]:
        """A call that anybody may make, and that is safe to repeat."""
        return await self.api.call(name, fields)

    async def ask_as_user(self, name: str, *, again: bool = True, **fields: Any) -> dict[str, Any]:
        """A call with the user's key.

        Raises:
            PairioError: there is no key, or the service refuses; it says so in words.
        """
        try:
            return await self.api.call(name, fields, key=self._key or api_key(), again=again)
        except PairioError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
            words = str(error)
        # It is so too where the key is right, and its user may not do this.
        raise PairioError(
            f"{self.api.where} does not take your key for this: {words.rstrip('.')}. The key is "
            "that of PAIRIO_API_KEY, or of the key file.",
            HTTPStatus.UNAUTHORIZED,
        )


_known: dict[str, Connection] = {}
_chosen: list[Connection] = []


def use(url: str, key: str | None = None) -> Connection:
    """Let this process ask that service where none is given, whatever PAIRIO_API_URL says."""
    _chosen[:] = [Connection(url, key)]
    return _chosen[0]


def use_named() -> Connection:
    """Ask the service that PAIRIO_API_URL names again, whatever `use` has chosen before.

    Raises:
        PairioError: it names none.
    """
    _chosen.clear()
    return connection()


def connection(given: Connection | None = None) -> Connection:
    """That given, or the one chosen with `use`, or the one that PAIRIO_API_URL names."""
    if given or _chosen:
        return given or _chosen[0]
    url = api_url() or ""
    if url not in _known:
        _known[url] = Connection(url)
    return _known[url]
