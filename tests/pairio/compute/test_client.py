"""The compute client with a real service, on both backends."""

from __future__ import annotations

import os
import secrets
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pydra_oar_jupyter.core.jobs import all_jobs
from tests.conftest import PATIENCE
from tests.pairio.compute.conftest import OWN_APPS, Client, Told
from tests.pairio.serving import ServiceProcess, specification
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pairio.compute.conftest import Pairio


@pytest.fixture
def client(new_client: Callable[..., Client]) -> Client:
    return new_client()


def wait_clean(client: Client) -> None:
    """Wait until no job has anything around it."""
    wait_until(lambda: not list((client.directory / "work").iterdir()), PATIENCE)


def test_hello_world_and_a_chain(pairio: Pairio, client: Client) -> None:
    first = pairio.submit("hello_world", "hello_world_1", {"name": "Ada"})
    second = pairio.submit("hello_world", "hello_world_2", {"name": "Ada"}, outputs=["output"])
    url = pairio.job(second)["outputFileResults"][0]["url"]
    third = pairio.submit(
        "hello_world", "count_characters", {}, inputs={"input": url}, outputs=["output"]
    )
    for job_id in (first, second, third):
        job = pairio.ended(job_id)
        assert (job["status"], job["error"]) == ("completed", None)
        assert job["computeClientName"] == "ours"
    counted = pairio.job(third)["outputFileResults"][0]["url"]
    assert httpx.get(counted).json() == {"num_characters": len("Hello, Ada!")}
    assert "Hello, Ada!" in httpx.get(pairio.job(first)["consoleOutputUrl"]).text
    wait_clean(client)
    wait_until(lambda: not all_jobs().spool.job_ids(), PATIENCE)


def test_a_job_that_is_cancelled_while_it_runs_is_ended(
    pairio: Pairio, client: Client, place: Path
) -> None:
    job_id = pairio.submit("stubborn", "sleep", {"place": str(place)})
    told = Told(place, job_id)
    pairio.call("cancelJob", jobId=job_id)
    told.wait_gone()
    wait_clean(client)
    assert pairio.job(job_id)["error"] == "Cancelled by alice."
    client.wait_for("was cancelled")


def test_a_job_that_is_deleted_while_it_runs_is_ended(
    pairio: Pairio, client: Client, place: Path
) -> None:
    job_id = pairio.submit("stubborn", "sleep", {"place": str(place)})
    told = Told(place, job_id)
    pairio.call("deleteJobs", userId="alice", jobIds=[job_id])
    told.wait_gone()
    wait_clean(client)


def test_a_job_that_takes_too_long_ends_itself(pairio: Pairio, client: Client, place: Path) -> None:
    job_id = pairio.submit("probe", "probe", {"place": str(place)}, timeSec=3)
    job = pairio.ended(job_id)
    assert job["status"] == "failed"
    assert "took longer than 3 s" in job["error"]
    wait_clean(client)


def test_a_job_that_does_not_end_itself_is_ended(
    pairio: Pairio, new_client: Callable[..., Client], place: Path
) -> None:
    client = new_client(margin=4)
    job_id = pairio.submit("stubborn", "sleep", {"place": str(place)}, timeSec=6)
    told = Told(place, job_id)
    job = pairio.ended(job_id)
    assert "longer than its timeSec allows" in job["error"]
    told.wait_gone()
    wait_clean(client)


def test_a_program_that_is_killed_has_failed(pairio: Pairio, client: Client, place: Path) -> None:
    job_id = pairio.submit("probe", "probe", {"place": str(place)})
    os.kill(Told(place, job_id).parent, signal.SIGKILL)
    job = pairio.ended(job_id)
    assert job["status"] == "failed"
    assert "did not come to its end: it was killed by SIGKILL" in job["error"]
    wait_clean(client)


def test_a_program_that_breaks_says_why_and_tells_no_key(
    pairio: Pairio, client: Client, place: Path
) -> None:
    job = pairio.ended(pairio.submit("stubborn", "fail", {"place": str(place)}))
    assert "it exited with 1" in job["error"]
    assert job["error"].endswith("It has come to nothing: …")
    job = pairio.ended(pairio.submit("stubborn", "end", {"place": str(place)}))
    assert job["error"] == "Its program ended without saying whether the job has completed."
    wait_clean(client)


def test_a_job_that_can_never_run_here_fails_in_words(
    pairio: Pairio, new_client: Callable[..., Client]
) -> None:
    slot = {"numCpus": 999, "numGpus": 9, "memoryGb": 1e6, "timeSec": 1e6, "multiplicity": 4}
    client = new_client(slots=[slot])
    for needs, why in (
        ({"numCpus": 99}, "enough resources"),
        ({"numGpus": 1}, "no GPUs"),
        ({"memoryGb": 900_000}, "enough resources"),
    ):
        job = pairio.ended(pairio.submit("hello_world", "hello_world_1", {}, **needs))
        assert job["error"].startswith("It can't run here: ")
        assert why in job["error"]
    wait_clean(client)


