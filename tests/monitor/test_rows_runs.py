"""Pydra's runs among the rows: a run opens to its nodes, these to their tasks."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
import pytest
from pydra.engine.submitter import Submitter

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.monitor import keys
from pydra_oar_jupyter.monitor.details.verb import details
from pydra_oar_jupyter.monitor.keys import node_key, run_key
from pydra_oar_jupyter.monitor.rows.runs import inner_rows, run_row
from pydra_oar_jupyter.workflows.runs import hook
from pydra_oar_jupyter.workflows.runs.run import Run, run, runs, submit
from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot, TaskFacts, TaskState
from tests.monitor.conftest import forget_handles
from tests.workflows.flows import Doubles, Ends, Nested, Step
from tests.workflows.runs import LONG, starting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydra_oar_jupyter.core.job import Job
    from tests.monitor.conftest import Viewer


@pytest.fixture
def start(spool: Path, backend: str) -> Iterator[Callable[..., Run]]:
    """Submits tasks; those of the worker oar to the backend in turn."""
    yield from starting(spool.parent / "cache", "oar", oarsub_args="-l core=1")


def children(viewer: Viewer, parent: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in viewer.rows.values() if row["parent"] == parent}


def kinds(viewer: Viewer) -> set[str]:
    """Those of all rows that it was ever told of."""
    pushed = (row for push in viewer.pushes("rows") for row in push["changed"])
    return {row["kind"] for row in pushed if "kind" in row}


def test_a_run_opens_to_nodes_and_these_to_tasks(
    start: Callable[..., Run], viewer: Viewer, spool: Path
) -> None:
    viewer.follow()
    gate = spool.parent / "gate"
    one = start(Doubles(xs=[1, 2], gate=str(gate)))
    key, step = run_key(one.id), node_key(one.id, ("Step",))
    viewer.until(lambda: viewer.rows.get(key, {}).get("counts", {}).get("running") == 2)
    row = viewer.rows[key]
    assert (row["kind"], row["name"], row["tone"]) == ("run", "Doubles", "running")
    assert (row["opens"], row["can"], row["parent"]) == (True, ["cancel"], "")
    assert row["note"] == "2 running, 1 waiting"
    viewer.follow(key)
    viewer.until(lambda: list(children(viewer, key)) == ["Step", "Total"])
    assert viewer.rows[step]["progress"] == 0
    viewer.follow(key, step)
    viewer.until(lambda: len(children(viewer, step)) == 2)
    tasks = children(viewer, step)
    assert set(tasks) == {"Step[0]", "Step[1]"}
    ids = {str(job.id) for job in one.jobs}
    assert {task["id"] for task in tasks.values()} == ids
    assert all(task["node"] and task["state"] == "running" for task in tasks.values())
    assert kinds(viewer) == {"run", "node", "task"}  # the jobs themselves are not shown besides
    thing = keys.find(tasks["Step[0]"]["key"])
    job = keys.job_of(thing)
    assert job is not None
    assert str(job.id) == tasks["Step[0]"]["id"]
    task = tasks["Step[0]"]["key"]
    viewer.ask("watch", keys=[task])
    viewer.until(lambda: [push["key"] for push in viewer.pushes("grown")] == [task])
    gate.touch()
    assert one.result(LONG).out == 6
    viewer.until(lambda: viewer.pushes("grown")[-1]["ended"])
    viewer.until(lambda: viewer.rows[key]["tone"] == "done")
    row = viewer.rows[key]
    assert (row["progress"], row["counts"]) == (1, {"done": 3})
    assert "cancel" not in row["can"]
    assert row["ended"] > row["started"] > 0
    viewer.follow()
    viewer.until(lambda: list(viewer.rows) == [key])
    viewer.follow(key)
    viewer.until(lambda: len(viewer.rows) == 3)
    shutil.rmtree(one.directory)
    viewer.until(lambda: key not in viewer.rows)
    with pytest.raises(OarError, match="no run"):
        keys.find(key)
    # Nothing else stands for its jobs any more.
    viewer.until(lambda: {row["kind"] for row in viewer.rows.values()} == {"array", "pydra"})


@pytest.mark.parametrize("backend", ["local"])
def test_the_job_of_a_run_in_one_job_is_not_shown_besides(
    start: Callable[..., Run], viewer: Viewer, spool: Path
) -> None:
    gate = spool.parent / "gate"
    one = start(Doubles(xs=[1], gate=str(gate)), one_job=True)
    key = run_key(one.id)
    viewer.follow(key)
    viewer.ask("watch", keys=[key])
    viewer.until(lambda: viewer.rows.get(key, {}).get("counts", {}).get("running") == 1)
    viewer.until(lambda: viewer.pushes("grown"))
    gate.touch()
    one.wait(LONG)
    viewer.until(lambda: viewer.rows[key]["tone"] == "done")
    assert viewer.until(lambda: [push for push in viewer.pushes("grown") if push["ended"]])
    assert kinds(viewer) == {"run", "node"}


def test_the_jobs_of_a_submitter_in_a_cell_are_its_runs(viewer: Viewer, spool: Path) -> None:
    origin = Origin("fit.ipynb [3]", "a/fit.ipynb", "ab-1")
    hook.attach(lambda _: nullcontext(), lambda: origin)
    viewer.follow()

    async def cell() -> int:
        cache = spool.parent / "cache"
        with Submitter(worker="oar", cache_root=cache, oarsub_args="-l core=1") as submitter:
            return int(submitter(Doubles(xs=[1, 2])).outputs.out)

    try:
        assert asyncio.run(cell()) == 6
    finally:
        hook.detach()
    (one,) = runs()
    viewer.until(lambda: viewer.rows.get(run_key(one.id), {}).get("tone") == "done")
    assert viewer.rows[run_key(one.id)]["source"] == origin.label
    jobs = all_jobs().all()
    assert len(jobs) == 3
    assert {(job.spec.run, job.spec.origin) for job in jobs} == {(one.id, origin)}
    assert kinds(viewer) == {"run"}
    told = details(key=keys.job_key(jobs[0].directory.id))
    assert told["origin"] == {"notebook": "a/fit.ipynb", "cellId": "ab-1", "label": origin.label}


def test_jobs_of_no_run_that_is_seen_are_nobodys(viewer: Viewer, spool: Path) -> None:
    one = submit(Step(x=1), cache_root=spool.parent / "cache", oarsub_args="-l core=1")
    assert one.result(LONG).out == 2
    with Submitter(
        worker="oar", cache_root=spool.parent / "other", oarsub_args="-l core=1"
    ) as submitter:
        submitter(Step(x=2))
    newest, oldest = all_jobs().all()
    assert (oldest.spec.run, newest.spec.run) == (one.id, "")
    viewer.follow()
    viewer.until(lambda: viewer.rows.keys() == {run_key(one.id), keys.job_key(newest.directory.id)})


@pytest.mark.parametrize("backend", ["local"])
def test_a_task_that_failed_says_why(start: Callable[..., Run], viewer: Viewer) -> None:
    one = start(Ends(hows=["raise", "well"]), "cf", n_procs=2)
    key, end = run_key(one.id), node_key(one.id, ("End",))
    viewer.follow(key, end)
    viewer.until(lambda: viewer.rows.get(key, {}).get("tone") == "failed")
    tasks = children(viewer, end)
    assert tasks["End[0]"]["tone"] == "failed"
    assert "nothing is left of 'raise'" in tasks["End[0]"]["note"]
    assert viewer.rows[end]["counts"] == {"done": 1, "failed": 1}


@pytest.mark.parametrize("backend", ["local"])
def test_nodes_of_nested_workflows_are_in_their_node(
    start: Callable[..., Run], viewer: Viewer
) -> None:
    one = start(Nested(xs=[1, 2]), "cf", n_procs=2)
    one.wait(LONG)
    snapshot = one.progress
    rows = inner_rows(one, snapshot)
    for node in snapshot.nodes:
        row = rows[node_key(one.id, node.path)]
        assert row["parent"] == run_key(one.id)
        for inner in node.nodes:
            assert rows[node_key(one.id, inner.path)]["parent"] == row["key"]
    viewer.follow(run_key(one.id), *rows)
    viewer.until(lambda: viewer.rows.keys() == {run_key(one.id), *rows})


_RUN = """
import os, sys
import pydra.engine
from pydra_oar_jupyter.workflows.runs.run import submit
from tests.workflows.flows import Step

