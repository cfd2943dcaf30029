"""What tests of files do: run a job that stores something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tests.pairio.conftest import Served


def running(service: Served, processor: str = "hello_world_2", **fields: Any) -> dict[str, Any]:
    """A job that runs, with its private key."""
    outputs = {"output": "output.txt"} if processor == "hello_world_2" else {}
    job = service.submit(processor, **{"outputs": outputs, "skipCache": True, **fields})
    offered = {one["jobId"]: one for one in service.ask()["runnableJobs"]}
    claimed = offered[job["jobId"]]
    for status in ("starting", "running"):
        assert service.tell(claimed, status).status_code == 200
    return claimed


def allowed(
    service: Served, job: dict[str, Any], kind: str, size: int, name: str | None = None
) -> httpx.Response:
    """The answer to a job that wants to store a file."""
    named = {"output": "outputName", "other": "otherName"}
    fields = {named[kind]: name} if kind in named else {}
    asked = {"jobId": job["jobId"], "uploadType": kind, "size": size, **fields}
    return service.post("getSignedUploadUrl", job["jobPrivateKey"], **asked)


def places(
    service: Served, job: dict[str, Any], kind: str, size: int, name: str | None = None
) -> tuple[str, str]:
    """Where to PUT a file, and where to get it."""
    answer = allowed(service, job, kind, size, name)
    assert answer.status_code == 200, answer.text
    return answer.json()["signedUrl"], answer.json()["downloadUrl"]


def upload(
    service: Served, job: dict[str, Any], kind: str, content: bytes, name: str | None = None
) -> str:
    """Store a file; where to get it."""
    put, get = places(service, job, kind, len(content), name)
    answer = httpx.put(put, content=content)
    assert answer.status_code == 200, answer.text
    return get
