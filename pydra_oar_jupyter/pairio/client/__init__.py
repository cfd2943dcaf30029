"""The client of Pairio: submit jobs, and hold them. Scripts of the published client run with it."""

from __future__ import annotations

from pydra_oar_jupyter.pairio.client.calls import App, Call, Processor, Service
from pydra_oar_jupyter.pairio.client.connection import Connection, use
from pydra_oar_jupyter.pairio.client.console import Console
from pydra_oar_jupyter.pairio.client.definition import PairioJobDefinition, PairioJobInputFile
from pydra_oar_jupyter.pairio.client.errors import PairioJobFailed
from pydra_oar_jupyter.pairio.client.finding import (
    aapps,
    ajob,
    ajobs,
    apps,
    aservice,
    aservices,
    job,
    jobs,
    service,
    services,
)
from pydra_oar_jupyter.pairio.client.handle import PairioJob
from pydra_oar_jupyter.pairio.client.outputs import Output, Outputs
from pydra_oar_jupyter.pairio.client.resources import Resources
from pydra_oar_jupyter.pairio.client.submit import asubmit_job, submit_job
from pydra_oar_jupyter.pairio.models import (
    PairioJobOutputFile,
    PairioJobParameter,
    PairioJobRequiredResources,
    PairioJobSecret,
)
from pydra_oar_jupyter.pairio.usage import Sample

__all__ = [
    "App",
    "Call",
    "Connection",
    "Console",
    "Output",
    "Outputs",
    "PairioJob",
    "PairioJobDefinition",
    "PairioJobFailed",
    "PairioJobInputFile",
    "PairioJobOutputFile",
    "PairioJobParameter",
    "PairioJobRequiredResources",
    "PairioJobSecret",
    "Processor",
    "Resources",
    "Sample",
    "Service",
    "aapps",
    "ajob",
    "ajobs",
    "apps",
    "aservice",
    "aservices",
    "asubmit_job",
    "job",
    "jobs",
    "service",
    "services",
    "submit_job",
    "use",
]
