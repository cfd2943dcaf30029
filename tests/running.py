"""Runs cells as jobs do: packed into a directory, by the job's script, and read back."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

import pydra_oar_jupyter
from pydra_oar_jupyter.cells.cell import PythonCell
from pydra_oar_jupyter.cells.flow import cell_names
from pydra_oar_jupyter.cells.names import names_to_send, shells_own
from pydra_oar_jupyter.cells.result import CellResult, read_result
from pydra_oar_jupyter.core.script import job_script
from pydra_oar_jupyter.core.spool import JobDirectory
from pydra_oar_jupyter.core.surroundings import Surroundings

SOURCE = Path(pydra_oar_jupyter.__file__).parents[1]
DEADLINE = 120


def notebook(source: str = "") -> dict[str, Any]:
    """A notebook's namespace after a cell."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "<notebook>", "exec"), namespace)
    return namespace


def new_directory(folder: Path) -> JobDirectory:
    path = folder / f"job {len(list(folder.iterdir()))}'s"  # a path that must be quoted
    path.mkdir(mode=0o700)
    return JobDirectory(path)


def start(job: JobDirectory, work: str, **options: Any) -> subprocess.Popen[bytes]:
    job.script.write_text(job_script(job, work))
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "OAR_JOB_ID": "42"}
    environment |= options.pop("env", {})
    command = ["/bin/sh", str(job.script)]
    return subprocess.Popen(command, env=environment, cwd=job.path.parent, **options)


@dataclass
class Run:
    """A cell that ran."""

    job: JobDirectory
    namespace: dict[str, Any]
    code: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == kind]

    @property
    def stdout(self) -> str:
        return self.job.stdout.read_bytes().decode(errors="replace")

    @property
    def stderr(self) -> str:
        return self.job.stderr.read_bytes().decode(errors="replace")

    @property
    def result(self) -> CellResult:
        return read_result(self.job, self.namespace)


def run(folder: Path, code: str, namespace: dict[str, Any] | None = None, **options: Any) -> Run:
    """Send a cell with what it needs, and wait for it."""
    namespace = notebook() if namespace is None else namespace
    popen = options.pop("popen", {})
    job = new_directory(folder)
    work = pack(job, code, namespace, **options)
    return finish(job, work, namespace, **popen)


def finish(job: JobDirectory, work: str, namespace: dict[str, Any], **popen: Any) -> Run:
    process = start(job, work, **popen)
    try:
        process.wait(DEADLINE)
    finally:
        process.kill()
    return Run(job, namespace, process.returncode, read_events(job))


def pack(job: JobDirectory, code: str, namespace: dict[str, Any], **options: Any) -> str:
    around = Surroundings(options.pop("variables", {}), options.pop("setup", ()))
    transform = TransformerManager().transform_cell
    names = cell_names(transform(code), transform)
    send = {name: namespace[name] for name in names_to_send(names, namespace)}
    options = {"changes": names.changes, "words": names.words, "count": 12} | options
    cell = PythonCell(code, send, around=around, **options)
    return cell.write(job, namespace, shells_own(namespace))


def read_events(job: JobDirectory) -> list[dict[str, Any]]:
    events = []
    for line in job.events.read_text().splitlines() if job.events.exists() else []:
        try:
            events.append(json.loads(line))
        except ValueError:
            events.append({"event": "?", "line": line})
    return events
