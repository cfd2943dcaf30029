"""Two runs that need the same task at the same time: it is computed once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.jobs import all_jobs
from tests.waiting import wait_until
from tests.workflows.conftest import LONG
from tests.workflows.flows import Doubles, Shared, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workflows.conftest import Going, Trace

    Go = Callable[..., Going]

SCRIPT = """
import sys
from pydra.engine.submitter import Submitter
from tests.workflows.flows import Step

cache, trace, gate = sys.argv[1:]
with Submitter(worker="oar", cache_root=cache, oarsub_args="-l core=1") as submit:
    print(submit(Step(x=7, trace=trace, gate=gate)).outputs.out)
"""


def test_two_workflows_with_tasks_in_common(
    go: Go, backend: str, place: Path, trace: Trace
) -> None:
    gate, here = place / "gate", Path.cwd()
    one = go(Doubles(xs=[1, 2, 3], trace=str(trace), gate=str(gate)))
    wait_until(lambda: trace.ran.keys() == {1, 2, 3}, LONG)
    other = go(Doubles(xs=[2, 3, 4], trace=str(trace), gate=str(gate)))
    other.jobs(3)
    same = go(Doubles(xs=[1, 2, 3], trace=str(trace), gate=str(gate)))
    wait_until(lambda: trace.ran.keys() == {1, 2, 3, 4}, LONG)
    assert Path.cwd() == here  # of this process, in which all three run
    gate.touch()
    assert (one.outputs.out, other.outputs.out, same.outputs.out) == (12, 18, 12)
    assert set(trace.ran.values()) == {1}
    assert len({*one.jobs(4), *other.jobs(4)}) == 6
    assert same.jobs(0) == []


def test_a_task_in_two_places_of_one_workflow(go: Go, trace: Trace) -> None:
    run = go(Shared(xs=[1, 2, 3], trace=str(trace)))
    assert run.outputs.out == [11, 12, 13]
    assert trace.ran == {5: 1}
    assert len(all_jobs().spool.job_ids()) == 1 + 3


def test_the_run_that_computes_it_is_interrupted(
    go: Go, backend: str, place: Path, trace: Trace
) -> None:
    gate = place / "gate"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-c", SCRIPT, place / "cache", str(trace), gate]
    start = [subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)]
    wait_until(lambda: trace.ran == {7: 1}, LONG)
    other = go(Step(x=7, trace=str(trace), gate=str(gate)))
    (joined,) = other.jobs(1)
    start[0].send_signal(signal.SIGINT)
    start[0].communicate(timeout=LONG)
    wait_until(lambda: trace.ran == {7: 2}, LONG)
    gate.touch()
    assert other.outputs.out == 14
    assert other.jobs(1) != [joined]
    assert other.locks == []
