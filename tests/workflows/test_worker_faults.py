"""What befalls jobs on a real cluster while a workflow goes: preemption, a node that dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.errors import JobFailed
from pydra_oar_jupyter.core.outcome import Ending
from tests.faults import fault
from tests.waiting import wait_until
from tests.workflows.conftest import LONG
from tests.workflows.flows import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.workflows.conftest import Going, Trace

    Go = Callable[..., Going]

pytestmark = pytest.mark.parametrize(
    "backend", [pytest.param("oar", marks=pytest.mark.cluster)], indirect=True
)


@pytest.mark.alone
def test_a_preempted_task_is_followed_to_its_second_life(
    go: Go, backend: str, place: Path, trace: Trace
) -> None:
    gate = place / "gate"
    cheap = go(
        Step(x=1, trace=str(trace), gate=str(gate)),
        oarsub_args="-t besteffort -t idempotent -l host=2/core=4",
    )
    (job,) = cheap.jobs(1)
    first = job.submitted(LONG)
    wait_until(lambda: trace.ran, LONG)
    (lock,) = cheap.locks  # as held on a host of which nothing can be known from another
    pid = lock.read_text().split("\n")[0]
    lock.write_text(f"{pid}\nelsewhere\n")
    for noted in (job.directory.path / "processes").iterdir():
        noted.rename(noted.with_name(f"{pid}@elsewhere"))

    dear = go(Step(x=2, trace=str(trace)))
    assert dear.outputs.out == 4
    gate.touch()
    assert cheap.outputs.out == 2
    assert trace.ran == {1: 2, 2: 1}
    assert cheap.jobs(1) == [job]
    assert job.id != first
    assert cheap.locks == []


@pytest.mark.alone
def test_a_task_whose_node_dies(go: Go, backend: str, place: Path, trace: Trace) -> None:
    gate = place / "gate"
    task = Step(x=1, trace=str(trace), gate=str(gate))
    run = go(task, oarsub_args="-l core=1 -p \"host='oarnode2'\"", raise_errors=True)
    wait_until(lambda: trace.ran, LONG)
    try:
        fault("kill-node", "oarnode2")
        error = run.wait().error
    finally:
        fault("return-node", "oarnode2")
    assert isinstance(error, JobFailed)
    assert error.outcome.ending is Ending.NODE_LOST
    (job,) = run.jobs(1)
    for word in ("oarnode2", f"Job {job.id} 'Step'", "x=1", str(job.directory.stderr), "host != "):
        assert word in str(error)
    gate.touch()
    assert go(task).outputs.out == 2
