"""Pairio: jobs of apps on a network of compute clients.

What scripts use of the published client is here; all of the client, with `service` and `apps`, is
in `pydra_oar_jupyter.pairio.client`. Nothing is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client import (
        Connection,
        Output,
        PairioJob,
        PairioJobDefinition,
        PairioJobFailed,
        PairioJobInputFile,
        PairioJobOutputFile,
        PairioJobParameter,
        PairioJobRequiredResources,
        PairioJobSecret,
        ajob,
        ajobs,
        aservices,
        asubmit_job,
        job,
        jobs,
        services,
        submit_job,
        use,
    )
    from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable

__all__ = [
    "Connection",
    "Output",
    "PairioError",
    "PairioJob",
    "PairioJobDefinition",
    "PairioJobFailed",
    "PairioJobInputFile",
    "PairioJobOutputFile",
    "PairioJobParameter",
    "PairioJobRequiredResources",
    "PairioJobSecret",
    "PairioUnreachable",
    "ajob",
    "ajobs",
    "aservices",
    "asubmit_job",
    "job",
    "jobs",
    "services",
    "submit_job",
    "use",
]
_ERRORS = ("PairioError", "PairioUnreachable")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = "errors" if name in _ERRORS else "client"
    value = getattr(importlib.import_module(f"{__name__}.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
