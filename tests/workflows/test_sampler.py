"""Snapshots of runs: what Pydra's own workers do, and ours, as it is seen from another thread."""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
import pytest
from pydra.engine.job import Job as PydraJob
from pydra.engine.submitter import Submitter
from pydra.workers.cf import ConcurrentFuturesWorker
from pydra.workers.debug import DebugWorker

from pydra_oar_jupyter.workflows.snapshot import TASKS, RunState, TaskState, read_snapshot
from pydra_oar_jupyter.workflows.watch.sampler import Sampler
from pydra_oar_jupyter.workflows.worker.oar import OarWorker
from tests.waiting import wait_until
from tests.workflows.flows import Doubles, Ends
from tests.workflows.gated import Around, Chain, Gated, Nested, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot

LONG = 120

WAITING, QUEUED, RUNNING = TaskState.WAITING, TaskState.QUEUED, TaskState.RUNNING
DONE, CACHED, FAILED, SKIPPED = (
    TaskState.DONE,
    TaskState.CACHED,
    TaskState.FAILED,
    TaskState.SKIPPED,
)


class Gates:
    """The files that tasks wait for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def __str__(self) -> str:
        return str(self.folder)

    def open(self, *numbers: int, raising: str = "") -> None:
        """Let the tasks of these numbers go on."""
        for number in numbers:
            hidden = self.folder / f".{number}"
            hidden.write_text(raising)
            hidden.rename(self.folder / str(number))


@pytest.fixture
def gates(tmp_path: Path) -> Gates:
    return Gates(tmp_path / "gates")


class Noting(Submitter):
    """A Submitter whose job can be had: what a run's own Submitter does."""

    def __init__(self, **options: Any) -> None:
        self.root: Future[PydraJob[Any]] = Future()
        super().__init__(**options)

    def submit(self, job: PydraJob[Any], rerun: bool = False) -> None:
        self.root.set_result(job)
        super().submit(job, rerun)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "root": None}


class Going:
    """A run in a thread of its own, and its sampler."""

    def __init__(self, task: Any, worker: Any, cache: Path, *, rerun: bool = False) -> None:
        self.error: BaseException | None = None
        # By the clock that stamps files, results of earlier runs are older.
        before = time.time()
        wait_until(lambda: time.time() > before + 0.02)
        self.started = time.time()
        self._submitter: Future[Noting] = Future()
        self._thread = threading.Thread(target=self._work, args=(task, worker, cache, rerun))
        self._thread.start()
        root = self._submitter.result(LONG).root.result(LONG)
        self.root = root
        self.sampler = Sampler(root, name="run", worker="any", started=self.started, rerun=rerun)

    def _work(self, task: Any, worker: Any, cache: Path, rerun: bool) -> None:
        submitter = Noting(cache_root=cache, worker=worker)
        self._submitter.set_result(submitter)
        try:
            submitter(task, raise_errors=True, rerun=rerun)
        except BaseException as error:
            self.error = error
        submitter.loop.close()

    def until(self, seen: Callable[[RunSnapshot], object]) -> RunSnapshot:
        """The first snapshot of which that is true."""
        found: list[RunSnapshot] = []

        def look() -> bool:
            found[:] = [self.sampler.sample()]
            return bool(seen(found[0]))

        wait_until(look, LONG)
        return found[0]

    def until_counts(self, *path: str, **counts: int) -> RunSnapshot:
        """The first snapshot in which a node's tasks are in these states."""
        return self.until(lambda snapshot: told(snapshot, *path) == counts)

    def end(self, state: RunState = RunState.DONE) -> RunSnapshot:
        """Wait for its end, which must be so; the last snapshot."""
        self._thread.join(LONG)
        assert not self._thread.is_alive(), "the run does not end"
        if state is RunState.DONE and self.error:
            raise self.error
        assert state is RunState.DONE or self.error
        return self.sampler.sample(state)

    def cancel(self) -> None:
        """As whoever holds the run does."""
        loop = self._submitter.result().loop

        def cancel() -> None:
            for task in asyncio.all_tasks(loop):
                task.cancel()

        loop.call_soon_threadsafe(cancel)


def node(snapshot: RunSnapshot, *path: str) -> NodeFacts:
    nodes = {found.path: found for found in [*snapshot.nodes, *snapshot.leaves()]}
    return nodes[path]


