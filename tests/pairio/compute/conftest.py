"""A service, and compute clients that run its jobs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.pairio.apps import APPS
from pydra_oar_jupyter.pairio.service.settings import Settings
from tests.conftest import PATIENCE
from tests.pairio.conftest import SERVICE, serving
from tests.pairio.serving import specification
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.pairio.conftest import Served
    from tests.pairio.serving import ServiceProcess

HERE = Path(__file__).parent
OWN_APPS = {name: HERE / name / "main.py" for name in ("probe", "stubborn")}
_CLIENT = """\
import json, sys
from pathlib import Path
from pydra_oar_jupyter.pairio.compute import resources
from pydra_oar_jupyter.pairio.compute.main import Settings, serve_forever
from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot
said = json.load(sys.stdin)
resources.MARGIN = said.pop("margin")
slots = [ComputeClientComputeSlot.model_validate(slot) for slot in said.pop("slots")] or None
paths = {"directory": Path(said.pop("directory")), "apps": [Path(a) for a in said.pop("apps")]}
serve_forever(Settings(**paths, **said, slots=slots))
"""


_specification = cache(specification)  # each takes a second, and every test needs all


class Pairio:
    """A real service on loopback, and the jobs of its user alice."""

    def __init__(self, served: Served) -> None:
        self.served, self.url, self.key = served, served.url, served.key
        for main in (*APPS.values(), *OWN_APPS.values()):
            served.management.set_app(SERVICE, _specification(main))

    def call(self, name: str, key: str = "", **fields: Any) -> dict[str, Any]:
        """Its answer, by alice's key unless there is another."""
        return self.served.call(name, key or self.key, **fields)

    def offered(self, client: tuple[str, str]) -> list[dict[str, Any]]:
        """What a compute client is offered."""
        return list(self.served.ask(client)["runnableJobs"])

    def set_status(self, job: dict[str, Any], client: tuple[str, str], *states: str) -> None:
        """Take a job that is offered so many steps on."""
        for status in states:
            answer = self.served.tell(job, status, computeClientId=client[0])
            assert answer.status_code == 200, answer.text

    def submit(
        self,
        app: str,
        processor: str,
        parameters: dict[str, Any] | None = None,
        inputs: dict[str, str] | None = None,
        outputs: list[str] | None = None,
        secrets: dict[str, str] | None = None,
        **needs: float,
    ) -> str:
        """A new job; its id."""
        definition = {
            "appName": app,
            "processorName": processor,
            "inputFiles": [
                {"name": name, "fileBaseName": name, "url": url}
                for name, url in (inputs or {}).items()
            ],
            "outputFiles": [{"name": name, "fileBaseName": name} for name in outputs or []],
            "parameters": [
                {"name": name, "value": value} for name, value in (parameters or {}).items()
            ],
        }
        given = [{"name": name, "value": value} for name, value in (secrets or {}).items()]
        job = self.call(
            "createJob", serviceName=SERVICE, userId="", batchId="", tags=[],
            jobDefinition=definition, secrets=given, jobDependencies=[], skipCache=True,
            rerunFailing=False, deleteFailing=False,
            requiredResources={
                "numCpus": 1, "numGpus": 0, "memoryGb": 0.5, "timeSec": 300, **needs
            },
        )["job"]  # fmt: skip
        return str(job["jobId"])

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as everybody sees it."""
        return self.served.job(job_id)

    def ended(self, job_id: str) -> dict[str, Any]:
        """A job when it has ended."""
        return wait_until(
            lambda: job if (job := self.job(job_id))["status"] in ("completed", "failed") else None,
            PATIENCE,
            every=0.1,
        )

    def with_status(self, *states: str) -> list[dict[str, Any]]:
        """The jobs in one of these states."""
        return [
            job
            for state in states
            for job in self.call("findJobs", serviceName=SERVICE, status=state, limit=100)["jobs"]
        ]


class Client:
    """Our compute client, in a process of its own."""

    def __init__(
        self, pairio: Pairio | ServiceProcess, directory: Path, backend: str, **said: Any
    ) -> None:
        self.directory, self.log = directory, directory.with_suffix(".log")
        self.said = {
            "directory": str(directory),
            "url": pairio.url,
            "key": pairio.key,
            "name": "ours",
            "services": [SERVICE],
            "backend": backend,
            "apps": [str(main) for main in OWN_APPS.values()],
            "slots": [],
            "margin": 60,
            **said,
        }
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _CLIENT], stdin=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdin
        json.dump(self.said, self.process.stdin)
        self.process.stdin.close()

    @property
    def known(self) -> tuple[str, str]:
        """Its id and its key."""
        facts = json.loads((self.directory / "compute-client.json").read_text())
        return facts["id"], facts["key"]

    @property
    def said_so_far(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str) -> None:
        """Wait until it has logged that."""
        wait_until(lambda: words in self.said_so_far, PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """As its user does; it must end by itself."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.said_so_far


@pytest.fixture
def pairio(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pairio]:
    """A service; its parameter, if it has one, is the lease in seconds."""
    lease = getattr(request, "param", 180.0)
    with serving(Settings(tmp_path / "service", lease=lease)) as served:
        yield Pairio(served)


@pytest.fixture
def place(spool: Path) -> Path:
    """A folder that the nodes see."""
    return spool.parent


@pytest.fixture
def new_client(pairio: Pairio, backend: str, place: Path) -> Iterator[Callable[..., Client]]:
    """Starts compute clients; each must have a name of its own."""
    started: list[Client] = []

    def start(name: str = "client", **said: Any) -> Client:
        started.append(Client(pairio, place / name, backend, **said))
        return started[-1]

    yield start
    for client in started:
        client.kill()
        print(client.said_so_far)


class Told:
    """What a job of the apps of these tests says of itself."""

    def __init__(self, place: Path, job_id: str) -> None:
        path = place / f"{job_id}.pids"
        wait_until(path.exists, PATIENCE)
        parent, own, directory = path.read_text().split(maxsplit=2)
        self.parent, self.own, self.directory = int(parent), int(own), Path(directory)

    @property
    def runs(self) -> bool:
        return _runs(self.own)

    def wait_gone(self) -> None:
        wait_until(lambda: not self.runs, PATIENCE)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
