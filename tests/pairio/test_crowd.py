"""Many compute clients that are killed at random, of a service that is killed in the middle."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from tests.conftest import PATIENCE
from tests.pairio.postgresql import each_database
from tests.pairio.serving import NOTHING, SERVICE, SLOT, Computing, ServiceProcess, specification
from tests.waiting import wait_until

_JOBS = 1000
_CLIENTS = 10
_PROGRAM = Path(__file__).with_name("crowd_client.py")
_OUR_APP = Path(__file__).with_name("crowd_app") / "main.py"


class Crowd:
    """Compute clients in processes of their own, which write down what they do."""

    def __init__(self, service: ServiceProcess, log: Path) -> None:
        self.service, self.log = service, log
        self.running: list[tuple[subprocess.Popen[bytes], tuple[str, str]]] = []
        self.killed: set[str] = set()

    def add(self, known: tuple[str, str] | None = None) -> None:
        """Start one: a new one, or one that the service knows by its id and key."""
        if known is None:
            known = self.service.add_compute_client(f"client {len(self.running)}", [SLOT])
        process = subprocess.Popen([sys.executable, _PROGRAM, self.service.url, *known, self.log])
        self.running.append((process, known))

    def kill(self) -> tuple[str, str]:
        """End any one at once; what the service knows it by."""
        process, known = self.running.pop(random.randrange(len(self.running)))
        assert process.poll() is None, "a client has ended by itself"
        process.kill()
        process.wait()
        self.killed.add(str(process.pid))
        return known

    def steps(self) -> list[list[str]]:
        """What they have done: step, job, key and process."""
        return [line.split(maxsplit=3) for line in _lines(self.log)]

    def completed(self) -> int:
        return sum(step[0] == "completed" for step in self.steps())


@each_database
def test_no_job_is_lost_and_none_runs_twice(database_url: str, tmp_path: Path) -> None:
    options = ("--lease", "4", "--attempts", "100")
    with closing(ServiceProcess(tmp_path / "service", database_url, *options)) as service:
        _let_a_crowd_work(service, tmp_path / "log")


def _let_a_crowd_work(service: ServiceProcess, log: Path) -> None:
    service.add_app(NOTHING)
    with ThreadPoolExecutor(8) as threads:
        jobs = set(threads.map(lambda number: _submit(service, number), range(_JOBS)))
    assert len(jobs) == _JOBS

    crowd = Crowd(service, log)
    try:
        for _ in range(_CLIENTS):
            crowd.add()
        for done in range(25, 825, 25):
            wait_until(lambda least=done: crowd.completed() >= least, 120, every=0.1)
            known = crowd.kill()
            # At first they don't come back, and their jobs are offered again: those they had begun
            # after the lease, and others after 20 s. Later they do, and take up their jobs.
            crowd.add(known if done > _JOBS / 3 else None)
            if done in (300, 600):
                service.kill()
                service.start()
        wait_until(lambda: not _left(service), 120, every=0.2)
    finally:
        while crowd.running:
            crowd.kill()

    found = service.call("findJobs", serviceName=SERVICE, status="completed", limit=_JOBS)
    assert {job["jobId"] for job in found["jobs"]} == jobs
    _check(crowd.steps(), crowd.killed, jobs)


def test_our_compute_clients_run_each_job_once_whoever_is_killed(
    tmp_path: Path, spool: Path
) -> None:
    log, names = tmp_path / "log", {f"job {number}" for number in range(12)}
    with ExitStack() as stack:
        service = stack.enter_context(closing(ServiceProcess(tmp_path / "service")))
        service.add_app(specification(_OUR_APP))
        options = ("--app", str(_OUR_APP), "--cpus", "1", "--jobs", "2")
        computing = [
            stack.enter_context(closing(Computing(service, spool.parent / name, *options)))
            for name in ("one", "other")
        ]
        jobs = []
        for name in sorted(names):
            texts = {"path": str(log), "text": name}
            parameters = [{"name": one, "value": value} for one, value in texts.items()]
            jobs.append(
                service.submit(
                    {"appName": "crowd", "processorName": "note", "parameters": parameters}
                )
            )
        for least, killed in ((1, computing[0]), (4, computing[1]), (6, service)):
            wait_until(lambda least=least: len(_lines(log)) >= least, PATIENCE)
            killed.kill()
            killed.start()
        for job in jobs:
            ended = service.ended(job["jobId"], PATIENCE)
            assert ended["status"] == "completed", ended["error"]
    assert sorted(_lines(log)) == sorted(names)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _check(steps: list[list[str]], killed: set[str], jobs: set[str]) -> None:
    """What the clients have written down, against what may not be."""
    assert {step[0] for step in steps} <= {"claimed", "resumed", "worked", "completed", "lost"}
    of_job = defaultdict(list)
    for step, job, key, process in steps:
        of_job[job].append((step, key, process))
    assert of_job.keys() == jobs

    given = Counter((job, key) for step, job, key, _ in steps if step == "claimed")
    assert max(given.values()) == 1, "two clients were given the same job"
    for job, done in of_job.items():
        completions = [step for step, _, _ in done if step == "completed"]
        assert len(completions) <= 1, f"{job} was completed twice: {done}"
        ended = {(key, who) for step, key, who in done if step in ("completed", "lost")}
        begun = {(key, who) for step, key, who in done if step in ("claimed", "resumed")}
        for _, process in begun - ended:
            assert process in killed, f"{process} has left {job} where it was: {done}"
    again = sum(len({key for _, key, _ in done}) > 1 for done in of_job.values())
    resumed = sum(any(step == "resumed" for step, _, _ in done) for done in of_job.values())
    print(f"{len(killed)} killed, {again} jobs offered again, {resumed} resumed")
    assert again, "no job was left behind for others: nothing was shown"
    assert resumed, "no job was left behind for the same: nothing was shown"


def _submit(service: ServiceProcess, number: int) -> str:
    parameters = [{"name": "text", "value": str(number)}]
    definition = {"appName": "nothing", "processorName": "nothing", "parameters": parameters}
    return str(service.submit(definition)["jobId"])


def _left(service: ServiceProcess) -> bool:
    """Whether there is a job that has not ended."""
    return any(
        service.call("findJobs", serviceName=SERVICE, status=status, limit=1)["jobs"]
        for status in ("pending", "starting", "running")
    )
