"""Runs that go on elsewhere: those of another process, and inside one job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.workflows.errors import RunStopped, TaskFailed
from pydra_oar_jupyter.workflows.runs.run import Run, run, runs
from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState
from tests.waiting import wait_until
from tests.workflows.conftest import LONG
from tests.workflows.flows import Twice
from tests.workflows.runs import counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workflows.conftest import Trace

SOURCE = Path(__file__).parents[2]


SCRIPT = """
import os, sys, threading, time
sys.path.insert(0, {source!r})
from pathlib import Path
from pydra_oar_jupyter.workflows.runs.run import submit
from tests.workflows.flows import End, Twice
if __name__ == "__main__":
    place = Path({place!r})
    options = dict(cache_root=place / "cache", n_procs=2)
    {body}
"""


def elsewhere(place: Path, body: str) -> subprocess.Popen[str]:
    """Another process that submits runs."""
    script = place / "script.py"
    script.write_text(SCRIPT.format(source=str(SOURCE), place=str(place), body=body))
    return subprocess.Popen([sys.executable, str(script)], text=True, stdout=subprocess.PIPE)


LEAVES = """
    run = submit(Twice(x=1, trace=str(place / "trace"), gate=str(place / "gate")), "cf", **options)
    while (place / "trace").exists() is False or len((place / "trace").read_text().split()) < 2:
        time.sleep(0.01)
    print(run.id, flush=True)
    {leave}
"""


@pytest.mark.parametrize("leave", ["os._exit(0)", "sys.exit(0)"])
def test_a_run_whose_process_is_gone_is_found_and_goes_on(
    place: Path, trace: Trace, leave: str
) -> None:
    with elsewhere(place, LEAVES.format(leave=leave)) as process:
        said, _ = process.communicate(timeout=LONG)
    found = run(said.strip())
    assert found.done()
    assert found.wait().state is RunState.INTERRUPTED
    with pytest.raises(RunStopped, match="was interrupted"):
        found.result()
    assert found.outputs is None
    found.cancel()
    assert [one.id for one in runs()] == [found.id]
    (place / "gate").touch()
    assert found.resume().result(LONG).out == 4
    assert trace.ran[1] == 1
    assert len(runs()) == 2


GOES_ON = """
    done = submit(Twice(x=1), "cf", **options)
    failed = submit(End(how="raise"), "cf", **options)
    done.wait(), failed.wait()
    going = submit(Twice(x=5, gate=str(place / "gate")), "cf", **options)
    print(done.id, failed.id, going.id, flush=True)
    going.wait()
"""


def test_runs_of_another_process_are_followed(place: Path) -> None:
    with elsewhere(place, GOES_ON) as process:
        assert process.stdout
        done, failed, going = map(run, process.stdout.readline().split())
        assert done.result().out == 4
        assert done.progress.counts == {TaskState.DONE: 2}
        with pytest.raises(TaskFailed, match=r"^End .* failed: .*Lost"):
            failed.result()
        assert going.state is RunState.RUNNING
        (place / "gate").touch()
        assert going.result(LONG).out == 20


def test_a_run_of_another_process_is_cancelled_there(place: Path) -> None:
    with elsewhere(place, GOES_ON) as process:
        assert process.stdout
        *_, going = map(run, process.stdout.readline().split())
        going.cancel()
        assert going.wait(LONG).state is RunState.CANCELLED
        assert process.wait(LONG) == 0


UNKNOWN = """
    from pydra_oar_jupyter.workflows.watch.executions import Graph
    looked = threading.Event()
    def follow(*_):
        looked.set()
        raise LookupError("as by a Pydra whose books are others")
    Graph.follow = follow
    going = submit(Twice(x=5, gate=str(place / "gate")), "cf", **options)
    looked.wait()
    print(going.id, flush=True)
    going.wait()
"""


def test_one_whose_tasks_can_not_be_told_is_cancelled_there_too(place: Path) -> None:
    with elsewhere(place, UNKNOWN) as process:
        assert process.stdout
        going = run(process.stdout.readline().strip())
        going.cancel()
        assert going.wait(LONG).state is RunState.CANCELLED
        assert process.wait(LONG) == 0


ONE_JOB = """
    del options["n_procs"]
    run = submit(
        Twice(x=1, trace=str(place / "trace"), gate=str(place / "gate")),
        "oar", one_job=True, oarsub_args="-l core=1", **options,
    )
    while not run.jobs or run.jobs[0].id is None:
        time.sleep(0.01)
    print(run.id, run.jobs[0].id, flush=True)
    os._exit(0)
"""


def test_a_run_inside_one_job_outlives_its_kernel(backend: str, place: Path, trace: Trace) -> None:
    with elsewhere(place, ONE_JOB) as process:
        said, _ = process.communicate(timeout=LONG)
    id_, job = said.split()
    found = run(id_)
    assert found.state is RunState.RUNNING
    assert [one.id for one in found.jobs] == [int(job)]
    wait_until(lambda: counts(found) == {"done": 1, "running": 1}, LONG)
    assert found.progress.job == int(job)
    (place / "gate").touch()
    assert found.result(LONG).out == 4
    assert trace.ran == {1: 1, 2: 1}


def test_a_run_inside_one_job_is_shown_and_cancelled(
    backend: str, start: Callable[..., Run], place: Path, trace: Trace
) -> None:
    one = start(Twice(x=1, trace=str(trace), gate=str(place / "gate")), "oar", one_job=True)
    wait_until(lambda: counts(one) == {"done": 1, "running": 1}, LONG)
    assert one.progress.job == one.jobs[0].id
    one.cancel()
    assert one.wait(LONG).state is RunState.CANCELLED
    assert one.jobs[0].wait(LONG).ok is False
