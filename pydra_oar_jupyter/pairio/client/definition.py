"""What a job computes, as users write it: an input may be an output of another job."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from pydra_oar_jupyter.pairio import models
from pydra_oar_jupyter.pairio.client.outputs import Output


class PairioJobInputFile(BaseModel):
    """A file that a job reads: its URL, or an output of a job that this one then waits for."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str
    fileBaseName: str
    url: str | Output


class PairioJobDefinition(BaseModel):
    """What a job computes: jobs of one definition have the same outputs.

    ``cacheBust`` is part of it and means nothing: with a new one, the job is a new one.
    """

    appName: str
    processorName: str
    inputFiles: list[PairioJobInputFile]
    outputFiles: list[models.PairioJobOutputFile]
    parameters: list[models.PairioJobParameter]
    cacheBust: str | None = None


# What a user writes, and what a service tells of a job.
AnyDefinition = PairioJobDefinition | models.PairioJobDefinition


def sendable(definition: AnyDefinition) -> tuple[dict[str, Any], list[str]]:
    """The definition as it is sent, and the jobs whose outputs it reads."""
    sources = [one.url for one in definition.inputFiles if isinstance(one.url, Output)]
    fields = {
        "appName": definition.appName,
        "processorName": definition.processorName,
        "inputFiles": [
            {"name": one.name, "fileBaseName": one.fileBaseName, "url": url_of(one.url)}
            for one in definition.inputFiles
        ],
        "outputFiles": [one.model_dump() for one in definition.outputFiles],
        # As the published client writes them, so that the hash is the same: no value for null.
        "parameters": [one.model_dump(exclude_none=True) for one in definition.parameters],
    }
    if definition.cacheBust is not None:
        fields["cacheBust"] = definition.cacheBust
    return fields, list(dict.fromkeys(source.jobId for source in sources))


def url_of(source: str | Output) -> str:
    """Where an input is."""
    return source.url if isinstance(source, Output) else source
