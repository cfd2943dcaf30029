"""How often the schedulers are asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.backends.local import Backend
from pydra_oar_jupyter.core.array import JobArray
from pydra_oar_jupyter.core.poller import Poller
from pydra_oar_jupyter.core.polls import SharedPolls
from pydra_oar_jupyter.core.process import identity
from pydra_oar_jupyter.core.record import JobRecord
from pydra_oar_jupyter.core.spool import Spool
from pydra_oar_jupyter.core.troubles import Troubles
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.state import JobStatus
    from tests.commands import Commands

    Run = Callable[..., list[Job]]

LONG = 120
oar_only = pytest.mark.parametrize(
    "backend", [pytest.param("oar", marks=pytest.mark.cluster)], indirect=True
)


@oar_only
def test_many_jobs_are_one_oarsub_and_few_oarstats(run: Run, commands: Commands) -> None:
    array = JobArray(run(*["sleep 8"] * 20))
    assert array.result(LONG) == [0] * 20
    assert commands["oarsub"] == 1
    # The pauses of 1, 1.5, 2.2 … s add up to 31 s after 7 questions, and to 105 s after 10.
    assert commands["oarstat"] <= 12


@oar_only
def test_two_processes_ask_as_often_as_one(run: Run, commands: Commands) -> None:
    array = JobArray(run(*["sleep 12"] * 2))
    array[0].submitted(LONG)
    follow = "from pydra_oar_jupyter.core.jobs import job\nimport sys\n" + "".join(
        f"job({one.submitted()}).wait(90)\n" for one in array
    )
    others = [subprocess.Popen([sys.executable, "-c", follow]) for _ in range(3)]
    assert array.result(LONG) == [0, 0]
    assert [other.wait(LONG) for other in others] == [0, 0, 0]
    alone = 7
    assert commands["oarstat"] <= alone + 3


class Asked(Backend):
    """The embedded cluster, with a note of what it is asked."""

    def __init__(self) -> None:
        self.questions: list[set[int]] = []

    def status(self, ids: Collection[int]) -> dict[int, JobStatus]:
        self.questions.append(set(ids))
        return super().status(ids)


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def polls(asked: Asked, spool: Path, tmp_path: Path) -> SharedPolls:
    return SharedPolls(asked, tmp_path / "polls")


def dead() -> str:
    """A process of this machine that has ended."""
    process = subprocess.Popen(["sleep", "60"])
    found = identity(process.pid)
    process.kill()
    process.wait()
    return found


def test_an_answer_is_shared_as_long_as_it_is_fresh(polls: SharedPolls, asked: Asked) -> None:
    assert polls.ask([1, 2], 60) == {}
    assert polls.ask([2], 60) == {}
    assert asked.questions == [{1, 2}]
    polls.ask([2, 3], 60)
    assert asked.questions[1:] == [{2, 3}]
    polls.ask([2], 0)
    assert asked.questions[2:] == [{2}]


@pytest.mark.parametrize("skew", [-3600, 3600])
def test_clocks_that_differ_do_not_matter(
    polls: SharedPolls, asked: Asked, skew: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    polls.ask([1], 60)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + skew)
    polls.ask([1], 60)
    assert len(asked.questions) == 1


def test_a_lease_ends_with_its_tracker(polls: SharedPolls, asked: Asked, tmp_path: Path) -> None:
    polls.ask([1], 0)
    lease = tmp_path / "polls" / "lease"
    lease.write_text(identity(os.getpid()))
    assert polls.ask([1], 0) is None
    lease.write_text(dead())
    assert polls.ask([1], 0) is None  # this removes it
    assert polls.ask([1], 0) == {}
    for tracker in ("", "elsewhere:1:1"):
        lease.write_text(tracker)
        assert polls.ask([1], 0) is None
        assert lease.exists()
        os.utime(lease, (1, 1))
        assert polls.ask([1], 0) is None
        assert polls.ask([1], 0) == {}


def test_wishes_end_with_their_tracker(polls: SharedPolls, asked: Asked, tmp_path: Path) -> None:
    polls.ask([1], 0)
    trackers = [identity(os.getppid()), dead(), "elsewhere:1:1"]
    for number, tracker in enumerate(trackers, 10):
        path = tmp_path / "polls" / f"wanted-{number}.json"
        path.write_text(json.dumps({"tracker": tracker, "ids": [number]}))
    (tmp_path / "polls" / "wanted-bad.json").write_text('{"a": 1}')
    polls.ask([1], 0)
    assert asked.questions[-1] == {1, 10, 12}
    assert not (tmp_path / "polls" / "wanted-11.json").exists()


def test_a_tracker_that_meets_another_s_question_has_its_answer_soon(
    polls: SharedPolls, asked: Asked, tmp_path: Path, spool: Path
) -> None:
    record = JobRecord(Spool(spool).new_job(), "local", 1)
    asked.polls = (0.05, 600.0)
    poller = Poller(polls, Troubles())
    lease = tmp_path / "polls" / "lease"
    lease.parent.mkdir(mode=0o700)
    lease.write_text(identity(os.getpid()))
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline:  # with a pause that widened it would be at 1.9 s now
        poller.tend([record])
        time.sleep(0.01)
    lease.unlink()
    before = time.monotonic()
    while not asked.questions:
        poller.tend([record])
        time.sleep(0.01)
    assert time.monotonic() - before < 1.0


class Counted(SharedPolls):
    """With the number of times that it was asked."""

    times = 0

    def ask(self, ids: Collection[int], max_age: float) -> dict[int, JobStatus] | None:
        self.times += 1
        return super().ask(ids, max_age)


def test_a_tracker_does_not_take_its_own_answer_for_another_s(
    asked: Asked, spool: Path, tmp_path: Path
) -> None:
    asked.polls = (0.05, 10.0)
    polls = Counted(asked, tmp_path / "polls")
    poller = Poller(polls, Troubles())
    record = JobRecord(Spool(spool).new_job(), "local", 1)
    while polls.times < 7:  # 0.05, 0.08, 0.11 … 0.57 s
        poller.tend([record])
        time.sleep(0.005)
    wait_until(lambda: len(asked.questions) == 7)
