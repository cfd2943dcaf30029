"""A real Pairio service on loopback, for tests."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pydra_oar_jupyter.pairio.hosting.server import listen
from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot
from pydra_oar_jupyter.pairio.service.management import Management
from pydra_oar_jupyter.pairio.service.server import Server
from pydra_oar_jupyter.pairio.service.settings import Settings
from tests.pairio.postgresql import database_url, postgresql_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydra_oar_jupyter.pairio.service.state import State

__all__ = ["database_url", "postgresql_server"]  # fixtures
SERVICE = "hello_world_service"


def _processor(name: str, **facts: Any) -> dict[str, Any]:
    return {
        "name": name, "description": "", "label": name, "image": "hello-world",
        "executable": "/app/main.py", "inputs": [], "outputs": [], "parameters": [],
        "attributes": [], **facts,
    }  # fmt: skip


def _parameter(name: str, kind: str, **facts: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "description": "", **facts}


_WORLD = _parameter("name", "str", defaultValue="world")
_INPUT = {"name": "input", "description": ""}
_OUTPUT = {"name": "output", "description": ""}
HELLO_WORLD: dict[str, Any] = {
    "name": "hello_world",
    "description": "",
    "processors": [
        _processor("hello_world_1", parameters=[_WORLD]),
        _processor("hello_world_2", parameters=[_WORLD], outputs=[_OUTPUT]),
        _processor(
            "count_characters", inputs=[_INPUT], outputs=[_OUTPUT],
            parameters=[_parameter("include_whitespace", "bool", defaultValue=True)],
        ),
        _processor("join", inputs=[{**_INPUT, "list": True}], outputs=[_OUTPUT]),
        _processor(
            "many", parameters=[
                _parameter("outer.inner", "int"), _parameter("ratio", "float", defaultValue=0.5),
                _parameter("words", "List[str]", defaultValue=["a"]),
                _parameter("most", "Optional[int]"),
                _parameter("mode", "str", defaultValue="fast", options=["fast", "slow"]),
            ],
        ),
    ],
}  # fmt: skip


@dataclass
class Served:
    """A service that runs, with the user alice, her service and a compute client.

    Attributes:
        url: what PAIRIO_API_URL would say.
        key: alice's API key.
        client_id: the compute client's; it has four slots for any job.
        client_key: its key.
        settings: the service's.
        state: its inside: ``state.read()`` and ``state.write()`` give sessions of its database.
        management: makes users, services, apps and compute clients.
        http: connections to it.
    """

    url: str
    key: str
    client_id: str
    client_key: str
    settings: Settings
    state: State
    management: Management
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60), repr=False)

    def post(self, name: str, /, key: str | None = None, **fields: Any) -> httpx.Response:
        """Its answer to a call, whatever it is."""
        return httpx.post(
            f"{self.url}/api/{name}",
            json={"type": f"{name}Request", **fields},
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=60,
            verify=False,  # there is no TLS, and to read the certificates takes 20 ms
        )

    def call(self, name: str, /, key: str | None = None, **fields: Any) -> dict[str, Any]:
        """Its answer to a call, which must be none of an error."""
        answer = self.post(name, key, **fields)
        assert answer.status_code == 200, f"{name}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        assert found["type"] == f"{name}Response"
        return found

    def submit(self, processor: str = "hello_world_1", **fields: Any) -> dict[str, Any]:
        """A job of hello_world's; ``inputs``, ``outputs`` and ``parameters`` by name."""
        definition = definition_of(
            processor,
            fields.pop("inputs", {}),
            fields.pop("outputs", {}),
            fields.pop("parameters", {}),
        )
        resources = {"numCpus": 1, "numGpus": 0, "memoryGb": 1, "timeSec": 60}
        asked = {
            "serviceName": SERVICE, "userId": "", "batchId": "", "tags": [], "secrets": [],
            "jobDefinition": definition, "requiredResources": resources, "jobDependencies": [],
            **fields,
        }  # fmt: skip
        key = asked.pop("key", self.key)
        job: dict[str, Any] = self.call("createJob", key, **asked)["job"]
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as everybody sees it."""
        found: dict[str, Any] = self.call("getJob", jobId=job_id, includePrivateKey=False)["job"]
        return found

    def ask(self, client: tuple[str, str] | None = None, **fields: Any) -> dict[str, Any]:
        """What a compute client is offered and what it runs; the one of this service by default."""
        client_id, key = client or (self.client_id, self.client_key)
        asked = {"computeClientId": client_id, **fields}
        return self.call("getRunnableJobsForComputeClient", key, **asked)

    def tell(self, job: dict[str, Any], status: str, **fields: Any) -> httpx.Response:
        """Set the status of a job that was offered, with its private key."""
        told = {"jobId": job["jobId"], "computeClientId": self.client_id, "status": status}
        return self.post("setJobStatus", job["jobPrivateKey"], **{**told, **fields})


def definition_of(
    processor: str,
    inputs: dict[str, str] | None = None,
    outputs: dict[str, str] | None = None,
    parameters: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A definition of a job of hello_world: inputs' URLs, outputs' file names, values by name."""
    return {
        "appName": "hello_world",
        "processorName": processor,
        "inputFiles": [
            {"name": name, "fileBaseName": "input.txt", "url": url}
            for name, url in (inputs or {}).items()
        ],
        "outputFiles": [
            {"name": name, "fileBaseName": file} for name, file in (outputs or {}).items()
        ],
        "parameters": [
            {"name": name, "value": value} for name, value in (parameters or {}).items()
        ],
    }


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """A service with these settings, in a thread, while the block runs."""
    management = Management(settings)
    slot = ComputeClientComputeSlot(numCpus=4, numGpus=1, memoryGb=16, timeSec=3600, multiplicity=4)
    if "alice" not in management.users():
        management.add_user("alice")
        management.add_service(SERVICE, "alice")
    management.set_app(SERVICE, HELLO_WORLD)
    client_id, client_key = management.create_client("alice", "worker", [SERVICE], [slot])
    key = management.reset_key("alice")
    bound = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    web = Server(settings)
    thread = threading.Thread(target=web.run, args=([bound],), daemon=True)
    thread.start()  # whoever asks before it answers waits in the socket's line
    try:
        yield Served(url, key, client_id, client_key, settings, web.app.state.pairio, management)
    finally:
        web.should_exit = True
        thread.join(60)
        bound.close()
        management.close()


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Served]:
    """A service of this test's own, on SQLite; on PostgreSQL too with ``each_database``."""
    with serving(Settings(data=tmp_path / "service", database_url=database_url)) as served:
        yield served
