"""Write apps for Pairio, with the names of the published SDK.

::

    from pydra_oar_jupyter.pairio.sdk import App, BaseModel, Field, InputFile, ProcessorBase

An app is a ``main.py`` that ends in ``app.run()``. Started with SPEC_OUTPUT_FILE it writes its
specification there; started as a job, by a compute client, it runs one of its processors.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from pydra_oar_jupyter.pairio.sdk.app import App
from pydra_oar_jupyter.pairio.sdk.files import InputFile, OutputFile, upload_additional_job_output
from pydra_oar_jupyter.pairio.sdk.processor import ProcessorBase

__all__ = [
    "App",
    "BaseModel",
    "Field",
    "InputFile",
    "OutputFile",
    "ProcessorBase",
    "upload_additional_job_output",
]
