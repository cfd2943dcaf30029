"""Snapshots of a workflow whose tasks are made, and none is run."""

from __future__ import annotations

import os
import pickle
import shutil
import time
from typing import TYPE_CHECKING, Any

import attrs
import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
import pytest
from pydra.engine.job import Job as PydraJob
from pydra.engine.submitter import Submitter

from pydra_oar_jupyter.workflows.snapshot import TASKS, RunState
from pydra_oar_jupyter.workflows.watch.sampler import Sampler
from tests.workflows.gated import Gated, Split
from tests.workflows.sampled import told
from tests.workflows.snapshots import DONE, FAILED, QUEUED, RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Standing:
    """A workflow whose first node's tasks are made, and none is run."""

    def __init__(self, task: Any, cache: Path, worker: Any, *, rerun: bool) -> None:
        self.submitter = Submitter(cache_root=cache, worker=worker)
        self.root: Any = PydraJob(task, submitter=self.submitter, name="main")
        self.graph = self.root.task.construct().execution_graph(submitter=self.submitter)
        self.root.return_values = {"exec_graph": self.graph}
        self.node = self.graph.nodes[0]
        self.jobs = self.submitter.get_runnable_tasks(self.graph)
        for job in self.jobs:
            job.checksum  # noqa: B018 - Pydra computes it when it looks whether the job is done
        started = time.time()
        self.sampler = Sampler(self.root, name="run", worker="any", started=started, rerun=rerun)

    def book(self, name: str, index: int) -> None:
        """Book an end as Pydra does."""
        getattr(self.node, name)[index] = self.node.queued.pop(index)

    def close(self) -> None:
        self.submitter.loop.close()


@pytest.fixture
def stand(tmp_path: Path, pool: Any) -> Iterator[Any]:
    made: list[Standing] = []

    def make(task: Any, *, rerun: bool = False) -> Standing:
        made.append(Standing(task, tmp_path / "cache", pool, rerun=rerun))
        return made[-1]

    yield make
    for standing in made:
        standing.close()


def test_of_many_tasks_a_hundred_are_named(stand: Any) -> None:
    standing = stand(Split(xs=list(range(300)), gates=""))
    for index, job in enumerate(standing.jobs):
        job.cache_dir.mkdir(parents=True)
        if index >= 270:
            standing.book("errored", index)
        elif index >= 230:
            standing.book("successful", index)
        elif index < 20:
            job.lockfile.touch()
    snapshot = standing.sampler.sample()
    assert told(snapshot, "fit") == {"failed": 30, "done": 40, "running": 20, "queued": 210}
    states = [task.state for task in snapshot.tasks]
    assert states == [FAILED] * 30 + [RUNNING] * 20 + [DONE] * 40 + [QUEUED] * 10
    assert [task.index for task in snapshot.tasks][:50] == [*range(270, 300), *range(20)]
    assert len(snapshot.tasks) == TASKS


def test_what_has_ended_is_looked_at_once(stand: Any) -> None:
    standing = stand(Split(xs=list(range(10)), gates=""))
    for index, job in enumerate(standing.jobs):
        job.cache_dir.mkdir(parents=True)
        (job.cache_dir / "_result.pklz").write_text("there")
        standing.book("successful", index)
    snapshot = standing.sampler.sample()
    assert told(snapshot, "fit") == {"done": 10}
    shutil.rmtree(standing.root.cache_root)
    again = standing.sampler.sample()
    assert (again.nodes, again.tasks) == (snapshot.nodes, snapshot.tasks)


def test_nothing_is_found_by_a_rerun(stand: Any) -> None:
    for rerun, counts in ((False, {"cached": 1}), (True, {"done": 1})):
        standing = stand(Split(xs=[1], gates=""), rerun=rerun)
        (job,) = standing.jobs
        job.cache_dir.mkdir(parents=True, exist_ok=True)
        (job.cache_dir / "_result.pklz").write_text("there")
        os.utime(job.cache_dir / "_result.pklz", (0, time.time() - 60))
        standing.book("successful", 0)
        assert told(standing.sampler.sample(), "fit") == counts


def test_sampling_changes_nothing_of_pydras(stand: Any) -> None:
    standing = stand(Split(xs=[1, 2, 3], gates=""))
    standing.jobs[0].lockfile.touch()
    standing.book("successful", 1)

    def all_of_it() -> str:
        jobs = [standing.root, *standing.jobs]
        tasks = [[getattr(job.task, f.name) for f in attrs.fields(type(job.task))] for job in jobs]
        return repr([vars(standing.node), tasks, *map(vars, jobs)])

    before = all_of_it()
    for state in (RunState.RUNNING, RunState.RUNNING, RunState.FAILED):
        standing.sampler.sample(state)
    assert all_of_it() == before


def test_sampling_a_single_task_changes_nothing_of_it(tmp_path: Path, pool: Any) -> None:
    submitter = Submitter(cache_root=tmp_path, worker=pool)
    root: Any = PydraJob(Gated(x=1, gates=""), submitter=submitter, name="main")
    before = {**vars(root)}
    snapshot = Sampler(root, name="run", worker="any", started=time.time()).sample()
    assert snapshot.counts == {QUEUED: 1}
    assert vars(root) == before
    assert root.task._hashes is None
    submitter.loop.close()


def test_report_of_an_error_runs_no_code(stand: Any, tmp_path: Path) -> None:
    class Bad:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "was run"),)

    standing = stand(Split(xs=[1], gates=""))
    (job,) = standing.jobs
    job.cache_dir.mkdir(parents=True)
    (job.cache_dir / "_error.pklz").write_bytes(pickle.dumps({"error message": Bad()}))
    standing.book("errored", 0)
    (task,) = standing.sampler.sample().tasks
    assert (task.state, task.error, task.traceback) == (FAILED, "", "")
    assert not (tmp_path / "was run").exists()
