"""Clients that each send the next request when the last one is answered; a program of its own.

Reads what to send as JSON from standard input, and prints what came of it as JSON. On asyncio's
bare connections, so that the server is what is measured: a client's library costs more than that.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

_WARM_UP = 1.0  # seconds that are not counted: connections, caches and the server's first imports
NUMBER = "@@@@@@@@"  # stands for a number that differs in each request


@dataclass
class Load:
    """What is sent, where, by how many, and for how many seconds it is counted."""

    host: str
    port: int
    path: str
    headers: dict[str, str]
    body: str
    clients: int
    seconds: float
    took: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        lines = [f"POST {self.path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += ["Content-Type: application/json", f"Content-Length: {len(self.body.encode())}"]
        text = "\r\n".join(lines) + "\r\n\r\n" + self.body
        self._before, number, self._after = text.encode().partition(NUMBER.encode())
        self._numbers = itertools.count() if number else None

    def next(self) -> bytes:
        """The bytes of one request."""
        if self._numbers is None:
            return self._before
        return b"%b%08d%b" % (self._before, next(self._numbers), self._after)

    async def run(self) -> dict[str, Any]:
        """How many requests a second were answered, and how long they took, in milliseconds."""
        loop = asyncio.get_running_loop()
        self.begin = time.perf_counter() + _WARM_UP
        self.end = self.begin + self.seconds
        ended = []
        for _ in range(self.clients):
            client = _Client(self, loop.create_future())
            await loop.create_connection(lambda one=client: one, self.host, self.port)
            ended.append(client.ended)
        await asyncio.gather(*ended)
        return {
            "rate": len(self.took) / self.seconds,
            "median": 1000 * median(self.took),
            "p99": 1000 * quantiles(self.took, n=100)[98],
            "refused": self.refused[:3],
        }


class _Client(asyncio.Protocol):
    def __init__(self, load: Load, ended: asyncio.Future[None]) -> None:
        self.load, self.ended = load, ended
        self.answer = bytearray()
        self.whole = 0  # the length of the answer, once its head is here

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.answer.clear()
        self.whole = 0
        self.sent = time.perf_counter()
        self.transport.write(self.load.next())

    def data_received(self, data: bytes) -> None:
        self.answer += data
        if not self.whole and (head := self.answer.find(b"\r\n\r\n")) >= 0:
            fields = bytes(self.answer[:head]).lower()
            length = fields.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            self.whole = head + 4 + int(length)
        if not self.whole or len(self.answer) < self.whole:
            return
        now = time.perf_counter()
        if not self.answer.startswith(b"HTTP/1.1 200"):
            self.load.refused.append(self.answer.decode())
        elif self.load.begin <= self.sent and now <= self.load.end:
            self.load.took.append(now - self.sent)
        if now < self.load.end and not self.load.refused:
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self.whole == 0 or len(self.answer) < self.whole:
            self.load.refused.append(f"the connection was closed: {error}")
        self.ended.set_result(None)


if __name__ == "__main__":
    json.dump(asyncio.run(Load(**json.load(sys.stdin)).run()), sys.stdout)
