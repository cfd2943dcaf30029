"""Jobs that need others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.pairio.postgresql import each_database

if TYPE_CHECKING:
    from tests.pairio.conftest import Served

pytestmark = each_database


def start(service: Served, job: dict[str, Any]) -> dict[str, Any]:
    """Let a job run; as it was offered."""
    offered = {one["jobId"]: one for one in service.ask()["runnableJobs"]}[job["jobId"]]
    for step in ("starting", "running"):
        assert service.tell(offered, step).status_code == 200
    return offered


def job_named(service: Served, name: str, *needs: dict[str, Any]) -> dict[str, Any]:
    ids = [one["jobId"] for one in needs]
    return service.submit(parameters={"name": name}, jobDependencies=ids)


def test_a_job_runs_when_all_that_it_needs_has_completed(service: Served) -> None:
    one, two = job_named(service, "1"), job_named(service, "2")
    waiting = job_named(service, "waiting", one, two)
    assert sorted(waiting["jobDependencies"]) == sorted([one["jobId"], two["jobId"]])
    assert not waiting["isRunnable"]
    for last, job in ((False, one), (True, two)):
        offered = start(service, job)
        assert service.tell(offered, "completed").status_code == 200
        assert service.job(waiting["jobId"])["isRunnable"] is last
    assert service.ask()["runnableJobs"][0]["jobId"] == waiting["jobId"]


def test_a_job_can_not_be_claimed_before_it_is_runnable(service: Served) -> None:
    waiting = job_named(service, "waiting", job_named(service, "first"))
    with service.state.read() as session:
        from pydra_oar_jupyter.pairio.service.jobs.find import job_with_id

        key = job_with_id(session, waiting["jobId"]).private_key
    refused = service.tell({**waiting, "jobPrivateKey": key}, "starting")
    assert refused.status_code == 400


def test_an_output_as_input_makes_the_dependency_by_itself(service: Served) -> None:
    first = service.submit("hello_world_2", outputs={"output": "a.txt"})
    inputs = {"input": first["outputFileResults"][0]["url"]}
    second = service.submit("count_characters", inputs=inputs, outputs={"output": "n.json"})
    assert second["jobDependencies"] == [first["jobId"]]
    assert not second["isRunnable"]


def test_what_needs_a_job_that_fails_fails_and_says_so(service: Served) -> None:
    first = job_named(service, "first")
    second = job_named(service, "second", first)
    third = job_named(service, "third", second)
    offered = start(service, first)
    assert service.tell(offered, "failed", error="boom").status_code == 200
    for job in (second, third):
        found = service.job(job["jobId"])
        assert found["status"] == "failed"
        assert found["error"] == f"Job {first['jobId']}, on which it depends, failed: boom"
        assert found["timestampFinishedSec"]
        assert not found["canceled"]


def test_a_job_made_after_its_dependency_failed_has_failed_too(service: Served) -> None:
    first = job_named(service, "first")
    service.call("cancelJob", service.key, jobId=first["jobId"])
    late = job_named(service, "late", first)
    assert late["status"] == "failed"
    assert "Cancelled by alice" in late["error"]
    assert service.ask()["runnableJobs"] == []


def test_what_needs_a_job_that_is_deleted_fails(service: Served) -> None:
    first = job_named(service, "first")
    second = job_named(service, "second", first)
    service.call("deleteJobs", service.key, userId="alice", jobIds=[first["jobId"]])
    assert "was deleted" in service.job(second["jobId"])["error"]


def test_a_long_chain_fails_at_once(service: Served) -> None:
    first = last = job_named(service, "0")
    for number in range(1, 60):
        last = job_named(service, str(number), last)
    service.call("cancelJob", service.key, jobId=first["jobId"])
    assert service.job(last["jobId"])["status"] == "failed"
