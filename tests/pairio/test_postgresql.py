"""What many do at once with one database, above all with PostgreSQL, which has many writers."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import make_url

from pydra_oar_jupyter.pairio.service.management import Management
from pydra_oar_jupyter.pairio.service.settings import Settings
from tests.pairio.postgresql import each_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.pairio.conftest import Served

_AT_ONCE = 8
_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@each_database
def test_services_that_start_at_once_make_one_database(database_url: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "service", database_url=database_url)

    def start(number: int) -> list[str]:
        with closing(Management(settings)) as management:
            management.add_user(f"user{number}")
            return management.users()

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        seen = list(threads.map(start, range(_AT_ONCE)))
    assert max(map(len, seen)) == _AT_ONCE


@each_database
def test_jobs_of_one_definition_that_are_ordered_at_once_are_one(service: Served) -> None:
    def submit(number: int) -> str:
        job = service.submit(parameters={"name": str(number % 5)}, tags=[f"tag {number}"])
        return str(job["jobId"])

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        ids = list(threads.map(submit, range(40)))
    assert len(set(ids)) == 5
    for number in range(5):
        tags = service.job(ids[number])["tags"]
        assert sorted(tags) == sorted(f"tag {again}" for again in range(number, 40, 5))


@each_database
def test_what_waits_for_jobs_that_complete_at_once_is_runnable_then(service: Served) -> None:
    first = [service.submit(parameters={"name": str(number)}) for number in range(4)]
    needs = [job["jobId"] for job in first]
    last = [
        service.submit(parameters={"name": f"last {number}"}, jobDependencies=needs)
        for number in range(3)
    ]
    offered = service.ask()["runnableJobs"]
    assert [job["jobId"] for job in offered] == needs
    for job in offered:
        assert service.tell(job, "starting").status_code == 200
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        answers = list(threads.map(lambda job: service.tell(job, "completed"), offered))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(service.job(job["jobId"])["isRunnable"] for job in last)
    assert {job["jobId"] for job in service.ask()["runnableJobs"]} == {job["jobId"] for job in last}


@each_database
def test_whatever_happens_at_once_dependencies_hold(service: Served) -> None:
    """Jobs in a web of dependencies are made, run, cancelled and deleted, all at once."""
    web = _Web(service)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        list(threads.map(web.act, range(_AT_ONCE)))
    assert web.faults == []
    jobs = {job["jobId"]: job for job in service.call("findJobs", limit=1000)["jobs"]}
    statuses = Counter(job["status"] for job in jobs.values())
    assert min(statuses["completed"], statuses["failed"]) > 5, statuses
    for job in jobs.values():
        needed = [jobs[one]["status"] for one in job["jobDependencies"] if one in jobs]
        gone = len(job["jobDependencies"]) - len(needed)
        if job["status"] == "pending":
            assert "failed" not in needed, job
            assert job["isRunnable"] == all(one == "completed" for one in needed), job
        elif job["status"] == "completed":
            assert set(needed) <= {"completed"}, job
        elif job["status"] == "failed" and not job["canceled"]:
            told = "failed" in needed or gone or "on purpose" in job["error"]
            assert told, job


class _Web:
    """Acts at random on the jobs of a service, and keeps the answers that may not be."""

    def __init__(self, service: Served) -> None:
        self.service = service
        self.ids: list[str] = []
        self.faults: list[str] = []

    def act(self, seed: int) -> None:
        chance = random.Random(seed)
        for number in range(40):
            known = self.ids[-25:]
            some = chance.sample(known, min(len(known), chance.randint(0, 2)))
            act = chance.choices(("make", "run", "cancel", "delete"), (12, 6, 1, 1))[0]
            match act if number < 35 else "make":  # so that some are pending in the end
                case "make":
                    self._make(f"{seed} {number}", some)
                case "run":
                    self._run(chance)
                case "cancel" if some:
                    self._see(self.service.post("cancelJob", self.service.key, jobId=some[0]))
                case "delete" if some:
                    asked = {"userId": "alice", "jobIds": some[:1]}
                    self._see(self.service.post("deleteJobs", self.service.key, **asked))

    def _make(self, name: str, needs: list[str]) -> None:
        try:
            job = self.service.submit(parameters={"name": name}, jobDependencies=needs)
        except AssertionError as error:
            if "no such job" not in str(error):
                self.faults.append(str(error))
        else:
            self.ids.append(job["jobId"])

    def _run(self, chance: random.Random) -> None:
        for job in self.service.ask()["runnableJobs"][:2]:
            self._see(self.service.tell(job, "starting"))
            if chance.random() < 0.9:
                self._see(self.service.tell(job, "completed"))
            else:
                self._see(self.service.tell(job, "failed", error="on purpose"))

    def _see(self, answer: Any) -> None:
        if answer.status_code >= 500:
            self.faults.append(answer.text)


@pytest.fixture
def other_sessions(database_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection of somebody else to the database."""
    url = make_url(database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as found:
        yield found


@_POSTGRESQL
def test_a_database_that_was_restarted_is_found_again(
    service: Served, other_sessions: psycopg.Connection[tuple[Any, ...]]
) -> None:
    before = service.submit()
    ended = other_sessions.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchall()
    assert len(ended) > 0, "the service had no connection that could be lost"
    assert service.job(before["jobId"])["status"] == "pending"
    assert service.submit()["jobId"] == before["jobId"]
