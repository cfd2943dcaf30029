"""Which jobs a compute client is offered, and who gets them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot, PairioServiceUser
from tests.pairio.conftest import SERVICE
from tests.pairio.postgresql import each_database
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pairio.conftest import Served

pytestmark = each_database
ANY = {"numCpus": 64, "numGpus": 8, "memoryGb": 512, "timeSec": 1e6}


def client(service: Served, *slots: dict[str, Any], user: str = "alice") -> tuple[str, str]:
    """Another compute client; with one slot for any job, if nothing else is said."""
    made = [ComputeClientComputeSlot.model_validate(slot) for slot in slots or [ANY]]
    return service.management.create_client(user, "other", [SERVICE], made)


def offered(service: Served, who: tuple[str, str] | None = None, **fields: Any) -> list[str]:
    return [job["jobId"] for job in service.ask(who, **fields)["runnableJobs"]]


def submit(service: Served, number: int, **fields: Any) -> str:
    return str(service.submit(parameters={"name": str(number)}, **fields)["jobId"])


def resources(**facts: Any) -> dict[str, Any]:
    return {"numCpus": 1, "numGpus": 0, "memoryGb": 1, "timeSec": 60, **facts}


def test_a_job_is_on_offer_to_one_at_a_time(service: Served) -> None:
    job = submit(service, 1)
    other = client(service)
    assert offered(service) == [job]
    assert offered(service, other) == []
    assert offered(service) == [job]  # still its own


def test_an_offer_that_is_not_taken_goes_to_another(serve: Callable[..., Any]) -> None:
    with serve(offer=0.2) as service:
        job = submit(service, 1)
        assert offered(service) == [job]
        other = client(service)
        wait_until(lambda: offered(service, other) == [job])


def test_of_two_that_claim_a_job_one_gets_it(service: Served) -> None:
    submit(service, 1)
    (job,) = service.ask()["runnableJobs"]
    other, _ = client(service)
    assert service.tell(job, "starting").status_code == 200
    again = service.tell(job, "starting")
    late = service.tell(job, "starting", computeClientId=other)
    assert (again.status_code, late.status_code) == (400, 400)
    assert "by worker" in late.json()["error"]
    # What the published compute client does then must not end the other's job.
    assert service.tell(job, "failed", computeClientId=other, error="x").status_code == 400
    found = service.job(job["jobId"])
    assert (found["status"], found["computeClientName"]) == ("starting", "worker")
    assert found["computeClientUserId"] == "alice"


def test_many_that_ask_at_once_get_different_jobs(service: Served) -> None:
    jobs = {submit(service, number) for number in range(30)}
    clients = [client(service, {**ANY, "multiplicity": 5}) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(lambda one: offered(service, one), clients))
    assert sorted(job for part in parts for job in part) == sorted(jobs)


def test_a_compute_client_is_offered_what_fits_its_free_slots(service: Served) -> None:
    small = [submit(service, n, requiredResources=resources()) for n in range(3)]
    large = submit(service, 3, requiredResources=resources(numCpus=8, memoryGb=32))
    submit(service, 4, requiredResources=resources(numGpus=1))
    who = client(
        service,
        {**ANY, "numCpus": 1, "numGpus": 0, "multiplicity": 2},
        {**ANY, "numGpus": 0, "minNumCpus": 4},
    )
    assert offered(service, who) == [*small[:2], large]
    given = {job["jobId"]: job for job in service.ask(who)["runnableJobs"]}
    for job in (small[0], large):
        assert service.tell(given[job], "starting", computeClientId=who[0]).status_code == 200
    assert offered(service, who) == [small[1]]
    assert [job["jobId"] for job in service.ask(who)["runningJobs"]] == [small[0], large]


def test_who_has_no_slots_takes_nothing(service: Served) -> None:
    submit(service, 1)
    nothing = service.management.create_client("alice", "idle", [SERVICE])
    assert offered(service, nothing) == []
    slots = [{**ANY, "minNumCpus": 0, "minNumGpus": 0, "minMemoryGb": 0, "minTimeSec": 0}]
    service.call("setComputeClientInfo", nothing[1], computeClientId=nothing[0], computeSlots=slots)
    assert len(offered(service, nothing)) == 1


def test_a_job_for_certain_compute_clients_goes_to_no_other(service: Served) -> None:
    other = client(service)
    job = submit(service, 1, targetComputeClientIds=[other[0]])
    assert offered(service) == []
    (given,) = service.ask(other)["runnableJobs"]
    assert service.tell(given, "starting").status_code == 400
    assert service.tell(given, "starting", computeClientId=other[0]).status_code == 200
    assert service.job(job)["targetComputeClientIds"] == [other[0]]


def test_a_compute_client_may_run_the_jobs_of_some_users_only(service: Served) -> None:
    submit(service, 1)
    asked = {"computeClientId": service.client_id, "processJobsForUsers": ["bob"]}
    service.call("setComputeClientInfo", service.key, **asked)
    assert offered(service) == []
    service.call("setComputeClientInfo", service.key, **{**asked, "processJobsForUsers": None})
    assert len(offered(service)) == 1


def test_only_jobs_of_the_apps_that_are_there_are_offered(service: Served) -> None:
    submit(service, 1)
    assert offered(service, appNames=["other"]) == []
    assert len(offered(service, appNames=["other", "hello_world"])) == 1


def test_a_right_to_run_jobs_that_is_taken_back_counts_at_once(service: Served) -> None:
    service.management.add_user("bob")
    service.management.allow(SERVICE, PairioServiceUser(userId="bob", processJobs=True))
    who = client(service, user="bob")
    submit(service, 1)
    service.management.allow(SERVICE, PairioServiceUser(userId="bob"))
    assert offered(service, who) == []
    service.management.allow(SERVICE, PairioServiceUser(userId="bob", processJobs=True))
    assert len(offered(service, who)) == 1


def test_the_oldest_come_first(service: Served) -> None:
    jobs = [submit(service, number) for number in range(6)]
    assert offered(service) == jobs[:4]  # it has four slots


def test_the_same_made_by_many_at_once_is_made_once(service: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        jobs = set(pool.map(lambda _: service.submit(tags=["same"])["jobId"], range(16)))
        made = list(
            pool.map(
                lambda _: service.post("addService", service.key, serviceName="n").status_code,
                range(8),
            )
        )
    assert len(jobs) == 1
    assert sorted(made) == [200] + [400] * 7
