"""The picture of a cluster: hosts, and the jobs on them."""

from __future__ import annotations

import getpass
import time
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.backends.local.backend import Backend
from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import RequestError, Unreachable
from pydra_oar_jupyter.core.state import Allocation, JobState, Resource
from pydra_oar_jupyter.monitor import cluster, schedulers
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job

HOUR = 3600.0


def picture(backend: str, back: float = HOUR, ahead: float = HOUR) -> dict[str, Any]:
    now = time.time()
    return cluster.cluster(backend=backend, since=now - back, until=now + ahead)


def test_jobs_are_bars_on_their_hosts(
    backend: str, spool: Path, submit: Callable[..., list[Job]]
) -> None:
    [done] = submit("exit 3", options="-l core=1,walltime=0:10")
    done.wait(120)
    [first] = submit("sleep 600", options="-l host=2,walltime=0:20", name="<b>long</b>")
    wait_until(lambda: first.state is JobState.RUNNING, every=0.2)
    [second] = submit("true", options="-l host=1,walltime=0:05")
    second.submitted(60)

    def all_there() -> dict[str, Any] | None:
        found = picture(backend)
        bars = {bar["key"]: bar for bar in found["jobs"]}
        keys = [f"job:{job.directory.id}" for job in (done, first, second)]
        if any(key not in bars for key in keys) or found["hosts"][0]["free"]:
            return None
        return found | {"bars": [bars[key] for key in keys]}

    found = wait_until(all_there, 120, every=1.0)
    old, running, waiting = found["bars"]
    assert (old["state"], old["tone"], sum(old["hosts"].values())) == ("Terminated", "failed", 1)
    assert old["start"] <= old["stop"] <= found["now"]
    assert (running["state"], running["tone"], running["forecast"]) == ("Running", "running", False)
    assert list(running["hosts"].values()) == [4, 4]
    assert abs(running["stop"] - running["start"] - 1200) < 2
    assert (waiting["state"], waiting["tone"], waiting["forecast"]) == ("Waiting", "waiting", True)
    assert abs(waiting["start"] - running["stop"]) < 10
    assert list(waiting["hosts"].values()) == [4]
    assert all(bar["mine"] and bar["owner"] == getpass.getuser() for bar in found["bars"])
    assert "<b>long</b>" in running["name"] or backend == "local"
    assert [(host["resources"], host["free"], host["state"]) for host in found["hosts"]] == [
        (4, 0, "Alive")
    ] * 2
    assert found["hosts"][0]["properties"]["host"] == found["hosts"][0]["name"]
    for job in (second, first):
        job.cancel()


def test_the_times_have_bounds(spool: Path) -> None:
    for since, until in ((10.0, 5.0), (-1.0, 5.0), (0.0, 1e9), (float("nan"), 5.0)):
        with pytest.raises(RequestError):
            cluster.cluster(backend="local", since=since, until=until)
    with pytest.raises(RequestError, match="no backend"):
        cluster.cluster(backend="slurm", since=0, until=5)


class Crowd(Backend):
    """The embedded cluster with a history of one's own making, and a count of the questions."""

    def __init__(self, allocations: list[Allocation]) -> None:
        self.allocations = allocations
        self.questions: list[str] = []
        self.since: list[float] = []
        self.down = False

    def resources(self) -> list[Resource]:
        self.questions.append("resources")
        if self.down:
            raise Unreachable("It does not answer.")
        return super().resources()

    def schedule(self, since: float, until: float) -> list[Allocation]:
        self.questions.append("schedule")
        self.since.append(since)
        return [one for one in self.allocations if one.start < until and one.stop >= since]


@pytest.fixture
def crowd(spool: Path, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    now = time.time()
    allocations = [
        Allocation(id_, JobState.TERMINATED, now - id_ - 10, now - id_, (1 + id_ % 8,), owner="eve")
        for id_ in range(1, 3000)
    ]
    allocations.append(
        Allocation(9999, JobState.RUNNING, now - 900_000, now + 900, (1,), owner="eve")
    )
    mine = getpass.getuser()
    allocations.append(Allocation(1, JobState.TERMINATED, now - 9, now - 5, (1,), owner=mine))
    found = Crowd(allocations)
    monkeypatch.setattr(schedulers, "get_backend", lambda _: found)
    return found


def test_one_question_serves_many_viewers(crowd: Crowd) -> None:
    for back in (7000, 6000, 60):
        assert picture("local", back)["jobs"]
    assert sorted(crowd.questions) == ["resources", "schedule"]
    picture("local", 100_000)  # further back than was asked
    picture("local", 100_000)
    assert sorted(crowd.questions) == ["resources", "schedule", "schedule"]


def test_a_failure_is_not_asked_for_again_at_once(crowd: Crowd) -> None:
    crowd.down = True
    for _ in range(3):
        with pytest.raises(Unreachable, match="does not answer"):
            picture("local")
    assert crowd.questions == ["resources"]


def test_a_long_job_of_another_is_not_cut(crowd: Crowd) -> None:
    [long] = [bar for bar in picture("local", 60)["jobs"] if bar["id"] == "9999"]
    assert long["stop"] - long["start"] > 900_000
    assert (long["mine"], long["key"]) == (False, "oar:local/9999")


def test_of_too_many_the_nearest_and_ones_own_are_sent(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(picture("local")["jobs"]) == 3001
    monkeypatch.setattr(cluster, "MOST", 5)
    jobs = picture("local")["jobs"]
    assert jobs[0]["mine"]
    assert {bar["id"] for bar in jobs[1:]} == {"9999", "1", "2", "3"}


def test_besteffort_jobs_have_their_whole_walltime_whatever_the_time_zone(
    backend: str,
    spool: Path,
    submit: Callable[..., list[Job]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    [job] = submit("sleep 600", options="-l core=1,walltime=0:20 -t besteffort")
    wait_until(lambda: job.state is JobState.RUNNING, every=0.2)
    now = time.time()

    def found() -> Allocation | None:
        schedule = get_backend(backend).schedule(now - 60, now + 60)
        running = (one for one in schedule if one.state is JobState.RUNNING)
        return next((one for one in running if one.job == job.id), None)

    one = wait_until(found, every=1.0)
    assert one.besteffort
    assert one.stop - one.start == pytest.approx(1200, abs=2)
    assert abs(one.start - now) < 60
    job.cancel()
