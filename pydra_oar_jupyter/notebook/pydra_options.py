"""What a ``%%pydra`` line says: oarsub's options, and ours."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import Option
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.notebook.line import OwnOptions, read, secrets_masked
from pydra_oar_jupyter.notebook.options import ON_THE_NODE, filled

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.request import Request
    from pydra_oar_jupyter.notebook.line import Line


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise RequestError(
            "This is no number of tasks.", text=text, at=0, length=max(1, len(text)),
            hint="Such as --max-concurrent 50.",
        )  # fmt: skip
    return int(text)


_OAR_ONLY = (
    Option("one_job", "", "one-job", "",
           "One job runs the whole workflow, its tasks on that job's cores (else each task is a "
           "job).", "--one-job"),
    Option("allow_local_cache", "", "allow-local-cache", "",
           "Take the cache root as it is, though the nodes may not see it.",
           "--allow-local-cache"),
    *ON_THE_NODE,
)  # fmt: skip

OPTIONS: tuple[Option, ...] = (
    Option("worker", "", "worker", "NAME",
           "Pydra's worker, which runs the tasks: oar (unless another is named), cf for this "
           "machine's cores, debug, slurm, sge … All options below --keep are for oar.",
           "--worker cf", filled),
    Option("cache_root", "", "cache-root", "DIR",
           "Where results are kept; what is there already is not computed again.",
           "--cache-root ~/results", filled),
    Option("rerun", "", "rerun", "", "Compute anew what is in the cache.", "--rerun"),
    Option("max_concurrent", "", "max-concurrent", "NUMBER",
           "How many tasks may be on their way at once (else all that can).",
           "--max-concurrent 50", _count),
    Option("detach", "", "detach", "",
           "Don't wait: the cell's value is the run's handle, and the run is shown on.",
           "--detach"),
    Option("keep", "", "keep", "", "An interrupt leaves the run going.", "--keep"),
    *_OAR_ONLY,
)  # fmt: skip

OWN = OwnOptions("pydra", OPTIONS)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """A ``%%pydra`` line as a value; `OPTIONS` explains the fields but the first."""

    request: Request
    worker: str = "oar"
    cache_root: str | None = None
    rerun: bool = False
    max_concurrent: int | None = None
    detach: bool = False
    keep: bool = False
    one_job: bool = False
    allow_local_cache: bool = False
    backend: str | None = None
    setup: tuple[str, ...] = ()
    python: str | None = None
    env: tuple[str, ...] = ()


def parse(line: str) -> RunOptions:
    """Read the line after ``%%pydra``.

    Raises:
        RequestError: it is wrong, with the place marked.
    """
    with secrets_masked():
        found = read(line, OWN)
        asked = RunOptions(found.request(), **found.given)
        if asked.worker != "oar":
            _check_other(found, asked.worker)
        return asked


def _check_other(line: Line, worker: str) -> None:
    """Refuse what only the worker oar knows."""
    hint = (
        "Leave it out, or take --worker oar. Options of that worker's own are given in code: "
        f'submit(task, worker="{worker}", …).'
    )
    ours = [f"--{option.long}" for option in _OAR_ONLY if option.field in line.given]
    places = [(word, line.text.find(word)) for word in ours]
    places += [(word, line.oarsub.find(word)) for word in line.oarsub.split()[:1]]
    for word, at in places:
        raise RequestError(
            f"{word} is for the worker oar, not for {worker}.",
            text=line.text, at=at, length=len(word), hint=hint,
        )  # fmt: skip


def workers() -> list[str]:
    """The names of Pydra's workers that are installed, without importing them."""
    try:
        places = import_module("pydra.workers").__path__
    except ImportError:
        return ["oar"]
    return sorted(
        module.name.replace("_", "-")
        for module in pkgutil.iter_modules(places)
        if not module.name.startswith("base")
    )


def check_worker(name: str) -> None:
    """Look for a worker.

    Raises:
        RequestError: there is none of that name.
    """
    known = workers()
    if name.replace("_", "-") not in known:
        raise RequestError(
            f"Pydra has no worker {name!r}.", text=f"--worker {name}", at=9, length=len(name),
            hint=did_you_mean(name, known) or f"There are: {', '.join(known)}.",
        )  # fmt: skip
