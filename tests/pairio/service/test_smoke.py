from __future__ import annotations

from typing import Any


def test_a_job_from_its_creation_to_its_end(service: Any) -> None:
    made = service.submit()
    assert made["status"] == "pending"
    assert made["isRunnable"]
    assert service.job(made["jobId"])["jobPrivateKey"] is None
    (offered,) = service.ask()["runnableJobs"]
    for status in ("starting", "running", "completed"):
        assert service.tell(offered, status).status_code == 200, service.tell(offered, status).text
        assert service.job(made["jobId"])["status"] == status
    assert service.call("findJobs", status="completed")["jobs"][0]["jobId"] == made["jobId"]
    assert service.submit()["jobId"] == made["jobId"]
