"""How jobs end: completed, failed, cancelled, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tests.pairio.postgresql import each_database

if TYPE_CHECKING:
    from tests.pairio.conftest import Served

pytestmark = each_database


def offered(service: Served) -> dict[str, Any]:
    (job,) = service.ask()["runnableJobs"]
    return dict(job)


def running(service: Served) -> dict[str, Any]:
    """The job that is offered, running."""
    job = offered(service)
    for step in ("starting", "running"):
        assert service.tell(job, step).status_code == 200
    return job


def upload(service: Served, job: dict[str, Any], kind: str, content: bytes, **names: str) -> str:
    """Store a file of a job's; where it can be read."""
    asked = {"jobId": job["jobId"], "uploadType": kind, "size": len(content), **names}
    urls = service.call("getSignedUploadUrl", job["jobPrivateKey"], **asked)
    assert httpx.put(urls["signedUrl"], content=content).status_code == 200
    return str(urls["downloadUrl"])


def test_a_job_goes_its_way_and_no_other(service: Served) -> None:
    service.submit()
    job = offered(service)
    for step in ("running", "completed", "pending"):
        assert service.tell(job, step).status_code == 400
    assert service.tell(job, "starting").status_code == 200
    assert service.tell(job, "completed").status_code == 200
    for step in ("starting", "running", "pending"):
        assert service.tell(job, step).status_code == 400
    assert service.tell(job, "completed").status_code == 200  # told twice


def test_an_error_is_for_those_that_fail(service: Served) -> None:
    service.submit()
    job = running(service)
    for status, error in (("failed", None), ("failed", ""), ("completed", "x"), ("running", "x")):
        assert service.tell(job, status, error=error).status_code == 400
    assert service.job(job["jobId"])["status"] == "running"


def test_a_job_completes_with_all_its_outputs(service: Served) -> None:
    service.submit("hello_world_2", outputs={"output": "hello.txt"})
    job = running(service)
    refused = service.tell(job, "completed")
    assert refused.status_code == 400
    assert "'output'" in refused.json()["error"]
    url = upload(service, job, "output", b"Hello", outputName="output")
    assert service.tell(job, "completed").status_code == 200
    (result,) = service.job(job["jobId"])["outputFileResults"]
    assert (result["url"], result["size"]) == (url, 5)
    assert httpx.get(url).content == b"Hello"


def test_secrets_are_kept_to_the_end_of_the_job(service: Served) -> None:
    secret = {"name": "TOKEN", "value": "of-this-job-alone"}

    def kept(job: dict[str, Any]) -> Any:
        asked = {"jobId": job["jobId"], "includePrivateKey": False}
        return service.call("getJob", job["jobPrivateKey"], **asked)["job"]["secrets"]

    for end, error in (("completed", None), ("failed", "It could not.")):
        service.submit(secrets=[secret], skipCache=True)
        job = running(service)
        assert kept(job) == [secret]
        assert service.tell(job, end, error=error).status_code == 200
        assert kept(job) == []


def test_a_pending_job_is_cancelled(service: Served) -> None:
    made = service.submit()
    service.call("cancelJob", service.key, jobId=made["jobId"])
    found = service.job(made["jobId"])
    assert (found["status"], found["canceled"]) == ("failed", True)
    assert found["error"] == "Cancelled by alice."
    assert service.ask()["runnableJobs"] == []
    service.call("cancelJob", service.key, jobId=made["jobId"])  # again: so it is


def test_a_running_job_that_is_cancelled_can_not_go_on(service: Served) -> None:
    service.submit()
    job = running(service)
    service.call("cancelJob", service.key, jobId=job["jobId"])
    assert service.ask()["runningJobs"] == []
    for step, error in (("running", None), ("completed", None), ("failed", "stopped")):
        refused = service.tell(job, step, error=error)
        assert refused.status_code == 400
        assert "cancelled" in refused.json()["error"]
    assert service.job(job["jobId"])["error"] == "Cancelled by alice."


def test_a_job_that_has_ended_can_not_be_cancelled(service: Served) -> None:
    service.submit()
    job = running(service)
    assert service.tell(job, "completed").status_code == 200
    assert service.post("cancelJob", service.key, jobId=job["jobId"]).status_code == 400
    assert not service.job(job["jobId"])["canceled"]


def test_a_deleted_job_is_gone_with_its_files(service: Served) -> None:
    service.submit("hello_world_2", outputs={"output": "hello.txt"})
    job = running(service)
    urls = [
        upload(service, job, "output", b"1", outputName="output"),
        upload(service, job, "consoleOutput", b"2"),
        upload(service, job, "other", b"3", otherName="a/b.txt"),
    ]
    assert service.job(job["jobId"])["otherFileOutputs"] == [
        {"name": "a/b.txt", "url": urls[2], "size": 1}
    ]
    assert [httpx.get(url).status_code for url in urls] == [200, 200, 200]
    service.call("deleteJobs", service.key, userId="alice", jobIds=[job["jobId"]])
    assert [httpx.get(url).status_code for url in urls] == [404, 404, 404]
    assert service.post("getJob", jobId=job["jobId"]).status_code == 404
    assert service.tell(job, "completed").status_code == 404
    assert service.call("findJobs", outputFileUrl=urls[0])["jobs"] == []


def test_all_jobs_that_are_named_are_deleted_or_none(service: Served) -> None:
    made = service.submit()
    asked = {"userId": "alice", "jobIds": [made["jobId"], "none"]}
    assert service.post("deleteJobs", service.key, **asked).status_code == 404
    assert service.job(made["jobId"])


def test_what_a_user_has_used_is_counted(service: Served) -> None:
    service.submit()
    job = running(service)
    assert service.tell(job, "completed").status_code == 200
    service.submit(parameters={"name": "x"})
    stats = service.call("computeUserStats", userId="alice")["userStats"]
    assert stats["jobs"] == {"completed": 1, "pending": 1}
    assert stats["consumption"]["numJobs"] == 2
    assert stats["consumption"]["cpuHours"] > 0
