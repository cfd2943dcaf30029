"""What is told as it happens."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from queue import Queue
from typing import TYPE_CHECKING, Any

import httpx

from pydra_oar_jupyter.pairio.service.settings import Settings
from tests.pairio.conftest import SERVICE, serving
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.pairio.conftest import Served


class Watching:
    """One who watches events, in a thread."""

    def __init__(self, url: str, key: str | None) -> None:
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url = url
        self.told: Queue[tuple[str, dict[str, Any]]] = Queue()
        self.ended = threading.Event()
        self._client = httpx.Client(timeout=60)

    def run(self) -> None:
        name = ""
        try:
            with self._client.stream("GET", self._url, headers=self._headers) as answer:
                assert answer.status_code == 200, answer.read()
                assert answer.headers["content-type"].startswith("text/event-stream")
                for line in answer.iter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        self.told.put((name, json.loads(line.removeprefix("data: "))))
                    elif line.startswith(":"):
                        self.told.put(("comment", {}))
        except httpx.TransportError:
            pass
        finally:
            self.ended.set()

    def next(self, name: str) -> dict[str, Any]:
        """The next event, which must have that name."""
        found, data = self.told.get(timeout=60)
        assert found == name, (found, data)
        return data

    def until(self, seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event of a job of which that is true."""
        while True:
            name, data = self.told.get(timeout=60)
            if name == "job" and seen(data):
                return data


@contextmanager
def watching(service: Served, key: str | None = None, **about: str) -> Iterator[Watching]:
    """Watch while the block runs; the connection stands when it begins."""
    query = "&".join(f"{name}={value}" for name, value in about.items())
    watcher = Watching(f"{service.url}/api/events?{query}", key)
    thread = threading.Thread(target=watcher.run, daemon=True)
    thread.start()
    wait_until(lambda: not watcher.told.empty() or watcher.ended.is_set())
    yield watcher


def test_a_job_is_told_from_its_present_state_to_its_end(service: Served) -> None:
    made = service.submit(secrets=[{"name": "A", "value": "top-secret"}])
    with watching(service, jobId=made["jobId"]) as watcher:
        first = watcher.next("job")
        assert first == made
        (job,) = service.ask()["runnableJobs"]
        for status in ("starting", "running", "completed"):
            assert service.tell(job, status).status_code == 200
            told = watcher.until(lambda one, status=status: one["status"] == status)
            assert told["jobPrivateKey"] is told["secrets"] is None
        service.call("deleteJobs", service.key, userId="alice", jobIds=[made["jobId"]])
        assert watcher.next("deleted") == {"jobId": made["jobId"]}


def test_console_output_is_told_as_it_grows(service: Served) -> None:
    made = service.submit()
    (job,) = service.ask()["runnableJobs"]
    assert service.tell(job, "starting").status_code == 200
    with watching(service, jobId=made["jobId"]) as watcher:
        watcher.next("job")
        asked = {"jobId": job["jobId"], "uploadType": "consoleOutput", "size": 5}
        urls = service.call("getSignedUploadUrl", job["jobPrivateKey"], **asked)
        httpx.put(urls["signedUrl"], content=b"Hello").raise_for_status()
        assert watcher.next("console") == {"jobId": made["jobId"], "size": 5}


def test_the_jobs_of_a_service_are_told(service: Served) -> None:
    with watching(service, serviceName=SERVICE) as watcher:
        watcher.next("comment")
        one = service.submit()
        assert watcher.next("job")["jobId"] == one["jobId"]


def test_a_compute_client_is_called_when_there_is_something_to_do(service: Served) -> None:
    own = {"computeClientId": service.client_id}
    subscription = service.call("getPubsubSubscription", service.client_key, **own)["subscription"]
    assert subscription["url"] == f"{service.url}/api/events?computeClientId={service.client_id}"
    with watching(service, service.client_key, **own) as watcher:
        watcher.next("jobs")
        made = service.submit()
        watcher.next("jobs")
        (job,) = service.ask()["runnableJobs"]
        assert service.tell(job, "starting").status_code == 200
        service.call("cancelJob", service.key, jobId=made["jobId"])
        watcher.next("jobs")
        service.call("pingComputeClients", serviceName=SERVICE)
        watcher.next("jobs")


def test_a_job_that_becomes_runnable_calls_the_compute_clients(service: Served) -> None:
    first = service.submit()
    needs = [first["jobId"]]
    (job,) = service.ask()["runnableJobs"]
    assert service.tell(job, "starting").status_code == 200
    assert service.tell(job, "running").status_code == 200
    own = {"computeClientId": service.client_id}
    with watching(service, service.client_key, **own) as watcher:
        watcher.next("jobs")
        service.submit(parameters={"name": "x"}, jobDependencies=needs)
        assert service.tell(job, "completed").status_code == 200
        watcher.next("jobs")
        assert watcher.told.empty()


def test_events_are_for_those_who_may_see_them(service: Served) -> None:
    def status(query: str, key: str | None = None) -> int:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = f"{service.url}/api/events?{query}"
        return httpx.get(url, headers=headers, timeout=60).status_code

    client = f"computeClientId={service.client_id}"
    assert status(client) == status(client, service.key) == 401
    assert status("jobId=none") == status("serviceName=none") == 404
    assert status("") == status(f"{client}&jobId=a") == status("jobId=%00") == 400


def test_many_changes_reach_one_who_watches_and_none_is_lost(service: Served) -> None:
    count = 200
    with watching(service, serviceName=SERVICE) as watcher:
        watcher.next("comment")
        made = {service.submit(parameters={"name": str(n)})["jobId"] for n in range(count)}
        told: set[str] = set()
        while told != made:
            told.add(watcher.next("job")["jobId"])


def test_who_watches_does_not_keep_a_service_from_ending(tmp_path: Any) -> None:
    with serving(Settings(data=tmp_path / "service")) as service:
        made = service.submit()
        with watching(service, jobId=made["jobId"]) as watcher:
            watcher.next("job")
        begin = time.monotonic()
    assert watcher.ended.wait(60)
    assert time.monotonic() - begin < 5  # uvicorn would wait as long for open connections