def told(snapshot: RunSnapshot, *path: str) -> dict[str, int]:
    """How many of a node's tasks are in which state, by the states' names; {} if there is none."""
    try:
        counts = node(snapshot, *path).counts
    except KeyError:
        return {}
    return {state.name.lower(): count for state, count in counts.items()}


def named(snapshot: RunSnapshot) -> list[tuple[str, TaskState]]:
    return [(task.name, task.state) for task in snapshot.tasks]


@pytest.fixture(scope="module")
def pool() -> Iterator[ConcurrentFuturesWorker]:
    """Pydra's worker with two processes, which takes long to start."""
    worker = ConcurrentFuturesWorker(n_procs=2)
    yield worker
    worker.close()


@pytest.fixture
def go(tmp_path: Path, pool: ConcurrentFuturesWorker, gates: Gates) -> Iterator[Any]:
    """Starts runs, two tasks at a time if nothing else is said."""
    started: list[Going] = []

    def start(task: Any, worker: Any = pool, *, rerun: bool = False) -> Going:
        started.append(Going(task, worker, tmp_path / "cache", rerun=rerun))
        return started[-1]

    yield start
    for number in range(2000):  # whatever a failed test left waiting
        gates.open(number)
    for going in started:
        going._thread.join(LONG)


def test_split_from_its_beginning_to_its_end(go: Any, gates: Gates) -> None:
    going = go(Split(xs=[1, 2, 3, 4], gates=str(gates)))
    snapshot = going.until_counts("fit", running=2, queued=2)
    assert [found.path for found in snapshot.nodes] == [("fit",), ("total",), ("last",)]
    fit, total, last = snapshot.nodes
    assert (fit.task, fit.split, fit.combined, fit.after) == ("Gated", ("x",), ("x",), ())
    assert (total.task, total.split, total.after, last.after) == ("Total", (), ("fit",), ("total",))
    assert (fit.expanded, total.expanded, last.expanded) == (True, False, False)
    assert told(snapshot, "total") == told(snapshot, "last") == {"waiting": 1}
    assert named(snapshot) == [
        ("fit[0]", RUNNING),
        ("fit[1]", RUNNING),
        ("fit[2]", QUEUED),
        ("fit[3]", QUEUED),
    ]
    assert snapshot.tasks[0].inputs.startswith("x=1, gates=")
    assert going.started <= fit.started <= snapshot.taken
    assert fit.ended == total.started == 0
    assert (snapshot.state, snapshot.started, snapshot.ended) == (
        RunState.RUNNING,
        going.started,
        0,
    )
    assert (snapshot.name, snapshot.worker) == ("run", "any")

    gates.open(1)
    snapshot = going.until_counts("fit", done=1, running=2, queued=1)
    first = snapshot.tasks[2]
    assert (first.name, first.state) == ("fit[0]", DONE)
    assert going.started <= first.started <= first.ended <= snapshot.taken
    gates.open(2, 3, 4)
    snapshot = going.until_counts("last", running=1)
    assert (told(snapshot, "fit"), told(snapshot, "total")) == ({"done": 4}, {"done": 1})
    assert snapshot.nodes[0].ended >= snapshot.nodes[0].started
    gates.open(410)

    snapshot = going.end()
    assert snapshot.counts == {DONE: 6}
    assert all(found.expanded and 0 < found.started <= found.ended for found in snapshot.nodes)
    assert snapshot.cache_dir == str(going.root.cache_dir)
    assert going.started < snapshot.ended == going.sampler.sample(RunState.DONE).ended


def test_task_that_is_split_is_one_node(go: Any, gates: Gates) -> None:
    going = go(Gated(gates=str(gates)).split(x=[1, 2, 3]).combine("x"))
    snapshot = going.until_counts("Gated", running=2, queued=1)
    (only,) = snapshot.nodes
    assert (only.task, only.split, only.combined, only.nodes) == ("Gated", ("x",), ("x",), ())
    gates.open(1, 2, 3)
    assert going.end().counts == {DONE: 3}
    again = go(Gated(gates=str(gates)).split(x=[1, 2, 3]).combine("x")).end()
    assert [(found.path, found.counts) for found in again.nodes] == [(("Gated",), {CACHED: 1})]