def test_slots_are_honoured(pairio: Pairio, new_client: Callable[..., Client], place: Path) -> None:
    slot = {"numCpus": 1, "numGpus": 0, "memoryGb": 1, "timeSec": 600, "multiplicity": 2}
    jobs = [pairio.submit("probe", "probe", {"place": str(place)}) for _ in range(3)]
    large = pairio.submit("probe", "probe", {"place": str(place)}, numCpus=2)
    new_client(slots=[slot])
    running = wait_until(lambda: _two(pairio.with_status("running")), PATIENCE, every=0.1)
    assert {job["jobId"] for job in running} == set(jobs[:2])
    assert len(pairio.with_status("pending")) == 2
    (place / "go").touch()
    for job_id in jobs:
        assert pairio.ended(job_id)["status"] == "completed"
    assert pairio.job(large)["status"] == "pending"


def _two(jobs: list) -> list | None:
    return jobs if len(jobs) == 2 else None


def test_jobs_that_are_taken_together_leave_as_one_array(
    pairio: Pairio, new_client: Callable[..., Client], place: Path
) -> None:
    jobs = [pairio.submit("hello_world", "hello_world_1", {"name": str(n)}) for n in range(2)]
    jobs += [pairio.submit("hello_world", "hello_world_2", {}, outputs=["output"])]
    jobs += [pairio.submit("probe", "probe", {"place": str(place)})]
    new_client()
    Told(place, jobs[-1])
    assert [len(one.jobs) for one in all_jobs().spool.submissions()] == [4]
    (place / "go").touch()
    for job_id in jobs:
        assert pairio.ended(job_id)["status"] == "completed"


