"""Talk with one Pairio service: its calls, its events and its files."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable
from pydra_oar_jupyter.pairio.keys import Key
from pydra_oar_jupyter.pairio.transport import LATER, PATIENCE, Bearer, Transport, check, said

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    Progress = Callable[[int, int | None], object]

_SILENCE = 45.0  # seconds without an event; a service sends a sign of life each 15 s
_CHUNK = 1 << 20


class Api:
    """One service; use one of these in one event loop only (`loop.run` has one for all).

    Args:
        url: the service's base: its calls are at ``{url}/api/NAME``.
        key: who asks: a user's key, a compute client's, or a job's private key.
        patience: for how many seconds a call is repeated that gets no usable answer.
        first: for how many, if nobody has ever answered there; None for just as long.

    Attributes:
        where: the service's host and port; the rest of its URL may be a secret.

    Raises:
        PairioError: that is no URL of a service.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        patience: float = PATIENCE,
        first: float | None = None,
    ) -> None:
        self.url = url.strip().rstrip("/")
        self.key = Key(key) if key else None
        self.patience = patience
        try:
            parts = httpx.URL(self.url)
        except httpx.InvalidURL as error:
            raise PairioError(f"{url!r} is no URL of a Pairio service: {error}.") from None
        if parts.scheme not in ("http", "https") or not parts.host:
            raise PairioError(f"{url!r} is no URL of a Pairio service, such as https://pairio.site")
        self.where = f"{parts.scheme}://{parts.netloc.decode()}"
        self._transport = Transport(self.where, patience, patience if first is None else first)

    async def call(
        self,
        name: str,
        fields: dict[str, Any] | None = None,
        *,
        key: str | None = None,
        again: bool = True,
    ) -> dict[str, Any]:
        """Ask for something; the fields of the answer.

        Args:
            name: what is asked, such as "getJob".
            fields: those of the request, but for its type.
            key: instead of this object's key.
            again: it is safe to repeat. If not, it is repeated only where it was never sent.

        Raises:
            PairioError: the service refused it, in its own words (``status`` is 4xx or 500).
            PairioUnreachable: there was no usable answer.
        """
        response = await self._transport.repeated(
            lambda: self._transport.client.post(
                f"{self.url}/api/{name}",
                json={"type": f"{name}Request", **(fields or {})},
                auth=Bearer(key or self.key),
            ),
            again,
        )
        try:
            answer = response.json()
        except ValueError:
            answer = None
        status = response.status_code
        if status >= HTTPStatus.BAD_REQUEST and isinstance(answer, dict) and answer.get("error"):
            raise PairioError(str(answer["error"]), status)
        if not isinstance(answer, dict) or answer.get("type") != f"{name}Response":
            raise PairioUnreachable(
                f"{self.where} does not answer {name} as a Pairio service: {said(response)}.",
                status,
            )
        return answer

    async def events(self, **filters: str) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """The service's events as they come, each with its name: "job", "jobs", "console" …

        Filters are jobId, serviceName or computeClientId. A broken connection is opened again, for
        ever, and begins with the present state again.

        Raises:
            PairioError: the service refuses, or it is one without events.
        """
        pause = 0.5
        while True:
            try:
                async for name, data in self._stream_of_events(filters):
                    pause = 0.5
                    yield name, data
            except (httpx.TransportError, PairioUnreachable):
                pass
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))
            pause = min(2 * pause, 15.0)

    async def put(self, signed_url: str, content: bytes | Path) -> None:
        """Upload to a URL that getSignedUploadUrl gave, which takes one upload only.

        Raises:
            PairioUnreachable: it may have arrived or not; a new URL makes another try possible.
            PairioError: it was refused.
        """
        size = content.stat().st_size if isinstance(content, Path) else len(content)

        def attempt() -> Awaitable[httpx.Response]:
            body = _chunks(content) if isinstance(content, Path) else content
            headers = {"Content-Length": str(size)}
            return self._transport.client.put(signed_url, content=body, headers=headers)

        check(await self._transport.repeated(attempt, again=False), "The upload was refused")

    async def get(self, url: str, start: int = 0, most: int | None = None) -> bytes:
        """A file's bytes from ``start`` on, ``most`` of them; b"" where it ends before.

        With a negative ``start`` so many of its last bytes.

        Raises:
            PairioError: there is no such file (``status`` 404), or it was refused.
            PairioUnreachable: there was no usable answer.
        """
        return (await self._transport.repeated(lambda: self._part(url, start, most))).content

    async def stream(self, url: str, path: Path, progress: Progress | None = None) -> None:
        """Download into a file, which appears under its name when it is whole.

        A download that breaks goes on where it was. ``progress`` is called with the bytes so far,
        and all of them if that is known.

        Raises as `get` does.
        """
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with part.open("wb") as file:
                tag = ""

                async def attempt() -> httpx.Response:
                    nonlocal tag
                    headers = {"Accept-Encoding": "identity"}
                    if tag and (at := file.tell()):
                        headers |= {"Range": f"bytes={at}-", "If-Range": tag}
                    async with self._transport.client.stream(
                        "GET", url, headers=headers, follow_redirects=True
                    ) as response:
                        if response.status_code >= HTTPStatus.BAD_REQUEST:
                            await response.aread()
                            return response
                        tag = response.headers.get("ETag", "")
                        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
                            file.seek(0)
                            file.truncate()
                        left = response.headers.get("Content-Length")
                        total = file.tell() + int(left) if left else None
                        async for chunk in response.aiter_raw():
                            await asyncio.to_thread(file.write, chunk)
                            if progress:
                                progress(file.tell(), total)
                        return response

                check(await self._transport.repeated(attempt), "The download was refused")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    async def close(self) -> None:
        """Close its connections."""
        await self._transport.close()

    async def _part(self, url: str, start: int, most: int | None) -> httpx.Response:
        """A file's part; the answer has no more than that as its content."""
        headers = {"Range": f"bytes={start}{'-' if start > 0 else ''}"} if start else {}
        found = bytearray()
        async with self._transport.client.stream(
            "GET", url, headers=headers, follow_redirects=True
        ) as answer:
            status = answer.status_code
            if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return httpx.Response(HTTPStatus.OK)
            if status in LATER:
                return answer
            if status >= HTTPStatus.BAD_REQUEST:
                await answer.aread()
                check(answer, "The download was refused")
            skip = 0 if status == HTTPStatus.PARTIAL_CONTENT else start
            async for chunk in answer.aiter_bytes():
                found += chunk
                if most is not None and skip >= 0 and len(found) >= skip + most:
                    break
        return httpx.Response(HTTPStatus.OK, content=bytes(found[skip:][:most]))

    async def _stream_of_events(
        self, filters: dict[str, str]
    ) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """The events of one connection."""
        async with self._transport.client.stream(
            "GET",
            f"{self.url}/api/events",
            params=filters,
            headers={"Accept": "text/event-stream"},
            auth=Bearer(self.key),
            timeout=httpx.Timeout(_SILENCE, connect=10.0),
        ) as response:
            if response.status_code != HTTPStatus.OK:
                await response.aread()
                if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise PairioUnreachable(said(response), response.status_code)
                check(response, f"{self.where} tells no events")
            if "text/event-stream" not in response.headers.get("Content-Type", ""):
                raise PairioError(f"What answers at {self.where} tells no events.", 404)
            name, data = "", []
            async for line in response.aiter_lines():
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if field == "event":
                    name = value
                elif field == "data":
                    data.append(value)
                elif not line:
                    if data:
                        yield name, json.loads("\n".join(data))
                    name, data = "", []


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