def test_single_task_is_one_node(go: Any, gates: Gates) -> None:
    going = go(Gated(x=1, gates=str(gates)))
    snapshot = going.until_counts("Gated", running=1)
    assert named(snapshot) == [("Gated", RUNNING)]
    gates.open(1)
    snapshot = going.end()
    assert snapshot.counts == {DONE: 1}
    assert 0 < snapshot.nodes[0].started <= snapshot.nodes[0].ended
    assert go(Gated(x=1, gates=str(gates))).end().counts == {CACHED: 1}


def test_single_task_that_fails(go: Any, gates: Gates) -> None:
    gates.open(1, raising="no luck")
    snapshot = go(Gated(x=1, gates=str(gates))).end(RunState.FAILED)
    assert named(snapshot) == [("Gated", FAILED)]
    assert snapshot.tasks[0].error == "Lost: no luck"


def test_nested_workflow_that_is_split(go: Any, gates: Gates) -> None:
    going = go(Nested(xs=[1, 2], gates=str(gates)))
    snapshot = going.until_counts("inner", "first", running=2)
    inner = snapshot.nodes[0]
    assert (inner.task, inner.split, inner.combined) == ("Chain", ("x",), ("x",))
    assert told(snapshot, "inner") == {"running": 2}
    assert [found.path for found in inner.nodes] == [("inner", "first"), ("inner", "second")]
    assert inner.nodes[1].after == ("first",)
    assert (inner.nodes[0].expanded, inner.nodes[1].expanded) == (True, False)
    assert told(snapshot, "inner", "second") == {"waiting": 2}
    assert snapshot.counts == {RUNNING: 2, WAITING: 3}
    assert {task.inputs.split(",")[0] for task in snapshot.tasks} == {"x=1", "x=2"}

    gates.open(1)
    snapshot = going.until_counts("inner", "second", running=1, waiting=1)
    assert told(snapshot, "inner", "first") == {"done": 1, "running": 1}
    gates.open(101)
    snapshot = going.until_counts("inner", done=1, running=1)
    assert told(snapshot, "inner", "second") == {"done": 1, "waiting": 1}
    assert snapshot.nodes[0].ended == 0 < snapshot.nodes[0].started
    gates.open(2, 102)
    snapshot = going.end()
    assert snapshot.counts == {DONE: 5}
    assert told(snapshot, "inner") == {"done": 2}
    inner = snapshot.nodes[0]
    assert (inner.started, inner.ended) == (inner.nodes[0].started, inner.ended)
    assert inner.ended >= inner.nodes[1].ended


def test_failure_in_the_middle(go: Any, gates: Gates) -> None:
    going = go(Split(xs=[1, 2, 3, 4], gates=str(gates)))
    going.until_counts("fit", running=2, queued=2)
    gates.open(2, raising="no luck\nat all")
    snapshot = going.until_counts("fit", failed=1, running=2, queued=1)
    # What comes after it is known not to run while the rest of the split goes on.
    assert told(snapshot, "total") == told(snapshot, "last") == {"skipped": 1}
    assert named(snapshot)[:2] == [("fit[1]", FAILED), ("fit[0]", RUNNING)]
    gates.open(1, 3, 4)
    snapshot = going.end(RunState.FAILED)
    assert snapshot.counts == {DONE: 3, FAILED: 1, SKIPPED: 2}
    failed = snapshot.tasks[0]
    assert (failed.name, failed.error) == ("fit[1]", "Lost: no luck at all")
    assert failed.traceback.startswith("Traceback (most recent call last):\n")
    assert failed.traceback.endswith("tests.workflows.gated.Lost: no luck\nat all")
    assert "raise Lost(what)" in failed.traceback
    assert "pydra/engine" not in failed.traceback
    assert going.started <= failed.started <= failed.ended <= snapshot.ended


def test_failure_in_a_nested_workflow_is_told_once(go: Any, gates: Gates) -> None:
    gates.open(1, 101)
    gates.open(2, raising="no luck")
    snapshot = go(Nested(xs=[1, 2], gates=str(gates))).end(RunState.FAILED)
    assert told(snapshot, "inner") == {"done": 1, "failed": 1}
    assert told(snapshot, "inner", "second") == {"done": 1, "skipped": 1}
    assert told(snapshot, "total") == {"skipped": 1}
    assert [task.node for task in snapshot.tasks if task.state is FAILED] == [("inner", "first")]


def test_workflow_that_can_not_be_made(go: Any) -> None:
    snapshot = go(Around(x=7)).end(RunState.FAILED)
    (failed,) = snapshot.tasks
    assert (failed.name, failed.state) == ("unmade", FAILED)
    assert failed.error.endswith("there is no workflow for 7")
    assert snapshot.counts == {FAILED: 1}


