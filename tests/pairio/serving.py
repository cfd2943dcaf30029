"""A Pairio service as it is run for others: a process of its own, which can be killed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx

from pydra_oar_jupyter.pairio.service.management import Management
from pydra_oar_jupyter.pairio.service.settings import Settings
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM = [sys.executable, "-m", "pydra_oar_jupyter", "pairio"]
SERVICE = "hello_world_service"
_MOST = {"numCpus": 1, "numGpus": 0, "memoryGb": 4, "timeSec": 600}
_LEAST = {"minNumCpus": 0, "minNumGpus": 0, "minMemoryGb": 0, "minTimeSec": 0}
SLOT = {**_MOST, **_LEAST, "multiplicity": 4}
# An app with one processor, of which tests need no more than that there is one.
_NOTHING = {"name": "nothing", "description": "", "label": "", "image": "none"}
_NOTHING |= {"executable": "/none", "inputs": [], "outputs": [], "attributes": []}
NOTHING = {
    "name": "nothing",
    "description": "",
    "processors": [
        {**_NOTHING, "parameters": [{"name": "text", "type": "str", "description": ""}]}
    ],
}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def job_fields(definition: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What createJob needs for a definition, in which lists may be left out."""
    resources = {"numCpus": 1, "numGpus": 0, "memoryGb": 1, "timeSec": 60}
    return {
        "serviceName": SERVICE,
        "userId": "",
        "batchId": "",
        "tags": [],
        "jobDefinition": {"inputFiles": [], "outputFiles": [], "parameters": [], **definition},
        "requiredResources": resources,
        "secrets": [],
        "jobDependencies": [],
        "skipCache": False,
        "rerunFailing": False,
        "deleteFailing": False,
        **fields,
    }


class ServiceProcess:
    """One with the user alice, her service and its app hello_world.

    Args:
        folder: what it keeps.
        database_url: or "" for SQLite in the folder.
        options: more of ``pairio serve``'s.
    """

    def __init__(self, folder: Path, database_url: str = "", *options: str) -> None:
        place = ["--data", str(folder)]
        if database_url:
            place += ["--database-url", database_url]
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self._serve = ["serve", "--port", str(port), *place, *options]
        self._log = folder.with_name(f"{folder.name}.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self.settings = Settings(data=folder, database_url=database_url)
        with closing(Management(self.settings)) as management:
            self.key = management.add_user("alice")
            management.add_service(SERVICE, "alice")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [*_PROGRAM, *self._serve], stdout=self._log, stderr=self._log
        )
        wait_until(self._answers)

    def kill(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        self.kill()
        self._http.close()
        self._log.close()

    def call(self, name: str, key: str = "", **fields: Any) -> dict[str, Any]:
        """What it answers, which must not be an error."""
        answer = self._http.post(
            f"/api/{name}",
            json={"type": f"{name}Request", **fields},
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
        assert answer.status_code == 200, f"{name}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        assert found["type"] == f"{name}Response", found
        return found

    def add_app(self, specification: dict[str, Any]) -> None:
        """Let the service have an app."""
        app = {"serviceName": SERVICE, "appName": specification["name"]}
        app |= {"appSpecificationUri": "", "appSpecificationCommit": ""}
        app["appSpecification"] = specification
        self.call("addServiceApp", self.key, serviceApp=app)

    def add_compute_client(self, name: str, slots: list[dict[str, Any]]) -> tuple[str, str]:
        """Let the service know a compute client; its id and its key."""
        made = self.call(
            "createComputeClient", self.key, computeClientName=name, serviceNames=[SERVICE]
        )
        known = made["computeClientId"], made["computeClientPrivateKey"]
        self.call("setComputeClientInfo", self.key, computeClientId=known[0], computeSlots=slots)
        return known

    def submit(self, definition: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """The job of that definition; lists of files may be left out."""
        answer = self.call("createJob", self.key, **job_fields(definition, **fields))
        job: dict[str, Any] = answer["job"]
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        """What is known of a job."""
        found: dict[str, Any] = self.call("getJob", jobId=job_id, includePrivateKey=False)["job"]
        return found

    def ended(self, job_id: str, timeout: float = 120.0) -> dict[str, Any]:
        """The job, when it has ended."""
        wait_until(
            lambda: self.job(job_id)["status"] in ("completed", "failed"), timeout, every=0.2
        )
        return self.job(job_id)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the service has ended: see {self._log.name}"
        try:
            return self._http.post("/api/getServices", json={}).status_code < 500
        except httpx.TransportError:
            return False


def specification(main: Path) -> dict[str, Any]:
    """What an app of our SDK says of itself."""
    command = [*_PROGRAM, "spec", main]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(said)
    return found


class Computing:
    """A compute client of ours, in a process of its own, for the service that is given.

    Args:
        folder: what it keeps.
        options: more of ``pairio compute-client``'s.
    """

    def __init__(self, service: ServiceProcess, folder: Path, *options: str) -> None:
        words = ["compute-client", "--service", SERVICE, "--dir", str(folder), *options]
        self._command = [*_PROGRAM, *words]
        self._environment = {"PAIRIO_API_URL": service.url, "PAIRIO_API_KEY": service.key}
        self._log = folder.with_name(f"{folder.name}.log").open("ab")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            env={**os.environ, **self._environment},
            stdout=self._log,
            stderr=self._log,
        )

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it as its user does."""
        self._process.terminate()
        try:
            self._process.wait(30)
        finally:
            self.kill()
            self._log.close()
