"""The way of a ``%%pydra`` cell: read the line, run the cell for its task, submit that, show it."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.notebook.here import run_here
from pydra_oar_jupyter.notebook.line import expand
from pydra_oar_jupyter.notebook.packing import cell_origin, environment
from pydra_oar_jupyter.notebook.pydra_options import check_worker, parse
from pydra_oar_jupyter.notebook.runs.area import RunArea
from pydra_oar_jupyter.notebook.runs.end import PLUMBING, attended, outputs_of, show_handle
from pydra_oar_jupyter.notebook.site import site
from pydra_oar_jupyter.notebook.stop import in_full
from pydra_oar_jupyter.workflows.needed import need_pydra

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.notebook.config import OarConfig
    from pydra_oar_jupyter.notebook.pydra_options import RunOptions
    from pydra_oar_jupyter.workflows.runs.run import Run


def run(shell: InteractiveShell, config: OarConfig, line: str, cell: str) -> Any:
    """Run the task that a cell ends with, and be its outputs; with ``--detach``, the handle.

    Raises:
        RequestError: the line, the cell or the task is wrong; nothing was submitted.
        OarError: Pydra is not installed, or the run was stopped.
        BaseException: what the cell has raised, or the first task that failed.
    """
    asked = parse(expand(line, shell.user_ns))
    need_pydra()
    check_worker(asked.worker)
    options = _oar_options(config, asked) if asked.worker == "oar" else {}
    task = run_here(shell, cell, "a Pydra task, such as Analysis(x=3)", PLUMBING)

    from pydra_oar_jupyter.workflows.runs.run import submit

    def start() -> None:
        found = submit(
            task,
            asked.worker,
            cache_root=asked.cache_root,
            rerun=asked.rerun,
            max_concurrent=asked.max_concurrent,
            source=cell_origin(shell),
            **options,
        )
        runs.append(found)

    runs: list[Run] = []
    area = RunArea(shell)
    with attended(shell, runs, area, keep=asked.keep):
        in_full(start)
        area.follow(runs[0])
        if asked.detach:
            return show_handle(shell, runs[0])
        return outputs_of(runs[0], area)


def _oar_options(config: OarConfig, asked: RunOptions) -> dict[str, Any]:
    """What the worker oar is told, checked as far as that is quick."""
    request = asked.request.over(config.request)
    if request.resubmit or request.scanscript:
        word = "--resubmit" if request.resubmit else "-S"
        raise RequestError(f"{word} is for oarsub alone: the tasks are what is to be run.")
    backend = asked.backend or config.backend_name
    get_backend(backend)
    known = site(backend)
    request.check(queues=known.queues(), properties=known.properties())
    return {
        "oarsub_args": shlex.join(request.words()),
        "one_job": asked.one_job,
        "backend": backend,
        "allow_local_cache": asked.allow_local_cache,
        "python": asked.python or config.python or sys.executable,
        "setup": [*config.setup, *asked.setup],
        "env": {**config.env, **environment(asked.env)},
    }
