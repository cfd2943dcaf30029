"""The handle of a job: how it goes, what it prints and leaves, and how it shows itself."""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.pairio import PairioError
from pydra_oar_jupyter.pairio.client import Connection, PairioJobFailed, jobs
from tests.conftest import PATIENCE
from tests.pairio.client.conftest import Way, Worker, log_line
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client import App, PairioJob
    from tests.pairio.conftest import Served


@pytest.fixture
def job(hello: App) -> PairioJob:
    return hello.hello_world_2(name="you").submit()


@pytest.fixture
def worker(service: Served, job: PairioJob) -> Worker:
    return Worker.claim(service, job)


def test_its_fields_are_the_present_ones(job: PairioJob, worker: Worker) -> None:
    assert wait_until(lambda: job.status == "running")
    worker.complete(output=b"Hello")
    assert wait_until(lambda: job.status == "completed")
    assert job.timestampFinishedSec >= job.timestampStartedSec
    assert job.outputs["output"].size == 5
    assert "timestampFinishedSec" in dir(job)
    with pytest.raises(AttributeError):
        _ = job.no_such_field


def test_wait_until_done_prints_as_the_published_client(
    job: PairioJob, worker: Worker, capsys
) -> None:
    threading.Timer(0.5, worker.complete, kwargs={"output": b"Hello"}).start()
    job.wait_until_done()
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{job.job_url} running", f"{job.job_url} completed"]
    job.wait_until_done()
    assert capsys.readouterr().out == f"{job.job_url} completed\n"


def test_wait_until_done_ends_in_time(job: PairioJob, capsys) -> None:
    job.wait_until_done(wait_sec=0.5)
    assert capsys.readouterr().out == f"{job.job_url} pending\nStatus: pending\n"


def test_wait_until_done_raises_nothing(job: PairioJob, worker: Worker, capsys) -> None:
    worker.tell("failed", error="no more memory")
    job.wait_until_done()
    assert capsys.readouterr().out.endswith(f"{job.job_url} failed\nError: no more memory\n")


def test_result_tells_what_failed(job: PairioJob, worker: Worker) -> None:
    worker.prints("reading\nMemoryError\n")
    worker.tell("failed", error="no more memory")
    with pytest.raises(PairioJobFailed) as raised:
        job.result(PATIENCE)
    told = str(raised.value)
    assert f"Job {job.jobId} (hello_world.hello_world_2) failed: no more memory" in told
    assert told.endswith("reading\nMemoryError")
    assert job.job_url in told
    assert raised.value.job is job


def test_it_can_be_awaited_in_any_loop(job: PairioJob, worker: Worker) -> None:
    async def wait() -> str:
        outputs, text = await asyncio.gather(job, job.outputs["output"].atext())
        assert list(outputs) == ["output"]
        return text

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(asyncio.run, wait())
        worker.complete(output=b"Hello")
        assert waiting.result(PATIENCE) == "Hello"


def test_changes_come_as_they_are(service: Served, job: PairioJob) -> None:
    seen = []

    async def watch() -> None:
        async for one in job.changes():
            seen[len(seen) :] = [one.status.value]

    with ThreadPoolExecutor() as pool:
        watching = pool.submit(asyncio.run, watch())
        wait_until(lambda: seen == ["pending"])
        worker = Worker.claim(service, job)
        wait_until(lambda: seen[-1] == "running")
        worker.complete(output=b"")
        watching.result(PATIENCE)
    assert seen[-1] == "completed"
    assert job.snapshot.status == "completed"


def test_changes_are_asked_for_where_none_are_pushed(service: Served, way: Way) -> None:
    way.swallow = lambda line: b"/api/events" in line
    from pydra_oar_jupyter.pairio.client import service as service_of

    connection = Connection(way.url, service.key)
    hello = service_of("hello_world_service", connection=connection).hello_world
    job = hello.hello_world_2().submit()
    worker = Worker.claim(service, job)
    threading.Timer(0.5, worker.complete, kwargs={"output": b"Hello"}).start()
    assert job.result(PATIENCE)["output"].text() == "Hello"


def test_a_break_in_the_connection_is_mended(service: Served, way: Way) -> None:
    from pydra_oar_jupyter.pairio.client import service as service_of

    connection = Connection(way.url, service.key)
    hello = service_of("hello_world_service", connection=connection).hello_world
    job = hello.hello_world_2().submit()
    worker = Worker.claim(service, job)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(job.result, PATIENCE)
        wait_until(lambda: any("/api/events" in one for one in way.requests))
        way.break_all()
        worker.complete(output=b"Hello")
        assert waiting.result(PATIENCE)


def test_a_job_that_is_deleted_is_told(service: Served, job: PairioJob) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(job.wait, PATIENCE)
        time.sleep(0.2)  # it waits, most likely; it is told in any case
        service.call("deleteJobs", service.key, userId="alice", jobIds=[job.jobId])
        with pytest.raises(PairioError, match=job.jobId):
            waiting.result(PATIENCE)


