"""Compute clients that fall silent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot
from pydra_oar_jupyter.pairio.service.jobs.find import job_with_id
from pydra_oar_jupyter.pairio.service.tables import Job
from tests.pairio.conftest import SERVICE
from tests.pairio.postgresql import each_database
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pairio.conftest import Served

pytestmark = each_database
SLOT = ComputeClientComputeSlot(numCpus=4, numGpus=0, memoryGb=16, timeSec=3600)


def start(service: Served, who: tuple[str, str] | None = None) -> dict[str, Any]:
    """Let the job that is offered run, and return it as it was offered."""
    (job,) = wait_until(lambda: service.ask(who)["runnableJobs"])
    fields = {"computeClientId": who[0]} if who else {}
    for step in ("starting", "running"):
        assert service.tell(job, step, **fields).status_code == 200
    return dict(job)


def status(service: Served, job: dict[str, Any]) -> str:
    return str(service.job(job["jobId"])["status"])


def test_a_silent_compute_client_loses_its_job_to_another(serve: Callable[..., Any]) -> None:
    with serve(lease=2.0) as service:
        made = service.submit()
        lost = start(service)
        wait_until(lambda: status(service, made) == "pending")
        found = service.job(made["jobId"])
        assert found["computeClientId"] is found["computeClientName"] is None
        assert found["timestampStartedSec"] is found["timestampStartingSec"] is None
        # What comes from the first one now is refused: its key is no key any more.
        assert service.tell(lost, "completed").status_code == 401
        other = service.management.create_client("alice", "other", [SERVICE], [SLOT])
        taken = start(service, other)
        assert taken["jobId"] == lost["jobId"]
        assert taken["jobPrivateKey"] != lost["jobPrivateKey"]
        assert service.tell(lost, "failed", error="late").status_code == 401
        done = service.tell(taken, "completed", computeClientId=other[0])
        assert done.status_code == 200
        assert status(service, made) == "completed"


def test_a_job_that_is_lost_too_often_fails(serve: Callable[..., Any]) -> None:
    with serve(lease=0.3, attempts=3) as service:
        made = service.submit()
        waiting = service.submit(parameters={"name": "x"}, jobDependencies=[made["jobId"]])
        for _ in range(3):
            (job,) = wait_until(lambda: service.ask()["runnableJobs"])
            assert service.tell(job, "starting").status_code == 200
            wait_until(lambda: status(service, made) in ("pending", "failed"))
        assert service.job(made["jobId"])["error"] == (
            "Compute client worker fell silent (3 times)."
        )
        assert status(service, waiting) == "failed"


def test_asking_for_jobs_keeps_those_that_run(serve: Callable[..., Any]) -> None:
    with serve(lease=2.0) as service:
        made, other = service.submit(), service.submit(parameters={"name": "other"})
        who = service.management.create_client("alice", "silent", [SERVICE], [SLOT])
        first = start(service, who)
        assert first["jobId"] == made["jobId"]
        start(service)
        done = threading.Event()

        def ask() -> None:
            while not done.wait(0.1):
                service.ask()

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            wait_until(lambda: status(service, made) == "pending")
            assert status(service, other) == "running"
        finally:
            done.set()
            asking.join()


def test_a_call_with_the_jobs_own_key_keeps_it(service: Served) -> None:
    made = service.submit()
    job = start(service)

    def until() -> float:
        with service.state.read() as session:
            return float(job_with_id(session, made["jobId"]).lease_until or 0)

    upload = {"jobId": job["jobId"], "uploadType": "consoleOutput", "size": 1}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("getJob", {"jobId": job["jobId"]}), ("getSignedUploadUrl", upload)
    ]  # fmt: skip
    for name, fields in calls:
        before = until()
        service.call(name, job["jobPrivateKey"], **fields)
        assert until() > before
    before = until()
    service.job(made["jobId"])  # anybody's
    assert until() == before


def test_leases_begin_anew_when_the_service_does(serve: Callable[..., Any]) -> None:
    with serve() as service:
        made = service.submit()
        start(service)
    with serve() as service, service.state.write() as session:
        session.execute(update(Job).values(lease_until=time.time() - 1))
    with serve(lease=1000.0) as service:
        assert status(service, made) == "running"
        with service.state.read() as session:
            assert (job_with_id(session, made["jobId"]).lease_until or 0) > time.time() + 900


def test_a_compute_client_that_asks_is_known_to_live(service: Served) -> None:
    def seen() -> float | None:
        asked = {"computeClientId": service.client_id}
        found = service.call("getComputeClient", **asked)["computeClient"]
        assert found["computeClientPrivateKey"] is None
        last: float | None = found["timestampLastActiveSec"]
        return last

    assert seen() is None
    service.ask()
    assert (seen() or 0) > time.time() - 60
