"""Jobs are submitted once, whatever happens to the answer."""

from __future__ import annotations

import asyncio

import pytest

from pydra_oar_jupyter.pairio import PairioError, PairioUnreachable
from pydra_oar_jupyter.pairio.client import (
    Connection,
    PairioJob,
    PairioJobDefinition,
    PairioJobInputFile,
    PairioJobOutputFile,
    PairioJobParameter,
    asubmit_job,
    job,
    jobs,
    submit_job,
    use,
)
from tests.pairio.client.conftest import RESOURCES, Way, Worker
from tests.pairio.conftest import SERVICE, Served

HELLO = PairioJobDefinition(
    appName="hello_world",
    processorName="hello_world_2",
    inputFiles=[],
    outputFiles=[PairioJobOutputFile(name="output", fileBaseName="output.txt")],
    parameters=[PairioJobParameter(name="name", value="you")],
)


def submit(connection: Connection, definition: PairioJobDefinition = HELLO, **more) -> PairioJob:
    return submit_job(
        service_name=SERVICE,
        job_definition=definition,
        required_resources=RESOURCES,
        connection=connection,
        **more,
    )


def count_of(source) -> PairioJobDefinition:
    return PairioJobDefinition(
        appName="hello_world",
        processorName="count_characters",
        inputFiles=[PairioJobInputFile(name="input", fileBaseName="input.txt", url=source)],
        outputFiles=[PairioJobOutputFile(name="output", fileBaseName="output.json")],
        parameters=[PairioJobParameter(name="include_whitespace", value=True)],
    )


def test_one_definition_is_one_job(connection: Connection) -> None:
    first, second = submit(connection, tags=["a"]), submit(connection, tags=["b"])
    assert second.jobId == first.jobId
    assert second.tags == ["a", "b"]
    assert submit(connection, skip_cache=True).jobId != first.jobId


def test_a_failed_job_runs_again_only_when_asked(service: Served, connection: Connection) -> None:
    first = submit(connection)
    Worker.claim(service, first).tell("failed", error="it broke")
    assert submit(connection).jobId == first.jobId
    second = submit(connection, rerun_failing=True, delete_failing=True)
    assert second.jobId != first.jobId
    with pytest.raises(PairioError, match=first.jobId) as raised:
        job(first.jobId, connection=connection)
    assert raised.value.status == 404


def test_the_environment_names_the_service(service: Served, monkeypatch) -> None:
    monkeypatch.setenv("PAIRIO_API_URL", service.url)
    monkeypatch.setenv("PAIRIO_API_KEY", service.key)
    made = submit_job(service_name=SERVICE, job_definition=HELLO, required_resources=RESOURCES)
    assert made.job_url == f"{service.url}/job/{made.jobId}"
    assert made.status == "pending"


