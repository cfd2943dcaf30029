"""Start an app's main.py as a compute client does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.conftest import PATIENCE
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.pairio.conftest import Served

TRIAL = Path(__file__).parent / "app" / "main.py"


def specification(main: Path) -> dict[str, Any]:
    """What an app says of itself."""
    told = subprocess.run(
        [sys.executable, main],
        env={**os.environ, "SPEC_OUTPUT_FILE": "/dev/stdout"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=PATIENCE,
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def definition(
    app: str,
    processor: str,
    inputs: dict[str, str] | None = None,
    outputs: dict[str, str] | None = None,
    **parameters: Any,
) -> dict[str, Any]:
    """A job's definition: URLs of inputs and names of outputs' files by their names."""
    return {
        "appName": app,
        "processorName": processor,
        "inputFiles": [
            {"name": name, "fileBaseName": "input", "url": url}
            for name, url in (inputs or {}).items()
        ],
        "outputFiles": [
            {"name": name, "fileBaseName": file} for name, file in (outputs or {}).items()
        ],
        "parameters": [{"name": name, "value": value} for name, value in parameters.items()],
    }


class Started:
    """A job that was claimed, and its app, which runs.

    Args:
        service: where the job is.
        job: the job, which is pending.
        main: the app's program.
        place: the job's directory, which is made.
        environment: more of it, or instead.
    """

    def __init__(
        self, service: Served, job: dict[str, Any], main: Path, place: Path, **environment: str
    ) -> None:
        self.service, self.id, self.place = service, job["jobId"], place
        (self.offered,) = (one for one in service.ask()["runnableJobs"] if one["jobId"] == self.id)
        assert service.tell(self.offered, "starting").status_code == 200
        self.key: str = self.offered["jobPrivateKey"]
        (place / "working").mkdir(parents=True)
        told = {
            "JOB_ID": self.id,
            "JOB_PRIVATE_KEY": self.key,
            "COMPUTE_CLIENT_ID": service.client_id,
            "PROCESSOR_EXECUTABLE": str(main),
            "PAIRIO_API_URL": service.url,
            "PAIRIO_JOB_WORKING_DIR": str(place / "working"),
            "PAIRIO_JOB_CLEANUP_DIR": str(place),
            **environment,
        }
        self.process = subprocess.Popen(
            [sys.executable, main],
            env={**os.environ, **told},
            cwd=place / "working",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def wait(self) -> dict[str, Any]:
        """The job when its process has ended; `said` is what that has printed."""
        try:
            self.said, _ = self.process.communicate(timeout=PATIENCE)
        finally:
            self.process.kill()
        assert self.key not in self.said
        return self.job()

    def job(self) -> dict[str, Any]:
        """The job as it is."""
        return self.service.job(self.id)

    def read(self, url: str) -> bytes:
        """A file of the job; b"" if it is not there (yet)."""
        answer = httpx.get(url)
        return answer.content if answer.status_code == 200 else b""

    @property
    def console(self) -> str:
        """What the service has of its console output."""
        return self.read(self.job()["consoleOutputUrl"]).decode()

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The samples that the service has."""
        lines = self.read(self.job()["resourceUtilizationLogUrl"]).splitlines()
        return [json.loads(line) for line in lines]

    def when_it_says(self, words: str) -> None:
        """Wait until its console output at the service has that."""
        wait_until(lambda: words in self.console or self.process.poll() is not None, PATIENCE)
        assert words in self.console


def start(
    service: Served,
    place: Path,
    code: str,
    *,
    output: str = "",
    inputs: dict[str, str] | None = None,
    secrets: dict[str, str] | None = None,
    **environment: str,
) -> Started:
    """Let the app for trials do something."""
    secrets = secrets or {}
    outputs = {"output": output} if output else {}
    job = service.submit(
        jobDefinition=definition(
            "trial", "make" if output else "do", inputs, outputs, code=textwrap.dedent(code)
        ),
        secrets=[{"name": name, "value": value} for name, value in secrets.items()],
        skipCache=True,
    )
    return Started(service, job, TRIAL, place, **secrets, **environment)
