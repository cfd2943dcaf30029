"""What Pairio's programs say to one another: jobs, apps, services and compute clients.

Names and shapes are the protocol's, as the published client (0.5.9) reads and writes them. That
client refuses an answer with a field missing: all are always sent, null where there is nothing.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

Scalar = bool | int | float | str
ParameterValue = Scalar | list[Scalar] | None


class JobStatus(StrEnum):
    """Where a job is."""

    PENDING = "pending"
    STARTING = "starting"  # a compute client has claimed it
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether it won't change any more."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED)


class PairioJobInputFile(BaseModel):
    """A file that a job reads, by its URL; the elements of a list are named ``name[0]`` …"""

    name: str
    fileBaseName: str
    url: str


class PairioJobOutputFile(BaseModel):
    """A file that a job writes."""

    name: str
    fileBaseName: str


class PairioJobParameter(BaseModel):
    """A parameter's value; one of a nested model is named ``outer.inner``.

    The published client leaves a value out that is null.
    """

    name: str
    value: ParameterValue = None


class PairioJobDefinition(BaseModel):
    """What a job computes: jobs of one definition have the same outputs."""

    appName: str
    processorName: str
    inputFiles: list[PairioJobInputFile]
    outputFiles: list[PairioJobOutputFile]
    parameters: list[PairioJobParameter]
    cacheBust: str | None = None

    @property
    def hash(self) -> str:
        """The SHA-1, in hexadecimal, of its JSON in the one form that the protocol agrees on."""
        return definition_hash(self.model_dump(exclude_none=True))


def definition_hash(definition: dict[str, Any]) -> str:
    """The hash of a definition as it was received.

    Of its JSON with sorted keys and no white space, the three lists sorted by name, and
    ``cacheBust`` left out where it is null.
    """
    facts = {name: value for name, value in definition.items() if value is not None}
    for name in ("inputFiles", "outputFiles", "parameters"):
        facts[name] = sorted(facts[name], key=lambda one: str(one["name"]))
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class PairioJobRequiredResources(BaseModel):
    """What a job needs: CPUs, GPUs, memory in GB (10⁹ bytes), time in seconds."""

    numCpus: int = Field(ge=0)
    numGpus: int = Field(ge=0)
    memoryGb: float = Field(ge=0)
    timeSec: float = Field(ge=0)


class PairioJobSecret(BaseModel):
    """A value that only the job itself may see: a variable of its environment."""

    name: str
    value: str


class PairioJobOutputFileResult(BaseModel):
    """Where an output is, or will be: its URL is known before the job runs. Size in bytes."""

    name: str
    fileBaseName: str
    url: str
    size: int | None = None


class PairioJobOtherFileOutput(BaseModel):
    """A file that a job left beside its outputs. Size in bytes."""

    name: str
    url: str
    size: int | None = None


class PairioJob(BaseModel):
    """A job as the service tells it. Times are seconds since the epoch."""

    jobId: str
    jobPrivateKey: str | None = None
    serviceName: str
    userId: str
    batchId: str
    tags: list[str]
    jobDefinition: PairioJobDefinition
    jobDefinitionHash: str
    jobDependencies: list[str]
    requiredResources: PairioJobRequiredResources
    targetComputeClientIds: list[str] | None = None
    secrets: list[PairioJobSecret] | None = None
    inputFileUrlList: list[str]
    outputFileUrlList: list[str]
    outputFileResults: list[PairioJobOutputFileResult]
    otherFileOutputs: list[PairioJobOtherFileOutput] = []
    consoleOutputUrl: str
    resourceUtilizationLogUrl: str
    timestampCreatedSec: float
    timestampStartingSec: float | None = None
    timestampStartedSec: float | None = None
    timestampFinishedSec: float | None = None
    canceled: bool = False
    status: JobStatus
    isRunnable: bool
    error: str | None = None
    computeClientId: str | None = None
    computeClientName: str | None = None
    computeClientUserId: str | None = None
    imageUri: str | None = None


class PairioAppProcessorParameter(BaseModel):
    """A parameter of a processor; ``type`` is one of `PARAMETER_TYPES`."""

    name: str
    type: str
    description: str
    defaultValue: ParameterValue = None
    options: list[Scalar] | None = None


PARAMETER_TYPES = (
    "str", "int", "float", "bool",
    "List[str]", "List[int]", "List[float]", "List[bool]",
    "Optional[str]", "Optional[int]", "Optional[float]", "Optional[bool]",
    "Optional[List[str]]", "Optional[List[int]]", "Optional[List[float]]", "Optional[List[bool]]",
)  # fmt: skip


class PairioAppProcessorInputFile(BaseModel):
    """An input of a processor, or a list of files where ``list`` is true."""

    name: str
    description: str
    list: bool | None = None


class PairioAppProcessorOutputFile(BaseModel):
    """An output of a processor."""

    name: str
    description: str


class PairioAppProcessorAttribute(BaseModel):
    """A label of a processor's own."""

    name: str
    value: Any


class PairioAppProcessor(BaseModel):
    """One thing that an app computes, the image that has it, and what is started in there."""

    name: str
    description: str
    label: str
    image: str
    executable: str
    inputs: list[PairioAppProcessorInputFile]
    outputs: list[PairioAppProcessorOutputFile]
    parameters: list[PairioAppProcessorParameter]
    attributes: list[PairioAppProcessorAttribute]


class PairioAppSpecification(BaseModel):
    """All that is known of an app before it runs."""

    name: str
    description: str
    processors: list[PairioAppProcessor]


class PairioServiceApp(BaseModel):
    """An app of a service; URI and commit say where its specification came from."""

    serviceName: str
    appName: str
    appSpecificationUri: str
    appSpecificationCommit: str
    appSpecification: PairioAppSpecification


class PairioServiceUser(BaseModel):
    """What a user may do in a service."""

    userId: str
    admin: bool = False
    createJobs: bool = False
    processJobs: bool = False


class PairioService(BaseModel):
    """Where apps, compute clients and jobs belong; its owner may do all."""

    serviceName: str
    userId: str
    users: list[PairioServiceUser] = []


class ComputeClientComputeSlot(BaseModel):
    """What a job may need at most and at least to be taken, and how many such at once."""

    numCpus: int = Field(ge=0)
    numGpus: int = Field(ge=0)
    memoryGb: float = Field(ge=0)
    timeSec: float = Field(ge=0)
    minNumCpus: int = Field(default=0, ge=0)
    minNumGpus: int = Field(default=0, ge=0)
    minMemoryGb: float = Field(default=0, ge=0)
    minTimeSec: float = Field(default=0, ge=0)
    multiplicity: int = Field(default=1, ge=0)

    def takes(self, resources: PairioJobRequiredResources) -> bool:
        """Whether a job of that size fits in."""
        return (
            self.minNumCpus <= resources.numCpus <= self.numCpus
            and self.minNumGpus <= resources.numGpus <= self.numGpus
            and self.minMemoryGb <= resources.memoryGb <= self.memoryGb
            and self.minTimeSec <= resources.timeSec <= self.timeSec
        )


class PairioComputeClient(BaseModel):
    """What runs jobs. ``processJobsForUsers`` null: for all; its key is told once, when made."""

    computeClientId: str
    computeClientPrivateKey: str | None = None
    computeClientName: str
    serviceNames: list[str]
    userId: str
    computeSlots: list[ComputeClientComputeSlot] = []
    description: str = ""
    processJobsForUsers: list[str] | None = None
    timestampCreatedSec: float = 0.0
    timestampLastActiveSec: float | None = None
