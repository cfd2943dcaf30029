"""The JSON that is sent to a service, refused where no database or answer could hold it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError

from pydra_oar_jupyter.pairio.service.errors import wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi import Response

MOST_BYTES = 10_000_000
MOST_DEEP = 50
_MORE_TURNS = 3
_DEADLOCK = "40P01"
_MOST_INT = 2**63 - 1


class CallRequest(Request):
    """A request with a body of bounded size and plain values."""

    async def body(self) -> bytes:
        """All of it, unless it is too large."""
        if not hasattr(self, "_body"):
            parts, size = [], 0
            async for part in self.stream():
                size += len(part)
                if size > MOST_BYTES:
                    raise wrong(f"The request is larger than {MOST_BYTES:,} bytes.")
                parts.append(part)
            self._body = b"".join(parts)
        return self._body

    async def json(self) -> Any:
        """Its value."""
        body = await self.body()
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise wrong(f"The request isn't JSON: {str(error)[:200]}.") from None
        _check(value)
        return value


class CallRoute(APIRoute):
    """A route whose requests are read so; a call that met another one is made again."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own, with another kind of request."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            asked = CallRequest(request.scope, request.receive)
            for _ in range(_MORE_TURNS):
                try:
                    return await handler(asked)
                except OperationalError as error:
                    # PostgreSQL has undone all of one of two that waited for each other.
                    if getattr(error.orig, "sqlstate", "") != _DEADLOCK:
                        raise
            return await handler(asked)

        return handle


def _check(value: Any, depth: int = 0) -> None:
    if isinstance(value, str):
        # PostgreSQL has no NUL; a lone surrogate can't be written as UTF-8.
        if "\0" in value or not (value.isascii() or _is_unicode(value)):
            raise wrong("A string in the request holds a NUL or half of a character.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise wrong("A number in the request isn't finite.")
    elif isinstance(value, int):
        if abs(value) > _MOST_INT:
            raise wrong("An integer in the request has more than 64 bits.")
    elif isinstance(value, (list, dict)):
        if depth == MOST_DEEP:
            raise wrong(f"The request is nested more than {MOST_DEEP} deep.")
        for one in value:
            _check(one, depth + 1)
        if isinstance(value, dict):
            for one in value.values():
                _check(one, depth + 1)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