def test_no_service_and_no_key_are_told(service: Served, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("PAIRIO_API_URL", raising=False)
    monkeypatch.delenv("PAIRIO_API_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(PairioError, match="set PAIRIO_API_URL"):
        jobs()
    with pytest.raises(PairioError, match="set PAIRIO_API_KEY"):
        submit(Connection(service.url))


def test_a_wrong_key_is_told_and_not_shown(service: Served) -> None:
    with pytest.raises(PairioError, match="does not take your key") as raised:
        submit(Connection(service.url, "not-a-key-of-alice"))
    assert raised.value.status == 401
    assert "not-a-key" not in str(raised.value)


def test_what_a_user_may_not_do_is_told_as_that(service: Served) -> None:
    bob = service.management.add_user("bob")
    told = "does not take your key for this: bob may not create jobs"
    with pytest.raises(PairioError, match=told):
        submit(Connection(service.url, bob))


def test_an_output_of_another_job_makes_the_dependency(connection: Connection) -> None:
    first = submit(connection)
    definition = count_of(first.get_output("output"))
    second = submit(connection, definition)
    assert second.jobDependencies == [first.jobId]
    assert not second.isRunnable
    assert second.inputFileUrlList == [first.outputs["output"].url]
    # The definition is as it was: submitted again it is the same job.
    assert submit(connection, definition).jobId == second.jobId
    # So is that which the service tells.
    assert submit(connection, second.jobDefinition).jobId == second.jobId


def test_a_parameter_that_is_null_is_as_in_the_published_client(
    service: Served, connection: Connection
) -> None:
    values = {"outer.inner": 1, "ratio": 0.5, "words": ["a"], "most": None, "mode": "fast"}
    definition = PairioJobDefinition(
        appName="hello_world",
        processorName="many",
        inputFiles=[],
        outputFiles=[],
        parameters=[PairioJobParameter(name=name, value=one) for name, one in values.items()],
    )
    published = service.submit("many", jobDefinition=definition.model_dump(exclude_none=True))
    assert submit(connection, definition).jobId == published["jobId"]


def test_secrets_are_in_no_answer(connection: Connection) -> None:
    job = submit(connection, secrets={"TOKEN": "very-secret-value"})
    assert job.secrets is None
    assert "very-secret-value" not in job.refresh().snapshot.model_dump_json()


def test_awaited_in_another_loop(connection: Connection) -> None:
    async def both() -> list[PairioJob]:
        asked = {"service_name": SERVICE, "job_definition": HELLO, "connection": connection}
        return await asyncio.gather(
            *(asubmit_job(**asked, required_resources=RESOURCES) for _ in range(2))
        )

    one, other = asyncio.run(both())
    assert one.jobId == other.jobId


class TestLostAnswers:
    """The service does what it is asked, and its answer gets lost."""

    @pytest.fixture
    def cut(self, way: Way) -> Way:
        way.cut = lambda line: b"/api/createJob" in line
        return way

    @pytest.mark.parametrize(
        "options",
        [{}, {"skip_cache": True}, {"rerun_failing": True}],
        ids=["cached", "skip_cache", "rerun_failing"],
    )
    def test_is_looked_up(self, service: Served, cut: Way, options: dict[str, bool]) -> None:
        job = submit(Connection(cut.url, service.key), **options)
        made = service.call("findJobs", serviceName=SERVICE)["jobs"]
        assert [one["jobId"] for one in made] == [job.jobId]
        assert cut.count("createJob") == 1

    def test_is_not_the_job_of_another_submission(self, service: Served, cut: Way) -> None:
        before = submit(Connection(service.url, service.key), skip_cache=True)
        job = submit(Connection(cut.url, service.key), skip_cache=True)
        assert job.jobId != before.jobId
        assert len(service.call("findJobs", serviceName=SERVICE)["jobs"]) == 2

    def test_with_no_job_made_nothing_is_sent_twice(
        self, service: Served, way: Way, monkeypatch
    ) -> None:
        monkeypatch.setattr("pydra_oar_jupyter.pairio.client.submit._LOOKS", (0.0, 0.1))
        way.swallow = lambda line: b"/api/createJob" in line
        with pytest.raises(PairioUnreachable, match="batchId='once-") as raised:
            submit(Connection(way.url, service.key), skip_cache=True)
        assert service.key not in str(raised.value)
        assert way.count("createJob") == 1
        assert service.call("findJobs", serviceName=SERVICE)["jobs"] == []

    def test_a_service_that_is_not_there_is_told(self, service: Served) -> None:
        connection = Connection("http://127.0.0.1:9", service.key)
        connection.api.patience = 0.5
        with pytest.raises(PairioUnreachable, match="No usable answer"):
            submit(connection)


def test_one_can_choose_the_service(service: Served, monkeypatch) -> None:
    monkeypatch.setenv("PAIRIO_API_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("pydra_oar_jupyter.pairio.client.connection._chosen", [])
    use(service.url, service.key)
    assert jobs() == []
