"""Runs that are interrupted, killed or cancelled, and the same runs again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.jobs import all_jobs
from tests.waiting import wait_until
from tests.workflows.conftest import LONG, locks_in, poisoned_in
from tests.workflows.flows import Nested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.workflows.conftest import Going, Trace

    Go = Callable[..., Going]

# Nobody closes its Submitter. The second steps wait for the gate: it is in the middle of its work.
SCRIPT = """
import asyncio, sys
from pydra.engine.submitter import Submitter
from tests.workflows.flows import Nested

cache, trace, gate = sys.argv[1:]
submit = Submitter(worker="oar", cache_root=cache, oarsub_args="-l core=1", poll_delay=1)
try:
    submit(Nested(xs=[1, 10], trace=trace, gate=gate))
finally:
    print("left in the loop:", *asyncio.all_tasks(submit.loop))
print("went on")
"""
BEGUN = {1: 1, 10: 1, 100: 1, 2: 1, 20: 1}


@pytest.fixture
def gate(place: Path) -> Path:
    return place / "gate"


@pytest.fixture
def flow(trace: Trace, gate: Path) -> Nested:
    return Nested(xs=[1, 10], trace=str(trace), gate=str(gate))


@pytest.fixture
def script(place: Path, trace: Trace, gate: Path) -> Iterator[subprocess.Popen[str]]:
    """The script at work, in the middle of the flow."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-c", SCRIPT, place / "cache", str(trace), gate]
    process = subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: trace.ran == BEGUN or process.poll() is not None, LONG)
    yield process
    process.kill()
    process.communicate()


def going_on() -> list[int]:
    """The ids of jobs that have not ended, by the scheduler's word."""
    ids = {job_id for one in all_jobs().spool.submissions() for job_id in one.ids}
    found = get_backend().status(ids)
    return [job_id for job_id, status in found.items() if not status.state.final]


def test_interrupted_and_run_again(
    go: Go,
    backend: str,
    place: Path,
    script: subprocess.Popen[str],
    flow: Nested,
    trace: Trace,
    gate: Path,
) -> None:
    script.send_signal(signal.SIGINT)
    out, err = script.communicate(timeout=LONG)
    assert script.returncode == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert out == "left in the loop:\n"
    for litter in ("destroyed", "never", "CancelledError", "deleted by"):
        assert litter not in err
    assert going_on() == []
    assert locks_in(place / "cache") == []
    assert poisoned_in(place / "cache") == []
    gate.touch()
    again = go(flow)
    assert again.outputs.total == 44
    assert trace.ran == BEGUN | {2: 2, 20: 2}


def test_killed_and_run_again(
    go: Go,
    backend: str,
    script: subprocess.Popen[str],
    flow: Nested,
    trace: Trace,
    gate: Path,
) -> None:
    script.kill()
    script.wait()
    before = sorted(going_on())
    assert len(before) == 2
    again = go(flow)
    assert sorted(job.id for job in again.jobs(2)) == before
    gate.touch()
    assert again.outputs.total == 44
    assert again.locks == []
    assert trace.ran == BEGUN


def test_what_a_killed_run_left_is_the_next_runs_own(
    go: Go,
    script: subprocess.Popen[str],
    flow: Nested,
    trace: Trace,
    gate: Path,
) -> None:
    script.kill()
    script.wait()
    joined = go(flow)
    first, second = joined.jobs(2)
    get_backend().delete([first.submitted()])
    wait_until(lambda: trace.ran.total() == 6, LONG)  # it is computed anew
    joined.cancel()
    joined.wait()
    assert second.wait(LONG).ending == "deleted"
    assert going_on() == []
    assert joined.locks == []
    assert poisoned_in(joined.cache) == []
