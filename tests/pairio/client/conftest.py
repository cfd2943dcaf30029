"""What a compute client does, done by hand, and a way to the service that can be cut."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pydra_oar_jupyter.pairio.client import Connection, PairioJobRequiredResources
from pydra_oar_jupyter.pairio.client import service as service_of
from tests.pairio.conftest import SERVICE, Served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydra_oar_jupyter.pairio.client import App, PairioJob

RESOURCES = PairioJobRequiredResources(numCpus=1, numGpus=0, memoryGb=1, timeSec=60)


@dataclass
class Worker:
    """A job that runs, as far as its service can tell."""

    service: Served
    facts: dict[str, Any]

    @classmethod
    def claim(cls, service: Served, job: PairioJob) -> Worker:
        """Take the job and set it to running."""
        offered = service.ask()["runnableJobs"]
        worker = cls(service, next(one for one in offered if one["jobId"] == job.jobId))
        worker.tell("starting")
        worker.tell("running")
        return worker

    def tell(self, status: str, **fields: Any) -> None:
        answer = self.service.tell(self.facts, status, **fields)
        assert answer.status_code == 200, answer.text

    def upload(self, kind: str, content: bytes, **fields: Any) -> None:
        asked = {"jobId": self.facts["jobId"], "uploadType": kind, "size": len(content)}
        key = self.facts["jobPrivateKey"]
        signed = self.service.call("getSignedUploadUrl", key, **asked, **fields)["signedUrl"]
        answer = httpx.put(signed, content=content, timeout=60)
        assert answer.status_code < 300, answer.text

    def prints(self, text: str) -> None:
        """All that it has printed so far."""
        self.upload("consoleOutput", text.encode())

    def complete(self, **outputs: bytes) -> None:
        """Upload these outputs, and end."""
        for name, content in outputs.items():
            self.upload("output", content, outputName=name)
        self.tell("completed")


class Way:
    """A TCP relay to the service.

    ``cut`` says of which requests the answer gets lost, ``swallow`` which never arrive.
    """

    def __init__(self, url: str) -> None:
        parts = httpx.URL(url)
        self._to = (parts.host, parts.port or 80)
        self._bound = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._bound.getsockname()[1]}"
        self.cut: Callable[[bytes], bool] = lambda request: False
        self.swallow: Callable[[bytes], bool] = lambda request: False
        self.requests: list[str] = []
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._bound.close()
        self.break_all()

    def break_all(self) -> None:
        """End all connections that there are."""
        _end(*self._open)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._bound.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        """One connection; both ends are closed when the answer to a request is to be lost."""
        server = socket.create_connection(self._to)
        self._open += [client, server]
        lost = threading.Event()

        def back() -> None:
            try:
                while data := server.recv(65536):
                    if lost.is_set():
                        break
                    client.sendall(data)
            except OSError:
                pass
            _end(client, server)

        threading.Thread(target=back, daemon=True).start()
        try:
            while data := client.recv(65536):
                line = data.split(b"\r\n", 1)[0]
                if line.endswith(b"HTTP/1.1"):
                    self.requests.append(line.split()[1].decode())
                    if self.cut(line):
                        lost.set()
                    if self.swallow(line):
                        break
                server.sendall(data)
        except OSError:
            pass
        _end(client, server)

    def count(self, name: str) -> int:
        """How many such calls came along."""
        return self.requests.count(f"/api/{name}")


def _end(*ends: socket.socket) -> None:
    """Close them, though another thread may be reading."""
    for one in ends:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@pytest.fixture
def way(service: Served) -> Iterator[Way]:
    """A way to the service that can be cut."""
    found = Way(service.url)
    yield found
    found.close()


@pytest.fixture
def connection(service: Served) -> Connection:
    """To the service, as alice."""
    return Connection(service.url, service.key)


@pytest.fixture
def hello(connection: Connection) -> App:
    """The app hello_world of the service."""
    return service_of(SERVICE, connection=connection).hello_world


def log_line(time: float, cpu: float, used: float) -> str:
    return json.dumps(
        {"timestamp": time, "cpu": {"percent": cpu}, "virtual_memory": {"used": used}}
    )
