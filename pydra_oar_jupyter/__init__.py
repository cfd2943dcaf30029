"""Notebook cells and Pydra's workflows as jobs of a cluster run by OAR.

``%load_ext pydra_oar_jupyter`` in a notebook, then ``%%oar`` or ``%%pydra`` above a cell; ``%oar``
and ``%pydra`` tell the rest. Nothing is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.array import JobArray
    from pydra_oar_jupyter.core.errors import (
        BackendError,
        JobFailed,
        OarError,
        PackingError,
        Refused,
        RequestError,
        SpoolError,
        Unreachable,
    )
    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.jobs import job, jobs
    from pydra_oar_jupyter.core.request import Request
    from pydra_oar_jupyter.core.state import JobState
    from pydra_oar_jupyter.notebook.extension import (
        load_ipython_extension,
        unload_ipython_extension,
    )
    from pydra_oar_jupyter.notebook.widgets.monitor import JobMonitor
    from pydra_oar_jupyter.notebook.widgets.picker import ResourcePicker
    from pydra_oar_jupyter.runner.progress import progress
    from pydra_oar_jupyter.workflows.runs.run import Run, run, runs, submit

    __version__: str

__all__ = [
    "BackendError",
    "Job",
    "JobArray",
    "JobFailed",
    "JobMonitor",
    "JobState",
    "OarError",
    "PackingError",
    "Refused",
    "Request",
    "RequestError",
    "ResourcePicker",
    "Run",
    "SpoolError",
    "Unreachable",
    "job",
    "jobs",
    "load_ipython_extension",
    "progress",
    "run",
    "runs",
    "submit",
    "unload_ipython_extension",
]

# Which module has what, for the names above.
_PLACES = {
    "core.array": ["JobArray"],
    "core.errors": [
        "BackendError",
        "JobFailed",
        "OarError",
        "PackingError",
        "Refused",
        "RequestError",
        "SpoolError",
        "Unreachable",
    ],
    "core.job": ["Job"],
    "core.jobs": ["job", "jobs"],
    "core.request": ["Request"],
    "core.state": ["JobState"],
    "notebook.extension": ["load_ipython_extension", "unload_ipython_extension"],
    "notebook.widgets.monitor": ["JobMonitor"],
    "notebook.widgets.picker": ["ResourcePicker"],
    "runner.progress": ["progress"],
    "workflows.runs.run": ["Run", "run", "runs", "submit"],
}
_PLACE = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("pydra-oar-jupyter")
    elif name in _PLACE:
        value = getattr(importlib.import_module(f"{__name__}.{_PLACE[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
