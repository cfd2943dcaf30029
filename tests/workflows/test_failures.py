"""Tasks that fail, each in its way, and what is told of it."""

from __future__ import annotations

import importlib
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from pydra.compose import python
from pydra.engine.hooks import TaskHooks
from pydra.engine.submitter import Submitter

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import JobFailed, PackingError, RequestError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.workflows.errors import SubmissionError, TaskFailed
from tests.waiting import wait_until
from tests.workflows.conftest import LONG, poisoned_in
from tests.workflows.flows import Broken, End, Ends, Lost, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.workflows.conftest import Going, Trace

    Go = Callable[..., Going]


def test_a_failure_in_the_middle_and_the_same_again_when_it_is_mended(
    go: Go, backend: str, place: Path, trace: Trace
) -> None:
    need = place / "needed"
    flow = Broken(xs=[1, 2, 3], trace=str(trace), need=str(need))
    first = go(flow)
    failures = first.failures
    assert first.result.errored
    assert failures.keys() == {"broken[0]", "broken[1]", "broken[2]"}
    assert trace.ran == {1: 1, 2: 1, 3: 1, 1000: 1, 2000: 1}  # what does not depend on it goes on
    assert "after" not in first.names

    error, job = failures["broken[1]"], first.job("broken[1]")
    assert isinstance(error, FileNotFoundError)
    assert error.filename == str(need)
    told = "\n".join(error.__notes__)
    assert f"On {job.node}, in job {job.id}, task broken[1] (x=2," in told
    assert f"Its standard error: {job.directory.stderr}" in told
    assert "Path(need).read_text()" in told
    assert "pydra/engine" not in told
    assert "FileNotFoundError" in job.stderr
    with pytest.raises(FileNotFoundError):
        job.result()

    need.touch()
    assert go(flow).outputs.after == 12
    assert trace.ran == {1: 2, 2: 2, 3: 2, 1000: 1, 2000: 1}


def test_each_way_to_end(go: Go, backend: str) -> None:
    hows = ["return", "raise", "sys.exit", "os._exit", "signal", "sleep", "sleep on", "stop"]
    run = go(Ends(hows=hows), oarsub_args="-l core=1,walltime=0:0:8", raise_errors=True)
    deleted = run.job("End[6]")
    wait_until(lambda: deleted.state is JobState.RUNNING, LONG)
    get_backend(backend).delete([deleted.submitted()])  # as by oardel at a prompt
    failures = run.failures
    assert failures.keys() == {f"End[{at}]" for at in range(1, 8)}
    assert isinstance(run.error, RuntimeError)  # Pydra's, which tells of all

    assert type(failures["End[1]"]) is Lost
    assert str(failures["End[1]"]) == "nothing is left of 'raise'"
    said = ["", "Lost", "SystemExit(3)", "os._exit", "SIGSEGV", "walltime ran out", "was deleted"]
    said += ["StopIteration: no more"]
    for at in range(1, 8):
        error, job = failures[f"End[{at}]"], run.job(f"End[{at}]")
        text = "\n".join([str(error), *getattr(error, "__notes__", [])])
        for word in (said[at], f"End[{at}] (how={hows[at]!r})", job.id, job.directory.stderr):
            assert str(word) in text
    ends = [error.outcome.ending for error in failures.values() if isinstance(error, JobFailed)]
    assert sorted(ends) == ["deleted", "exited", "killed", "walltime"]
    assert "-l …,walltime=H:MM:SS" in str(failures["End[5]"])
    assert "Run the same again" in str(failures["End[6]"])
    assert run.locks == []
    assert poisoned_in(run.cache) == []


def test_a_result_that_is_not_to_be_seen_here(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pydra_oar_jupyter.workflows.worker.oar._LATE", 0.5)
    error = go(End(how="lose the result"), raise_errors=True).wait().error
    assert isinstance(error, TaskFailed)
    assert "Is that folder the same on the nodes as here?" in str(error)


def test_a_task_that_a_node_cannot_import(
    go: Go, backend: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = place / "vanishing.py"
    module.write_text("def double(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(place)
    vanishing = importlib.import_module("vanishing")
    monkeypatch.setitem(sys.modules, "vanishing", vanishing)  # to be taken out again

    @python.define
    def Gone(x: int) -> int:  # noqa: N802 - Pydra makes a class of it
        return vanishing.double(x)

    module.unlink()
    error = go(Gone(x=1), raise_errors=True).wait().error
    assert isinstance(error, TaskFailed)
    assert "No module named 'vanishing'" in str(error)
    assert f"looked for with {sys.executable}. Install there what it imports" in str(error)


def test_a_task_that_cannot_be_pickled(go: Go) -> None:
    lock = threading.Lock()
    hooks = TaskHooks(pre_run=lambda job: lock.acquire(blocking=False))
    error = go(Step(x=1), hooks=hooks, raise_errors=True).wait().error
    assert isinstance(error, PackingError)
    assert "Step" in str(error)
    assert "lock" in str(error)
    assert all_jobs().spool.job_ids() == []


def test_what_oarsub_refuses(go: Go, backend: str, place: Path) -> None:
    with pytest.raises(RequestError, match="--bogus"):
        Submitter(worker="oar", cache_root=place, oarsub_args="--bogus")
    with pytest.raises(RequestError, match="array"):
        Submitter(worker="oar", cache_root=place, oarsub_args="--array 3")
    with pytest.raises(TypeError, match="polls_delay"):
        Submitter(worker="oar", cache_root=place, polls_delay=1)
    error = go(Step(x=1), oarsub_args="-l host=100", raise_errors=True).wait().error
    assert isinstance(error, SubmissionError)
    assert isinstance(error, RuntimeError)
    assert str(error).startswith("Error returned from oarsub: ")
