"""Pydra's tasks as jobs: all kinds of them, and no more jobs than there must be."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydra.engine.job import Job
from pydra.engine.submitter import Submitter
from pydra.workers.base import Worker

from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.surroundings import Surroundings
from pydra_oar_jupyter.workflows.worker.batch import Batch
from pydra_oar_jupyter.workflows.worker.oar import OarWorker
from pydra_oar_jupyter.workflows.worker.task import TaskJob
from tests.waiting import wait_until
from tests.workflows.conftest import LONG
from tests.workflows.flows import Files, Nested, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.commands import Commands
    from tests.workflows.conftest import Going, Trace

    Go = Callable[..., Going]


def test_pydra_finds_it() -> None:
    assert Worker.available_plugins()["oar"] is OarWorker
    assert OarWorker.plugin_name() == "oar"


def test_nested_workflows_and_splits(go: Go, backend: str, trace: Trace) -> None:
    flow = Nested(xs=[1, 2, 3, 4], trace=str(trace))
    outputs = go(flow).outputs
    assert (outputs.total, outputs.alone) == (40, 200)
    # What is the same in two places is computed once.
    assert trace.ran == {1: 1, 2: 1, 3: 1, 4: 1, 6: 1, 8: 1, 100: 1}
    # The first steps of all, and the one alone, were ready at once.
    assert 5 in [len(submission.jobs) for submission in all_jobs().spool.submissions()]

    again = go(flow)
    assert again.outputs == outputs
    assert again.worker.jobs == {}


def test_files_folders_arrays_and_commands(go: Go, backend: str, place: Path) -> None:
    text = place / "a text's"
    text.write_text("b\nc\na\n")
    words = ["one", "two"]
    outputs = go(Files(words=words, text=text, side=3)).outputs
    assert outputs.names == words
    assert Path(outputs.sorted).read_text() == "a\nb\nc\n"
    np.testing.assert_array_equal(outputs.matrix, np.arange(9.0).reshape(3, 3))
    assert (outputs.sum, outputs.mean) == (36.0, 4.0)


def test_a_file_that_has_moved_is_read_where_it_is(go: Go, place: Path) -> None:
    here, there = place / "here", place / "there"
    here.write_text("b\na\n")
    flow = {"words": ["one"], "side": 2}
    first = go(Files(text=here, **flow), cache_root=place / "one").outputs
    here.rename(there)
    moved = go(Files(text=there, **flow), cache_root=place / "two").outputs
    assert Path(moved.sorted).read_text() == Path(first.sorted).read_text() == "a\nb\n"


def test_a_task_alone_and_then_split(
    go: Go, backend: str, trace: Trace, commands: Commands
) -> None:
    alone = go(Step(x=8, trace=str(trace)), poll_delay=1)
    assert alone.outputs.out == 16
    assert alone.names == ["Step"]
    split = go(Step(trace=str(trace)).split(x=range(9)).combine("x"), poll_delay=1)
    assert split.outputs.out == [2 * x for x in range(9)]
    assert split.names == [f"Step[{x}]" for x in range(8)]  # and one is in the cache
    assert split.job("Step[3]").result().out == 6
    assert len(all_jobs().spool.submission_ids()) == 2
    assert commands["oarsub"] == (2 if backend == "oar" else 0)


def test_what_is_stopped_before_it_was_sent_is_not_sent(place: Path) -> None:
    batch = Batch(Request.parse("-l core=1"), "local", sys.executable, Surroundings())
    submitter = Submitter(worker="debug", cache_root=place / "cache")

    async def stop_one() -> None:
        tasks = []
        for x in (1, 2):
            job = Job(Step(x=x), submitter=submitter, name=f"step {x}")
            tasks.append(asyncio.ensure_future(batch.add(job, rerun=False)))
        await asyncio.sleep(0)
        tasks[0].cancel()
        stopped, handle = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(stopped, asyncio.CancelledError)
        assert isinstance(handle, TaskJob)
        await handle.ending()

    asyncio.run(stop_one())
    assert [job.name for job in all_jobs().all()] == ["step 2"]
    assert len(all_jobs().spool.job_ids()) == 1


def test_not_too_many_at_once(go: Go, place: Path, trace: Trace) -> None:
    gates = [place / f"gate {x}" for x in range(4)]
    steps = Step(trace=str(trace)).split(("x", "gate"), x=range(4), gate=[*map(str, gates)])
    run = go(steps.combine("x"), max_concurrent=2)
    wait_until(lambda: trace.ran.keys() == {0, 1}, LONG)
    gates[0].touch()
    wait_until(lambda: 2 in trace.ran, LONG)
    assert len(run.jobs(3)) == 3
    for gate in gates[1:]:
        gate.touch()
    assert run.outputs.out == [0, 2, 4, 6]


def test_computed_anew(go: Go, trace: Trace) -> None:
    steps = Step(trace=str(trace)).split(x=[1, 2]).combine("x")
    for rerun in (False, False, True):
        run = go(steps, rerun=rerun)
        assert run.outputs.out == [2, 4]
        assert run.locks == []
    assert trace.ran == {1: 2, 2: 2}