def test_a_secret_is_a_variable_of_the_job_and_in_no_command_line(
    pairio: Pairio, client: Client, place: Path
) -> None:
    word = secrets.token_hex(8)
    secret = f"{word} 'with'\nlines"
    job_id = pairio.submit("probe", "probe", {"place": str(place)}, secrets={"TOKEN": secret})
    Told(place, job_id)
    assert (place / f"{job_id}.token").read_text() == secret
    lines = [_command_line(path) for path in Path("/proc").glob("[1-9]*")]
    assert any("probe/main.py" in line for line in lines)
    assert not any(word in line for line in lines)
    (place / "go").touch()
    assert pairio.ended(job_id)["status"] == "completed"
    wait_clean(client)
    for text in (client.said_so_far, str(pairio.job(job_id))):
        assert word not in text


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def test_its_files_are_its_own_and_its_log_has_no_key(pairio: Pairio, client: Client) -> None:
    client.wait_for("asks")
    key, config = client.known[1], client.directory / "compute-client.json"
    assert stat.S_IMODE(client.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert pairio.key not in config.read_text()
    assert pairio.ended(pairio.submit("hello_world", "hello_world_1", {}))
    for word in (key, pairio.key, "/secret"):
        assert word not in client.said_so_far


class TestRestarted:
    def test_it_takes_up_its_jobs_where_they_are(
        self, pairio: Pairio, client: Client, place: Path
    ) -> None:
        ours, killed = (pairio.submit("probe", "probe", {"place": str(place)}) for _ in range(2))
        cancelled = pairio.submit("stubborn", "sleep", {"place": str(place)})
        told = Told(place, ours)
        gone, stopped = Told(place, killed), Told(place, cancelled)
        client.kill()
        # Meanwhile one ends without a word, and one is cancelled.
        os.kill(gone.parent, signal.SIGKILL)
        pairio.call("cancelJob", jobId=cancelled)
        before = client.known
        client.start()
        assert "killed by SIGKILL" in pairio.ended(killed)["error"]
        stopped.wait_gone()
        assert told.runs
        (place / "go").touch()
        assert pairio.ended(ours)["status"] == "completed"
        wait_clean(client)
        assert client.said_so_far.count("is submitted") == 3
        assert client.known == before

    def test_stopped_it_leaves_jobs_running_and_says_so(
        self, pairio: Pairio, client: Client, place: Path
    ) -> None:
        job_id = pairio.submit("probe", "probe", {"place": str(place)})
        told = Told(place, job_id)
        client.end()
        assert "1 of the jobs go on" in client.said_so_far
        assert told.runs
        client.start()
        client.wait_for("is taken up")
        (place / "go").touch()
        assert pairio.ended(job_id)["status"] == "completed"
        wait_clean(client)
        assert client.said_so_far.count("is submitted") == 1

    def test_what_a_failed_program_said_stays_until_then(
        self, pairio: Pairio, client: Client, place: Path
    ) -> None:
        pairio.ended(pairio.submit("stubborn", "fail", {"place": str(place)}))
        wait_clean(client)
        (left,) = all_jobs().spool.job_ids()
        assert "come to nothing" in all_jobs().spool.job(left).stderr.read_text()
        client.end()
        client.start()
        wait_until(lambda: not list(all_jobs().spool.submissions()), PATIENCE)
        assert not all_jobs().spool.job_ids()

    def test_what_was_claimed_and_not_submitted_is_started(
        self, pairio: Pairio, client: Client
    ) -> None:
        """As when it was killed in between: the service has it as ours, the scheduler has not."""
        job = _offered_to_one_that_was_killed(pairio, client)
        pairio.set_status(job, client.known, "starting")
        client.start()
        assert pairio.ended(job["jobId"])["status"] == "completed"

    def test_what_ran_and_is_not_to_be_found_has_failed(
        self, pairio: Pairio, client: Client
    ) -> None:
        job = _offered_to_one_that_was_killed(pairio, client)
        pairio.set_status(job, client.known, "starting", "running")
        client.start()
        assert "Nothing is left of its program" in pairio.ended(job["jobId"])["error"]

    def test_two_at_once_are_refused(
        self, pairio: Pairio, client: Client, new_client: Callable[..., Client]
    ) -> None:
        client.wait_for("asks")
        second = new_client()
        assert second.process.wait(PATIENCE) != 0
        assert "runs already" in second.said_so_far


def _offered_to_one_that_was_killed(pairio: Pairio, client: Client) -> dict[str, Any]:
    client.wait_for("asks")
    client.kill()
    pairio.submit("hello_world", "hello_world_1", {})
    (job,) = pairio.offered(client.known)
    return job


@pytest.mark.parametrize("pairio", [3.0], indirect=True)
def test_a_job_that_was_taken_away_is_ended_here(
    pairio: Pairio, client: Client, place: Path
) -> None:
    job_id = pairio.submit("stubborn", "sleep", {"place": str(place)})
    told = Told(place, job_id)
    other = pairio.served.client_id, pairio.served.client_key
    client.process.send_signal(signal.SIGSTOP)  # silent, and not dead
    try:
        (job,) = wait_until(lambda: pairio.offered(other), PATIENCE, every=0.2)
        pairio.set_status(job, other, "starting")
    finally:
        client.process.send_signal(signal.SIGCONT)
    told.wait_gone()
    wait_clean(client)
    client.wait_for("was taken away")


def test_it_ends_when_idle_if_it_is_to(pairio: Pairio, new_client: Callable[..., Client]) -> None:
    jobs = [pairio.submit("hello_world", "hello_world_1", {"name": str(n)}) for n in range(3)]
    client = new_client(exit_when_idle=True)
    assert client.process.wait(PATIENCE) == 0, client.said_so_far
    assert {pairio.job(job_id)["status"] for job_id in jobs} == {"completed"}
    assert list((client.directory / "work").iterdir()) == []


def test_an_app_that_it_does_not_have_is_left_to_others(
    pairio: Pairio, new_client: Callable[..., Client]
) -> None:
    foreign = pairio.submit("probe", "probe", {"place": "/"})
    own = pairio.submit("hello_world", "hello_world_1", {})
    client = new_client(apps=[], exit_when_idle=True)
    assert client.process.wait(PATIENCE) == 0, client.said_so_far
    assert pairio.job(own)["status"] == "completed"
    assert pairio.job(foreign)["status"] == "pending"


def test_a_service_that_does_not_know_it_is_said(pairio: Pairio, client: Client) -> None:
    client.wait_for("asks")
    pairio.call("deleteComputeClient", computeClientId=client.known[0])
    assert client.process.wait(PATIENCE) != 0
    assert "does not know the compute client 'ours'" in client.said_so_far


def test_what_ends_while_the_service_is_away_is_reported_when_it_is_back(
    backend: str, place: Path, tmp_path: Path
) -> None:
    service = ServiceProcess(tmp_path / "service")
    service.add_app(specification(OWN_APPS["probe"]))
    client = Client(service, place / "client", backend)
    try:
        parameters = [{"name": "place", "value": str(place)}, {"name": "stay", "value": True}]
        definition = {"appName": "probe", "processorName": "probe", "parameters": parameters}
        killed, other = (str(service.submit(definition, skipCache=True)["jobId"]) for _ in range(2))
        Told(place, other)
        told = Told(place, killed)
        service.kill()
        os.kill(told.parent, signal.SIGKILL)
        told.wait_gone()
        (place / "go").touch()
        service.start()
        assert "killed by SIGKILL" in service.ended(killed)["error"]
        assert service.ended(other)["status"] == "completed"
    finally:
        client.kill()
        service.close()
