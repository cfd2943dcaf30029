"""Snapshots of runs whose tasks are jobs."""

from __future__ import annotations

from pathlib import Path

from pydra_oar_jupyter.workflows.snapshot import RunState
from pydra_oar_jupyter.workflows.worker.oar import OarWorker
from tests.workflows.flows import Doubles, Ends
from tests.workflows.sampled import Going, told
from tests.workflows.snapshots import DONE, FAILED


def test_tasks_that_are_jobs(place: Path) -> None:
    gate = place / "gate"
    task = Doubles(xs=[1, 2], trace=str(place / "trace"), gate=str(gate))
    going = Going(task, OarWorker(oarsub_args="-l core=1"), place / "cache")
    snapshot = going.until_counts("Step", running=2)
    jobs = going.root.submitter.worker.jobs.values()
    assert {found.job for found in snapshot.tasks} == {job.id for job in jobs}
    assert {found.host for found in snapshot.tasks} == {job.node for job in jobs} != {""}
    assert all(Path(found.stdout).exists() for found in snapshot.tasks)
    assert snapshot.trouble == ""
    gate.touch()
    snapshot = going.end()
    assert snapshot.counts == {DONE: 3}
    first = snapshot.tasks[0]
    assert going.started < first.started < first.ended <= snapshot.ended

    task = Doubles(xs=[1, 2, 3], trace=str(place / "trace"), gate=str(gate))
    snapshot = Going(task, OarWorker(oarsub_args="-l core=1"), place / "cache").end()
    assert told(snapshot, "Step") == {"done": 1, "cached": 2}


def test_job_that_fails(place: Path) -> None:
    task = Ends(hows=["raise", "signal"])
    going = Going(task, OarWorker(oarsub_args="-l core=1"), place / "cache")
    snapshot = going.end(RunState.FAILED)
    raised, killed = snapshot.tasks
    assert (raised.state, raised.error) == (FAILED, "Lost: nothing is left of 'raise'")
    assert "raise Lost(" in raised.traceback
    assert "pydra/engine" not in raised.traceback
    assert (killed.state, killed.job) == (FAILED, killed.job)
    assert killed.error.startswith(f"Job {killed.job} ")
    assert "SIGSEGV" in killed.error
    assert Path(killed.stderr).exists()
