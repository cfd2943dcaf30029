"""Snapshots of runs: what Pydra's own workers do, as it is seen from another thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
import pytest
from pydra.workers.debug import DebugWorker

from pydra_oar_jupyter.workflows.snapshot import RunState, read_snapshot
from tests.waiting import wait_until
from tests.workflows.conftest import LONG
from tests.workflows.gated import Around, Chain, Gated, Nested, Split
from tests.workflows.sampled import Going, named, node, told
from tests.workflows.snapshots import CACHED, DONE, FAILED, QUEUED, RUNNING, SKIPPED, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydra.workers.cf import ConcurrentFuturesWorker


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
