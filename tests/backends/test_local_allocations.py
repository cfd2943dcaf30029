"""Who has which cores and when, as the embedded cluster tells it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.state import JobState

if TYPE_CHECKING:
    from tests.backends.conftest import Machine

HOUR = 3600.0


def test_before_the_first_job_nobody_has_anything(machine: Machine) -> None:
    assert machine.backend.schedule(0, time.time() + HOUR) == []


def test_what_ran_what_runs_and_what_is_foreseen(machine: Machine) -> None:
    first = machine.submit("true", "-l core=1")
    [ended] = machine.ended(first)
    long = machine.submit("sleep 600", "-l host=2,walltime=0:30 -t besteffort")
    running = machine.running(long)
    after = machine.submit("true", "-l host=1,walltime=0:10 -t besteffort")
    held = machine.submit("true", "--hold")
    now = time.time()
    found = {one.job: one for one in machine.backend.schedule(0, now + HOUR)}
    assert list(found) == [first, long, after]
    assert held not in found

    assert (found[first].start, found[first].stop) == (ended.started, ended.ended)
    assert found[first].state is JobState.TERMINATED
    assert len(found[first].resources) == 1

    assert found[long].start == running.started
    assert found[long].stop == running.started + 1800
    assert found[long].resources == (1, 2, 3, 4)
    assert found[long].besteffort
    assert not found[long].forecast

    waiting = machine.status(after)
    assert found[after].forecast
    assert abs(found[after].start - found[long].stop) < 1
    assert abs(found[after].start - waiting.scheduled) < 1
    assert found[after].stop - found[after].start == 600
    assert found[after].resources in ((1, 2), (3, 4))


def test_only_what_touches_the_time_that_is_asked(machine: Machine) -> None:
    first = machine.submit("true")
    machine.ended(first)
    long = machine.submit("sleep 600", "-l host=2,walltime=0:30")
    machine.running(long)
    later = machine.submit("true", "-l core=1,walltime=0:10")
    now = time.time()

    def jobs(since: float, until: float) -> list[int]:
        return [one.job for one in machine.backend.schedule(since, until)]

    assert jobs(now, now + 60) == [long]
    assert jobs(now + 2400, now + HOUR) == []
    assert jobs(now + 1801, now + HOUR) == [later]
    assert jobs(0, now) == [first, long]
    assert jobs(0, 1) == []
