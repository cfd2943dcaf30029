"""A whole workflow inside of one job."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.raised import RemoteError
from pydra_oar_jupyter.workflows.errors import TaskFailed
from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState, read_snapshot
from tests.waiting import wait_until
from tests.workflows.conftest import LONG, poisoned_in
from tests.workflows.flows import Broken, Crowd, Ends, Nested, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.workflows.conftest import Going, Trace

    Go = Callable[..., Going]

TWO_CORES = {"one_job": True, "oarsub_args": "-l host=1/core=2"}


def test_interrupted_in_the_middle_and_run_again(
    go: Go, backend: str, place: Path, trace: Trace
) -> None:
    gate, snapshot = place / "gate", place / "snapshot.json"
    flow = Nested(xs=[1, 10], trace=str(trace), gate=str(gate))
    run = go(flow, **TWO_CORES, snapshot=snapshot)
    wait_until(lambda: trace.ran.total() == 5, LONG)
    wait_until(lambda: (shown := read_snapshot(snapshot)) and shown.counts, LONG)
    run.cancel()
    run.wait()
    (job,) = run.jobs(1)
    assert job.wait(LONG).ending == "deleted"
    assert run.locks == []

    gate.touch()
    again = go(flow, **TWO_CORES, snapshot=snapshot)
    assert (again.outputs.total, again.outputs.alone) == (44, 200)
    assert again.names == ["Nested"]
    assert len(all_jobs().spool.job_ids()) == 2
    assert trace.ran == {1: 1, 10: 1, 100: 1, 2: 2, 20: 2}
    assert again.locks == []
    shown = read_snapshot(snapshot)
    assert shown is not None
    assert shown.state is RunState.DONE
    assert TaskState.FAILED not in shown.counts


def test_a_failure_of_one_of_its_tasks(go: Go, backend: str, place: Path, trace: Trace) -> None:
    need = place / "needed"
    flow = Broken(xs=[1, 2], trace=str(trace), need=str(need))
    run = go(flow, **TWO_CORES, raise_errors=True).wait()
    assert isinstance(run.error, FileNotFoundError)
    assert run.error.filename == str(need)
    (job,) = run.jobs(1)
    told = "\n".join(run.error.__notes__)
    assert re.search(r"It is of the task broken\[[01]\] \(x=[12], ", told)
    assert f"in job {job.id}, task Broken (" in told
    assert "Path(need).read_text()" in told
    assert "concurrent/futures" not in told
    assert trace.ran == {1: 1, 2: 1, 1000: 1, 2000: 1}
    need.touch()
    assert go(flow, **TWO_CORES).outputs.after == 6
    assert trace.ran == {1: 2, 2: 2, 1000: 1, 2000: 1}


def test_tasks_that_end_their_process(go: Go, place: Path) -> None:
    flow = Ends(hows=["os._exit", "return", "sys.exit", "signal", "stop"])
    run = go(flow, **TWO_CORES, snapshot=place / "snapshot.json")
    (error,) = run.failures.values()
    assert isinstance(error, TaskFailed | RemoteError)
    shown = read_snapshot(place / "snapshot.json")
    assert shown is not None
    assert shown.counts == {TaskState.FAILED: 4, TaskState.DONE: 1}
    words = "".join(task.error + task.traceback for task in shown.tasks)
    for said in ("process was ended", "SystemExit(3)", "StopIteration"):
        assert said in words
    assert poisoned_in(run.cache) == []


def test_as_many_at_once_as_there_are_cores(go: Go, backend: str, place: Path) -> None:
    folder = place / "crowd"
    folder.mkdir()
    crowd = Crowd(folder=str(folder)).split(x=range(4)).combine("x")
    assert max(go(crowd, **TWO_CORES).outputs.out) == 2


def test_no_more_at_once_than_was_asked_for(go: Go, place: Path, trace: Trace) -> None:
    gates, snapshot = [place / f"gate {x}" for x in range(4)], place / "snapshot.json"
    steps = Step(trace=str(trace)).split(("x", "gate"), x=range(4), gate=[*map(str, gates)])
    four_cores = TWO_CORES | {"oarsub_args": "-l host=1/core=4"}
    run = go(steps.combine("x"), **four_cores, max_concurrent=2, snapshot=snapshot)
    wait_until(lambda: trace.ran.keys() == {0, 1}, LONG)
    gates[0].touch()
    wait_until(lambda: 2 in trace.ran, LONG)
    begun = time.time()
    wait_until(lambda: (shown := read_snapshot(snapshot)) and shown.taken > begun, LONG)
    assert 3 not in trace.ran
    for gate in gates[1:]:
        gate.touch()
    assert run.outputs.out == [0, 2, 4, 6]