# In this process: others that it starts would outlive it, and hold its output open.
print(submit(Step(x=1, gate="/nowhere"), "debug", cache_root=sys.argv[1]).id, flush=True)
sys.stdin.read()
os._exit(1)
"""


def test_a_run_whose_process_died_was_interrupted(viewer: Viewer, spool: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, str(spool.parent / "cache")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
    )  # fmt: skip
    assert process.stdout
    key = run_key(process.stdout.readline().strip())
    viewer.follow()
    viewer.until(lambda: viewer.rows.get(key, {}).get("tone") == "running")
    process.communicate()
    viewer.until(lambda: viewer.rows[key]["state"] == "interrupted")
    assert viewer.rows[key]["tone"] == "stopped"


@pytest.mark.parametrize("backend", ["local"])
def test_what_a_run_is_called_is_plain_text(start: Callable[..., Run]) -> None:
    one = start(Ends(hows=["well"]), "debug")
    one.wait(LONG)
    bad = "a\x00\x1b[31mb\n<script>"
    snapshot = RunSnapshot(
        bad, bad, error=f"x\n{bad}",
        nodes=(NodeFacts((bad,), bad, {TaskState.FAILED: 1}, expanded=True),),
        tasks=(TaskFacts((bad,), 3, TaskState.FAILED, bad, host=bad, error=bad),) * 2,
    )  # fmt: skip
    rows = [run_row(one, snapshot), *inner_rows(one, snapshot).values()]
    assert len(rows) == 4
    for row in rows:
        texts: list[Any] = [value for value in row.values() if isinstance(value, str)]
        assert all(text.isprintable() for text in texts), row
    assert run(one.id) is one


def test_jobs_that_know_no_run_are_shown_as_they_are(
    submit: Callable[..., list[Job]], viewer: Viewer
) -> None:
    (job,) = submit("true", kind="pydra")
    job.wait(LONG)
    spec = json.loads(job.directory.spec_file.read_text())
    del spec["run"]  # as it was before jobs knew theirs
    job.directory.spec_file.write_text(json.dumps(spec))
    forget_handles()
    viewer.follow()
    viewer.until(lambda: list(viewer.rows) == [keys.job_key(job.directory.id)])
    assert viewer.rows[keys.job_key(job.directory.id)]["kind"] == "pydra"
