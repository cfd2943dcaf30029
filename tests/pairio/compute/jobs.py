"""Jobs as a service hands them to a compute client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio.compute.launch import Claim
from pydra_oar_jupyter.pairio.models import PairioAppProcessor, PairioJob

if TYPE_CHECKING:
    from collections.abc import Mapping


def claim(
    number: int = 1,
    secrets: Mapping[str, str] | None = None,
    *,
    app: str = "mine",
    image: str = "",
    executable: str = "/app/main.py",
    **needs: Any,
) -> Claim:
    """A claimed job; its private key is ``key-of-job NUMBER``."""
    needed = {"numCpus": 1, "numGpus": 0, "memoryGb": 0, "timeSec": 600, **needs}
    files: dict[str, Any] = {"inputFiles": [], "outputFiles": [], "parameters": []}
    facts = {
        **dict.fromkeys(("serviceName", "userId", "batchId", "jobDefinitionHash"), "x"),
        **dict.fromkeys(("consoleOutputUrl", "resourceUtilizationLogUrl"), "http://x"),
        **{name: [] for name in ("tags", "jobDependencies", "outputFileResults")},
        **{name: [] for name in ("inputFileUrlList", "outputFileUrlList")},
        "jobId": f"job{number}",
        "jobPrivateKey": f"key-of-job {number}",
        "jobDefinition": {"appName": app, "processorName": "p", **files},
        "requiredResources": needed,
        "secrets": [{"name": name, "value": value} for name, value in (secrets or {}).items()],
        "timestampCreatedSec": 1.0,
        "status": "starting",
        "isRunnable": True,
    }
    lists: dict[str, Any] = {name: [] for name in ("inputs", "outputs", "parameters", "attributes")}
    processor = PairioAppProcessor(
        name="p", description="", label="", image=image, executable=executable, **lists
    )
    return Claim(PairioJob.model_validate(facts), processor)
