"""The published package: its client with our service, its SDK with our compute client."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import pydra_oar_jupyter
from pydra_oar_jupyter.core.backend import get_backend
from tests.conftest import PATIENCE
from tests.pairio.published import published_environment
from tests.pairio.serving import Computing, ServiceProcess, specification
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRIPT = Path(__file__).with_name("published_script.py")
_APP = Path(__file__).with_name("published_app") / "main.py"
_HELLO_WORLD = Path(pydra_oar_jupyter.__file__).parent / "pairio/apps/hello_world/main.py"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServiceProcess]:
    service = ServiceProcess(tmp_path / "service")
    yield service
    service.close()


@pytest.fixture
def hello_world(served: ServiceProcess, spool: Path) -> Iterator[ServiceProcess]:
    """A service with the app hello_world and what runs its jobs."""
    served.add_app(specification(_HELLO_WORLD))
    computing = Computing(served, spool.parent / "computing", "--cpus", "1", "--jobs", "4")
    yield served
    computing.close()


def _run(python: Path, script: Path, service: ServiceProcess, *words: str) -> dict[str, Any]:
    """What a user's script prints in its last line."""
    around = {"PAIRIO_API_URL": service.url, "PAIRIO_API_KEY": service.key}
    done = subprocess.run(
        [python, script, *words],
        env={**os.environ, **around},
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_its_client_runs_the_examples_and_gets_the_same_jobs_again(
    hello_world: ServiceProcess,
) -> None:
    python = published_environment() / "bin" / "python"
    first = _run(python, _SCRIPT, hello_world, "world")
    assert first["statuses"] == ["completed"] * 3
    text, counted = first["texts"]
    assert text.strip() == "Hello, world!"
    assert json.loads(counted) == {"num_characters": len(text)}
    assert first["dependencies"] == [first["ids"][1]]
    assert "Hello, world!" in _text(hello_world.job(first["ids"][0])["consoleOutputUrl"])

    assert _run(python, _SCRIPT, hello_world, "world") == first, "not the cached jobs"


def test_its_users_script_runs_with_our_client_when_its_import_is_changed(
    hello_world: ServiceProcess, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    source = _SCRIPT.read_text()
    assert source.count("from pairio.client import") == 1
    script.write_text(
        source.replace("from pairio.client import", "from pydra_oar_jupyter.pairio import")
    )
    python = published_environment() / "bin" / "python"
    theirs = _run(python, _SCRIPT, hello_world, "user")
    assert _run(Path(sys.executable), script, hello_world, "user") == theirs


@pytest.fixture
def published_app(served: ServiceProcess, backend: str, spool: Path) -> Iterator[ServiceProcess]:
    """A service with an app of the published SDK, and our compute client that runs its jobs."""
    environment = published_environment()
    written = spool.parent / "specification.json"
    subprocess.run(
        [environment / "bin" / "python", _APP],
        env={**os.environ, "SPEC_OUTPUT_FILE": str(written)},
        check=True,
    )
    served.add_app(json.loads(written.read_text()))
    computing = Computing(
        served, spool.parent / "computing", "--backend", backend, "--app", str(_APP),
        "--python", str(environment / "bin" / "python"), "--cpus", "1", "--jobs", "2",
    )  # fmt: skip
    yield served
    computing.close()


@pytest.fixture
def texts(tmp_path: Path) -> Iterator[str]:
    """The URL of a folder with files for a job to read."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "one").write_text("one")
    (folder / "two").write_text("two")
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_app_of_its_sdk_reads_and_writes_files(
    published_app: ServiceProcess, texts: str, backend: str
) -> None:
    first = published_app.submit(_join([f"{texts}/one", f"{texts}/two"], times=2))
    joined = first["outputFileResults"][0]["url"]
    second = published_app.submit(_join([joined, f"{texts}/one"], between="; "))
    assert second["jobDependencies"] == [first["jobId"]]

    job = published_app.ended(second["jobId"])
    assert job["status"] == "completed", job["error"]
    assert _text(job["outputFileResults"][0]["url"]) == "one, one, two, two; one"
    assert _text(job["otherFileOutputs"][0]["url"]) == "2"
    where = re.search(r"Joining 2 texts in job (\d+)", _text(job["consoleOutputUrl"]))
    assert where
    assert get_backend(backend).status([int(where[1])]), "the scheduler knows no such job"
    log = _text(job["resourceUtilizationLogUrl"])
    samples = [json.loads(line) for line in log.splitlines() if line]
    assert all(sample["cpu"]["percent"] >= 0 for sample in samples)
    assert samples


def test_a_running_app_of_its_sdk_is_stopped_by_cancelling(
    published_app: ServiceProcess, spool: Path
) -> None:
    pid = spool.parent / "pid"
    parameters = [{"name": "pid", "value": str(pid)}]
    job = published_app.submit(
        {"appName": "published", "processorName": "wait", "parameters": parameters}
    )
    wait_until(pid.exists, PATIENCE)
    process = int(pid.read_text())
    assert Path(f"/proc/{process}").exists()
    assert published_app.job(job["jobId"])["status"] == "running"

    published_app.call("cancelJob", published_app.key, jobId=job["jobId"])
    cancelled = published_app.job(job["jobId"])
    assert (cancelled["status"], cancelled["canceled"]) == ("failed", True)
    assert "alice" in cancelled["error"]
    wait_until(lambda: not Path(f"/proc/{process}").exists(), PATIENCE)
    assert published_app.job(job["jobId"])["error"] == cancelled["error"]


def _join(urls: list[str], **parameters: Any) -> dict[str, Any]:
    return {
        "appName": "published",
        "processorName": "join",
        "inputFiles": [
            {"name": f"texts[{number}]", "fileBaseName": "text", "url": url}
            for number, url in enumerate(urls)
        ],
        "outputFiles": [{"name": "joined", "fileBaseName": "joined.txt"}],
        "parameters": [{"name": name, "value": value} for name, value in parameters.items()],
    }


def _text(url: str) -> str:
    answer = httpx.get(url, follow_redirects=True)
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    return answer.text
