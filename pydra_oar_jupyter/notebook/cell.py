"""The way of a ``%%oar`` cell: read the line, pack, submit, wait, take what comes back."""

from __future__ import annotations

import dataclasses
import os
import sys
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.array import JobArray
from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.surroundings import Surroundings
from pydra_oar_jupyter.notebook.area import StatusArea
from pydra_oar_jupyter.notebook.back import take, take_all
from pydra_oar_jupyter.notebook.dry import show_plan
from pydra_oar_jupyter.notebook.line import expand
from pydra_oar_jupyter.notebook.lookup import job_ids
from pydra_oar_jupyter.notebook.options import parse
from pydra_oar_jupyter.notebook.outputs import Outputs
from pydra_oar_jupyter.notebook.packing import (
    cell_number,
    cell_origin,
    environment,
    interpreter,
    pack_cell,
    pack_script,
)
from pydra_oar_jupyter.notebook.site import site
from pydra_oar_jupyter.notebook.status import View
from pydra_oar_jupyter.notebook.stop import in_full, stopping
from pydra_oar_jupyter.notebook.wait import live_view, wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.pack import Pack
    from pydra_oar_jupyter.notebook.config import OarConfig
    from pydra_oar_jupyter.notebook.options import CellOptions


def run(shell: InteractiveShell, config: OarConfig, line: str, cell: str) -> Any:
    """Run a cell as a job, and be its value here.

    Raises:
        RequestError, PackingError: the line or the cell is wrong; nothing was submitted.
        Refused: the scheduler won't take it.
        JobFailed: the job ended without a result.
    """
    asked = parse(expand(line, shell.user_ns))
    backend = asked.backend or config.backend_name
    script = asked.shell is not None or cell.startswith("#!")
    request = _request(shell, config, asked, cell, backend, script=script)
    area = StatusArea(shell)
    if not asked.dry_run:
        area.show(View("waiting", ("submitting…",)))
    try:
        pack = _pack(shell, config, asked, request, cell, script=script)
    except BaseException:
        if not asked.dry_run:
            area.show(View("failed", ("nothing was submitted",)))
        raise
    if asked.dry_run:
        try:
            show_plan(shell, pack, backend)
        finally:
            pack.discard()
        return None
    if not pack.jobs:
        area.show(View("done", ("nothing to run over: nothing was submitted",)))
        shell.user_ns.update({name: [] for name in pack.out})
        return None
    jobs: list[Job] = []
    with stopping(jobs, area, keep=asked.keep):
        in_full(lambda: jobs.extend(pack.submit(backend)))
        if asked.detach:
            return _detach(jobs, area, array=bool(pack.labels))
        return _collect(shell, config, jobs, area, pack.labels)


def collect(shell: InteractiveShell, config: OarConfig, jobs: Sequence[Job]) -> Any:
    """Wait for jobs of earlier cells, as if this one had submitted them."""
    area = StatusArea(shell)
    labels = _labels(shell, jobs) if jobs[0].spec.group else []
    with stopping(jobs, area, keep=True):
        return _collect(shell, config, jobs, area, labels)


def follow(shell: InteractiveShell, config: OarConfig, job: Job, *, to_end: bool) -> None:
    """Show what a job has printed, and what it prints ``to_end``."""
    if to_end and not job.done():
        area = StatusArea(shell)
        with stopping([job], area, keep=True):
            wait([job], area, Outputs(shell, area), config.max_output)
        area.show(live_view([job], array=False))
        return
    for stream, path in ((sys.stdout, job.directory.stdout), (sys.stderr, job.directory.stderr)):
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - config.max_output))
                text = file.read().decode(errors="replace")
        except FileNotFoundError:
            continue
        if size > config.max_output:
            stream.write(f"[The last {config.max_output:,} bytes of {path}:]\n")
        stream.write(text)


def _request(
    shell: InteractiveShell,
    config: OarConfig,
    asked: CellOptions,
    cell: str,
    backend: str,
    *,
    script: bool,
) -> Request:
    """All that is asked of the scheduler, checked as far as that is quick."""
    request = asked.request
    if script:
        request = request.over(Request.from_script(cell))
        for value, name in ((asked.over, "--over"), (asked.takes, "--in"), (asked.brings, "--out")):
            if value is not None:
                raise RequestError(f"A script knows no {name}: it is for Python.")
    request = request.over(config.request)
    if not script and (request.array or request.array_param_file):
        raise RequestError(
            "--array is for scripts.",
            hint='A cell runs many times with --over, such as --over "i in range(10)".',
        )
    if request.resubmit or (request.scanscript and not script):
        word = "--resubmit" if request.resubmit else "-S"
        raise RequestError(f"{word} is for oarsub alone: the cell is what is to be run.")
    get_backend(backend)
    ids = job_ids(asked.after_jobs, shell.user_ns, backend)
    request = dataclasses.replace(request, after=(*request.after, *ids))
    known = site(backend)
    request.check(queues=known.queues(), properties=known.properties())
    return request


def _pack(
    shell: InteractiveShell,
    config: OarConfig,
    asked: CellOptions,
    request: Request,
    cell: str,
    *,
    script: bool,
) -> Pack:
    """The jobs, in the spool."""
    around = Surroundings({**config.env, **environment(asked.env)}, [*config.setup, *asked.setup])
    array = bool(asked.over or request.array or request.array_param_file)
    pack = new_pack(
        request,
        "script" if script else "cell",
        f"cell-{cell_number(shell)}",
        cell_origin(shell),
        array=array,
    )
    if script:
        return pack_script(pack, cell, interpreter(cell, asked.shell), around)
    python = asked.python or config.python or sys.executable
    return pack_cell(pack, shell, cell, asked, python=python, around=around)


def _detach(jobs: Sequence[Job], area: StatusArea, *, array: bool) -> Job | JobArray:
    """The handle, once the scheduler has it."""
    try:
        for job in jobs:
            job.submitted()
    except OarError:
        area.show(live_view(jobs, array=array))
        raise
    area.show(live_view(jobs, array=array, stopped="submitted"))
    return JobArray(jobs) if array else jobs[0]


def _collect(
    shell: InteractiveShell,
    config: OarConfig,
    jobs: Sequence[Job],
    area: StatusArea,
    labels: Sequence[str],
) -> Any:
    outputs = Outputs(shell, area)
    wait(jobs, area, outputs, config.max_output, labels)
    area.show(live_view(jobs, array=bool(labels)))
    if labels:
        return take_all(shell, jobs, labels)
    return take(shell, jobs[0], outputs.value)


def _labels(shell: InteractiveShell, jobs: Sequence[Job]) -> list[str]:
    """What tells the elements of an array apart, from what was packed for each."""
    from pydra_oar_jupyter.core.pickles import Pickles
    from pydra_oar_jupyter.notebook.packing import element_label

    labels = []
    for number, job in enumerate(jobs, 1):
        if not job.directory.element.exists():
            labels.append(f"OAR_ARRAY_INDEX = {number}")
            continue
        with Pickles(job.directory.element) as pickles:
            objects, _ = pickles.load(shell.user_ns)
        labels += [element_label(name, value) for name, value in objects.items()]
    return labels