def test_what_was_there_already(go: Any, gates: Gates) -> None:
    gates.open(1, 2, 101, 102)
    go(Nested(xs=[1], gates=str(gates))).end()
    snapshot = go(Nested(xs=[1, 2], gates=str(gates))).end()
    assert told(snapshot, "inner") == {"done": 1, "cached": 1}
    assert told(snapshot, "inner", "first") == {"done": 1}  # of the element that was computed
    snapshot = go(Chain(x=1, gates=str(gates))).end()
    assert [(found.path, found.counts) for found in snapshot.nodes] == [(("Chain",), {CACHED: 1})]

    going = go(Split(xs=[1, 2, 301], gates=str(gates)))
    snapshot = going.until_counts("fit", cached=2, running=1)
    assert [task.started for task in snapshot.tasks if task.state is CACHED] == [0, 0]
    gates.open(301, 604)
    assert going.end().counts == {CACHED: 2, DONE: 3}


def test_worker_that_runs_one_after_the_other(go: Any, gates: Gates) -> None:
    gates.open(2)
    go(Gated(x=2, gates=str(gates)), DebugWorker()).end()
    going = go(Split(xs=[1, 2, 3, 4], gates=str(gates)), DebugWorker())
    snapshot = going.until_counts("fit", running=1, queued=3)
    assert named(snapshot)[0] == ("fit[0]", RUNNING)
    gates.open(1)
    snapshot = going.until_counts("fit", done=1, cached=1, running=1, queued=1)
    assert named(snapshot) == [
        ("fit[2]", RUNNING),
        ("fit[0]", DONE),
        ("fit[1]", CACHED),
        ("fit[3]", QUEUED),
    ]
    gates.open(3, raising="no luck")
    snapshot = going.end(RunState.FAILED)
    # It stops at the first failure.
    assert told(snapshot, "fit") == {"done": 1, "cached": 1, "failed": 1, "skipped": 1}
    assert told(snapshot, "last") == {"skipped": 1}
    assert named(snapshot)[0] == ("fit[2]", FAILED)
    assert snapshot.tasks[0].error == "Lost: no luck"


def test_nested_workflow_one_after_the_other(go: Any, gates: Gates) -> None:
    going = go(Nested(xs=[1, 2], gates=str(gates)), DebugWorker())
    gates.open(1)
    snapshot = going.until_counts("inner", "second", running=1)
    assert told(snapshot, "inner") == {"running": 1, "queued": 1}
    assert told(snapshot, "inner", "first") == {"done": 1}
    assert not node(snapshot, "inner", "first").expanded  # there will be that of the other element
    assert node(snapshot, "inner", "first").ended == 0
    gates.open(101)
    snapshot = going.until_counts("inner", done=1, running=1)
    gates.open(2, 102)
    assert going.end().counts == {DONE: 5}


def test_run_that_is_stopped(go: Any, gates: Gates) -> None:
    going = go(Split(xs=[1, 2, 3, 4], gates=str(gates)))
    gates.open(1)
    going.until_counts("fit", done=1, running=2, queued=1)
    going.cancel()
    snapshot = going.end(RunState.CANCELLED)
    assert told(snapshot, "fit") == {"done": 1, "skipped": 3}
    assert told(snapshot, "total") == {"skipped": 1}
    assert going.sampler.sample(RunState.CANCELLED).nodes == snapshot.nodes


def test_snapshots_are_written_as_they_are(go: Any, gates: Gates, tmp_path: Path) -> None:
    gates.open(1, 101)
    gates.open(2, raising="no luck")
    snapshot = go(Nested(xs=[1, 2], gates=str(gates))).end(RunState.FAILED)
    snapshot.write(tmp_path / "snapshot.json")
    assert read_snapshot(tmp_path / "snapshot.json") == snapshot


def test_sampling_all_the_while_disturbs_nothing(go: Any, gates: Gates) -> None:
    gates.open(*range(1, 7), *range(101, 107))
    going = go(Nested(xs=list(range(1, 7)), gates=str(gates)))
    done = [0]

    def all_done() -> bool:
        done.append(going.sampler.sample().counts.get(DONE, 0))
        return done[-1] == 13

    wait_until(all_done, LONG, every=0.001)
    assert done == sorted(done)
    assert going.end().counts == {DONE: 13}


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
