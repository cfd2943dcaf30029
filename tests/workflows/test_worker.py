"""Pydra's tasks as jobs: all kinds of them, and no more jobs than there must be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydra.workers.base import Worker

from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.workflows.worker.oar import OarWorker
from tests.workflows.flows import Crowd, Doubles, Files, Nested, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.commands import Commands
    from tests.workflows.conftest import Going, Trace

    Go = Callable[..., Going]


def submissions() -> int:
    return len(all_jobs().spool.submission_ids())


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
    more = go(Nested(xs=[1, 2, 3, 4, 5], trace=str(trace)))
    assert more.outputs.total == 60
    assert more.names == ["Total", "first", "second"]
    assert set(trace.ran.values()) == {1}


def test_a_split_is_one_array(go: Go, backend: str, commands: Commands) -> None:
    run = go(Doubles(xs=list(range(8))), poll_delay=1)
    assert run.outputs.out == 56
    assert submissions() == 2  # the split, and its total
    assert commands["oarsub"] == (2 if backend == "oar" else 0)
    assert run.names == [*(f"Step[{x}]" for x in range(8)), "Total"]


def test_files_folders_arrays_and_commands(go: Go, backend: str, place: Path) -> None:
    text = place / "a text's"
    text.write_text("b\nc\na\n")
    words = ["one", "two"]
    outputs = go(Files(words=words, text=text, side=3)).outputs
    assert outputs.names == words
    assert Path(outputs.sorted).read_text() == "a\nb\nc\n"
    np.testing.assert_array_equal(outputs.matrix, np.arange(9.0).reshape(3, 3))
    assert (outputs.sum, outputs.mean) == (36.0, 4.0)


def test_a_task_alone_and_split_outside_of_a_workflow(go: Go, backend: str, trace: Trace) -> None:
    alone = go(Step(x=4, trace=str(trace)))
    assert alone.outputs.out == 8
    assert alone.names == ["Step"]
    split = go(Step(trace=str(trace)).split(x=range(8)).combine("x"))
    assert split.outputs.out == [2 * x for x in range(8)]
    assert split.worker.jobs.keys() & alone.worker.jobs.keys() == set()
    assert len(split.worker.cached) == 1
    assert submissions() == 2


def test_computed_anew_and_not_too_many_at_once(go: Go, backend: str, place: Path) -> None:
    folder = place / "crowd"
    folder.mkdir()
    crowd = Crowd(folder=str(folder)).split(x=range(4)).combine("x")
    first = go(crowd, max_concurrent=2)
    assert max(first.outputs.out) <= 2
    again = go(crowd, rerun=True)
    assert len(again.outputs.out) == 4
    assert len(again.worker.jobs) == 4
    assert again.locks == []
