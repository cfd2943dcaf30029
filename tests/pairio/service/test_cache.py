"""When a job is answered by one that there is already, and how jobs are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.pairio.conftest import SERVICE, definition_of
from tests.pairio.postgresql import each_database

if TYPE_CHECKING:
    from tests.pairio.conftest import Served

pytestmark = each_database


def end(service: Served, status: str, **fields: Any) -> None:
    """Run the job that is offered to its end."""
    (job,) = service.ask()["runnableJobs"]
    for step in ("starting", "running"):
        assert service.tell(job, step).status_code == 200
    assert service.tell(job, status, **fields).status_code == 200


def test_jobs_of_one_definition_are_one_job(service: Served) -> None:
    first = service.submit(parameters={"name": "a"}, tags=["one"])
    again = service.submit(parameters={"name": "a"}, tags=["two", "one"])
    other = service.submit(parameters={"name": "b"})
    assert again["jobId"] == first["jobId"] != other["jobId"]
    assert again["tags"] == ["one", "two"]
    assert service.call("findJobs", tags=["one", "two"])["jobs"] == [again]
    assert service.call("findJobs", tags="two")["jobs"] == [again]
    assert service.call("findJobs", tags=["one", "three"])["jobs"] == []


def test_the_order_of_names_makes_no_other_definition(service: Served) -> None:
    values = {"outer.inner": 1, "ratio": 0.5}
    job = service.submit("many", parameters=values)
    assert service.submit("many", parameters=dict(reversed(values.items()))) == job
    found = service.call(
        "findJobByDefinition", serviceName=SERVICE,
        jobDefinition=definition_of("many", parameters=values),
    )  # fmt: skip
    assert found["found"]
    assert found["job"] == job
    none = definition_of("many", parameters={"outer.inner": 2})
    found = service.call("findJobByDefinition", serviceName=SERVICE, jobDefinition=none)
    assert (found["found"], found["job"]) == (False, None)


def test_skipping_the_cache_makes_a_new_job(service: Served) -> None:
    first, second = service.submit(), service.submit(skipCache=True)
    assert first["jobId"] != second["jobId"]
    assert service.submit()["jobId"] == second["jobId"]  # the newest


def test_a_job_that_failed_is_run_again_only_if_asked_for(service: Served) -> None:
    failed = service.submit()
    end(service, "failed", error="boom")
    assert service.submit()["error"] == "boom"
    rerun = service.submit(rerunFailing=True)
    assert rerun["jobId"] != failed["jobId"]
    assert service.job(failed["jobId"])["status"] == "failed"
    end(service, "failed", error="boom")
    service.submit(rerunFailing=True, deleteFailing=True)
    assert service.post("getJob", jobId=rerun["jobId"]).status_code == 404


def test_a_cancelled_job_answers_nothing(service: Served) -> None:
    cancelled = service.submit()
    service.call("cancelJob", service.key, jobId=cancelled["jobId"])
    assert service.submit()["jobId"] != cancelled["jobId"]


def test_cache_bust_makes_another_definition(service: Served) -> None:
    plain = service.submit()
    busted = {**definition_of("hello_world_1"), "cacheBust": "1"}
    assert service.submit(jobDefinition=busted)["jobId"] != plain["jobId"]
    unbusted = {**definition_of("hello_world_1"), "cacheBust": None}
    assert service.submit(jobDefinition=unbusted)["jobId"] == plain["jobId"]


def test_jobs_are_found_by_what_is_known_of_them(service: Served) -> None:
    first = service.submit("hello_world_2", outputs={"output": "a.txt"}, batchId="b")
    url = first["outputFileUrlList"][0]
    second = service.submit("count_characters", inputs={"input": url}, outputs={"output": "n"})

    def found(**filters: Any) -> list[str]:
        return [job["jobId"] for job in service.call("findJobs", **filters)["jobs"]]

    one, two = first["jobId"], second["jobId"]
    assert found() == [two, one]
    assert found(limit=1) == [two]
    assert found(userId="alice", serviceName=SERVICE, appName="hello_world") == [two, one]
    assert found(userId="bob") == found(computeClientId="x") == found(appName="x") == []
    assert found(processorName="hello_world_2") == found(batchId="b") == found(jobId=one) == [one]
    assert found(inputFileUrl=url) == [two]
    assert found(outputFileUrl=url) == [one]
    assert found(status="pending") == found(status=["pending", "failed"]) == [two, one]
    assert found(status="failed") == []
    assert service.post("findJobs", limit=1001).status_code == 400