def test_many_are_waited_for_at_once(service: Served, hello: App) -> None:
    several = [hello.hello_world_2(name=f"{at}").submit() for at in range(40)]

    async def wait() -> int:
        return len(await asyncio.gather(*several))

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(asyncio.run, wait())
        for _ in range(10):
            for offered in service.ask()["runnableJobs"]:
                worker = Worker(service, offered)
                worker.tell("starting")
                worker.tell("running")
                worker.complete(output=b"Hello")
        assert waiting.result(PATIENCE) == 40


def test_wait_gives_up_in_time(job: PairioJob) -> None:
    with pytest.raises(TimeoutError, match=r"after 0\.2 s; it goes on"):
        job.wait(0.2)


class TestCancelling:
    def test_stops_it(self, job: PairioJob, worker: Worker) -> None:
        job.cancel()
        assert job.snapshot.canceled
        job.cancel()  # nothing more
        with pytest.raises(PairioJobFailed, match="was cancelled"):
            job.result(PATIENCE)

    def test_leaves_what_has_ended(self, job: PairioJob, worker: Worker) -> None:
        worker.complete(output=b"")
        job.cancel()
        assert job.status == "completed"


class TestConsole:
    def test_is_empty_at_first(self, job: PairioJob) -> None:
        assert job.console.text() == ""

    def test_is_followed_as_it_grows(self, job: PairioJob, worker: Worker) -> None:
        shown: list[str] = []

        async def follow() -> None:
            async for part in job.console:
                shown[len(shown) :] = [part]

        with ThreadPoolExecutor() as pool:
            following = pool.submit(asyncio.run, follow())
            for text in (
                "one\n",
                "one\n 10 %",
                "one\n 10 % of",
                "one\n100 %",
                "one\n100 %\ntwo\nthré",
            ):
                worker.prints(text)
                last = text.rsplit("\n", 1)[-1] or text
                wait_until(lambda last=last: "".join(shown).endswith(last))
            worker.complete(output=b"")
            following.result(PATIENCE)
        assert "".join(shown) == "one\n 10 % of\r100 %\ntwo\nthré"
        assert job.console.text() == str(job.console) == "one\n100 %\ntwo\nthré"
        assert job.console.tail(1) == "thré"

    def test_is_followed_by_code_that_waits(self, job: PairioJob, worker: Worker) -> None:
        worker.prints("one\n")
        parts = job.console.follow()
        assert next(parts) == "one\n"
        worker.prints("one\ntwo\n")
        worker.complete(output=b"")
        assert "".join(parts) == "two\n"

    def test_shows_the_end_of_much(self, job: PairioJob, worker: Worker) -> None:
        worker.prints("\x1b[31m<b>\n" + "x" * 100_000 + "\nlast\n")
        worker.complete(output=b"")
        shown = job.console._repr_mimebundle_()
        assert len(shown["text/html"]) < 60_000
        assert "last" in shown["text/html"]
        assert job.consoleOutputUrl in shown["text/html"]


class TestResources:
    def test_are_samples_and_a_plot(self, job: PairioJob, worker: Worker) -> None:
        lines = [log_line(1000.0 + at, at, at * 1e9) for at in range(3)]
        # As the published SDK writes it: with empty lines. Others are not to be in the way.
        log = "\n\n".join([lines[1], lines[0], "no json", '{"timestamp": "NaN"}', lines[2]])
        worker.upload("resourceUtilizationLog", log.encode())
        samples = job.resources.samples()
        assert [one.cpu for one in samples] == [0, 1, 2]
        assert samples[2].memory == 2e9
        shown = job.resources._repr_mimebundle_()
        assert shown["image/svg+xml"].startswith("<svg")
        assert "2 GB memory" in shown["text/plain"]

    def test_may_be_none_yet(self, job: PairioJob) -> None:
        assert job.resources.samples() == []
        assert "nothing was logged yet" in job.resources._repr_mimebundle_()["text/plain"]

    def test_of_one_sample_have_a_plot(self, job: PairioJob, worker: Worker) -> None:
        worker.upload("resourceUtilizationLog", log_line(1000.0, 400.0, 0.0).encode())
        assert "<polyline" in job.resources._repr_mimebundle_()["image/svg+xml"]


def test_it_shows_itself(job: PairioJob, worker: Worker) -> None:
    shown = job._repr_mimebundle_()
    assert "running" in shown["text/html"]
    assert f'href="{job.job_url}"' in shown["text/html"]
    worker.tell("failed", error="<script>alert(1)</script>")
    shown = job._repr_mimebundle_()
    assert "✗" in shown["text/html"]
    assert "<script" not in shown["text/html"]
    assert "&lt;script" in shown["text/html"]


def test_it_can_be_sent_elsewhere_without_the_key(
    service: Served, job: PairioJob, worker: Worker
) -> None:
    worker.complete(output=b"Hello")
    sent = pickle.dumps((job, job.outputs["output"]))
    assert service.key.encode() not in sent
    copy, output = pickle.loads(sent)
    assert copy.status == "completed"
    assert output.text() == "Hello"


def test_a_list_of_jobs_is_a_table(connection: Connection, job: PairioJob) -> None:
    found = jobs(connection=connection, status="pending", processorName="hello_world_2")
    assert [one.jobId for one in found] == [job.jobId]
    assert job.jobId in found._repr_html_()
    assert jobs(connection=connection, status="failed") == []
