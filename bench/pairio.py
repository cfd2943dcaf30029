"""What a Pairio service answers in a second to 100 clients, beside a bare route of FastAPI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bench.http_load import NUMBER
from bench.table import Table
from tests.pairio.postgresql import postgresql
from tests.pairio.serving import NOTHING, ServiceProcess, free_port, job_fields
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLIENTS = 100
_SECONDS = 8.0
_Calls = dict[str, dict[str, Any]]


def run() -> Table:
    table = Table(f"Pairio with {_CLIENTS} clients")
    rates: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for database, url in (("SQLite", ""), ("PostgreSQL", server.new_database())):
            with closing(ServiceProcess(Path(folder, database), url)) as service:
                calls = _calls(service)
                answers = {name: service.call(name, service.key, **calls[name]) for name in calls}
                rates[database] = _measure(table, database, service.url, service.key, calls)
        with _bare(Path(folder, "answers"), answers) as url:
            rates["a bare route"] = _measure(table, "a bare route", url, service.key, calls)
    bare = rates.pop("a bare route")
    for database, reached in rates.items():
        for name, rate in reached.items():
            table.add(f"{name}: a bare route's rate to {database}'s", bare[name] / rate)
    return table


def _calls(service: ServiceProcess) -> _Calls:
    """A createJob that is a new job each time, and a getJob."""
    service.add_app(NOTHING)
    parameters = [{"name": "text", "value": NUMBER}]
    create = job_fields(
        {"appName": "nothing", "processorName": "nothing", "parameters": parameters}
    )
    job = service.call("createJob", service.key, **create)["job"]
    return {"createJob": create, "getJob": {"jobId": job["jobId"], "includePrivateKey": False}}


def _measure(table: Table, where: str, url: str, key: str, calls: _Calls) -> dict[str, float]:
    """Add what it reaches to the table; its requests a second, by the call's name."""
    rates = {}
    for name, fields in calls.items():
        address = httpx.URL(url)
        load = {
            "host": address.host,
            "port": address.port,
            "path": f"{address.path.rstrip('/')}/api/{name}",
            "headers": {"Authorization": f"Bearer {key}"},
            "body": json.dumps({"type": f"{name}Request", **fields}),
            "clients": _CLIENTS,
            "seconds": _SECONDS,
        }
        done = subprocess.run(
            [sys.executable, "-m", "bench.http_load"],
            input=json.dumps(load),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        reached = json.loads(done.stdout)
        if reached["refused"]:
            raise RuntimeError(f"{name} of {where} refused: {reached['refused']}")
        table.add(f"{name} a second, {where}", reached["rate"], "/s")
        table.add(f"{name}, median, {where}", reached["median"], "ms")
        table.add(f"{name}, 99th percentile, {where}", reached["p99"], "ms")
        rates[name] = reached["rate"]
    return rates


@contextmanager
def _bare(path: Path, answers: _Calls) -> Iterator[str]:
    """The URL of a server, set as a service's own, whose routes answer with what is at hand."""
    path.write_text(json.dumps(answers))
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.bare:app", "--port", str(port)]
    command += ["--no-access-log", "--no-server-header", "--log-level", "warning"]
    process = subprocess.Popen(command, env={**os.environ, "BENCH_ANSWERS": str(path)})
    url = f"http://127.0.0.1:{port}"

    def answers_calls() -> bool:
        try:
            return httpx.post(f"{url}/api/getJob", json={}).status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait_until(answers_calls)
        yield url
    finally:
        process.kill()
        process.wait()
