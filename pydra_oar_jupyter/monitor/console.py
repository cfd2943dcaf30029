"""What a Pairio job prints, read piece by piece from its service."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from pydra_oar_jupyter.monitor.pairio import find
from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra_oar_jupyter.monitor.logs import Read

# Its size is not told: it is looked for its end in steps of so many bytes, and so far at most.
_STEP, _FAR = 1 << 20, 1 << 26


def console(job_id: str) -> tuple[bool, Read]:
    """Whether a job has ended, and what reads what it prints.

    Raises:
        OarError: there is no service, it does not answer, or it has no such job.
    """
    found = find(job_id)
    url, api = found.snapshot.consoleOutputUrl, found.connection.api

    def get(start: int, count: int) -> bytes:
        try:
            return loop.run(api.get(url, start, count))
        except PairioError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return b""  # it has printed nothing yet
            raise

    def read(start: int, count: int) -> tuple[bytes, int]:
        if count == 0:
            return b"", _size(get)
        data = get(start, count + 1)  # one more, to know whether there is more
        return data[:count], start + len(data) if data or not start else _size(get)

    return found.snapshot.status.ended, read


def _size(get: Callable[[int, int], bytes]) -> int:
    at = 0
    while at < _FAR and len(data := get(at, _STEP)) == _STEP:
        at += _STEP
    return at + len(data) if at < _FAR else at
