"""Which jobs are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.pairio.conftest import SERVICE, definition_of
from tests.pairio.postgresql import each_database

if TYPE_CHECKING:
    from tests.pairio.conftest import Served

URL = "http://127.0.0.1:1/file"
RESOURCES = {"numCpus": 1, "numGpus": 0, "memoryGb": 1.5, "timeSec": 60}


def refusal(service: Served, definition: dict[str, Any], **fields: Any) -> str:
    """The words with which a job is refused."""
    asked = {
        "serviceName": SERVICE, "tags": [], "batchId": "", "jobDefinition": definition,
        "requiredResources": RESOURCES, **fields,
    }  # fmt: skip
    answer = service.post("createJob", service.key, **asked)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


def test_a_job_tells_all_that_was_asked_for(service: Served) -> None:
    job = service.submit(
        "hello_world_2",
        outputs={"output": "hello.txt"},
        parameters={"name": "Ada"},
        batchId="b",
        tags=["x", "y", "x"],
        requiredResources=RESOURCES,
        userId="alice",
    )
    assert job["userId"] == "alice"
    assert job["tags"] == ["x", "y"]
    assert job["requiredResources"] == RESOURCES
    assert job["jobDefinition"] == {
        **definition_of("hello_world_2", {}, {"output": "hello.txt"}, {"name": "Ada"}),
        "cacheBust": None,
    }
    url = f"{service.url}/files/{SERVICE}/{job['jobId']}"
    assert job["outputFileUrlList"] == [f"{url}/output/output"]
    assert job["consoleOutputUrl"] == f"{url}/consoleOutput"
    assert job["resourceUtilizationLogUrl"] == f"{url}/resourceUtilizationLog"
    assert service.job(job["jobId"]) == job


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({**definition_of("hello_world_1"), "appName": "none"}, "no app 'none'"),
    (definition_of("none"), "no processor 'none'"),
    (definition_of("hello_world_1", {"input": URL}), "no input 'input'"),
    (definition_of("count_characters", {}, {"output": "a"}), "'input' of the processor"),
    (definition_of("hello_world_2"), "The output 'output'"),
    (definition_of("hello_world_1", {}, {"output": "a"}), "no output 'output'"),
    (definition_of("hello_world_1", parameters={"nme": "x"}), "no parameter 'nme'"),
    (definition_of("hello_world_1", parameters={"name": 3}), "'name' is str, not 3"),
    (definition_of("many"), "'outer.inner' of the processor 'many' is missing"),
    (definition_of("many", parameters={"outer.inner": True}), "is int, not True"),
    (definition_of("many", parameters={"outer.inner": 1.5}), "is int, not 1.5"),
    (definition_of("many", parameters={"outer.inner": 1, "words": "a"}), "is List[str]"),
    (definition_of("many", parameters={"outer.inner": 1, "words": [1]}), "is List[str]"),
    (definition_of("many", parameters={"outer.inner": 1, "most": "a"}), "is Optional[int]"),
    (definition_of("many", parameters={"outer.inner": 1, "mode": "no"}), "one of 'fast'"),
    (definition_of("join", {"input": URL}, {"output": "a"}), "name its files input[0]"),
    (definition_of("join", {"input[1]": URL}, {"output": "a"}), "no element input[0]"),
    (definition_of("join", {"input[00]": URL}, {"output": "a"}), "no input 'input[00]'"),
    (definition_of("hello_world_2", {}, {"output": "../a"}), "name of a file"),
    (
        definition_of("count_characters", {"input": "javascript:alert()"}, {"output": "a"}),
        "http:// or https://",
    ),
]


def test_a_definition_that_the_specification_does_not_allow_is_refused(service: Served) -> None:
    for definition, words in REFUSED:
        assert words in refusal(service, definition)
    assert service.call("findJobs")["jobs"] == []


def test_defaults_and_nulls_need_not_be_given(service: Served) -> None:
    service.submit("many", parameters={"outer.inner": 1})
    service.submit("many", parameters={"outer.inner": 1, "most": None, "ratio": None})
    service.submit("many", parameters={"outer.inner": 1, "ratio": 2, "most": 3, "mode": "slow"})
    # The published client leaves a value out that is null.
    definition = definition_of("hello_world_1")
    definition["parameters"] = [{"name": "name"}]
    asked = {"serviceName": SERVICE, "requiredResources": RESOURCES, "jobDefinition": definition}
    service.call("createJob", service.key, **asked)


def test_a_name_that_comes_twice_is_refused(service: Served) -> None:
    definition = definition_of("hello_world_1")
    definition["parameters"] = [{"name": "name", "value": "a"}, {"name": "name", "value": "b"}]
    assert "named twice" in refusal(service, definition)


def test_the_files_of_a_list_are_numbered(service: Served) -> None:
    urls = {f"input[{n}]": f"{URL}{n}" for n in range(12)}
    job = service.submit("join", inputs=urls, outputs={"output": "all.txt"})
    assert sorted(job["inputFileUrlList"]) == sorted(urls.values())
    service.submit("join", outputs={"output": "all.txt"})  # an empty list is one, too


def test_what_else_is_refused(service: Served) -> None:
    definition = definition_of("hello_world_1")
    assert "no compute client" in refusal(service, definition, targetComputeClientIds=["x"])
    assert "no such job" in refusal(service, definition, jobDependencies=["x"])
    secret = {"name": "A=B", "value": ""}
    assert "environment variable" in refusal(service, definition, secrets=[secret])
    many = {**RESOURCES, "numCpus": -1}
    assert "numCpus" in refusal(service, definition, requiredResources=many)
    answer = service.post(
        "createJob", service.key, serviceName="none", jobDefinition=definition,
        requiredResources=RESOURCES,
    )  # fmt: skip
    assert answer.status_code == 404


@each_database
def test_a_job_may_ask_for_more_than_there_is(service: Served) -> None:
    huge = {"numCpus": 2**62, "numGpus": 2**62, "memoryGb": 1e300, "timeSec": 1e300}
    assert service.submit(requiredResources=huge)["requiredResources"] == huge
    assert service.ask()["runnableJobs"] == []
